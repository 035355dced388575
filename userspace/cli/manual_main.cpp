// SPDX-License-Identifier: Apache-2.0
// stray_manual DIRECTORY: writes man pages, completions, the configuration file and alerting rules there, for
// the package. Not installed.
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <stdexcept>

#include "cli/alerts.hpp"
#include "cli/command_line.hpp"
#include "cli/manual.hpp"

namespace {

void write(const std::filesystem::path& path, const std::string& text) {
  std::filesystem::create_directories(path.parent_path());
  std::ofstream out(path);
  if (!(out << text).flush()) throw std::runtime_error("cannot write " + path.string());
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return std::fputs("usage: stray_manual DIRECTORY\n", stderr), 2;
  try {
    const std::filesystem::path to = argv[1];
    stray::describe_command_line([&](const CLI::App& app) {
      for (const auto& [name, text] : stray::man_pages(app)) write(to / "man" / name, text);
      write(to / "completions/bash/stray", stray::bash_completion(app));
      write(to / "completions/zsh/_stray", stray::zsh_completion(app));
      write(to / "completions/fish/stray.fish", stray::fish_completion(app));
    });
    write(to / "stray.toml", stray::commented_defaults());
    write(to / "alerts.yml", stray::alert_rules());
  } catch (const std::exception& error) {
    return std::fprintf(stderr, "stray_manual: %s\n", error.what()), 1;
  }
  return 0;
}
