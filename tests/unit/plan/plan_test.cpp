// SPDX-License-Identifier: Apache-2.0
#include "plan/plan.hpp"

#include <gtest/gtest.h>

#include <cstdio>
#include <nlohmann/json.hpp>
#include <sstream>

#include "base/quote.hpp"
#include "findings/stray.hpp"
#include "pipeline/pipeline.hpp"
#include "plan/adoption.hpp"
#include "plan/end_group.hpp"
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
  bool listens = true;  // a client may use it: then it is never ended by default
  std::vector<std::string> env{"npm_package_name=@acme/we'b", "NODE_ENV=production"};
  std::string package;
  std::uint64_t peak = 0;

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
                            {.ppid = server ? 19u : 0, .sid = 9, .pgid = 18, .env = env, .cwd = cwd});
      case Look::usage:
        return records::saw_usage(r.process, now, 100u << 20, 0, peak);
      case Look::sockets:
        return records::saw_sockets(
            r.process, now,
            server && listens ? std::vector<std::uint16_t>{3000} : std::vector<std::uint16_t>{});
      case Look::script:
        return records::saw_script(r.process, now, script_state, cwd + "/" + r.entry, {.package = package});
      case Look::children:
        break;
    }
    return {};
  }
  std::vector<Stray> strays() {
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
    return strays_of(scene(), pipeline.detectors().open());
  }
  Scene scene() { return pipeline.detectors().scene(); }
  Adoption adoption() {
    strays();
    return adoption_of(*pipeline.lineage().find(node));
  }
  std::string script(const PlanHead& head = {"host", "today", "0-1"}) {
    const auto all = strays();
    return plan_script(all, scene(), head);
  }
  // Its lines that a shell would run, behind the beginning that is the same in every plan.
  static std::vector<std::string> commands(const std::string& text) {
    std::vector<std::string> out;
    std::istringstream lines(text.substr(text.find("esac\n") + 5));
    for (std::string line; std::getline(lines, line);)
      if (!line.empty() && !line.starts_with('#')) out.push_back(line);
    return out;
  }
};

TEST_F(PlanTest, TheProgramEndsBeforeWhatWaitsAboveIt) {
  strays();
  const EndGroup group = end_below(scene(), *pipeline.lineage().find(npm));
  std::vector<std::vector<std::uint32_t>> pids;
  for (const auto& stage : group.stages) {
    pids.emplace_back();
    for (const Ending& e : stage) pids.back().push_back(e.process.tgid);
  }
  EXPECT_EQ(pids, (std::vector<std::vector<std::uint32_t>>{{20}, {19, 18}}));
  EXPECT_EQ(start_ticks(group.stages[0][0].process), 300u);
}

TEST_F(PlanTest, AServerIsMovedAndNotEnded) {
  const std::string text = script();
  EXPECT_EQ(commands(text), std::vector<std::string>{"exit \"$failed\""}) << text;
  EXPECT_NE(text.find("\n#   stray adopt "), std::string::npos) << text;
  EXPECT_NE(text.find("# ==== in the next maintenance window\n"), std::string::npos) << text;
}

TEST_F(PlanTest, WhatListensIsNoCommand) {
  script_state = STRAY_SCRIPT_MISSING;
  const std::string text = script();
  EXPECT_EQ(commands(text), std::vector<std::string>{"exit \"$failed\""}) << text;
  EXPECT_NE(text.find("\n#   stray stop "), std::string::npos) << text;
}

TEST_F(PlanTest, WhatNobodyNeedsIsACommand) {
  script_state = STRAY_SCRIPT_MISSING;
  listens = false;
  const std::string text = script();
  const auto lines = commands(text);
  ASSERT_EQ(lines.size(), 2u) << text;
  EXPECT_TRUE(lines[0].starts_with("stray stop ") && lines[0].ends_with(" --yes")) << lines[0];
  EXPECT_NE(text.find("'0-1'"), std::string::npos) << "it runs under its own boot alone";
}

TEST_F(PlanTest, NothingOfAProcessEndsAComment) {
  script_state = STRAY_SCRIPT_MISSING;
  listens = false;
  cwd = "/srv/a\nkill -9 1\n";
  argv = {"node", "src/a.js", "\nkill -9 1\n", "$(id)"};
  const std::string text = script({"host\nkill -9 1", "now\nkill -9 1", "'; kill -9 1; '"});
  EXPECT_EQ(commands(text).size(), 2u) << text;
  EXPECT_EQ(text.find("\nkill"), std::string::npos) << text;
  EXPECT_NE(text.find("!= ''"), std::string::npos) << "no boot of that name";
}

