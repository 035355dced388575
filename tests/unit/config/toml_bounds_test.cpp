// SPDX-License-Identifier: Apache-2.0
#include "config/toml_bounds.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "config/config.hpp"

namespace stray {
namespace {

std::string dotted(std::size_t parts) {
  std::string out = "a";
  while (--parts > 0) out += ".a";
  return out;
}

std::string what(std::string_view text) {
  const auto excess = toml_excess(text);
  return excess ? std::to_string(excess->line) + ": " + excess->what : "";
}

TEST(TomlBounds, AKeyOfManyPartsIsRefused) {
  EXPECT_EQ(what(dotted(32) + " = 1"), "");
  EXPECT_EQ(what("x = 1\n" + dotted(33) + " = 1"), "2: a key of more than 32 parts");
  EXPECT_EQ(what("[" + dotted(33) + "]"), "1: a key of more than 32 parts");
  EXPECT_EQ(what("x = {" + dotted(33) + " = 1}"), "1: a key of more than 32 parts");
  EXPECT_EQ(what("x = '''\n''''',\n y = {" + dotted(33) + " = 1}"), "3: a key of more than 32 parts");
}

TEST(TomlBounds, BracketsWithinOneAnotherAreCounted) {
  EXPECT_EQ(what("x = " + std::string(32, '[') + std::string(32, ']')), "");
  EXPECT_EQ(what("x = " + std::string(33, '[')), "1: more than 32 brackets within one another");
  std::string lists;
  for (int i = 0; i < 100; ++i) lists += "[[allow]]\nexe = ['a', 'b']\n";
  EXPECT_EQ(what(lists), "");
}

TEST(TomlBounds, StringsAndCommentsAreNoKeys) {
  const std::string dots(100, '.'), open(100, '[');
  EXPECT_EQ(what("# " + dots + open + "\nx = '" + dots + open + "'\ny = \"\\\"" + dots + open + "\""), "");
  EXPECT_EQ(what("x = '''\n" + dots + "\n'" + dots + "'''\ny = \"\"\"\n\\\"\"\"" + dots + "\n\"\"\"\"\""),
            "");
}

TEST(TomlBounds, ALargeFileIsRefused) {
  EXPECT_EQ(what(std::string(kLargestToml, '\n')), "");
  EXPECT_EQ(what(std::string(kLargestToml + 1, '\n')), "1: larger than 1 MiB");
}

TEST(TomlBounds, HoldForTheConfiguration) {
  Config config;
  EXPECT_EQ(read_config_text(dotted(50'000) + " = 1", config),
            (std::vector<std::string>{"text:1: a key of more than 32 parts"}));
}

TEST(TomlBounds, AConfigurationIsARegularFile) {
  const std::string path = testing::TempDir() + "stray-fifo-" + std::to_string(::getpid());
  ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
  Config config;
  EXPECT_EQ(read_config(path, config), (std::vector<std::string>{path + ": not a regular file"}));
  std::filesystem::remove(path);
}

}  // namespace
}  // namespace stray
