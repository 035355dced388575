// SPDX-License-Identifier: Apache-2.0
// stray config: is the file right, and what is in force?
#include <spdlog/spdlog.h>
#include <unistd.h>

#include "cli/commands/commands.hpp"
#include "cli/standard_output.hpp"

namespace stray {

int config_check_command(const CommonOptions& common, const std::string& file) {
  std::string path = file.empty() ? common.config : file;
  if (path.empty() && ::access(std::string(kDefaultConfig).c_str(), F_OK) == 0) path = kDefaultConfig;
  if (path.empty()) {
    print("There is no " + std::string(kDefaultConfig) + ": the defaults hold.\n");
    return kFine;
  }
  Config config;
  const auto problems = read_config(path, config);
  for (const std::string& problem : problems) spdlog::error("{}", problem);
  if (!problems.empty()) return kUsage;
  print(path + " is fine.\n");
  return kFine;
}

int config_show_command(const CommonOptions& common) {
  const Config config = config_of(common);
  print(common.json ? config_json(config) : config_text(config));
  return kFine;
}

}  // namespace stray
