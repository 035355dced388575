// SPDX-License-Identifier: Apache-2.0
// What --help prints.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

namespace stray {

inline constexpr const char* kRequired = "required";  // the group of arguments that must be given
inline constexpr const char* kExample = "Example: ";  // begins the last line of a help

// Fits a terminal of 80 columns: lines are broken between words, never within one.
class HelpText final : public CLI::FormatterBase {
 public:
  std::string make_help(const CLI::App* app, std::string name, CLI::AppFormatMode mode) const override;
};

}  // namespace stray
