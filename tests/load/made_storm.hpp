// SPDX-License-Identifier: Apache-2.0
// A stream of records as a host makes them, for measuring: short commands among 300 processes that were there
// before and some node servers that are watched and observed. In the mixed one every eighth command is an
// `npm run`, and some make daemons or open a terminal of their own: what detectors look at.
#pragma once

#include <deque>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "event.h"
#include "support/records.hpp"

namespace stray {

using namespace stray::records;

class MadeStorm {
 public:
  MadeStorm(std::function<void(RawRecord)> out, bool mixed) : out_(std::move(out)), mixed_(mixed) {}

  void make(std::size_t lifecycles) {
    begin();
    for (std::size_t i = 0; i < lifecycles; ++i) one(i);
    end();
  }

  // The parts of it: begin(), one(0), one(1), ..., end().
  void begin() {
    out_(session());
    out_(seed(init_, {}, "/usr/lib/systemd/systemd", now_, STRAY_SEED_NAMESPACE_INIT));
    for (std::uint32_t i = 0; i < kShells; ++i)
      out_(seed(shell(i), init_, "/usr/bin/bash", now_, 0, on_terminal(i)));
    for (std::uint32_t i = kShells; i < kSeeds; ++i)
      out_(seed(key(100 + i, 2), init_, "/usr/sbin/daemon-" + std::to_string(i), now_, 0,
                {.sid = 100 + i, .pgid = 100 + i, .cgroup = "/system.slice/d.service"}));
    out_(ready(tick_on()));
    for (std::uint32_t i = 0; i < kSeeds; ++i)
      out_(saw(key(100 + i, 2), tick_on(), {.ppid = 1, .sid = 100 + i, .argv = {"bash"}}));
    for (std::uint32_t i = 0; i < kServers; ++i) start_server(i);
  }
  void one(std::size_t i) {
    command(i);
    if (mixed_ && i % 8 == 0) npm_run(i);
    if (mixed_ && i % 40 == 0) daemonize(i);
    if (mixed_ && i % 100 == 0) terminal(i);
    if (i % 50 == 0) out_(signal(server(i), now_, 15, shell(i)));
    if (i % 500 == 0) look(server(i / 500));
    if (i % 2000 == 0) restart(i / 2000);
  }
  void end() {
    wire::Record<stray_end> end(wire::head(STRAY_END, now_));
    out_(end.bytes());
  }

 private:
  static constexpr std::uint32_t kShells = 40, kServers = 20, kSeeds = 300;
  const ProcessKey init_ = key(1, 0);

