// SPDX-License-Identifier: Apache-2.0
#include "cli/help_text.hpp"

#include <string_view>

namespace stray {
namespace {

constexpr std::size_t kWidth = 80, kLeft = 28;

// The text in lines of the width that is left of `indent`; the first line begins where the caller is.
std::string wrapped(std::string_view text, std::size_t indent) {
  std::string out;
  std::size_t column = indent;
  while (!text.empty()) {
    const auto end = text.find(' ');
    const std::string_view word = text.substr(0, end);
    if (column > indent && column + 1 + word.size() > kWidth) {
      out += "\n" + std::string(indent, ' ');
      column = indent;
    } else if (column > indent) {
      out += ' ', ++column;
    }
    out += word, column += word.size();
    text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
  }
  return out;
}

std::string row(const std::string& left, std::string_view right) {
  std::string out = "  " + left;
  // What is too wide for its column has a line of its own.
  out += out.size() + 2 > kLeft ? "\n" + std::string(kLeft, ' ') : std::string(kLeft - out.size(), ' ');
  return out + wrapped(right, kLeft) + "\n";
}

std::string row(const CLI::Option& option) {
  std::string left = option.get_positional() ? option.get_type_name() : option.get_name(false, true);
  if (const auto comma = left.find(','); comma != std::string::npos) left.insert(comma + 1, " ");
  if (!option.get_positional() && !option.get_type_name().empty()) left += " " + option.get_type_name();
  std::string right = option.get_description();
  if (!option.get_default_str().empty()) right += " (default: " + option.get_default_str() + ")";
  return row(left, right);
}

std::string usage(const CLI::App& app, const std::string& name, bool commands) {
  std::string out = "Usage: " + name;
  if (commands) return out + " COMMAND [OPTIONS]\n";
  out += " [OPTIONS]";
  for (const CLI::Option* option : app.get_options([](const CLI::Option* o) { return o->get_positional(); }))
    out += option->get_group() == kRequired ? " " + option->get_type_name()
                                            : " [" + option->get_type_name() + "]";
  return out + "\n";
}

}  // namespace

std::string HelpText::make_help(const CLI::App* app, std::string name, CLI::AppFormatMode) const {
  const auto commands = app->get_subcommands([](const CLI::App*) { return true; });
  std::string out = wrapped(app->get_description(), 0) + "\n\n" + usage(*app, name, !commands.empty());
  const auto section = [&](const char* head, bool positional) {
    const auto options =
        app->get_options([&](const CLI::Option* o) { return o->get_positional() == positional; });
    if (!options.empty()) out += std::string("\n") + head + ":\n";
    for (const CLI::Option* option : options) out += row(*option);
  };
  if (!commands.empty()) out += "\nCommands:\n";
  for (const CLI::App* command : commands) out += row(command->get_name(), command->get_description());
  section("Arguments", true);
  section("Options", false);
  return out + (app->get_footer().empty() ? "" : "\n" + app->get_footer() + "\n");
}

}  // namespace stray
