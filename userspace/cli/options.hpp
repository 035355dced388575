// SPDX-License-Identifier: Apache-2.0
// Command line and configuration file, turned into values.
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "detect/options.hpp"
#include "output/events.hpp"

namespace stray {

// Wrong usage or configuration: exit code 2, one line.
struct UsageError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// The output could not be written: exit code 5, one line.
struct OutputError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

enum ExitCode : int { kFine = 0, kFindings = 1, kUsage = 2, kDamaged = 3, kNotPossible = 4, kFailure = 5 };

struct CommonOptions {
  std::string config;              // "": the default file, when it is there
  std::vector<std::string> after;  // KIND=DURATION
  std::string min_age;
  bool json = false;
  std::string color = "auto";
};

// "90s", "10min", "1h30m", "7d", "250ms"; a bare number is an error, except 0.
BootTime parse_duration(std::string_view text, std::string_view where);

// "64KiB", "8MiB", "4GiB", or a number of bytes.
std::uint64_t parse_size(std::string_view text, std::string_view where);

inline constexpr std::string_view kDefaultConfig = "/etc/stray/stray.toml";

// Configuration file first, flags over it. Throws UsageError that names file and line, or the flag.
DetectOptions detect_options(const CommonOptions& common);

bool use_color(const CommonOptions& common, int fd);

std::string lines_text(std::uint64_t count);  // "1 line", "7 lines"

}  // namespace stray
