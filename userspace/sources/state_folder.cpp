// SPDX-License-Identifier: Apache-2.0
#include "sources/state_folder.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <system_error>
#include <utility>

#include "capture/reader.hpp"
#include "kernel/kernel_source.hpp"
#include "procfs/host.hpp"

namespace stray {
namespace {

constexpr const char* kSuffix = ".stray";  // and ".stray.000001" of its further files

std::string name_at(std::int64_t real_ms) {
  const std::time_t second = static_cast<std::time_t>(real_ms / 1000);
  std::tm utc{};
  ::gmtime_r(&second, &utc);
  char day[32], out[64];
  std::strftime(day, sizeof day, "%Y%m%dT%H%M%S", &utc);
  std::snprintf(out, sizeof out, "%s.%03dZ%s", day, static_cast<int>(real_ms % 1000), kSuffix);
  return out;
}

}  // namespace

StateFolder state_in(const std::string& folder) {
  StateFolder out;
  std::error_code error;
  for (std::filesystem::directory_iterator at(folder, error), end; at != end; at.increment(error))
    if (at->path().filename().string().find(kSuffix) != std::string::npos && at->is_regular_file(error))
      out.captures.push_back(at->path().string());
  std::sort(out.captures.begin(), out.captures.end());
  const auto boot = proc::boot_id();
  std::vector<std::pair<std::uint64_t, std::string>> begun;
  for (const std::string& capture : out.captures) try {
      if (const CaptureReader reader(capture); reader.header().boot_id == boot)
        begun.emplace_back(reader.header().boot_ns, capture);
    } catch (const CaptureError&) {
    } catch (const std::system_error&) {
    }
  std::sort(begun.begin(), begun.end());
  for (auto& [time, capture] : begun) out.this_boot.push_back(std::move(capture));
  return out;
}

std::string new_capture_in(const std::string& folder) {
  for (auto real_ms = static_cast<std::int64_t>(real_now() / 1'000'000);; ++real_ms) {
    const std::filesystem::path path = std::filesystem::path(folder) / name_at(real_ms);
    std::error_code error;
    if (std::filesystem::symlink_status(path, error).type() == std::filesystem::file_type::not_found || error)
      return path.string();
  }
}

std::string state_folder_given() {
  const char* given = std::getenv("STATE_DIRECTORY");
  const std::string all = given ? given : "";
  return all.substr(0, all.find(':'));  // of several the first
}

}  // namespace stray
