// SPDX-License-Identifier: Apache-2.0
// The main process of a systemd service: how it is known, and what that means for who looks after whom.
#include "observe/systemd/main_process.hpp"
#include "supervision/supervision.hpp"
#include "unit/findings/detect_fixture.hpp"
#include "unit/observe/observer_fixture.hpp"

namespace stray::test {
namespace {

class UnitMainTest : public ObserverTest {
 protected:
  std::uint32_t ppid_ = 1;

  UnitFile unit(const std::string& text) {
    write("units/web.service", text);
    return read_unit("web.service", {path("units")});
  }
  void runs(std::uint32_t pid, std::uint32_t ppid, char state = 'S') {
    write("proc/" + std::to_string(pid) + "/stat", std::to_string(pid) + " (node) " + state + ' ' +
                                                       std::to_string(ppid) +
                                                       " 7 7 0 -1 0 0 0 0 0 1 1 0 0 20 0 1 0 100 0 0\n");
  }
  bool is_main(const UnitFile& file, const std::string& cgroup = "/system.slice/web.service") {
    proc::FileReader reader;
    return is_main_of_forking(place_in_cgroup(cgroup), cgroup, file, {}, 20, ppid_, reader, directory_);
  }
};

TEST_F(UnitMainTest, TheFileNamesThePidFile) {
  const UnitFile file = unit("[Service]\nType=forking\nPIDFile=web.pid\nGuessMainPID=no\n");
  EXPECT_TRUE(file.forking && !file.guess_main);
  EXPECT_EQ(file.pidfile, "web.pid");
  EXPECT_FALSE(is_main(file)) << "there is none";
  write("run/web.pid", "20\n");
  EXPECT_TRUE(is_main(file));
  write("run/web.pid", "21\n");
  EXPECT_FALSE(is_main(file));
  write("run/web.pid", "20\n");
  EXPECT_FALSE(is_main(unit("[Service]\nPIDFile=web.pid\n"))) << "another type has the process it started";
  EXPECT_FALSE(is_main(file, "/user.slice/user-1000.slice/session-1.scope"));
}

TEST_F(UnitMainTest, WithoutOneItIsTheOnlyChildOfTheManager) {
  const UnitFile file = unit("[Service]\nType=forking\n");
  EXPECT_FALSE(is_main(file)) << "its cgroup cannot be read";
  runs(20, 1), runs(21, 20), runs(22, 1, 'Z');
  write("sys/fs/cgroup/system.slice/web.service/cgroup.procs", "20\n21\n22\n404\n");
  EXPECT_TRUE(is_main(file));
  EXPECT_FALSE(is_main(unit("[Service]\nType=forking\nGuessMainPID=no\n")));
  ppid_ = 21;
  EXPECT_FALSE(is_main(file)) << "a child of another in the unit";
  ppid_ = 1;
  runs(22, 1);
  EXPECT_FALSE(is_main(file)) << "one of two: systemd does not guess";
}

TEST_F(UnitMainTest, OnlyRegularFilesAreOpened) {
  std::filesystem::create_directories(path("units"));
  std::filesystem::create_symlink("/proc/self/cmdline", path("units/web.service"));  // regular, and not empty
  EXPECT_EQ(proc::FileReader().read_regular(path("units/web.service")), "");
  std::filesystem::remove(path("units/web.service"));
  std::filesystem::create_symlink("/dev/zero", path("units/web.service"));
  EXPECT_FALSE(proc::FileReader().read_regular(path("units/web.service")));
  std::filesystem::remove(path("units/web.service"));
  const UnitFile file = unit("[Service]\nType=forking\nPIDFile=web.pid\n");
  std::filesystem::create_directories(path("run"));
  ASSERT_EQ(::mkfifo(path("run/web.pid").c_str(), 0600), 0);
  const int writer = ::open(path("run/web.pid").c_str(), O_RDWR);
  ASSERT_EQ(::write(writer, "20\n", 3), 3);
  EXPECT_FALSE(is_main(file));
  ::close(writer);
}

TEST(UnitPath, SpecifiersAreReplaced) {
  const UnitOwner system, user{"7", "ann", "/home/ann", "/run/user/7"};
  EXPECT_EQ(unit_path("/run/%n/%p-%i.pid", "web@a.service", system), "/run/web@a.service/web-a.pid");
  EXPECT_EQ(unit_path("%t/%N%%.pid", "web.service", user), "/run/user/7/web%.pid");
  EXPECT_EQ(unit_path("%h/%u-%U.pid", "web.service", user), "/home/ann/ann-7.pid");
  EXPECT_EQ(unit_path("%h/a.pid", "web.service", {"7", "", "", "/run/user/7"}), "")
      << "his home is not known";
  EXPECT_EQ(unit_path("web.pid", "web.service", system), "/run/web.pid");
  EXPECT_EQ(unit_path("/run/%H.pid", "web.service", system), "") << "not known here";
  EXPECT_EQ(unit_path("/run/100%", "web.service", system), "");
  EXPECT_EQ(unit_path("", "web.service", system), "");
}

class UnitVerdictTest : public DetectTest {
 protected:
  const ProcessKey child = key(40, 11);

