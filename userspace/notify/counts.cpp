// SPDX-License-Identifier: Apache-2.0
#include "notify/counts.hpp"

#include <sys/mman.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <system_error>

namespace stray {

SharedCounts::SharedCounts(std::size_t count)
    : bytes_(std::max<std::size_t>(count, 1) * sizeof(NotifyCounts)) {
  void* memory = ::mmap(nullptr, bytes_, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) throw std::system_error(errno, std::generic_category(), "mmap");
  all_ = static_cast<NotifyCounts*>(memory);
  std::uninitialized_default_construct_n(all_, bytes_ / sizeof(NotifyCounts));
}

SharedCounts::~SharedCounts() { ::munmap(all_, bytes_); }

}  // namespace stray
