// SPDX-License-Identifier: Apache-2.0
#include "cli/manual.hpp"

#include <gtest/gtest.h>

#include <CLI/CLI.hpp>
#include <cstddef>
#include <sstream>
#include <string>
#include <vector>

#include "cli/command_line.hpp"
#include "cli/command_tree.hpp"
#include "config/config.hpp"

namespace stray {
namespace {

// Every command and every option of the table, by the names a person types.
void for_each(const CommandRow& command, const auto& visit) {
  visit(command);
  for (const CommandRow& below : command.commands) for_each(below, visit);
}

std::string without_roff(const std::string& text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i)
    if (text[i] != '\\' || i + 1 == text.size())
      out += text[i];
    else if (text[++i] == 'f')
      ++i;  // the font
    else if (text[i] != '&')
      out += text[i];
  return out;
}

TEST(Manual, HasAPageForEachCommandWithItsOptions) {
  describe_command_line([](const CLI::App& app) {
    const auto pages = man_pages(app);
    ASSERT_TRUE(pages.contains("stray.8"));
    for (const CommandRow& command : rows_of(app).commands) {
      if (command.called == "stray help") continue;
      const std::string name = "stray-" + command.called.substr(command.called.find(' ') + 1) + ".8";
      ASSERT_TRUE(pages.contains(name)) << name;
      const std::string page = without_roff(pages.at(name));
      EXPECT_NE(page.find(command.summary), std::string::npos) << name;
      for_each(command, [&](const CommandRow& row) {
        EXPECT_NE(page.find(row.called), std::string::npos) << row.called;
        for (const OptionRow& option : row.options)
          for (const std::string& one : option.names)
            EXPECT_NE(page.find(one), std::string::npos) << row.called << one;
      });
    }
  });
}

TEST(Manual, ShowsAChoiceByItsType) {
  describe_command_line([](const CLI::App& app) {
    EXPECT_NE(without_roff(man_pages(app).at("stray-scan.8")).find("--color WHEN\n"), std::string::npos);
  });
}

// A line of roff that begins with a dot or a quote would be a request.
TEST(Manual, TextIsNeverARequest) {
  CLI::App app("It's a test\\n", "prog");
  app.add_flag("--odd")->description("'quoted' begins, .dotted too, and a back\\slash");
  const std::string page = man_pages(app).at("prog.8");
  EXPECT_NE(page.find("\n\\&'quoted' begins"), std::string::npos) << page;
  EXPECT_NE(page.find("back\\eslash"), std::string::npos) << page;
}

// As it is, and with each # before a value removed.
TEST(CommentedDefaults, AreTheDefaults) {
  const std::string text = commented_defaults();
  const auto shown = [](const std::string& file) {
    Config config;
    EXPECT_EQ(read_config_text(file, config), std::vector<std::string>{}) << file;
    config.origins.clear();
    return config_text(config);
  };
  std::string without;
  int values = 0;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line); without += line + "\n") {
    if (!line.starts_with('#') || line.starts_with("# ")) continue;
    line.erase(0, 1);
    ++values;
  }
  EXPECT_EQ(shown(text), config_text(Config{}));
  EXPECT_EQ(shown(without), config_text(Config{}));
  EXPECT_GT(values, 25);
  EXPECT_EQ(text.find("\norphan_grace"), std::string::npos);
}

TEST(Completion, KnowsEveryCommandAndOptionInEveryShell) {
  describe_command_line([](const CLI::App& app) {
    const std::string bash = bash_completion(app), zsh = zsh_completion(app), fish = fish_completion(app);
    for_each(rows_of(app), [&](const CommandRow& row) {
      const std::string name = row.called.substr(row.called.rfind(' ') + 1);
      EXPECT_NE(bash.find(name), std::string::npos) << name;
      EXPECT_NE(zsh.find(name), std::string::npos) << name;
      EXPECT_NE(fish.find(name), std::string::npos) << name;
      for (const OptionRow& option : row.options)
        for (const std::string& one : option.names) {
          EXPECT_NE(bash.find(one), std::string::npos) << one;
          EXPECT_NE(zsh.find(one), std::string::npos) << one;
          EXPECT_NE(fish.find(one.starts_with("--") ? " -l " + one.substr(2) : " -s " + one.substr(1)),
                    std::string::npos)
              << one;
        }
    });
    // The words of a choice are those that the command accepts.
    EXPECT_NE(bash.find("words='ecs perfetto dot sqlite'"), std::string::npos);
    EXPECT_NE(zsh.find("(ecs perfetto dot sqlite)"), std::string::npos);
    EXPECT_NE(fish.find("-a 'ecs perfetto dot sqlite'"), std::string::npos);
  });
}

}  // namespace
}  // namespace stray