  Supervision verdict(ProcessKey who) {
    return supervise(pipeline->lineage(), *pipeline->lineage().find(who));
  }
  // A server that pid 1 has in a unit; `main`: what the observer found of a Type=forking one.
  void serve(const std::string& cgroup, const std::string& exec_pid, bool main = false) {
    answers[20].process = {.sid = 20, .pgid = 20, .cgroup = cgroup};
    answers[20].process.env = {"SYSTEMD_EXEC_PID=" + exec_pid};
    if (main) answers[20].process.flags |= STRAY_SAW_UNIT_MAIN;
    feed(fork(node, init, at(10), {}, {.sid = 20, .pgid = 20}));
    feed(exec(node, at(10), "/usr/bin/node", {"node", "/srv/app.js"}, {.sid = 20, .pgid = 20}));
    feed(saw(node, at(10), answers[20].process));
  }
};

TEST_F(UnitVerdictTest, WhatAForkingServiceLeftIsItsMainProcessToTheEnd) {
  serve("/system.slice/web.service", "12", true);
  EXPECT_EQ(verdict(node).verdict, Verdict::systemd);
  EXPECT_EQ(verdict(node).name, "web.service");
  // Others are left in the unit later: a look can no longer tell, and systemd keeps what it knows.
  answers[20].process.flags = STRAY_SAW_ENVIRON | STRAY_SAW_STDIO;
  feed(saw(node, at(11), answers[20].process));
  until(at(3600));
  EXPECT_EQ(verdict(node).verdict, Verdict::systemd);
  EXPECT_EQ(raised(), std::set<Told>{});
}

// systemd guesses once: who is alone in the unit later, since the others have ended, is nobody's still.
TEST_F(UnitVerdictTest, WhoWasNotTheMainProcessDoesNotBecomeIt) {
  serve("/system.slice/web.service", "12");
  feed(saw(node, at(200), answers[20].process));
  answers[20].process.flags |= STRAY_SAW_UNIT_MAIN;
  feed(saw(node, at(300), answers[20].process));
  EXPECT_EQ(verdict(node).verdict, Verdict::nobody);
}

TEST_F(UnitVerdictTest, WhatAnotherServiceLeftIsNot) {
  serve("/system.slice/web.service", "12");
  EXPECT_EQ(verdict(node).verdict, Verdict::nobody);
  until(at(3600));
  EXPECT_TRUE(raised().contains({"unsupervised-node", 20}));
}

TEST_F(UnitVerdictTest, AUsersManagerIsAService) {
  const std::string cgroup = "/user.slice/user-1000.slice/user@1000.service/init.scope";
  answers[20].process = {.sid = 20, .pgid = 20, .cgroup = cgroup};
  answers[20].process.env = {"SYSTEMD_EXEC_PID=20"};
  const Who who{.sid = 20, .pgid = 20, .cgroup = cgroup};
  feed(fork(node, init, at(10), {}, who));
  feed(exec(node, at(10), "/usr/lib/systemd/systemd", {"/lib/systemd/systemd", "--user"}, who));
  feed(saw(node, at(10), answers[20].process));
  EXPECT_EQ(verdict(node).verdict, Verdict::systemd);
  EXPECT_EQ(verdict(node).name, "user@1000.service");
  // What it runs itself there is part of it, what that starts is not.
  const ProcessKey grandchild = key(41, 12);
  answers[40].process = {.sid = 20, .pgid = 20, .cgroup = cgroup};
  feed(fork(child, node, at(11), {}, who));
  feed(exec(child, at(11), "/bin/sh", {"sh"}, who));
  feed(saw(child, at(11), answers[40].process));
  feed(fork(grandchild, child, at(12), {}, who));
  feed(saw(grandchild, at(12), answers[40].process));
  EXPECT_EQ(verdict(child).verdict, Verdict::systemd);
  EXPECT_EQ(verdict(grandchild).verdict, Verdict::nobody);
}

TEST_F(UnitVerdictTest, TheConfigurationNamesLauncherUnits) {
  serve("/system.slice/acme-runner@1.service", "20");
  const Who who{.sid = 20, .pgid = 20, .cgroup = "/system.slice/acme-runner@1.service"};
  answers[40].process = {.sid = 20, .pgid = 20, .cgroup = who.cgroup};
  feed(fork(child, node, at(11), {}, who));
  feed(exec(child, at(11), "/usr/bin/node", {"node", "/srv/job.js"}, who));
  feed(saw(child, at(11), answers[40].process));
  EXPECT_EQ(verdict(child).verdict, Verdict::systemd);
  auto rules = std::make_shared<ProgramRules>();
  rules->launcher_units = {"acme-runner@*.service"};
  options.programs = rules;
  pipeline->replace_options(options);
  EXPECT_EQ(verdict(child).verdict, Verdict::nobody);
  EXPECT_EQ(verdict(node).verdict, Verdict::systemd) << "the runner itself is looked after";
}

}  // namespace
}  // namespace stray::test
