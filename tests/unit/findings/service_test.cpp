// SPDX-License-Identifier: Apache-2.0
// duplicate and inspector-open: when they are told, when not, and what ends them.
#include "unit/findings/detect_fixture.hpp"

namespace stray::test {
namespace {

class ServiceTest : public Pm2Test {
 protected:
  std::set<Told> of_kind(const std::string& kind) const {
    std::set<Told> out;
    for (const Told& t : raised())
      if (t.first == kind) out.insert(t);
    return out;
  }
};

TEST_F(ServiceTest, AnOrphanBesideASupervisedCopyIsTheDuplicate) {
  start_server();
  answers[20].code.path = "/srv/app/dist/index.js";
  leave_behind();
  until(at(30));
  pm2_starts_a_copy(30);
  until(at(89));
  EXPECT_EQ(of_kind("duplicate"), std::set<Told>{});
  until(at(92));
  EXPECT_EQ(of_kind("duplicate"), (std::set<Told>{{"duplicate", 20}}));
  feed(exit(app, at(95), 0, {}));
  EXPECT_EQ(count("cleared duplicate", 20), 1u);
}

TEST_F(ServiceTest, OfTwoThatNobodyHasTheOlderIsTold) {
  start_server({"node", "/srv/app/dist/index.js"});
  answers[20].code.path = "/srv/app/dist/index.js";
  const ProcessKey second = key(41, 16);
  feed(fork(second, shell, at(16), {}, on_tty));
  feed(exec(second, at(16), "/usr/bin/node", {"node", "dist/index.js"}, on_tty));
  answers[41].code.path = "/srv/app/dist/index.js";
  leave_behind();
  answers[41].process.stdio = STRAY_STDIO_TTY_GONE;
  until(at(300));
  EXPECT_EQ(of_kind("duplicate"), (std::set<Told>{{"duplicate", 20}}));
}

TEST_F(ServiceTest, OtherArgumentsAreAnotherService) {
  start_server({"node", "dist/index.js", "mails"});
  const ProcessKey second = key(41, 16);
  feed(fork(second, shell, at(16), {}, on_tty));
  feed(exec(second, at(16), "/usr/bin/node", {"node", "dist/index.js", "images"}, on_tty));
  leave_behind();
  until(at(300));
  EXPECT_EQ(of_kind("duplicate"), std::set<Told>{});
}

TEST_F(ServiceTest, WhoTriesItAtATerminalIsNoDuplicate) {
  start_server();
  answers[20].code.path = "/srv/app/dist/index.js";
  pm2_starts_a_copy(30);
  until(at(600));
  EXPECT_EQ(raised(), std::set<Told>{});
}

TEST_F(ServiceTest, AnInspectorOpenToTheNetworkIsCriticalAtOnce) {
  start_server({"node", "--inspect=0.0.0.0:9300", "dist/index.js"});
  answers[20].ports = {9300};
  answers[20].public_ports = true;
  until(at(19));
  EXPECT_EQ(of_kind("inspector-open"), std::set<Told>{});
  until(at(21.5));
  ASSERT_EQ(of_kind("inspector-open"), (std::set<Told>{{"inspector-open", 20}}))
      << "a person at a terminal too";
  EXPECT_EQ(got.last[Told("raised inspector-open", 20)].what.severity, Severity::critical);
  answers[20].ports = {};
  until(at(120));
  EXPECT_EQ(count("cleared inspector-open", 20), 1u);
}

TEST_F(ServiceTest, AnInspectorOnLoopbackIsToldInProductionAlone) {
  start_server({"node", "--inspect", "dist/index.js"});
  answers[20].ports = {9229};
  until(at(19));
  leave_behind();
  until(at(700));
  EXPECT_EQ(of_kind("inspector-open"), std::set<Told>{});
}

TEST_F(ServiceTest, AnInspectorInProductionAtATerminalIsSomebodysWork) {
  start_server({"node", "--inspect", "dist/index.js"});
  answers[20].ports = {9229};
  answers[20].process.env = {"NODE_ENV=production"};
  until(at(600));
  EXPECT_EQ(of_kind("inspector-open"), std::set<Told>{});
  leave_behind();
  until(at(700));
  ASSERT_EQ(of_kind("inspector-open"), (std::set<Told>{{"inspector-open", 20}}));
  EXPECT_EQ(got.last[Told("raised inspector-open", 20)].what.severity, Severity::warning);
}

TEST_F(ServiceTest, ASignalOpensItToo) {
  pm2_starts_a_copy(30);
  answers[40].process.env.push_back("NODE_ENV=production");
  until(at(100));
  EXPECT_EQ(raised(), std::set<Told>{});
  answers[40].ports = {9229};
  feed(listen(app, at(100), 9229));
  until(at(115));
  ASSERT_EQ(raised(), (std::set<Told>{{"inspector-open", 40}}));
  EXPECT_EQ(got.last[Told("raised inspector-open", 40)].what.severity, Severity::warning);
}

TEST_F(ServiceTest, AnInspectorThatIsAskedForAndClosedIsNone) {
  pm2_starts_a_copy(30);
  answers[40].process.env.push_back("NODE_OPTIONS=--inspect");  // a parent has the port
  answers[40].ports = {3000};
  until(at(200));
  EXPECT_EQ(raised(), std::set<Told>{});
}

}  // namespace
}  // namespace stray::test