TEST_F(PlanTest, TheDocumentSaysTheSame) {
  const auto all = strays();
  const auto document = nlohmann::json::parse(plan_json(all, scene(), {"h", "d", "b"}));
  const auto& one = document["strays"][0];
  EXPECT_EQ(one["treatment"]["action"], to_string(all[0].treatment.action));
  EXPECT_EQ(one["treatment"]["steps"].size(), all[0].treatment.steps.size());
  EXPECT_EQ(one["adoption"]["name"], "we-b");
  EXPECT_EQ(one["ends_by_default"], false);
}

TEST_F(PlanTest, AServerIsAdoptedAsItRuns) {
  const Adoption server = adoption();
  EXPECT_EQ(server.name, "we-b");
  EXPECT_EQ(server.user, "alice");
  EXPECT_EQ(server.script, cwd + "/src/$(id).js");
  EXPECT_EQ(server.interpreter_args, (std::vector<std::string>{"--title", "a'b"}));
  EXPECT_EQ(server.args, (std::vector<std::string>{"--name", "x\ny", "%n"}));
  EXPECT_EQ(server.environment, (std::vector<std::string>{"NODE_ENV", "npm_package_name"}));
  EXPECT_EQ(server.listens, std::vector<std::string>{"127.0.0.1:3000"});
  std::string why;
  const std::string js = ecosystem_file(server, why), unit = unit_file(server, why);
  EXPECT_EQ(why, "");
  EXPECT_NE(js.find("args: [\"--name\", \"x\\u000ay\", \"%n\"]"), std::string::npos) << js;
  EXPECT_NE(js.find("max_memory_restart: '512M'"), std::string::npos) << js;
  EXPECT_NE(js.find("env: require('./environment.json')"), std::string::npos) << js;
  EXPECT_NE(
      unit.find("ExecStart=\"/usr/bin/node\" \"--title\" \"a'b\" \"/srv/it's $$(touch x)/src/$$(id).js\" "
                "\"--name\" \"x\\x0ay\" \"%%n\"\n"),
      std::string::npos)
      << unit;
  EXPECT_NE(unit.find("User=alice\nWorkingDirectory=/srv/it's $(touch x)\n"), std::string::npos) << unit;
  EXPECT_NE(unit.find("EnvironmentFile=/etc/stray/env/we-b.env\n"), std::string::npos) << unit;
}

TEST_F(PlanTest, ItsLimitComesFromItsPeak) {
  peak = 700u << 20;
  const Adoption server = adoption();
  EXPECT_EQ(server.memory_peak, 700u << 20);
  EXPECT_EQ(server.memory_limit, 1408u << 20);
}

TEST_F(PlanTest, ItIsNamedByItsPackage) {
  env = {"NODE_ENV=production"};
  package = "@acme/intranet-backend";
  EXPECT_EQ(adoption().name, "intranet-backend");
}

TEST_F(PlanTest, WithoutAPackageByItsFolder) {
  env = {};
  cwd = "/srv/shop";
  EXPECT_EQ(adoption().name, "shop");
}

TEST_F(PlanTest, WhatAFileCannotHoldIsRefusedWithTheReason) {
  cwd = "/srv/a\nUser=root";
  std::string why;
  EXPECT_EQ(unit_file(adoption(), why), "");
  EXPECT_NE(why, "");
  Adoption odd = adoption_of(*pipeline.lineage().find(node));
  odd.name = "../nginx";
  EXPECT_EQ(ecosystem_file(odd, why = ""), "");
  EXPECT_NE(why, "");
}

TEST(Adoption, Pm2IsNotGivenAPathThatItTakesForAShellCommand) {
  Adoption one{.name = "web",
               .user = "alice",
               .interpreter = "/usr/bin/node",
               .script = "/srv/a b;id/dist/index.js",
               .cwd = "/srv/a b;id"};
  std::string why;
  EXPECT_NE(ecosystem_file(one, why).find("script: \"dist/index.js\""), std::string::npos) << why;
  one.cwd = "/srv";
  EXPECT_EQ(ecosystem_file(one, why), "");
  EXPECT_NE(why.find("space"), std::string::npos) << why;
}

TEST(Adoption, AProgramWithoutAScript) {
  Adoption one{.name = "worker",
               .user = "alice",
               .interpreter = "/srv/venv/bin/python",
               .cwd = "/srv",
               .args_known = true};
  take_arguments({"/srv/venv/bin/python", "-m", "worker"}, "", one);
  std::string why;
  EXPECT_NE(unit_file(one, why).find("ExecStart=\"/srv/venv/bin/python\" \"-m\" \"worker\"\n"),
            std::string::npos)
      << why;
  const std::string js = ecosystem_file(one, why);
  EXPECT_NE(js.find("script: \"/srv/venv/bin/python\""), std::string::npos) << js;
  EXPECT_NE(js.find("interpreter: \"none\""), std::string::npos) << js;
}

}  // namespace
}  // namespace stray
