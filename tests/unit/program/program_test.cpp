// SPDX-License-Identifier: Apache-2.0
#include "program/program.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "unit/program/argv.hpp"

namespace stray {
namespace {

using test::Image;
using test::node;
using test::Strings;
using test::titled;
using enum Role;

const std::string kBin = "/srv/app/node_modules/.bin/", kModules = "/srv/app/node_modules/";
const std::string kPm2 = "/usr/lib/node_modules/pm2/lib/";

TEST(Program, WatchersAndExplorers) {
  EXPECT_TRUE(node({kBin + "nodemon", "a.js"}).watcher);
  EXPECT_TRUE(node({"--watch", "a.js"}).watcher);
  EXPECT_FALSE(node({"--inspect-brk", "a.js"}).watcher);
  EXPECT_FALSE(node({kBin + "concurrently", "a"}).watcher);
  EXPECT_TRUE(node({kBin + "concurrently", "--restart-tries", "3", "a"}).watcher);
  EXPECT_TRUE(node({kBin + "prisma", "studio"}).data_explorer);
  EXPECT_FALSE(node({kBin + "vite"}).data_explorer);
  EXPECT_TRUE(node({"/root/.vscode-server/x.js"}).ide);
}

TEST(Program, Pm2ShowsTheApp) {
  const Strings argv{kPm2 + "ProcessContainerFork.js", "--port", "1"};
  Program program = node(argv, {"pm_id=0", "name=web", "pm_exec_path=/srv/app/dist/index.js"});
  EXPECT_EQ(program.entry, "/srv/app/dist/index.js");
  EXPECT_EQ(program.role, app);

  program = node(argv);  // the environment is not known yet
  EXPECT_EQ(program.entry_kind, EntryKind::titled);
  EXPECT_EQ(program.role, app);
  EXPECT_TRUE(wants_environment(program));

  // A cluster worker has no pm_exec_path: its title tells.
  program = Image{.exe = "/usr/bin/node",
                  .argv = {"node", kPm2 + "ProcessContainer.js"},
                  .title = {"node /srv/app/dist/index.js", ""}}
                .recognise();
  EXPECT_EQ(program.entry_kind, EntryKind::file);
  EXPECT_EQ(program.entry, "/srv/app/dist/index.js");

  EXPECT_EQ(node({kPm2 + "ProcessContainerFork.js", "start"}, {"pm_exec_path=/usr/bin/npm"}).name,
            "npm start");
  EXPECT_EQ(node({"ProcessContainerFork.js"}).entry, "ProcessContainerFork.js");  // the user's own
}

TEST(Program, TitlesOfNode) {
  Program program = titled("node /srv/app/dist/index.js");
  EXPECT_EQ(program.entry_kind, EntryKind::file);
  EXPECT_EQ(program.entry, "/srv/app/dist/index.js");
  EXPECT_EQ(program.role, app);

  program = titled("node /srv/app/dist/ind", {"pm_exec_path=/srv/app/dist/index.js"});  // cut
  EXPECT_EQ(program.entry, "/srv/app/dist/index.js");

  program = titled("my-service");
  EXPECT_EQ(program.entry_kind, EntryKind::titled);
  EXPECT_EQ(program.role, app);
  EXPECT_EQ(titled("serve").role, app);  // a common word
  EXPECT_EQ(titled("svc").role, app);

  program = titled("PM2 v7.0.4: God Daemon (/root/.pm2)");
  EXPECT_EQ(program.role, supervisor);
  EXPECT_TRUE(program.daemon);
  ASSERT_TRUE(program.supervisor);
  EXPECT_EQ(program.supervisor->name, "pm2");
  EXPECT_EQ(titled("PM2 vx: God Daemon (x)").role, app);

  EXPECT_EQ(titled("npm run dev").name, "npm run dev");
  EXPECT_EQ(titled("npm exec prisma studio --browser none --port 5555").name, "npm exec prisma");
  EXPECT_EQ(titled("npx vite").name, "npm exec vite");
  EXPECT_EQ(titled("npm start").role, wrapper);
  EXPECT_EQ(titled("ng serve").name, "ng serve");
  EXPECT_EQ(titled("node").role, interactive);  // a command line of one word is no title
  EXPECT_EQ(titled("/usr/bin/node").role, interactive);
}

TEST(Program, NextServerByItsEnvironment) {
  EXPECT_EQ(titled("next-server (v16.4.6)", {"NODE_ENV=development"}).name, "next dev");
  EXPECT_EQ(titled("next-server (v16.4.6)", {"NODE_ENV=production"}).role, app);
  EXPECT_EQ(titled("next-server (v16.4.6)", {"PWD=/srv/app"}).role, app);
  EXPECT_EQ(titled("next-server (v16.4.6)").role, dev_tool);  // until the environment is known
}

TEST(Program, ArgvAtExecGoesBeforeTheTitle) {
  const Program program =
      Image{.exe = "/usr/bin/node", .argv = {"node", "title.js"}, .title = {"npm run dev"}}.recognise();
  EXPECT_EQ(program.entry, "title.js");
  EXPECT_EQ(program.role, app);
}

TEST(Program, UnknownArgvIsAnAppOfUnknownEntry) {
  const Program program = Image{.exe = "/usr/bin/node", .argv = {}, .at_exec = false}.recognise();
  EXPECT_EQ(program.entry_kind, EntryKind::titled);
  EXPECT_EQ(program.role, app);
}

TEST(Program, RuntimesByTheResolvedPath) {
  const auto runtime = [](const std::string& exe) {
    return Image{.exe = exe, .argv = {"fakename", "a.js"}, .comm = "MainThread"}.recognise().runtime;
  };
  for (const std::string exe :
       {"/usr/bin/node", "/usr/bin/nodejs", "/home/x/.nvm/versions/node/v20.1.0/bin/node",
        "/snap/node/9/bin/node", "/usr/bin/node-20", "/opt/node-v20.1.0"})
    EXPECT_EQ(runtime(exe), Runtime::node) << exe;
  EXPECT_EQ(runtime("/usr/bin/bun"), Runtime::bun);
  EXPECT_EQ(runtime("/usr/bin/deno"), Runtime::deno);
  EXPECT_EQ(runtime("/usr/bin/electron"), Runtime::electron);
  EXPECT_EQ(runtime("/srv/myserver"), Runtime::none);
  EXPECT_EQ(runtime("/usr/bin/node-gyp-build"), Runtime::none);
  EXPECT_EQ((Image{.exe = "/usr/bin/sleep", .argv = {"node", "a.js"}, .comm = "node"}.recognise().runtime),
            Runtime::none);

  const std::string argv = test::nul_joined({"myserver", "a.js"});
  ProgramView view{.exe = "/srv/myserver", .argv = StringList(argv)};
  view.runtime = Runtime::node;  // known by its inode
  EXPECT_EQ(recognise(view).entry, "a.js");
}

TEST(Program, InspectorAndHeapLimit) {
  Program program = node({"--inspect=0.0.0.0:9300", "a.js"});
  EXPECT_TRUE(program.inspector);
  EXPECT_EQ(program.inspector_address, "0.0.0.0:9300");
  program = node({"--max-old-space-size=200", "a.js"}, {"NODE_OPTIONS=--inspect"});
  EXPECT_EQ(program.inspector_address, "127.0.0.1:9229");
  EXPECT_EQ(program.heap_limit_mib, 200u);
  EXPECT_FALSE(node({"a.js", "--inspect"}).inspector);
  EXPECT_TRUE(titled("svc", {"NODE_OPTIONS=--inspect=1"}).inspector);
}

TEST(Environment, ValuesByWholeName) {
  const std::string bytes = test::nul_joined({"PM2_HOME_X=1", "name=web", "EMPTY=", "x", "PM2_HOME=/a=b"});
  const StringList env{bytes};
  EXPECT_EQ(env_value(env, "PM2_HOME"), "/a=b");
  EXPECT_EQ(env_value(env, "name"), "web");
  EXPECT_EQ(env_value(env, "EMPTY"), "");
  EXPECT_FALSE(env_value(env, "x"));
  EXPECT_FALSE(env_value(env, "PM2"));
  EXPECT_FALSE(env_value(StringList(), "name"));
}

TEST(Environment, AllowListHoldsMarksAndNoSecrets) {
  const auto& names = environment_allow_list();
  const auto has = [&](std::string_view name) {
    return std::find(names.begin(), names.end(), name) != names.end();
  };
  for (const char* name :
       {"pm_id", "PM2_HOME", "NODE_UNIQUE_ID", "SUPERVISOR_ENABLED", "MONIT_SERVICE", "SYSTEMD_EXEC_PID",
        "npm_lifecycle_event", "SSH_CONNECTION", "STY", "PWD", "_", "NODE_ENV", "NODE_OPTIONS"})
    EXPECT_TRUE(has(name)) << name;
  for (const char* name :
       {"PATH", "HOME", "AWS_SECRET_ACCESS_KEY", "DATABASE_URL", "SUDO_COMMAND", "SUPERVISOR_SERVER_URL"})
    EXPECT_FALSE(has(name)) << name;
  auto sorted = names;
  std::sort(sorted.begin(), sorted.end());
  EXPECT_EQ(std::adjacent_find(sorted.begin(), sorted.end()), sorted.end()) << "twice in the list";
}

TEST(KnownDaemons, ClientsThatBecomeDaemonsAreKnownByAWord) {
  const auto daemon = [](std::string_view exe, const std::string& argv, const std::string& title = {}) {
    ProgramView view;
    view.exe = exe, view.argv = StringList(argv), view.title = StringList(title);
    return recognise(view).daemon;
  };
  using namespace std::string_literals;
  EXPECT_TRUE(daemon("/usr/bin/ssh", "ssh: /home/a/.ssh/cm-b [mux]"s));
  EXPECT_TRUE(daemon("/usr/bin/ssh", "ssh\0-M\0host"s, "ssh: /home/a/.ssh/cm-b [mux]"s));
  EXPECT_FALSE(daemon("/usr/bin/ssh", "ssh\0-N\0host"s));
  EXPECT_TRUE(daemon("/usr/lib/gnupg/keyboxd", "keyboxd\0--daemon"s));
  EXPECT_TRUE(daemon("/usr/bin/git", "git\0fsmonitor--daemon\0run\0--detach"s));
  EXPECT_FALSE(daemon("/usr/bin/git", "git\0fetch"s));
  EXPECT_TRUE(daemon("/usr/lib/jvm/java-17/bin/java",
                     "java\0-Xmx1g\0org.gradle.launcher.daemon.bootstrap.GradleDaemon\0008.5"s));
  EXPECT_FALSE(daemon("/usr/lib/jvm/java-17/bin/java", "java\0-jar\0app.jar"s));
  EXPECT_TRUE(daemon("/usr/bin/node", "node\0/w/node_modules/nx/src/daemon/server/start.js"s));
  EXPECT_TRUE(daemon("/w/node_modules/turbo-linux-64/bin/turbo", "turbo\0daemon"s));
}

}  // namespace
}  // namespace stray
