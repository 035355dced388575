// SPDX-License-Identifier: Apache-2.0
#include "program/host_programs.hpp"

#include <gtest/gtest.h>

#include "pipeline/pipeline.hpp"
#include "support/records.hpp"
#include "unit/program/argv.hpp"

namespace stray {
namespace {

using test::nul_joined;
using test::Strings;

Program recognised(const ProgramRules& rules, const std::string& exe, const Strings& argv) {
  const std::string words = nul_joined(argv);
  ProgramView view;
  view.exe = exe, view.argv = StringList(words), view.rules = &rules;
  return recognise(view);
}

const ProgramRules kPython{.runtimes = {{.name = "python",
                                         .match = {.exe = {"python3*"}},
                                         .value_options = {"-W"},
                                         .eval_options = {"-c"},
                                         .module_options = {"-m"},
                                         .file_options = {"-jar"}}}};

TEST(ProgramRules, ARuntimeOfTheConfiguration) {
  const auto python = [](Strings args) {
    args.insert(args.begin(), "python3");
    return recognised(kPython, "/usr/bin/python3.11", args);
  };
  Program p = python({"-u", "-W", "ignore", "app.py", "-c"});
  EXPECT_EQ(p.runtime, Runtime::other);
  EXPECT_EQ(p.runtime_name, "python");
  EXPECT_EQ(p.entry, "app.py");
  EXPECT_EQ(p.entry_kind, EntryKind::file);
  EXPECT_EQ(p.role, Role::app);
  EXPECT_EQ(python({"-m", "our.server"}).entry, "our.server");
  EXPECT_EQ(python({"-jar", "a.jar"}).entry_kind, EntryKind::file);
  EXPECT_EQ(python({"-c", "x"}).role, Role::eval);
  EXPECT_EQ(python({"-"}).entry_kind, EntryKind::stdin_);
  EXPECT_EQ(python({}).role, Role::interactive);
  EXPECT_EQ(python({"/usr/bin/supervisord"}).role, Role::supervisor) << "the tables know it already";
}

TEST(ProgramRules, LikeNode) {
  const ProgramRules rules{
      .runtimes = {{.name = "our node", .match = {.exe = {"/opt/*/srv"}}, .like = Runtime::node}}};
  const Program p = recognised(rules, "/opt/x/srv", {"srv", "--require", "a", "b.js"});
  EXPECT_EQ(p.runtime, Runtime::node);
  EXPECT_EQ(p.entry, "b.js");
  EXPECT_EQ(recognised(rules, "/usr/bin/srv", {"srv", "b.js"}).runtime, Runtime::none);
}

TEST(ProgramRules, ToolsSupervisorsAndDaemonsWinOverTheTables) {
  const ProgramRules rules{
      .dev_tools = {{.name = "mock", .match = {.argv = "* *mock.js*"}, .watcher = true}},
      .supervisors = {{.name = "keeper", .match = {.exe = {"keeperd"}, .argv = "* --keep*"}}},
      .daemons = {{.name = "agent", .match = {.exe = {"node"}, .argv = "*/agent.js"}}}};
  Program p = recognised(rules, "/usr/bin/node", {"node", "mock.js", "-p", "1"});
  EXPECT_EQ(p.role, Role::dev_tool);
  EXPECT_EQ(p.name, "mock");
  EXPECT_TRUE(p.watcher);
  p = recognised(rules, "/usr/bin/keeperd", {"keeperd", "--keep", "web"});
  ASSERT_TRUE(p.supervisor);
  EXPECT_EQ(p.supervisor->name, "keeper");
  EXPECT_EQ(p.supervisor->restarts, Restarts::yes);
  EXPECT_FALSE(recognised(rules, "/usr/bin/keeperd", {"keeperd", "status"}).supervisor) << "both must match";
  EXPECT_TRUE(recognised(rules, "/usr/bin/node", {"node", "/opt/agent.js"}).daemon);
}

class ReloadTest : public ::testing::Test, public Sink {
 protected:
  void finding(const View&, const Finding& f, const Process*) override {
    told.push_back(std::string(to_string(f.action)) + " " + std::string(to_string(f.kind)) + " " +
                   std::string(to_string(f.what.severity)));
  }

  void feed(const records::Bytes& bytes) {
    pipeline.feed(bytes);
    for (auto asked = pipeline.detectors().take_requests(); !asked.empty();
         asked = pipeline.detectors().take_requests())
      for (const Request& r : asked) {
        const BootTime now = pipeline.time();
        pipeline.feed(r.look == Look::process ? records::saw(r.process, now)
                      : r.look == Look::usage ? records::saw_usage(r.process, now, 1 << 20)
                      : r.look == Look::sockets
                          ? records::saw_sockets(r.process, now, {3000})
                          : records::saw_script(r.process, now, STRAY_SCRIPT_PRESENT, r.entry));
      }
  }

  std::vector<std::string> told;
  Pipeline pipeline{{}, {}};
};

TEST_F(ReloadTest, ARunTakesItsConfigurationAnew) {
  using namespace records;
  const ProcessKey init = key(1, 0), keeper = key(10, 2), server = key(20, 3);
  pipeline.add(*this);
  feed(session());
  feed(records::seed(init, {}, "/sbin/init", at(1), STRAY_SEED_NAMESPACE_INIT));
  feed(records::ready(at(1)));
  feed(fork(keeper, init, at(2)));
  feed(exec(keeper, at(2), "/opt/keeperd", {"keeperd"}));
  feed(fork(server, keeper, at(3)));
  feed(exec(server, at(3), "/usr/bin/python3", {"python3", "app.py"}));
  for (int s = 4; s < 200; s += 20) feed(tick(at(s)));
  EXPECT_EQ(told, std::vector<std::string>{}) << "python is no business of stray by default";

  DetectOptions with;
  with.programs = std::make_shared<const ProgramRules>(kPython);
  with.severity[Kind::unsupervised_node] = Severity::critical;
  pipeline.replace_options(with);
  for (int s = 200; s < 300; ++s) feed(tick(at(s)));
  EXPECT_EQ(told, std::vector<std::string>{"raised unsupervised-node critical"});

  ProgramRules rules = kPython;
  rules.supervisors.push_back({.name = "keeper", .match = {.exe = {"keeperd"}}});
  with.programs = std::make_shared<const ProgramRules>(rules);
  pipeline.replace_options(with);
  feed(tick(at(300)));
  ASSERT_EQ(told.size(), 2u);
  EXPECT_EQ(told.back(), "cleared unsupervised-node critical");
}

}  // namespace
}  // namespace stray
