// SPDX-License-Identifier: Apache-2.0
// What is offered to root's shell: complete, quoted, and as the user whose supervisor it is.
#include "supervision/supervisor_commands.hpp"

#include "unit/findings/detect_fixture.hpp"

namespace stray::test {
namespace {

class SupervisorCommands : public DetectTest {
 protected:
  const ProcessKey above = key(15, 2), service = key(20, 3);
  Who owner{.uid = 0, .sid = 15, .pgid = 15};
  std::string user = "alice";  // its name, where it is not root's

  // A supervisor, and below it a process with this environment.
  void below(const std::string& exe, const std::vector<std::string>& argv,
             const std::vector<std::string>& env = {}) {
    now = at(1);
    SetUp();
    answers[15].process.uid = owner.uid, answers[15].process.user = owner.uid == 0 ? "root" : user;
    answers[15].process.cwd = "";  // not known
    answers[20].process.user = user;
    feed(fork(above, init, at(5), {}, owner));
    feed(exec(above, at(5), exe, argv, owner));
    feed(fork(service, above, at(10), {}, {.sid = 20, .pgid = 20}));
    feed(exec(service, at(10), "/usr/bin/node", {"node", "a.js"}, {.sid = 20, .pgid = 20}));
    answers[20].process.env = env;
    until(at(12));
  }
  void below_pm2(const std::string& name, const std::vector<std::string>& more = {}) {
    std::vector<std::string> env{"name=" + name};
    env.insert(env.end(), more.begin(), more.end());
    below("/usr/bin/node", {"node", "/usr/lib/node_modules/pm2/lib/Daemon.js"}, env);
  }
  void in_unit(const std::string& cgroup) {
    now = at(1);
    SetUp();
    const Who who{.sid = 20, .pgid = 20, .cgroup = cgroup};
    const ProcessKey manager = cgroup.find("user@") == std::string::npos ? init : above;
    if (manager == above) {
      feed(fork(above, init, at(5), {},
                {.cgroup = "/user.slice/user-1000.slice/user@1000.service/init.scope"}));
      feed(exec(above, at(5), "/usr/lib/systemd/systemd", {"systemd", "--user"},
                {.cgroup = "/user.slice/user-1000.slice/user@1000.service/init.scope"}));
    }
    feed(fork(service, manager, at(10), {}, who));
    feed(exec(service, at(10), "/usr/bin/node", {"node", "a.js"}, who));
    answers[20].process.cgroup = cgroup;
    until(at(12));
  }
  std::string restart() { return command(restart_command); }
  std::string stop() { return command(stop_command); }
  std::string command(std::string (*of)(const Lineage&, const Process&, const Supervision&)) {
    const Lineage& lineage = pipeline->lineage();
    const Process& p = *lineage.find(service);
    return of(lineage, p, supervise(lineage, p));
  }
};

TEST_F(SupervisorCommands, AUnitOfTheSystem) {
  in_unit("/system.slice/web.service");
  EXPECT_EQ(restart(), "systemctl restart web.service");
  EXPECT_EQ(stop(), "systemctl stop web.service");
  in_unit("/system.slice/a\\x2db;id.service");
  EXPECT_EQ(restart(), "systemctl restart 'a\\x2db;id.service'");
  in_unit("/system.slice/-web.service");
  EXPECT_EQ(stop(), "systemctl stop -- -web.service");
}

TEST_F(SupervisorCommands, AUnitOfAUserNeedsItsManager) {
  in_unit("/user.slice/user-1000.slice/user@1000.service/app.slice/web.service");
  EXPECT_EQ(restart(), "systemctl --user -M alice@ restart web.service");
  EXPECT_EQ(stop(), "systemctl --user -M alice@ stop web.service");
}

TEST_F(SupervisorCommands, Pm2OfRoot) {
  below_pm2("web");
  EXPECT_EQ(restart(), "pm2 reload web");
  EXPECT_EQ(stop(), "pm2 stop web");
  below_pm2("web;id");
  EXPECT_EQ(stop(), "pm2 stop 'web;id'");
  below_pm2("-web", {"pm_id=3"});
  EXPECT_EQ(stop(), "pm2 stop 3");
}

TEST_F(SupervisorCommands, Pm2OfAUserNeverRunsAsRootNorOnItsTerminal) {
  owner.uid = 1000;
  below_pm2("it's");
  EXPECT_EQ(restart(),
            "setsid -w runuser -l alice -s /bin/sh -c 'pm2 reload '\\''it'\\''\\'\\'''\\''s'\\''' "
            "</dev/null 2>&1 | cat");
  below_pm2("web", {"PM2_HOME=/home/alice/.pm2"});
  EXPECT_EQ(stop(), "setsid -w runuser -l alice -s /bin/sh -c 'pm2 stop web' </dev/null 2>&1 | cat");
  below_pm2("web", {"PM2_HOME=/srv/pm2"});
  EXPECT_EQ(stop(),
            "setsid -w runuser -l alice -s /bin/sh -c 'PM2_HOME=/srv/pm2 pm2 stop web' "
            "</dev/null 2>&1 | cat");
}

TEST_F(SupervisorCommands, NamesThatPm2TakesForMore) {
  for (const char* name : {"all", "/./", "7", "web.config.js", "web.json"}) {
    below_pm2(name, {"pm_id=3"});
    EXPECT_EQ(stop(), "pm2 stop 3") << name;
    below_pm2(name);
    EXPECT_EQ(stop(), "# pm2 stop NAME (pm2 list shows the name)") << name;
  }
}

TEST_F(SupervisorCommands, WhatAShellShouldNotBeGivenIsAComment) {
  for (const char* name : {"a\nid", "a\x1b[2J", "\xff", "<redacted>"}) {
    below_pm2(name);
    EXPECT_EQ(stop(), "# pm2 stop NAME (pm2 list shows the name)");
  }
}

TEST_F(SupervisorCommands, Others) {
  below("/usr/bin/python3", {"python3", "/usr/bin/supervisord", "-c", "/etc/sup;er.conf"},
        {"SUPERVISOR_GROUP_NAME=g", "SUPERVISOR_PROCESS_NAME=web", "SUPERVISOR_ENABLED=1"});
  EXPECT_EQ(restart(), "supervisorctl -c '/etc/sup;er.conf' restart g:web");
  below("/usr/bin/runsv", {"runsv", "web"});
  EXPECT_EQ(restart(), "sv restart web");
  EXPECT_EQ(stop(), "sv down web");
  below("/usr/bin/runsv", {"runsv", "--web"});
  EXPECT_EQ(stop(), "sv down -- --web");
  below("/sbin/supervise-daemon", {"supervise-daemon", "web", "--start", "/usr/bin/node"});
  EXPECT_EQ(restart(), "rc-service web restart");
  below("/bin/s6-supervise", {"s6-supervise", "/run/service/web"});
  EXPECT_EQ(restart(), "s6-svc -r /run/service/web");
  below("/bin/s6-supervise", {"s6-supervise", "web"});
  EXPECT_EQ(restart(), "# s6-svc -r NAME (the scan directory shows the name)");
  owner.uid = 1000;
  below("/usr/bin/runsv", {"runsv", "web"});
  EXPECT_EQ(stop(), "setsid -w runuser -l alice -s /bin/sh -c 'sv down web' </dev/null 2>&1 | cat");
  for (const char* name : {"", "-c id", "a;id", "1000"}) {
    user = name;
    below("/usr/bin/runsv", {"runsv", "web"});
    EXPECT_TRUE(stop().starts_with("# as user ")) << stop();
  }
}

}  // namespace
}  // namespace stray::test
