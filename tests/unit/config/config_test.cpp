// SPDX-License-Identifier: Apache-2.0
#include "config/config.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <fstream>

namespace stray {
namespace {

class ConfigTest : public ::testing::Test {
 protected:
  const std::string path = testing::TempDir() + "stray-config-" + std::to_string(::getpid()) + ".toml";
  ~ConfigTest() override { std::filesystem::remove(path); }

  std::vector<std::string> read(const std::string& text, Config& out) const {
    std::ofstream(path) << text;
    return read_config(path, out);
  }
  std::vector<std::string> problems(const std::string& text) const {
    Config unused;
    return read(text, unused);
  }
};

const std::string kEverything = R"toml(
[times]
orphan_grace = "1h30min"
min_age = "250ms"
[limits]
memory_limit = "300MiB"
memory_samples = 2
storm_execs = 7
[host]
launcher_units = ["acme-runner@*.service"]
pidfile_dirs = "/var/lib/acme"
[after]
dev-tool = "0"
[severity]
orphan = "critical"
[redact]
builtin = false
patterns = ['--pin=(\d+)', "a\"b"]
[[allow]]
exe = "*/node"
reason = "tab\there, \u001b"
[[allow]]
user = "demo"
exe = ["node", "bun"]
kind = ["orphan", "stale-script"]
until = 2027-06-30T18:00:00Z
reason = "another"
[[runtime]]
name = "python"
exe = ["python3*", "/opt/py"]
value_options = ["-W"]
module_options = "-m"
[[runtime]]
name = "our node"
exe = ["nod"]
like = "node"
[[dev_tool]]
name = "mock"
argv = "*mock-server*"
watcher = true
[[supervisor]]
name = "keeper"
exe = ["keeperd"]
by_system = true
[[daemon]]
name = "agent"
exe = ["agent"]
[[notify]]
name = "page"
type = "exec"
command = ["/bin/page", "a\"b"]
user = "nobody"
parallel = 3
kinds = ["orphan"]
severity = "warning"
timeout = "30s"
resolve = false
rate = "3/30min"
[[notify]]
name = "hook"
type = "webhook"
url = "http://[::1]:8080/x"
header_file = "/etc/h"
ca_file = "/etc/c"
[[notify]]
name = "am"
type = "alertmanager"
url = "http://am:9093"
insecure_http = true
[[notify]]
name = "ops"
type = "mail"
to = "ops@example.org"
from = "root"
sendmail = "/bin/s"
)toml";

TEST_F(ConfigTest, WhatIsShownIsTheSameConfigurationAgain) {
  Config first, second;
  ASSERT_EQ(read(kEverything, first), std::vector<std::string>{});
  EXPECT_EQ(first.detect.orphan_grace, minutes(90));
  EXPECT_EQ(first.detect.memory_limit, 300u << 20);
  EXPECT_EQ(first.detect.memory_samples, 2u);
  EXPECT_EQ(first.detect.storm_execs, 7u);
  EXPECT_EQ(first.detect.severity[Kind::orphan], Severity::critical);
  EXPECT_EQ(first.redact, (std::vector<std::string>{"--pin=(\\d+)", "a\"b"}));
  ASSERT_EQ(first.detect.programs->runtimes.size(), 2u);
  EXPECT_EQ(first.detect.programs->runtimes[0].module_options, std::vector<std::string>{"-m"});
  EXPECT_EQ(first.detect.programs->runtimes[1].like, Runtime::node);
  EXPECT_TRUE(first.detect.programs->is_launcher("acme-runner@7.service"));
  EXPECT_FALSE(first.detect.programs->is_launcher("acme.service"));
  EXPECT_EQ(first.pidfile_dirs, std::vector<std::string>{"/var/lib/acme"});
  const std::string shown = config_text(first);
  ASSERT_EQ(read(shown, second), std::vector<std::string>{}) << shown;
  second.origins = first.origins;  // lines of the file differ
  EXPECT_EQ(config_text(second), shown);
}

TEST_F(ConfigTest, EachValueSaysWhereItComesFrom) {
  Config config;
  ASSERT_EQ(read("[times]\norphan_grace = \"1s\"\n", config), std::vector<std::string>{});
  take_after("orphan=5s", config);
  take_min_age("2s", config);
  const std::string shown = config_text(config);
  EXPECT_NE(shown.find("orphan_grace = \"1s\"                     # " + path + ":2: "), std::string::npos)
      << shown;
  EXPECT_NE(shown.find("min_age = \"2s\"                          # --min-age"), std::string::npos) << shown;
  EXPECT_NE(shown.find("orphan = \"5s\"                           # --after\n"), std::string::npos) << shown;
  EXPECT_NE(shown.find("devtool_grace = \"10min\"                 # default"), std::string::npos) << shown;
}

TEST_F(ConfigTest, EverythingThatIsWrongIsToldInOrder) {
  const auto all = problems(
      "bogus = 1\n[times]\norphan_grace = 3\nmin_age = \"soon\"\n[severity]\norphan = \"bad\"\n"
      "[redact]\npatterns = [\n  '(',\n  7]\n[[allow]]\n[[runtime]]\nexe = 3\nlike = \"perl\"\n"
      "[[supervisor]]\nname = \"x\"\n[host]\npidfile_dirs = [\"run\"]\n");
  const std::pair<int, const char*> wanted[] = {
      {1, "bogus"},    {3, "string"},      {4, "soon"},     {6, "not info"},      {9, "pattern"},
      {10, "pattern"}, {11, "everything"}, {11, "reason"},  {12, "needs a name"}, {12, "to know"},
      {13, "exe"},     {14, "like"},       {15, "to know"}, {18, "whole path"}};
  ASSERT_EQ(all.size(), std::size(wanted)) << ::testing::PrintToString(all);
  for (std::size_t i = 0; i < all.size(); ++i) {
    EXPECT_TRUE(all[i].starts_with(path + ":" + std::to_string(wanted[i].first) + ":")) << all[i];
    EXPECT_NE(all[i].find(wanted[i].second), std::string::npos) << all[i];
  }
}

TEST_F(ConfigTest, WhatWasMeantIsSuggested) {
  EXPECT_NE(problems("[tiems]\n").at(0).find("did you mean times?"), std::string::npos);
  EXPECT_NE(problems("[times]\norphan-grace = \"1s\"\n").at(0).find("did you mean orphan_grace?"),
            std::string::npos);
  EXPECT_NE(problems("[after]\norphen = \"1s\"\n").at(0).find("did you mean orphan?"), std::string::npos);
  EXPECT_TRUE(problems("[times]\n  orphan_grace = 3\n").at(0).starts_with(path + ":2:18: "));
}

TEST_F(ConfigTest, AnAllowanceOfSomeKindsThatEnds) {
  ::setenv("TZ", "UTC0", 1);
  ::tzset();
  const std::string rest = "user = \"x\"\nreason = \"tests\"\n";
  Config config;
  ASSERT_EQ(read("[[allow]]\nkind = \"orphan\"\nuntil = 2027-06-30\n" + rest +
                     "[[allow]]\nuntil = \"2027-06-30 18:00\"\n" + rest + "[[allow]]\n" + rest,
                 config),
            std::vector<std::string>{});
  constexpr std::int64_t kDay = 86'400'000'000'000, kEve = 20'999 * kDay;  // 2027-06-30
  EXPECT_EQ(config.detect.allow[0].kinds, std::vector<Kind>{Kind::orphan});
  EXPECT_EQ(config.detect.allow[0].until, kEve + kDay) << "a date means the whole day";
  EXPECT_EQ(config.detect.allow[1].until, kEve + kDay * 3 / 4);
  EXPECT_FALSE(config.detect.allow[2].until);
  EXPECT_TRUE(config.expired(kEve).empty());
  ASSERT_EQ(config.expired(kEve + kDay).size(), 2u);
  const std::string warning = config.expired(kEve + kDay)[0];
  EXPECT_TRUE(warning.starts_with(path + ":1: ")) << warning;
  EXPECT_NE(warning.find("no longer applies (tests)"), std::string::npos) << warning;
  EXPECT_NE(problems("[[allow]]\nkind = \"orphen\"\n" + rest).at(0).find("did you mean orphan?"),
            std::string::npos);
  EXPECT_NE(problems("[[allow]]\nuntil = \"June\"\n" + rest).at(0).find("write a date"), std::string::npos);
}

// The parser makes a table of each part, in the one before: it would have no stack left.
TEST_F(ConfigTest, AKeyOfThousandsOfPartsIsRefused) {
  std::string key = "a";
  for (int i = 0; i < 50'000; ++i) key += ".a";
  EXPECT_NE(problems(key + " = 1\n").at(0).find("a key of more than"), std::string::npos);
  EXPECT_NE(problems("[" + key + "]\n").at(0).find("a key of more than"), std::string::npos);
  EXPECT_TRUE(problems("# " + key + "\n[redact]\npatterns = ['" + key + "']\n").empty());
}

TEST_F(ConfigTest, OnlyARegularFileIsReadAndNothingWaits) {
  ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
  Config unused;
  for (const std::string& file : {path, std::string("/dev/null")}) {
    const auto all = read_config(file, unused);
    ASSERT_EQ(all.size(), 1u);
    EXPECT_EQ(all[0], file + ": not a regular file");
  }
}

TEST_F(ConfigTest, RootObeysNoFileThatOthersMayWrite) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root";
  std::ofstream(path).flush();
  Config unused;
  for (const ::mode_t mode : {0664u, 0646u, 0666u}) {
    ASSERT_EQ(::chmod(path.c_str(), mode), 0);
    EXPECT_NE(read_config(path, unused).at(0).find("run: chmod go-w "), std::string::npos);
  }
  ASSERT_EQ(::chmod(path.c_str(), 0644), 0);
  EXPECT_TRUE(read_config(path, unused).empty());
  ASSERT_EQ(::chown(path.c_str(), 12345, 0), 0);
  EXPECT_NE(read_config(path, unused).at(0).find("run: chown root "), std::string::npos);
}

TEST_F(ConfigTest, LimitsThatCannotBeAreTold) {
  EXPECT_EQ(problems("[limits]\nmemory_limit = \"much\"\nmemory_samples = 0\nstorm_execs = -1\n").size(), 3u);
  EXPECT_EQ(problems("[limits]\nmemory_limit = \"0\"\n").size(), 1u);
  EXPECT_NE(problems("[limits]\nmemory_limit = \"300\"\n").at(0).find("has no unit"), std::string::npos);
  EXPECT_EQ(problems("[limits]\nmemory_limit = 300\nstorm_execs = 1.5\n").size(), 2u);
}

TEST_F(ConfigTest, PatternsComeBesideTheBuiltIn) {
  Config config;
  ASSERT_EQ(read("[redact]\npatterns = ['x=(.+)']\n", config), std::vector<std::string>{});
  EXPECT_TRUE(config.redact_builtin);
  EXPECT_EQ(config.redact, std::vector<std::string>{"x=(.+)"});
  Config off;
  ASSERT_EQ(read("[redact]\nbuiltin = false\n", off), std::vector<std::string>{});
  EXPECT_FALSE(off.redact_builtin);
}

TEST(Values, SizesAreWrittenAsTheyAreRead) {
  for (const char* text : {"0", "1000B", "1KiB", "1500KiB", "300MiB", "1GiB", "4TiB"})
    EXPECT_EQ(size_text(parse_size(text, "x")), text);
  EXPECT_EQ(size_text(parse_size("2048B", "x")), "2KiB");
}

TEST(Values, DurationsAreWrittenAsTheyAreRead) {
  for (const char* text : {"0", "250ms", "1s", "1h30min", "7d", "1d1h1min1s1ms"})
    EXPECT_EQ(duration_text(parse_duration(text, "")), text);
}

TEST_F(ConfigTest, ATargetOfNotifyThatIsWrongSaysWhatToDo) {
  const std::string hook = "[[notify]]\nname = \"a\"\ntype = \"webhook\"\nurl = ";
  const std::string exec =
      "[[notify]]\nname = \"a\"\ntype = \"exec\"\nuser = \"x\"\ncommand = [\"/bin/a\"]\n";
  const std::string mail = "[[notify]]\nname = \"a\"\ntype = \"mail\"\n";
  const std::pair<std::string, std::string> all[] = {
      {"[[notify]]\nname = \"a\"", "needs a type"},
      {"[[notify]]\nname = \"a\"\ntype = \"webhok\"", "did you mean webhook"},
      {"[[notify]]\ntype = \"exec\"\nuser = \"x\"\ncommand = [\"/a\"]", "needs a name"},
      {"[[notify]]\nname = \"../a\"\ntype = \"exec\"\nuser = \"x\"\ncommand = [\"/a\"]", "letters, digits"},
      {exec + exec, "another [[notify]] with the name \"a\""},
      {"[[notify]]\nname = \"a\"\ntype = \"exec\"\ncommand = [\"/a\"]", "needs a user"},
      {"[[notify]]\nname = \"a\"\ntype = \"exec\"\nuser = \"x\"", "needs a command"},
      {"[[notify]]\nname = \"a\"\ntype = \"exec\"\nuser = \"x\"\ncommand = [\"a\"]", "begin it with /"},
      {exec + "kinds = [\"orphn\"]", "did you mean orphan"},
      {exec + "severity = \"bad\"", "is not info, notice"},
      {exec + "timeout = \"1h\"", "timeout must be from 1s to 5min"},
      {exec + "rate = \"10\"", "10/h or 3/30min"},
      {exec + "rate = \"0/h\"", "from 1 to"},
      {exec + "rate = \"1/10ms\"", "from 1s to 31d"},
      {exec + "parallel = 0", "parallel must be from 1 to 16"},
      {exec + "url = \"https://a\"", "\"url\" is not a key here"},
      {hook + "\"ftp://a\"", "write a URL"},
      {hook + "\"https://a b\"", "write a URL"},
      {hook + "\"https://u:p@a/\"", "header_file"},
      {hook + "\"http://a/\"", "use https"},
      {hook + "\"http://127.0.0.1.evil.org/\"", "use https"},
      {hook + "\"http://localhost.evil.org/\"", "use https"},
      {hook + "\"https://a/\"\nca_file = \"c\"", "begin it with /"},
      {"[[notify]]\nname = \"a\"\ntype = \"alertmanager\"\nurl = \"https://a\"\nrate = \"1/h\"",
       "\"rate\" is not a key"},
      {mail + "from = \"a@b\"", "needs to"},
      {mail + "to = \"a@b\"", "needs from"},
      {mail + "from = \"a@b\"\nto = \"-oQ/tmp\"", "is not a mail address"},
      {mail + "from = \"a@b\"\nto = \"a@b\\nBcc: c\"", "is not a mail address"},
      {mail + "from = \"A <a@b>\"\nto = \"a@b\"", "is not a mail address"},
  };
  for (const auto& [text, what] : all) {
    const auto found = problems(text);
    ASSERT_EQ(found.size(), 1u) << text;
    EXPECT_NE(found.front().find(what), std::string::npos) << found.front();
    EXPECT_TRUE(found.front().starts_with(path + ":")) << found.front();
  }
  EXPECT_EQ(problems(exec + "rate = \"10/h\""), std::vector<std::string>());
  for (const char* url :
       {"http://localhost:1/", "http://127.0.0.1", "http://[::1]/", "https://a.example.org:1/x?y"})
    EXPECT_EQ(problems(hook + "\"" + url + "\""), std::vector<std::string>()) << url;
}

}  // namespace
}  // namespace stray