  BootTime tick_on() { return now_ += BootTime(40'000); }
  static ProcessKey shell(std::size_t i) { return key(100 + static_cast<std::uint32_t>(i % kShells), 2); }
  ProcessKey server(std::size_t i) const { return servers_[i % kServers]; }
  static Who on_terminal(std::size_t i) {
    const std::uint32_t sid = shell(i).tgid;
    return {.sid = sid,
            .pgid = sid,
            .tty_major = 136,
            .tty_minor = sid % 256,
            .cgroup = "/user.slice/user-1000.slice/session-" + std::to_string(i % 4) + ".scope"};
  }

  void start_server(std::size_t i) {
    const ProcessKey born{tick_on(), next_pid()};
    if (servers_.size() < kServers) servers_.emplace_back();
    servers_[i % kServers] = born;
    out_(fork(born, shell(i), now_, {}, on_terminal(i)));
    out_(exec(born, tick_on(), "/usr/bin/node", {"node", "dist/index.js"}, on_terminal(i)));
    out_(listen(born, tick_on(), static_cast<std::uint16_t>(3000 + i % kServers)));
    look(born);
  }

  void restart(std::size_t i) {
    out_(exit(server(i), tick_on(), 15, init_));
    start_server(i);
  }

  void look(ProcessKey who) {
    out_(saw(who, tick_on(), {.sid = 100, .argv = {"node", "dist/index.js"}, .env = {"TERM_PROGRAM=x"}}));
    out_(saw_usage(who, now_, 50u << 20));
    out_(saw_script(who, now_, STRAY_SCRIPT_PRESENT, "dist/index.js"));
    out_(saw_sockets(who, now_, {3000}));
  }

  // A shell's command: now and then one of a pipeline in a shell of its own.
  void command(std::size_t i) {
    static constexpr const char* kTools[] = {"/usr/bin/grep", "/usr/bin/sed",  "/usr/bin/git", "/usr/bin/cat",
                                             "/usr/bin/true", "/usr/bin/stat", "/usr/bin/cc",  "/usr/bin/ls"};
    const Who who = on_terminal(i);
    const ProcessKey child{tick_on(), next_pid()};
    out_(fork(child, shell(i), now_, {}, who));
    if (i % 10 == 0) {
      out_(exec(child, tick_on(), "/usr/bin/dash", {"sh", "-c", "grep -q needle file | wc -l"}, who));
      const ProcessKey inner{tick_on(), next_pid()};
      out_(fork(inner, child, now_, {}, who));
      run(inner, kTools[i / 10 % 8], who, i);
      out_(exit(inner, tick_on(), 0, init_));
    } else {
      run(child, kTools[i % 8], who, i);
    }
    out_(exit(child, tick_on(), i % 7 ? 0 : 0x100, init_));
  }

  void run(ProcessKey who, std::string_view exe, const Who& as, std::size_t i) {
    const std::string name(exe.substr(exe.rfind('/') + 1));
    out_(exec(who, tick_on(), exe,
              {name, "--color=never", "-n", "/srv/app/src/part-" + std::to_string(i % 100) + "/module.ts",
               "needle"},
              as));
  }

  void npm_run(std::size_t i) {
    const Who who = on_terminal(i);
    const ProcessKey npm{tick_on(), next_pid()};
    out_(fork(npm, shell(i), now_, {}, who));
    out_(exec(npm, tick_on(), "/usr/bin/node", {"node", "/usr/bin/npm", "run", "build"}, who));
    const ProcessKey sh{tick_on(), next_pid()};
    out_(fork(sh, npm, now_, {}, who));
    out_(exec(sh, tick_on(), "/usr/bin/dash", {"sh", "-c", "node scripts/build.js --minify"}, who));
    const ProcessKey node{tick_on(), next_pid()};
    out_(fork(node, sh, now_, {}, who));
    out_(exec(node, tick_on(), "/usr/bin/node", {"node", "scripts/build.js", "--minify"}, who));
    for (const ProcessKey one : {node, sh, npm}) out_(exit(one, tick_on(), 0, init_));
  }

  // A double fork: the daemon stays until 50 others have come.
  void daemonize(std::size_t i) {
    const ProcessKey middle{tick_on(), next_pid()}, daemon{tick_on(), next_pid()};
    const Who who{.sid = middle.tgid, .pgid = middle.tgid};
    out_(fork(middle, shell(i), now_, {}, on_terminal(i)));
    out_(fork(daemon, middle, now_, {}, who));
    out_(exit(middle, tick_on(), 0, init_));
    out_(exec(daemon, tick_on(), "/usr/sbin/worker", {"worker", "--queue", std::to_string(i)}, who));
    daemons_.push_back(daemon);
    if (daemons_.size() <= 50) return;
    out_(exit(daemons_.front(), tick_on(), 0, init_));
    daemons_.pop_front();
  }

  // A shell at a terminal of its own, as ssh -t makes it.
  void terminal(std::size_t i) {
    const ProcessKey leader{tick_on(), next_pid()};
    const Who who{.sid = leader.tgid, .pgid = leader.tgid, .tty_major = 136, .tty_minor = 200};
    out_(fork(leader, shell(i), now_, {}, who));
    out_(exec(leader, tick_on(), "/usr/bin/bash", {"-bash"}, who));
    const ProcessKey child{tick_on(), next_pid()};
    out_(fork(child, leader, now_, {}, who));
    run(child, "/usr/bin/uptime", who, i);
    for (const ProcessKey one : {child, leader}) out_(exit(one, tick_on(), 0, init_));
  }

  std::uint32_t next_pid() { return pid_ = pid_ >= 32768 ? 1000 : pid_ + 1; }

  std::function<void(RawRecord)> out_;
  const bool mixed_;
  std::vector<ProcessKey> servers_;
  std::deque<ProcessKey> daemons_;
  BootTime now_ = at(10);
  std::uint32_t pid_ = 1000;
};

}  // namespace stray
