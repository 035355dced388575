// SPDX-License-Identifier: Apache-2.0
#include "plan/plan.hpp"

#include <gtest/gtest.h>

#include <cstdio>
#include <nlohmann/json.hpp>

#include "base/quote.hpp"
#include "pipeline/pipeline.hpp"
#include "support/records.hpp"

namespace stray {
namespace {

const std::vector<std::string> kHostile = {"a b",     "it's", "'; touch /tmp/x; '", "$(id)",  "`id`",
                                           "a\nb",    "a\n",  "%n %i %%",           "\"q\"",  "back\\",
                                           "*",       "-n",   "\\n\\x41",           "${IFS}", "# comment",
                                           "\x1b[31m"};

std::string output_of(const std::string& command) {
  std::string out;
  FILE* pipe = ::popen(command.c_str(), "r");
  for (int c = std::fgetc(pipe); c != EOF; c = std::fgetc(pipe)) out += static_cast<char>(c);
  ::pclose(pipe);
  return out;
}

TEST(Quote, AShellGivesTheSameBytesBack) {
  for (const std::string& text : kHostile)
    EXPECT_EQ(output_of("printf %s. " + shell_quote(text)), text + ".") << text;
}

TEST(Quote, JavaScriptAndSystemd) {
  for (const std::string& text : kHostile) {
    EXPECT_EQ(nlohmann::json::parse(*js_quote(text)).get<std::string>(), text);
    EXPECT_EQ(systemd_argument(text)->find('\n'), std::string::npos);
  }
  EXPECT_EQ(js_quote("\xff"), std::nullopt);
  EXPECT_EQ(systemd_argument("\xff"), std::nullopt);
  EXPECT_EQ(systemd_argument("a\nb \"c\" %n $HOME \\"), "\"a\\x0ab \\\"c\\\" %%n $$HOME \\\\\"");
  EXPECT_EQ(systemd_path("/srv/100%/a b"), "/srv/100%%/a b");
  for (const char* path : {"relative", "/a\nUser=root", "/a ", "/a\\"})
    EXPECT_EQ(systemd_path(path), std::nullopt);
  EXPECT_EQ(systemd_program("/opt/$x/node"), std::nullopt);
  EXPECT_EQ(plain_name("../../etc/passwd"), "etc-passwd");
  EXPECT_EQ(plain_name("-rf $(id)"), "rf-id");
  EXPECT_EQ(plain_name("'\n"), "app");
}

TEST(PlanLimits, MemoryIsTwiceWhatIsUsedOrWhatTheHeapAsksFor) {
  EXPECT_EQ(memory_limit_for(50u << 20, 0), 256u << 20);
  EXPECT_EQ(memory_limit_for(200u << 20, 0), 448u << 20);
  EXPECT_EQ(memory_limit_for(50u << 20, 1024), 1536u << 20);
}

// npm and its shell left behind with the server that they hold, in a folder and with words that mean harm.
class PlanTest : public ::testing::Test {
 protected:
  const ProcessKey init = records::key(1, 0), npm = records::key(18, 2), sh = records::key(19, 2),
                   node = records::key(20, 3);
  Pipeline pipeline{[] {
                      DetectOptions options;
                      options.at_once = true;
                      return options;
                    }(),
                    {}};
  std::string cwd = "/srv/it's $(touch x)";
  std::vector<std::string> argv{"node", "--title", "a'b", "src/$(id).js", "--name", "x\ny", "%n"};
  std::uint32_t script_state = STRAY_SCRIPT_PRESENT;

