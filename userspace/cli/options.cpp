// SPDX-License-Identifier: Apache-2.0
#include "cli/options.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>

namespace stray {

Config config_of(const CommonOptions& common) {
  Config out;
  std::string path = common.config;
  struct stat unused {};
  if (path.empty() && ::stat(std::string(kDefaultConfig).c_str(), &unused) == 0) path = kDefaultConfig;
  if (!path.empty()) {
    const auto problems = read_config(path, out);
    if (problems.size() == 1) throw UsageError(problems.front());
    if (!problems.empty())
      throw UsageError(problems.front() + "; and " + std::to_string(problems.size() - 1) +
                       " more: stray config check " + path);
  }
  for (const std::string& flag : common.after) take_after(flag, out);
  if (!common.min_age.empty()) take_min_age(common.min_age, out);
  return out;
}

DetectOptions detect_options(const CommonOptions& common) { return config_of(common).detect; }

std::string lines_text(std::uint64_t count) {
  return std::to_string(count) + (count == 1 ? " line" : " lines");
}

bool use_color(const CommonOptions& common, int fd) {
  if (common.color == "always") return true;
  if (common.color == "never" || std::getenv("NO_COLOR")) return false;
  return ::isatty(fd) == 1;
}

}  // namespace stray
