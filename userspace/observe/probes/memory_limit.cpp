// SPDX-License-Identifier: Apache-2.0
#include "observe/probes/memory_limit.hpp"

#include "base/words.hpp"

namespace stray {
namespace {

constexpr std::uint64_t kNoLimit = 1ull << 60;  // v1 says "none" as the largest multiple of a page
constexpr int kMostLevels = 32;

struct Hierarchy {
  std::string_view path;
  bool v1 = false;
};

// "4:memory:/system.slice/x", else "0::/system.slice/x".
Hierarchy memory_hierarchy(std::string_view text) {
  Hierarchy out;
  any_part(text, '\n', [&](std::string_view line) {
    const auto first = line.find(':');
    const auto second = first == std::string_view::npos ? first : line.find(':', first + 1);
    if (second == std::string_view::npos) return false;
    const std::string_view controllers = line.substr(first + 1, second - first - 1);
    if (controllers.empty() && out.path.empty()) out.path = line.substr(second + 1);
    const bool memory = any_part(controllers, ',', [](std::string_view name) { return name == "memory"; });
    if (memory) out = {line.substr(second + 1), true};
    return memory;
  });
  return out;
}

}  // namespace

MemoryLimits::Limit MemoryLimits::of(std::string_view cgroup, proc::FileReader& reader) const {
  const Hierarchy place = memory_hierarchy(cgroup);
  Limit out;
  if (!place.path.starts_with('/') || contains(place.path, "/.."))
    return out;  // outside our cgroup namespace
  const std::string base = root_ + (place.v1 ? "/memory" : "");
  const char* limit_file = place.v1 ? "/memory.limit_in_bytes" : "/memory.max";
  const char* used_file = place.v1 ? "/memory.usage_in_bytes" : "/memory.current";
  std::string path(place.path);
  for (int level = 0; level < kMostLevels && path.size() > 1; ++level) {
    const auto text = reader.read(AT_FDCWD, (base + path + limit_file).c_str(), 64);
    const std::uint64_t bytes = text ? proc::number_at(*text, 0).value_or(kNoLimit) : kNoLimit;  // "max"
    if (bytes < kNoLimit && (out.bytes == 0 || bytes < out.bytes)) {
      out.bytes = bytes;
      const auto used = reader.read(AT_FDCWD, (base + path + used_file).c_str(), 64);
      out.used = used ? proc::number_at(*used, 0).value_or(0) : 0;
    }
    path.resize(path.rfind('/'));
  }
  return out;
}

std::uint64_t MemoryLimits::host_available(BootTime now, proc::FileReader& reader) {
  if (read_at_ != BootTime{} && now >= read_at_ && now - read_at_ < std::chrono::seconds(1))
    return available_;
  read_at_ = now;
  const auto text = reader.read(AT_FDCWD, "/proc/meminfo");
  available_ = 0;
  any_part(text.value_or(""), '\n', [&](std::string_view line) {
    constexpr std::string_view name = "MemAvailable:";
    if (!line.starts_with(name)) return false;
    available_ = proc::number_at(line.substr(name.size()), 0).value_or(0) * 1024;
    return true;
  });
  return available_;
}

}  // namespace stray
