// SPDX-License-Identifier: Apache-2.0
#include "cli/command_tree.hpp"

#include <sstream>

#include "cli/arguments.hpp"
#include "cli/help_text.hpp"

namespace stray {
namespace {

OptionRow row_of(const CLI::Option& option) {
  OptionRow out;
  if (!option.get_positional()) {
    for (const std::string& name : option.get_snames()) out.names.push_back("-" + name);
    for (const std::string& name : option.get_lnames()) out.names.push_back("--" + name);
  }
  out.type = option.get_type_name();
  out.help = option.get_description();
  if (!option.get_default_str().empty()) out.help += " (default: " + option.get_default_str() + ")";
  out.words = words_of(option);
  out.required = option.get_group() == kRequired;
  return out;
}

}  // namespace

CommandRow rows_of(const CLI::App& app, const std::string& above) {
  CommandRow out;
  out.called = above.empty() ? app.get_name() : above + " " + app.get_name();
  out.summary = app.get_description();
  if (std::string example = app.get_footer(); example.starts_with(kExample))
    out.example = example.substr(std::string_view(kExample).size());
  for (const CLI::Option* option : app.get_options()) out.options.push_back(row_of(*option));
  for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; }))
    out.commands.push_back(rows_of(*command, out.called));
  return out;
}

}  // namespace stray
