// SPDX-License-Identifier: Apache-2.0
// Completions for bash, zsh and fish. The scripts hold words only: they run nothing to complete.
#include <algorithm>

#include "base/quote.hpp"
#include "cli/command_tree.hpp"
#include "cli/manual.hpp"

namespace stray {
namespace {

// Types of values that are files.
bool is_file(const OptionRow& option) {
  for (const char* type : {"FILE", "DIRECTORY", "POLICY", "FOLDER"})
    if (option.type.starts_with(type)) return true;
  return false;
}

std::string joined(const std::vector<std::string>& words, const char* between) {
  std::string out;
  for (const std::string& word : words) out += (out.empty() ? "" : between) + word;
  return out;
}

std::vector<std::string> names_of_commands(const CommandRow& command) {
  std::vector<std::string> out;
  for (const CommandRow& below : command.commands)
    out.push_back(below.called.substr(command.called.size() + 1));
  return out;
}

// The command and all below it.
void for_each(const CommandRow& command, const auto& visit) {
  visit(command);
  for (const CommandRow& below : command.commands) for_each(below, visit);
}

// What may follow the command: options, commands, words that stand alone.
std::vector<std::string> may_follow(const CommandRow& command) {
  std::vector<std::string> out = names_of_commands(command);
  for (const OptionRow& option : command.options)
    out.insert(out.end(), option.names.begin(), option.names.end());
  return out;
}

}  // namespace

std::string bash_completion(const CLI::App& app) {
  std::string values, words, commands;
  for_each(rows_of(app), [&](const CommandRow& command) {
    const std::string called = shell_quote(command.called);
    const bool files = std::any_of(command.options.begin(), command.options.end(),
                                   [](const OptionRow& o) { return o.names.empty() && is_file(o); });
    words += "    " + called + ") words=" + shell_quote(joined(may_follow(command), " ")) +
             (files ? " files=1" : "") + " ;;\n";
    if (!command.commands.empty())
      commands += "      " + called +
                  ") below=" + shell_quote(" " + joined(names_of_commands(command), " ") + " ") + " ;;\n";
    for (const OptionRow& option : command.options)
      for (const std::string& name : option.names)
        if (!option.type.empty())
          values +=
              "    " + shell_quote(command.called + " " + name) + ") " +
              (is_file(option) ? std::string("files=1") : "words=" + shell_quote(joined(option.words, " "))) +
              " value=1 ;;\n";
  });
  return R"(# bash completion for stray
_stray() {
  local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}
  local called=stray below words= files= value= i
  for ((i = 1; i < COMP_CWORD; i++)); do
    below=
    case $called in
)" + commands +
         R"(    esac
    [[ $below != *" ${COMP_WORDS[i]} "* ]] || called+=" ${COMP_WORDS[i]}"
  done
  case "$called $before" in
)" + values +
         R"(  esac
  [[ -n $value ]] || case $called in
)" + words +
         R"(  esac
  COMPREPLY=()
  [[ -z $words ]] || mapfile -t COMPREPLY < <(compgen -W "$words" -- "$word")
  [[ -z $files || $word == -* ]] || {
    compopt -o filenames 2>/dev/null
    local found
    mapfile -t found < <(compgen -f -- "$word")
    COMPREPLY+=("${found[@]}")
  }
}
complete -F _stray stray
)";
}

std::string zsh_completion(const CLI::App& app) {
  // In a specification of _arguments, brackets and colons have a meaning.
  const auto plain = [](const std::string& text) {
    std::string out;
    for (const char c : text)
      out += std::string(c == '[' || c == ']' || c == ':' || c == '\\' ? "\\" : "") + c;
    return out;
  };
  const auto function = [](std::string called) {
    std::replace(called.begin(), called.end(), ' ', '_');
    return "_" + called;
  };
  std::string out = "#compdef stray\n";
  for_each(rows_of(app), [&](const CommandRow& command) {
    out += "\n" + function(command.called) + "() {\n";
    if (!command.commands.empty()) out += "  local state line\n";
    out += "  _arguments -s";
    for (const OptionRow& option : command.options) {
      const std::string value = option.type.empty()
                                    ? ""
                                    : ":" + plain(option.type) + ":" +
                                          (is_file(option)        ? "_files"
                                           : option.words.empty() ? " "
                                                                  : "(" + joined(option.words, " ") + ")");
      for (const std::string& name : option.names)
        out += " \\\n    " + shell_quote("*" + name + "[" + plain(option.help) + "]" + value);
      if (option.names.empty() && command.commands.empty()) out += " \\\n    " + shell_quote("*" + value);
    }
    if (command.commands.empty()) {
      out += "\n}\n";
      return;
    }
    out +=
        " \\\n    '1: :->command' '*:: :->rest'\n  case $state in\n    command)\n      local -a commands=(";
    std::string below;
    for (const CommandRow& one : command.commands) {
      const std::string name = one.called.substr(command.called.size() + 1);
      out += "\n        " + shell_quote(plain(name) + ":" + one.summary);
      below += "        " + name + ") " + function(one.called) + " ;;\n";
    }
    out += ")\n      _describe command commands ;;\n    rest)\n      case $line[1] in\n" + below +
           "      esac ;;\n  esac\n}\n";
  });
  return out + "\n_stray \"$@\"\n";
}

std::string fish_completion(const CLI::App& app) {
  // Within single quotes of fish, a backslash escapes a quote and itself.
  const auto quoted = [](const std::string& text) {
    std::string out = "'";
    for (const char c : text) out += std::string(c == '\'' || c == '\\' ? "\\" : "") + c;
    return out + "'";
  };
  std::string out = "# fish completion for stray\n";
  for_each(rows_of(app), [&](const CommandRow& command) {
    // The condition: the words of this command were written, and no command below it.
    std::string when;
    for (std::string rest = command.called + " "; !rest.empty(); rest = rest.substr(rest.find(' ') + 1))
      if (const std::string word = rest.substr(0, rest.find(' ')); word != "stray")
        when += (when.empty() ? "" : "; and ") + ("__fish_seen_subcommand_from " + word);
    if (!command.commands.empty())
      when += (when.empty() ? "" : "; and ") +
              ("not __fish_seen_subcommand_from " + joined(names_of_commands(command), " "));
    const std::string line = "complete -c stray -n " + quoted(when);
    for (const CommandRow& below : command.commands)
      out += line + " -f -a " + below.called.substr(command.called.size() + 1) + " -d " +
             quoted(below.summary) + "\n";
    for (const OptionRow& option : command.options) {
      if (option.names.empty()) continue;
      out += line;
      for (const std::string& name : option.names)
        out += name.starts_with("--") ? " -l " + name.substr(2) : " -s " + name.substr(1);
      if (!option.type.empty()) out += is_file(option) ? " -r -F" : " -x";
      if (!option.words.empty()) out += " -a " + quoted(joined(option.words, " "));
      out += " -d " + quoted(option.help) + "\n";
    }
  });
  return out;
}

}  // namespace stray
