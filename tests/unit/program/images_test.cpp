// SPDX-License-Identifier: Apache-2.0
// What is known by its binary: bun, deno, shells, supervisors, daemons.
#include <gtest/gtest.h>

#include <ostream>

#include "program/images.hpp"
#include "program/supervisors.hpp"
#include "unit/program/argv.hpp"

namespace stray {
namespace {

using test::Image;
using test::node;
using test::Strings;

using enum Role;

const std::string kBin = "/srv/app/node_modules/.bin/";
const std::string kPm2 = "/usr/lib/node_modules/pm2/lib/";

struct Binary {
  Strings argv;  // argv[0] is the exe too
  Role role;
  std::string name = {};
  std::string entry = {};
};
void PrintTo(const Binary& row, std::ostream* out) {
  for (const auto& arg : row.argv) *out << arg << ' ';
}

class Binaries : public testing::TestWithParam<Binary> {};

TEST_P(Binaries, HaveRoleAndName) {
  const Binary& row = GetParam();
  const Program program = Image{.exe = "/usr/bin/" + row.argv.front(), .argv = row.argv}.recognise();
  EXPECT_EQ(static_cast<int>(program.role), static_cast<int>(row.role));
  EXPECT_EQ(program.name, row.name);
  EXPECT_EQ(program.entry, row.entry);
}

INSTANTIATE_TEST_SUITE_P(
    Bun, Binaries,
    testing::Values(Binary{{"bun", "b.js"}, app, "", "b.js"},
                    Binary{{"bun", "--smol", "--port", "1", "b.ts"}, app, "", "b.ts"},
                    Binary{{"bun", "run", "src/b.ts"}, app, "", "src/b.ts"},
                    Binary{{"bun", "run", "start"}, wrapper, "bun run start", "start"},
                    Binary{{"bun", "dev"}, wrapper, "bun run dev", "dev"},
                    Binary{{"bun", "x", "degit"}, wrapper, "bun x degit"},
                    Binary{{"bunx", "degit"}, wrapper, "bun x degit"},
                    Binary{{"bun", "--watch", "b.ts"}, dev_tool, "bun --watch", "b.ts"},
                    Binary{{"bun", "--hot", "run", "b.ts"}, dev_tool, "bun --hot", "b.ts"},
                    Binary{{"bun", "test"}, cli, "bun test"}, Binary{{"bun", "install"}, cli, "bun install"},
                    Binary{{"bun", "-e", "1"}, Role::eval}, Binary{{"bun", "-"}, Role::eval, "", "-"},
                    Binary{{"bun", "repl"}, interactive}, Binary{{"bun", "--version"}, cli, "bun"},
                    Binary{{"bun", kBin + "vite"}, dev_tool, "vite", kBin + "vite"}));

INSTANTIATE_TEST_SUITE_P(
    Deno, Binaries,
    testing::Values(Binary{{"deno", "run", "-A", "b.js"}, app, "", "b.js"},
                    Binary{{"deno", "run", "--config", "d.json", "--allow-net=:80", "b.js"}, app, "", "b.js"},
                    Binary{{"deno", "serve", "--port", "80", "b.ts"}, app, "", "b.ts"},
                    Binary{{"deno", "b.ts"}, app, "", "b.ts"},
                    Binary{{"deno", "task", "dev"}, wrapper, "deno task dev", "dev"},
                    Binary{{"deno", "run", "--watch=x", "b.ts"}, dev_tool, "deno run --watch", "b.ts"},
                    Binary{{"deno", "run", "-A", "npm:vite@5"}, dev_tool, "vite", "npm:vite@5"},
                    Binary{{"deno", "run", "-"}, Role::eval, "", "-"},
                    Binary{{"deno", "eval", "1"}, Role::eval}, Binary{{"deno"}, interactive},
                    Binary{{"deno", "test"}, cli, "deno test"}, Binary{{"deno", "fmt"}, cli, "deno fmt"},
                    Binary{{"deno", "lsp"}, dev_tool, "language server"}));

INSTANTIATE_TEST_SUITE_P(
    Native, Binaries,
    testing::Values(
        Binary{{"electron", "."}, dev_tool, "electron", "."},
        Binary{{"electron", "/usr/lib/x/app.asar"}, Role::none, "", "/usr/lib/x/app.asar"},
        Binary{{"electron", "--type=renderer"}, Role::none},
        Binary{{"esbuild", "--service=0.28.2", "--ping"}, Role::none},
        Binary{{"esbuild", "--watch", "a.ts"}, dev_tool, "esbuild --watch"},
        Binary{{"ngrok", "http", "80"}, dev_tool, "ngrok"},
        Binary{{"cloudflared", "tunnel", "--url", "http://localhost:80"}, dev_tool, "cloudflared tunnel"},
        Binary{{"cloudflared", "tunnel", "run", "prod"}, Role::none},
        Binary{{"turbo", "dev"}, dev_tool, "turbo dev"},
        Binary{{"pnpm", "run", "dev"}, wrapper, "pnpm run dev"},
        Binary{{"volta-shim", "a.js"}, wrapper, "volta-shim"},
        Binary{{"overmind", "start"}, wrapper, "overmind"},
        Binary{{"ruby", "-I", "lib", "/usr/bin/foreman", "start"}, wrapper, "foreman"},
        Binary{{"tini", "-s", "--", "node", "a.js"}, Role::none},
        Binary{{"dumb-init", "node", "a.js"}, Role::none},
        Binary{{"docker-init", "node", "a.js"}, Role::none}));

TEST(Images, ElectronAsNode) {
  const Program program =
      Image{.exe = "/usr/bin/electron", .argv = {"electron", "a.js"}, .env = {"ELECTRON_RUN_AS_NODE=1"}}
          .recognise();
  EXPECT_EQ(program.role, app);
  EXPECT_EQ(program.entry, "a.js");
}

Program binary(const Strings& argv, const std::string& comm = {}) {
  return Image{.exe = "/usr/bin/" + argv.front(), .argv = argv, .comm = comm}.recognise();
}

TEST(Images, SupervisorsByBinary) {
  struct Row {
    Strings argv;
    std::string name;
    Restarts restarts;
    bool by_system, container;
  };
  const Row rows[] = {
      {{"runsv", "web"}, "runit", Restarts::yes, true, false},
      {{"s6-supervise", "web"}, "s6", Restarts::yes, true, false},
      {{"supervise", "web"}, "daemontools", Restarts::yes, true, false},
      {{"daemon", "--name=web", "--respawn", "node", "a.js"}, "daemon", Restarts::yes, false, false},
      {{"daemon", "-n", "web", "-F", "/run/web.pid", "-ir", "--", "node"},
       "daemon",
       Restarts::yes,
       false,
       false},
      {{"supervise-daemon", "web"}, "openrc", Restarts::yes, true, false},
      {{"kubelet"}, "kubelet", Restarts::yes, true, false},
      {{"nomad", "agent"}, "nomad", Restarts::yes, true, false},
      {{"monit", "-c", "rc"}, "monit", Restarts::yes, true, false},
      {{"containerd-shim-runc-v2", "-namespace", "moby"}, "containerd-shim", Restarts::unknown, true, true},
      {{"conmon", "--api-version", "1"}, "conmon", Restarts::unknown, true, true},
      {{"lxc-start"}, "lxc", Restarts::unknown, true, true},
      {{"systemd-nspawn"}, "systemd-nspawn", Restarts::unknown, true, true},
      {{"python3", "/usr/bin/supervisord", "-c", "s.conf"}, "supervisord", Restarts::yes, true, false},
      {{"python3.11", "-u", "-m", "supervisor.supervisord"}, "supervisord", Restarts::yes, true, false},
      {{"python3", "-I", "/usr/bin/supervisord"}, "supervisord", Restarts::yes, true, false},
      {{"python3", "-W", "ignore", "/opt/venv/bin/circusd"}, "circus", Restarts::yes, true, false},
  };
  for (const Row& row : rows) {
    const Program program = binary(row.argv);
    ASSERT_TRUE(program.supervisor) << row.name;
    EXPECT_EQ(program.role, supervisor) << row.name;
    EXPECT_EQ(program.supervisor->name, row.name);
    EXPECT_EQ(program.supervisor->restarts, row.restarts) << row.name;
    EXPECT_EQ(program.supervisor->by_system, row.by_system) << row.name;
    EXPECT_EQ(program.supervisor->container, row.container) << row.name;
    EXPECT_EQ(program.supervisor->by_pidfile, row.name == "monit");
    EXPECT_TRUE(program.daemon) << row.name;
  }
  EXPECT_TRUE(binary({"python3", "-c", "x"}, "supervisord").supervisor);
  EXPECT_FALSE(binary({"python3", "manage.py", "supervisord"}).supervisor);
  EXPECT_FALSE(binary({"sleep", "1"}, "supervisord").supervisor);
  EXPECT_FALSE(node({kPm2 + "Daemon.js"}).supervisor->by_system);
}

TEST(Images, EveryRowOfASupervisorHasItsKind) {
  for (const std::string_view name :
       {"runsv", "s6-supervise", "supervise", "perpd", "service-manager", "supervise-daemon", "kubelet",
        "nomad", "monit", "daemon", "conmon", "lxc-start", "systemd-nspawn", "containerd-shim"}) {
    const ImageRow* row = find_image(name);
    ASSERT_NE(row, nullptr) << name;
    EXPECT_NE(find_supervisor(row->detail), nullptr) << name;
  }
}

TEST(Images, HelpersOfGit) {
  EXPECT_TRUE(binary({"git", "credential-cache--daemon", "/home/a/.cache/s"}).daemon);
  EXPECT_TRUE(binary({"git", "fsmonitor--daemon", "run"}).daemon);
  EXPECT_FALSE(binary({"git", "daemon"}).daemon);
}

TEST(Images, BinariesThatNpmInstallsUnderOneNameForAllSystems) {
  const Program bun = Image{.exe = "/srv/node_modules/bun/bin/bun.exe", .argv = {"bun", "s.ts"}}.recognise();
  EXPECT_EQ(bun.runtime, Runtime::bun);
  EXPECT_EQ(bun.entry, "s.ts");
  EXPECT_EQ(find_image(".exe"), nullptr);
}

TEST(Images, Shells) {
  EXPECT_TRUE(binary({"dash", "-c", "node src/server.js"}).shell_c);
  EXPECT_TRUE(binary({"bash", "-lc", "x"}).shell_c);
  EXPECT_TRUE(binary({"bash", "-eo", "pipefail", "-c", "x"}).shell_c);
  EXPECT_TRUE(binary({"bash", "--norc", "--rcfile", "f", "-c", "x"}).shell_c);
  EXPECT_FALSE(binary({"bash", "--norc", "--noprofile", "-i"}).shell_c);
  EXPECT_FALSE(binary({"bash", "run.sh", "-c", "x"}).shell_c);
  EXPECT_FALSE(binary({"bash", "-o", "vi"}).shell_c);
  for (const char* name : {"sh", "bash", "dash", "zsh", "ash", "ksh", "fish"})
    EXPECT_TRUE(binary({name}).shell) << name;
  const auto busybox = [](const Strings& argv) {
    return Image{.exe = "/bin/busybox", .argv = argv}.recognise();
  };
  EXPECT_TRUE(busybox({"-ash"}).shell);
  EXPECT_TRUE(busybox({"busybox", "sh", "-c", "node a"}).shell_c);
  EXPECT_TRUE(busybox({"/bin/sh", "-c", "node a"}).runs_runtime);
  EXPECT_FALSE(busybox({"ls"}).shell);
  EXPECT_EQ(busybox({"crond", "-f"}).breaker, Breaker::cron);
}

TEST(Images, WantsEnvironment) {
  for (const char* command :
       {"node src/server.js", "cd /srv && npm start", "'prisma' x; /usr/bin/npx y", "A=1 exec bun x"})
    EXPECT_TRUE(wants_environment(binary({"sh", "-c", command}))) << command;
  for (const char* command : {"ls", "nodejsx", "echo my-node", ""})
    EXPECT_FALSE(wants_environment(binary({"sh", "-c", command}))) << command;
  EXPECT_TRUE(wants_environment(node({"a.js"})));
  EXPECT_TRUE(wants_environment(binary({"ngrok", "http", "1"})));
  EXPECT_FALSE(wants_environment(binary({"bash"})));
  EXPECT_FALSE(wants_environment(binary({"nginx"})));
}

TEST(Images, DaemonsAndBreakers) {
  for (const char* name :
       {"ssh-agent", "gpg-agent", "dbus-daemon", "gvfsd-fuse", "pipewire-pulse", "at-spi-bus-launcher",
        "systemd", "systemd-journald", "dockerd", "nginx", "postgres", "redis-server", "php-fpm8.2"})
    EXPECT_TRUE(binary({name}).daemon) << name;
  for (const char* name : {"systemd-cat", "systemd-run", "bash", "script", "sleep"})
    EXPECT_FALSE(binary({name}).daemon) << name;
  struct Row {
    std::string exe;
    Breaker breaker;
    bool daemon;
  };
  for (const Row& row :
       {Row{"sshd", Breaker::login, true}, Row{"sshd-session", Breaker::login, true},
        Row{"login", Breaker::login, false}, Row{"tmux", Breaker::multiplexer, true},
        Row{"screen", Breaker::multiplexer, true}, Row{"screen-4.9.0", Breaker::multiplexer, true},
        Row{"cron", Breaker::cron, true}, Row{"crond", Breaker::cron, true}, Row{"atd", Breaker::at, true},
        Row{"script", Breaker::terminal, false}, Row{"expect", Breaker::terminal, false},
        Row{"gnome-terminal-server", Breaker::terminal, false}, Row{"su", Breaker::none, false},
        Row{"sudo", Breaker::none, false}}) {
    const Program program = binary({row.exe});
    EXPECT_EQ(static_cast<int>(program.breaker), static_cast<int>(row.breaker)) << row.exe;
    EXPECT_EQ(program.daemon, row.daemon) << row.exe;
  }
  EXPECT_EQ(binary({"tmux", "new", "-d"}).name, "tmux");
}

TEST(Images, Daemonizers) {
  for (const char* name :
       {"start-stop-daemon", "daemon", "daemonize", "systemd-run", "supervise-daemon", "service"})
    EXPECT_TRUE(is_daemonizer(name)) << name;
  for (const char* name : {"nohup", "setsid", "bash", "nginx", ""}) EXPECT_FALSE(is_daemonizer(name)) << name;
  EXPECT_TRUE(binary({"start-stop-daemon", "-S"}).daemonizer);
  EXPECT_TRUE(binary({"daemon", "-n", "r", "--", "node", "-r", "x"}).daemonizer) << "nothing says respawn";
}

}  // namespace
}  // namespace stray
