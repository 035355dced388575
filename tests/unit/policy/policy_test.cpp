// SPDX-License-Identifier: Apache-2.0
#include "policy/policy.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "pipeline/pipeline.hpp"
#include "support/records.hpp"

namespace stray {
namespace {

class PolicyTest : public ::testing::Test {
 protected:
  const std::string path = testing::TempDir() + "stray-policy-" + std::to_string(::getpid()) + ".toml";
  Pipeline pipeline{[] {
                      DetectOptions options;
                      options.at_once = true;
                      return options;
                    }(),
                    {}};
  PolicyNames names;
  ~PolicyTest() override { std::filesystem::remove(path); }

  std::vector<std::string> read(const std::string& text, Policy& out) const {
    std::ofstream(path) << text;
    return read_policy(path, names, out);
  }

  void feed(const records::Bytes& bytes) {
    pipeline.feed(bytes);
    for (auto asked = pipeline.detectors().take_requests(); !asked.empty();
         asked = pipeline.detectors().take_requests())
      for (const Request& r : asked) observe(r.process, r.look, r.entry);
  }
  void observe(ProcessKey key, Look look, std::string_view entry = {}) {
    const BootTime now = pipeline.time();
    const bool app = key.tgid == 20 || key.tgid == 21;
    if (look == Look::process)
      feed(records::saw(
          key, now,
          {.env = app ? std::vector<std::string>{"pm_id=0", "name=web", "pm_exec_path=/srv/app/server.js"}
                      : std::vector<std::string>{}}));
    if (look == Look::usage) feed(records::saw_usage(key, now, 100u << 20));
    if (look == Look::sockets)
      feed(records::saw_sockets(key, now,
                                app ? std::vector<std::uint16_t>{3000} : std::vector<std::uint16_t>{}));
    if (look == Look::script) feed(records::saw_script(key, now, STRAY_SCRIPT_PRESENT, entry));
  }

  // PM2 with two workers of one app, one of which has a child of the same name; and a node left behind.
  void host() {
    using namespace records;
    const ProcessKey init = key(1, 0), god = key(10, 1), stray_node = key(30, 4);
    feed(session());
    feed(seed(init, {}, "/sbin/init", at(1), STRAY_SEED_NAMESPACE_INIT));
    feed(ready(at(1)));
    feed(fork(god, init, at(2)));
    feed(exec(god, at(2), "/usr/bin/node", {"node", "/usr/lib/node_modules/pm2/lib/Daemon.js"}));
    ProcessKey parent = god;
    for (const ProcessKey app : {key(20, 3), key(21, 3), key(22, 3)}) {
      parent = app.tgid == 22 ? key(21, 3) : god;
      feed(fork(app, parent, at(3)));
      feed(exec(app, at(3), "/usr/bin/node", {"node", "server.js"}));
    }
    feed(fork(stray_node, god, at(4)));
    feed(exec(stray_node, at(4), "/usr/bin/node", {"node", "prisma", "studio"}, {.sid = 9, .pgid = 8}));
    feed(tick(at(10)));
    for (const Process* p : pipeline.lineage().live_by_key())
      for (const Look look : {Look::process, Look::usage, Look::sockets}) observe(p->key, look);
  }

