// SPDX-License-Identifier: Apache-2.0
// The command line, turned into values.
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "base/units.hpp"
#include "config/config.hpp"
#include "findings/options.hpp"
#include "sinks/event_choice.hpp"

namespace stray {

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

inline constexpr std::string_view kDefaultConfig = "/etc/stray/stray.toml";

// Configuration file first, flags over it. Throws UsageError that names file and line, or the flag.
Config config_of(const CommonOptions& common);
DetectOptions detect_options(const CommonOptions& common);

bool use_color(const CommonOptions& common, int fd);

std::string lines_text(std::uint64_t count);  // "1 line", "7 lines"

}  // namespace stray
