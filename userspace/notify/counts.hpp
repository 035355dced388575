// SPDX-License-Identifier: Apache-2.0
// What became of the messages of a target, in memory that the notifier and the tracer share.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace stray {

struct NotifyCounts {
  std::atomic<std::uint64_t> sent{0};     // the target took it
  std::atomic<std::uint64_t> failed{0};   // it refused it, or the program failed: given up
  std::atomic<std::uint64_t> dropped{0};  // no room, or the end came first
  std::atomic<std::uint64_t> waiting{0};  // in the queue now
};
static_assert(std::atomic<std::uint64_t>::is_always_lock_free);  // else it could not be shared

// So many of them, all zero. Throws std::system_error.
class SharedCounts {
 public:
  explicit SharedCounts(std::size_t count);
  ~SharedCounts();
  SharedCounts(const SharedCounts&) = delete;
  SharedCounts& operator=(const SharedCounts&) = delete;
  NotifyCounts& operator[](std::size_t index) const { return all_[index]; }

 private:
  std::size_t bytes_;
  NotifyCounts* all_;
};

}  // namespace stray