  std::vector<std::pair<std::string, bool>> lines(const std::string& text) {
    Policy policy;
    EXPECT_EQ(read(text, policy), std::vector<std::string>{});
    verdicts = check_policy(policy, pipeline.detectors().scene(), pipeline.detectors().open(), 4711);
    std::vector<std::pair<std::string, bool>> out;
    for (const Outcome& one : verdicts.outcomes) out.emplace_back(one.what, one.met);
    return out;
  }
  bool met(const std::string& line) {
    const auto all =
        lines("[[app]]\nname = \"web\"\nmatch = { argv = \"node server.js\" }\ninstances = { min = 0 }\n" +
              line + "\n");
    EXPECT_EQ(all.size(), 2u) << line;
    return all.back().second;
  }
  Verdicts verdicts;
};

TEST_F(PolicyTest, EachLineOfAnApp) {
  host();
  EXPECT_TRUE(met("supervisor = \"pm2\""));
  EXPECT_FALSE(met("supervisor = \"systemd\""));
  EXPECT_TRUE(met("unit = \"w*\""));
  EXPECT_FALSE(met("unit = \"api\""));
  EXPECT_TRUE(met("restarts = true"));
  EXPECT_FALSE(met("restarts = false"));
  EXPECT_TRUE(met("memory_below = \"201MiB\""));
  EXPECT_FALSE(met("memory_below = \"200MiB\"")) << "the child counts with its parent";
  EXPECT_TRUE(met("listens = \"127.0.0.1:3000\""));
  EXPECT_TRUE(met("listens = [\"3000\"]"));
  EXPECT_FALSE(met("listens = \"0.0.0.0:3000\""));
  EXPECT_TRUE(met("user = \"alice\""));
  EXPECT_TRUE(met("user = \"1000\""));
  EXPECT_FALSE(met("user = \"root\""));
}

TEST_F(PolicyTest, InstancesAreThoseThatHangFromNoOther) {
  host();
  const auto instances = [&](const std::string& value) {
    return lines("[[app]]\nname = \"w\"\nmatch = { exe = \"node\", argv = \"node server.js\" }\n" + value)[0]
        .second;
  };
  EXPECT_TRUE(instances("instances = 2"));
  EXPECT_EQ(verdicts.measures[0].value, 2u);
  EXPECT_FALSE(instances("instances = 3"));
  EXPECT_TRUE(instances(""));
  EXPECT_TRUE(instances("instances = { min = 1, max = 2 }"));
  EXPECT_FALSE(instances("instances = { max = 1 }"));
  EXPECT_TRUE(instances("instances = { min = 2 }"));
  const auto none = lines("[[app]]\nname = \"w\"\nmatch = { argv = \"nothing\" }\nsupervisor = \"pm2\"\n");
  EXPECT_EQ(none, (std::vector<std::pair<std::string, bool>>{{"instances >= 1", false}})) << "said once";
}

TEST_F(PolicyTest, WhatIsForbidden) {
  host();
  EXPECT_EQ(lines("[[forbid]]\nmatch = { argv = \"*prisma*\" }\nreason = \"no\"\nlevel = \"warning\"\n"
                  "[[forbid]]\nmatch = { argv = \"*vite*\" }\nreason = \"nor this\"\n"),
            (std::vector<std::pair<std::string, bool>>{{"no", false}, {"nor this", true}}));
  EXPECT_EQ(verdicts.outcomes[0].level, Level::warning);
  EXPECT_EQ(verdicts.not_met(), 1u);
}

TEST_F(PolicyTest, FindingsOfSomeOrAllKinds) {
  using namespace records;
  host();
  feed(exit(key(10, 1), at(11), 9, key(1, 0)));
  for (double s = 12; s < 20; ++s) feed(tick(at(s)));
  EXPECT_EQ(
      lines("[findings]\nnone_of = [\"supervisor-lost\", \"oom-kill\"]\n"),
      (std::vector<std::pair<std::string, bool>>{{"no supervisor-lost", false}, {"no oom-kill", true}}));
  EXPECT_EQ(lines("[findings]\nnone = true\n").size(), kKinds.size());
}

TEST_F(PolicyTest, EverythingThatIsWrongIsTold) {
  Policy policy;
  const auto all = read(
      "more = 1\n[[app]]\ninstances = \"x\"\nlistens = [\"abc\"]\nlevel = \"bad\"\nmemory_below = \"1 GB\"\n"
      "[[forbid]]\nmatch = { bogus = 1 }\n[findings]\nnone_of = [\"orphen\"]\n[[app]]\nname = \"w\"\n"
      "match = { exe = \"x\" }\ninstances = { min = 3, max = 2 }\n",
      policy);
  const std::pair<int, const char*> wanted[] = {
      {1, "more"},        {2, "name"},    {2, "match"},  {3, "instances"}, {4, "port"},
      {5, "level"},       {6, "size"},    {7, "reason"}, {7, "match"},     {8, "bogus"},
      {9, "none = true"}, {10, "orphen"}, {14, "min"}};
  ASSERT_EQ(all.size(), std::size(wanted)) << ::testing::PrintToString(all);
  for (std::size_t i = 0; i < all.size(); ++i) {
    EXPECT_TRUE(all[i].starts_with(path + ":" + std::to_string(wanted[i].first) + ":")) << all[i];
    EXPECT_NE(all[i].find(wanted[i].second), std::string::npos) << all[i];
  }
}

// Each value that cannot be is an error with its place, what it is, what is allowed, and what was meant.
TEST_F(PolicyTest, ValuesThatCannotBeAreRefused) {
  names.supervisors = {"keeper"};
  names.is_user = [](const std::string& name) { return name == "web"; };
  names.users = {"web", "root"};
  const std::string head = "[[app]]\nname = \"web\"\nmatch = { exe = \"node\" }\n";
  const std::pair<const char*, std::vector<std::string>> wrong[] = {
      {"supervisor = \"pm3\"",
       {"\"pm3\" is not a supervisor", "did you mean pm2?", "systemd, pm2", "keeper"}},
      {"memory_below = \"512\"", {"\"512\" has no unit", "512MiB"}},
      {"memory_below = \"0\"", {"must not be 0"}},
      {"user = \"wbe\"", {"no user \"wbe\"", "did you mean web?"}},
      {"listens = [\"70000\"]", {"port from 1 to 65535"}},
      {"listens = [\"local:3000\"]", {"no address", "127.0.0.1:3000"}},
      {"memory_blow = \"1GiB\"", {"\"memory_blow\" is not a key", "did you mean memory_below?"}},
  };
  for (const auto& [line, parts] : wrong) {
    Policy policy;
    const auto all = read(head + line + "\n", policy);
    ASSERT_EQ(all.size(), 1u) << line << ::testing::PrintToString(all);
    EXPECT_TRUE(all[0].starts_with(path + ":4:")) << all[0];
    for (const std::string& part : parts) EXPECT_NE(all[0].find(part), std::string::npos) << all[0];
  }
  for (const char* right : {"supervisor = \"keeper\"", "supervisor = \"runit\"", "supervisor = \"none\"",
                            "user = \"web\"", "user = \"1001\"", "user = \"w*\"",
                            "listens = [\"[::1]:3000\", \"3000\"]", "memory_below = \"512B\""}) {
    Policy policy;
    EXPECT_EQ(read(head + right + "\n", policy), std::vector<std::string>{}) << right;
  }
  names.is_user = nullptr;  // the host of a capture has users that are not known here
  Policy policy;
  EXPECT_EQ(read(head + "user = \"wbe\"\n", policy), std::vector<std::string>{});
}

TEST_F(PolicyTest, AnEmptyPolicyIsNoPolicy) {
  Policy policy;
  EXPECT_EQ(read("", policy).size(), 1u);
}

}  // namespace
}  // namespace stray
