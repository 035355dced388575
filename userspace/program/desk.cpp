// SPDX-License-Identifier: Apache-2.0
#include "program/desk.hpp"

#include <algorithm>
#include <string>

#include "base/words.hpp"

namespace stray {
namespace {

constexpr DeskFolder kFolders[] = {
    {"/.vscode-server/", "VS Code server", Desk::editor},
    {"/.vscode-server-insiders/", "VS Code server", Desk::editor},
    {"/.vscode/extensions/", "VS Code", Desk::editor},
    {"/.vscode-remote/", "VS Code server", Desk::editor},
    {"/.vscodium-server/", "VSCodium server", Desk::editor},
    {"/code-server/", "code-server", Desk::editor},
    {"/.cursor-server/", "Cursor server", Desk::editor},
    {"/.cursor/extensions/", "Cursor", Desk::editor},
    {"/.windsurf-server/", "Windsurf server", Desk::editor},
    {"/JetBrains/", "JetBrains IDE", Desk::editor},
    {"/.zed_server/", "Zed server", Desk::editor},
    {"/.local/share/zed/", "Zed", Desk::editor},
    {"/cursor-agent/versions/", "Cursor agent", Desk::agent},
    {"/claude/versions/", "Claude Code", Desk::agent},
};

bool is_mcp_server(std::string_view scope, std::string_view name) {
  if (scope == "@modelcontextprotocol") return name.starts_with("server-");
  return name.starts_with("mcp-server") || name.ends_with("-mcp-server") || name.ends_with("-mcp") ||
         name == "mcp-remote" || (!scope.empty() && name == "mcp");
}

bool is_language_server(std::string_view name) {
  constexpr std::string_view others =
      "gopls|rust-analyzer|clangd|ccls|zls|texlab|marksman|taplo|nixd|pylsp|pyls|solargraph|intelephense|"
      "jdtls|"
      "ocamllsp|metals|omnisharp|svelteserver|terraform-ls|emmet-ls|elixir-ls|erlang_ls|tsserver|"
      "haskell-language-server-wrapper|dockerfile-language-server-nodejs|language-server-bin";
  return name.ends_with("-language-server") || name.ends_with("-langserver") || name.ends_with("-lsp") ||
         one_of(others, name);
}

}  // namespace

Desk desk_by_name(std::string_view name) {
  std::string_view scope;
  if (const auto slash = name.find('/'); name.starts_with('@') && slash != std::string_view::npos) {
    scope = name.substr(0, slash);
    name.remove_prefix(slash + 1);
  }
  std::string dashed(name.substr(0, 64));  // a module of python has no dash
  std::replace(dashed.begin(), dashed.end(), '_', '-');
  if (is_mcp_server(scope, dashed)) return Desk::mcp_server;
  return is_language_server(dashed) || is_language_server(name) ? Desk::language_server : Desk::none;
}

const DeskFolder* desk_folder(std::string_view path) {
  const auto* row = std::find_if(std::begin(kFolders), std::end(kFolders),
                                 [&](const DeskFolder& folder) { return contains(path, folder.part); });
  return row == std::end(kFolders) ? nullptr : row;
}

bool is_headless(StringList argv, bool always) {
  bool headless = always, part = false;
  argv.each([&](std::string_view word) {
    headless |= word == "-headless" || word == "--headless" || word.starts_with("--headless=");
    part |= word.starts_with("--type=") || word == "-contentproc";
  });
  return headless && !part;
}

}  // namespace stray
