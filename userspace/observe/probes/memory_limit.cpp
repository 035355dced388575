// SPDX-License-Identifier: Apache-2.0
#include "observe/probes/memory_limit.hpp"

#include "base/words.hpp"
#include "observe/probes/cgroup_levels.hpp"

namespace stray {
namespace {

constexpr std::uint64_t kNoLimit = 1ull << 60;  // v1 says "none" as the largest multiple of a page

}  // namespace

MemoryLimits::Limit MemoryLimits::of(std::string_view cgroup, proc::FileReader& reader) const {
  Limit out;
  each_cgroup_level(root_, cgroup, "memory", [&](const std::string& folder, bool v1) {
    const auto text =
        reader.read(AT_FDCWD, (folder + (v1 ? "/memory.limit_in_bytes" : "/memory.max")).c_str(), 64);
    const std::uint64_t bytes = text ? proc::number_at(*text, 0).value_or(kNoLimit) : kNoLimit;  // "max"
    if (bytes >= kNoLimit || (out.bytes != 0 && bytes >= out.bytes)) return;
    out.bytes = bytes;
    const auto used =
        reader.read(AT_FDCWD, (folder + (v1 ? "/memory.usage_in_bytes" : "/memory.current")).c_str(), 64);
    out.used = used ? proc::number_at(*used, 0).value_or(0) : 0;
  });
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
