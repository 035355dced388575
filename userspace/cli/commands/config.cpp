// SPDX-License-Identifier: Apache-2.0
// stray config: validates the configuration; shows each value and its source.
#include <spdlog/spdlog.h>

#include <memory>

#include "cli/arguments.hpp"
#include "cli/command.hpp"
#include "cli/options.hpp"
#include "cli/standard_output.hpp"

namespace stray {
namespace {

// One file alone, or all that a command with this --config would read.
int check(const std::string& file, const std::string& config_file) {
  Config config;
  const auto problems = file.empty() ? read_all(config_file, config) : read_config(file, config);
  for (const std::string& problem : problems) spdlog::error("{}", problem);
  if (!problems.empty()) return kUsage;
  if (config.file.empty())
    print("There is no " + std::string(kDefaultConfig) + ": the defaults are in force.\n");
  if (!config.file.empty()) print(config.file + " is valid.\n");
  for (const std::string& snippet : config.snippets) print(snippet + " is valid.\n");
  return kFine;
}

Action declare_check(Arguments& arguments) {
  const auto file = std::make_shared<std::string>(), config = std::make_shared<std::string>();
  arguments.value("file", *file, "This file alone (default: all that is in force)", "FILE");
  arguments.value("--config", *config, "All that is in force with this configuration file", "FILE");
  return [=] { return check(*file, *config); };
}

Action declare_show(Arguments& arguments) {
  const auto common = std::make_shared<CommonOptions>();
  declare_config(arguments, *common);
  declare_times(arguments, *common);
  arguments.flag("--json", common->json, "Print one JSON object instead of TOML");
  return [common] {
    const Config config = config_of(*common);
    print(common->json ? config_json(config) : config_text(config));
    return static_cast<int>(kFine);
  };
}

constexpr Command kConfigCheck{"check", "Report every error of a configuration file",
                               "stray config check ./stray.toml", declare_check};
constexpr Command kConfigShow{"show", "Show every value as a file, each with its source", "stray config show",
                              declare_show};
constexpr const Command* kConfigCommands[] = {&kConfigCheck, &kConfigShow};

}  // namespace

extern const Command kConfig{.name = "config",
                             .summary = "Validate the configuration; show each value and its source",
                             .example = "stray config show",
                             .commands = kConfigCommands};

}  // namespace stray