  void feed(const records::Bytes& bytes) {
    pipeline.feed(bytes);
    for (auto asked = pipeline.detectors().take_requests(); !asked.empty();
         asked = pipeline.detectors().take_requests())
      for (const Request& r : asked) pipeline.feed(answer(r));
  }
  records::Bytes answer(const Request& r) {
    const BootTime now = pipeline.time();
    const bool server = r.process == node;
    switch (r.look) {
      case Look::process:
        return records::saw(r.process, now,
                            {.ppid = server ? 19u : 0,
                             .sid = 9,
                             .pgid = 18,
                             .env = {"npm_package_name=@acme/we'b", "NODE_ENV=production"},
                             .cwd = cwd});
      case Look::usage:
        return records::saw_usage(r.process, now, 100u << 20);
      case Look::sockets:
        return records::saw_sockets(r.process, now,
                                    server ? std::vector<std::uint16_t>{3000} : std::vector<std::uint16_t>{});
      case Look::script:
        return records::saw_script(r.process, now, script_state, cwd + "/" + r.entry);
      case Look::children:
        break;
    }
    return {};
  }
  Plan plan() {
    using namespace records;
    const ProcessKey shell = key(10, 1);
    const Who job{.sid = 9, .pgid = 18};
    feed(session());
    feed(seed(init, {}, "/sbin/init", at(1), STRAY_SEED_NAMESPACE_INIT));
    feed(seed(shell, init, "/bin/bash", at(1)));
    feed(ready(at(1)));
    feed(fork(npm, shell, at(2), {}, job));
    feed(exec(npm, at(2), "/usr/bin/node", {"node", "/usr/bin/npm", "run", "dev"}, job));
    feed(fork(sh, npm, at(2.5), {}, job));
    feed(exec(sh, at(2.5), "/usr/bin/dash", {"sh", "-c", "node src"}, job));
    feed(fork(node, sh, at(3), {}, job));
    feed(exec(node, at(3), "/usr/bin/node", argv, job));
    feed(exit(shell, at(4), 0, init));
    for (double s = 5; s < 100; ++s) feed(tick(at(s)));
    return make_plan(pipeline.detectors().scene(), pipeline.detectors().open());
  }
};

TEST_F(PlanTest, TheProgramEndsBeforeWhatWaitsAboveIt) {
  const Plan all = plan();
  EXPECT_TRUE(all.end.empty()) << "it listens, and its code is there: it is moved";
  ASSERT_EQ(all.servers.size(), 1u);
  const auto& stages = all.servers[0].end.stages;
  std::vector<std::vector<std::uint32_t>> pids;
  for (const auto& stage : stages) {
    pids.emplace_back();
    for (const Ending& e : stage) pids.back().push_back(e.process.tgid);
  }
  EXPECT_EQ(pids, (std::vector<std::vector<std::uint32_t>>{{20}, {19, 18}}));
  EXPECT_EQ(start_ticks(stages[0][0].process), 300u);
}

TEST_F(PlanTest, AServerIsProposedAsItRuns) {
  const Plan all = plan();
  ASSERT_EQ(all.servers.size(), 1u);
  const Server& server = all.servers[0];
  EXPECT_EQ(server.name, "we-b");
  EXPECT_EQ(server.user, "alice");
  EXPECT_EQ(server.script, cwd + "/src/$(id).js");
  EXPECT_EQ(server.interpreter_args, (std::vector<std::string>{"--title", "a'b"}));
  EXPECT_EQ(server.args, (std::vector<std::string>{"--name", "x\ny", "%n"}));
  std::string why;
  const std::string js = ecosystem_file(server, why), unit = unit_file(server, why);
  EXPECT_EQ(why, "");
  EXPECT_NE(js.find("args: [\"--name\", \"x\\u000ay\", \"%n\"]"), std::string::npos) << js;
  EXPECT_NE(js.find("max_memory_restart: '256M'"), std::string::npos) << js;
  EXPECT_NE(js.find("env: { NODE_ENV: \"production\" }"), std::string::npos) << js;
  EXPECT_NE(
      unit.find("ExecStart=\"/usr/bin/node\" \"--title\" \"a'b\" \"/srv/it's $$(touch x)/src/$$(id).js\" "
                "\"--name\" \"x\\x0ay\" \"%%n\"\n"),
      std::string::npos)
      << unit;
  EXPECT_NE(unit.find("User=alice\nWorkingDirectory=/srv/it's $(touch x)\n"), std::string::npos) << unit;
}

TEST_F(PlanTest, WhatAFileCannotHoldIsLeftOutWithTheReason) {
  cwd = "/srv/a\nUser=root";
  const Plan all = plan();
  ASSERT_EQ(all.servers.size(), 1u);
  std::string why;
  EXPECT_EQ(unit_file(all.servers[0], why), "");
  EXPECT_NE(why, "");
  const std::string script = plan_script(all, "h", "d", "b");
  EXPECT_EQ(script.find("\nUser=root"), std::string::npos) << script;
}

TEST_F(PlanTest, NoServerIsProposedWhoseScriptIsGone) {
  script_state = STRAY_SCRIPT_MISSING;
  const Plan all = plan();
  EXPECT_EQ(all.end.size(), 1u);
  EXPECT_EQ(all.servers.size(), 0u);
}

TEST_F(PlanTest, NothingOfAProcessLeavesItsQuotes) {
  argv = {"node", "src/a.js", "\nkill -9 1\n", "STRAY_END_OF_FILE", "\nSTRAY_END_OF_FILE\nid\n"};
  const std::string script = plan_script(plan(), "host\nkill -9 1", "now", "b");
  EXPECT_EQ(script.find("\nkill -9 1"), std::string::npos) << script;
  std::size_t ends = 0;
  for (auto at = script.find("\nSTRAY_END_OF_FILE\n"); at != std::string::npos;
       at = script.find("\nSTRAY_END_OF_FILE\n", at + 1))
    ++ends;
  EXPECT_EQ(ends, 2u) << script;
}

}  // namespace
}  // namespace stray
