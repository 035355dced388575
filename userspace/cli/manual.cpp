// SPDX-License-Identifier: Apache-2.0
// Man pages in roff of man(7).
#include "cli/manual.hpp"

#include <algorithm>
#include <sstream>
#include <string>
#include <utility>

#include "base/errors.hpp"
#include "cli/command_tree.hpp"
#include "cli/options.hpp"
#include "config/config.hpp"

namespace stray {
namespace {

constexpr std::pair<ExitCode, const char*> kExitTexts[] = {
    {kFine, "Nothing was found, or the command did what it was asked to."},
    {kFindings, "Something was found, or a policy is not met."},
    {kUsage, "The command line, the configuration or the policy is wrong."},
    {kDamaged, "The capture is damaged or ends early; what is whole was read."},
    {kNotPossible, "This host or these rights do not allow it, or only a part of the host could be seen."},
    {kFailure, "Something else went wrong."},
    {kNotFound, "No such process or finding."},
};

// As roff prints it: no request at the beginning of a line, no escape, hyphens that can be copied.
std::string roff(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c == '\\')
      out += "\\e";
    else if (c == '-')
      out += "\\-";
    else if ((c == '.' || c == '\'') && (out.empty() || out.back() == '\n'))
      out += std::string("\\&") + c;
    else
      out += c;
  }
  return out;
}

std::string bold(const std::string& text) { return "\\fB" + roff(text) + "\\fR"; }
std::string italic(const std::string& text) { return "\\fI" + roff(text) + "\\fR"; }

std::string section(const std::string& head) { return ".SH " + head + "\n"; }

std::string term(const std::string& head, const std::string& text) {
  return ".TP\n" + head + "\n" + roff(text) + "\n";
}

std::string page_name(std::string called) {
  std::replace(called.begin(), called.end(), ' ', '-');
  return called;
}

std::string title(const std::string& called) {
  std::string upper = page_name(called);
  std::transform(upper.begin(), upper.end(), upper.begin(),
                 [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; });
  return ".TH " + roff(upper) + " 8 \"\" \"stray " STRAY_VERSION "\" \"System administration\"\n";
}

std::string option_head(const OptionRow& option) {
  std::string out;
  for (const std::string& name : option.names) out += (out.empty() ? "" : ", ") + bold(name);
  if (option.type.empty()) return out;
  return out + (out.empty() ? "" : " ") + italic(option.type);
}

std::string synopsis(const CommandRow& command) {
  std::string out = bold(command.called);
  if (!command.commands.empty()) return out + " " + italic("COMMAND") + " [" + italic("OPTIONS") + "]\n";
  out += " [" + italic("OPTIONS") + "]";
  for (const OptionRow& option : command.options)
    if (option.names.empty())
      out += option.required ? " " + italic(option.type) : " [" + italic(option.type) + "]";
  return out + "\n";
}

std::string options_of(const CommandRow& command, const char* request) {
  std::string out;
  for (const bool alone : {true, false}) {
    std::string rows;
    for (const OptionRow& option : command.options)
      if (option.names.empty() == alone) rows += term(option_head(option), option.help);
    if (!rows.empty()) out += std::string(request) + (alone ? " ARGUMENTS\n" : " OPTIONS\n") + rows;
  }
  return out;
}

std::string example_of(const CommandRow& command) {
  if (command.example.empty()) return {};
  return ".PP\nExample:\n.PP\n.RS 4\n.nf\n" + roff(command.example) + "\n.fi\n.RE\n";
}

std::string exit_status() {
  std::string out = section("EXIT STATUS");
  for (const auto& [code, text] : kExitTexts) out += term(bold(std::to_string(code)), text);
  return out;
}

std::string page(const CommandRow& command) {
  std::string out = title(command.called) + section("NAME") + roff(page_name(command.called)) + " \\- " +
                    roff(command.summary) + "\n" + section("SYNOPSIS") + synopsis(command);
  for (const CommandRow& below : command.commands) out += ".br\n" + synopsis(below);
  out += section("DESCRIPTION") + roff(command.summary) + ".\n" + example_of(command);
  for (const CommandRow& below : command.commands)
    out += ".SS " + roff(below.called) + "\n" + roff(below.summary) + ".\n" + options_of(below, ".PP\n.B") +
           example_of(below);
  return out + options_of(command, ".SH") + exit_status() + section("SEE ALSO") +
         ".BR stray (8),\n.BR stray.toml (5),\n.BR stray\\-capture (5)\n";
}

std::string overview(const CommandRow& all) {
  std::string out = title(all.called) + section("NAME") + "stray \\- process lifecycle tracer\n" +
                    section("SYNOPSIS") + synopsis(all) + section("DESCRIPTION") + roff(all.summary) +
                    "\n.PP\nEach command has a manual page of its own.\n" + example_of(all) +
                    section("COMMANDS");
  std::string see = section("SEE ALSO") + ".BR stray.toml (5),\n.BR stray\\-capture (5)";
  for (const CommandRow& command : all.commands) {
    const std::string name = command.called.substr(all.called.size() + 1);
    out += term(bold(name), command.summary + ".");
    if (command.called != "stray help") see += ",\n.BR " + roff(page_name(command.called)) + " (8)";
  }
  return out + options_of(all, ".SH") + section("FILES") +
         term(italic(std::string(kDefaultConfig)), "The configuration; see stray.toml(5).") + exit_status() +
         see + "\n";
}

}  // namespace

std::string commented_defaults() {
  std::istringstream shown(config_text(Config{}));
  std::string out =
      "# The configuration of stray: stray.toml(5). Each value below is the default; remove the # before one "
      "to\n"
      "# change it. What other packages and programs have to say goes into conf.d/NAME.toml.\n";
  for (std::string line; std::getline(shown, line);) {
    if (line.starts_with('#')) continue;  // which file it is
    const auto comment = line.find("# default");
    if (comment == std::string::npos) {
      out += line + "\n";
      continue;
    }
    const auto meaning = line.find(": ", comment);
    out +=
        "#" + line.substr(0, comment) + (meaning == std::string::npos ? "" : "# " + line.substr(meaning + 2));
    out.erase(out.find_last_not_of(' ') + 1);
    out += "\n";
  }
  return out;
}

std::map<std::string, std::string> man_pages(const CLI::App& app) {
  const CommandRow all = rows_of(app);
  std::map<std::string, std::string> out{{all.called + ".8", overview(all)}};
  for (const CommandRow& command : all.commands)
    if (command.called != "stray help") out[page_name(command.called) + ".8"] = page(command);
  return out;
}

}  // namespace stray
