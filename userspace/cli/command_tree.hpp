// SPDX-License-Identifier: Apache-2.0
// The table of commands as data: what manuals and completions are written from.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

namespace stray {

struct OptionRow {
  std::vector<std::string> names;  // "-n", "--count"; empty: it stands alone
  std::string type;                // of its value, as help shows it; empty: it has none
  std::string help;
  std::vector<std::string> words;  // that its value may be; empty: anything
  bool required = false;
};

struct CommandRow {
  std::string called;  // "stray config show"
  std::string summary, example;
  std::vector<OptionRow> options;
  std::vector<CommandRow> commands;
};

CommandRow rows_of(const CLI::App& app, const std::string& above = {});

}  // namespace stray
