// SPDX-License-Identifier: Apache-2.0
#include "program/dev_tools.hpp"

#include <algorithm>

namespace stray {
namespace {

struct Candidate {
  std::string_view word;
  std::size_t index;
};

// The words that may be the sub-command: the first that is no option, and, where it may be the value of the
// option before it (`vite --mode staging build`), the next one too.
std::vector<Candidate> command_words(const Words& args) {
  std::vector<Candidate> out;
  for (std::size_t i = 0; i < args.size() && args[i] != "--"; ++i) {
    if (is_option(args[i])) continue;
    out.push_back({args[i], i});
    const bool may_be_value = i > 0 && is_option(args[i - 1]) && !contains(args[i - 1], "=");
    if (!may_be_value) break;
  }
  return out;
}

bool is_here(const Words& args, std::size_t at, std::string_view wanted) {
  const Words parts = split(wanted, ' ');
  if (at + parts.size() > args.size()) return false;
  return std::equal(parts.begin(), parts.end(), args.begin() + static_cast<std::ptrdiff_t>(at));
}

// The sub-command of `row` in args: its text and the index after it.
struct SubCommand {
  bool matches = false;
  std::string_view text;
  std::size_t next = 0;
};

SubCommand find_sub_command(const ToolRow& row, const Words& args) {
  if (row.words.empty()) return {true, {}, 0};
  const auto candidates = command_words(args);
  if (row.words == "~") return {candidates.empty(), {}, 0};
  SubCommand found;
  for (const Candidate& candidate : candidates)
    any_part(row.words, '|', [&](std::string_view wanted) {
      if (found.matches || !is_here(args, candidate.index, wanted)) return false;
      found = {true, wanted, candidate.index + split(wanted, ' ').size()};
      return true;
    });
  return found;
}

bool has_option(std::string_view wanted, const Words& args) {
  if (wanted.empty()) return true;
  return std::any_of(args.begin(), args.end(), [&](std::string_view word) {
    return any_part(wanted, '|', [&](std::string_view option) { return is_option_named(word, option); });
  });
}

template <typename Same>
std::optional<ToolMatch> first_row(const Words& args, Same&& same) {
  for (const ToolRow& row : tool_table()) {
    if (!same(row)) continue;
    const SubCommand sub = find_sub_command(row, args);
    if (!sub.matches || !has_option(row.options, args)) continue;
    std::string name(row.name);
    if (name.empty()) {
      name = row.tool.substr(0, row.tool.find('|'));
      if (!sub.text.empty()) name.append(" ").append(sub.text);
    }
    return ToolMatch{&row, std::move(name), sub.next};
  }
  return {};
}

// What lies below the last node_modules of the path: ".bin/vite", "@angular/cli/bin/ng.js"; empty: there is
// none.
std::string_view below_node_modules(std::string_view path) {
  constexpr std::string_view folder = "node_modules/";
  const auto at = path.rfind(folder);
  if (at == std::string_view::npos || (at != 0 && path[at - 1] != '/')) return {};
  return path.substr(at + folder.size());
}

std::string_view package_of(std::string_view below) {
  auto end = below.find('/');
  if (below.starts_with('@') && end != std::string_view::npos) end = below.find('/', end + 1);
  return below.substr(0, end);
}

std::string_view parent_name(std::string_view path) {
  const auto slash = path.rfind('/');
  return slash == std::string_view::npos ? std::string_view() : file_name(path.substr(0, slash));
}

}  // namespace

std::optional<ToolMatch> match_command(std::string_view name, const Words& args, bool installed) {
  return first_row(args, [&](const ToolRow& row) {
    return one_of(row.tool, name) && (installed || (row.traits & kGeneric) == 0);
  });
}

bool may_be_dev_tool(std::string_view name) {
  bool develops = false, serves = false;
  for (const ToolRow& row : tool_table()) {
    if (!one_of(row.tool, name)) continue;
    develops |= row.role == Role::dev_tool && (row.traits & kGeneric) == 0;
    serves |= row.role == Role::app;
  }
  return develops && !serves;
}

bool is_makeshift(std::string_view name) {
  return std::ranges::any_of(
      tool_table(), [&](const ToolRow& row) { return (row.traits & kMakeshift) != 0 && row.name == name; });
}

std::string_view installed_name(std::string_view script) {
  const std::string_view below = below_node_modules(script);
  if (!below.empty())
    return below.starts_with(".bin/") ? without_script_suffix(file_name(below)) : package_of(below);
  const bool command = script.starts_with('/') && parent_name(script) == "bin";
  return command ? without_script_suffix(file_name(script)) : std::string_view();
}

std::optional<ToolMatch> match_script(std::string_view path, const Words& args) {
  const auto by_path = first_row(args, [&](const ToolRow& row) {
    return path.ends_with(row.tool) && path.size() > row.tool.size() &&
           path[path.size() - row.tool.size() - 1] == '/' && contains(row.tool, "/");
  });
  if (by_path) return by_path;
  const std::string_view below = below_node_modules(path);
  const std::string_view command = without_script_suffix(file_name(path));
  const std::string_view folder = parent_name(path);
  if (below.empty()) {
    // Installed for the whole host or user: found through PATH, so the path is absolute and has no suffix.
    if (!path.starts_with('/') || folder != "bin" || command != file_name(path)) return {};
    return match_command(command, args, false);
  }
  if (folder == ".bin") return match_command(command, args, true);
  if (folder == "bin")
    if (auto match = match_command(command, args, false)) return match;
  return match_command(package_of(below), args, true);
}

}  // namespace stray
