// SPDX-License-Identifier: Apache-2.0
#include "procfs/host.hpp"

#include <sys/stat.h>

#include <charconv>
#include <fstream>

namespace stray::proc {

std::string first_line(const char* path) {
  std::string line;
  std::getline(std::ifstream(path), line);
  return line;
}

std::array<std::uint8_t, 16> boot_id() {
  std::array<std::uint8_t, 16> out{};
  std::string text = first_line("/proc/sys/kernel/random/boot_id");  // "0f1e…-…"
  std::erase(text, '-');
  for (std::size_t i = 0; i < out.size() && 2 * i + 2 <= text.size(); ++i)
    std::from_chars(text.data() + 2 * i, text.data() + 2 * i + 2, out[i], 16);
  return out;
}

std::uint64_t own_namespace(const char* kind) {
  struct stat info {};
  return ::stat((std::string("/proc/self/ns/") + kind).c_str(), &info) == 0 ? info.st_ino : 0;
}

}  // namespace stray::proc
