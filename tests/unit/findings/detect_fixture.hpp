// SPDX-License-Identifier: Apache-2.0
// Findings over records built in memory, with an observer whose answers the test decides.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <set>

#include "pipeline/pipeline.hpp"
#include "support/records.hpp"

namespace stray::test {

using namespace records;
using Told = std::pair<std::string, std::uint32_t>;  // "raised orphan", pid

class Collect final : public Sink {
 public:
  void finding(const View& view, const Finding& f, const Process*) override {
    told.emplace_back(std::string(to_string(f.action)) + " " + std::string(to_string(f.kind)),
                      f.process.tgid);
    times[told.back()] = view.time;
    last[told.back()] = f;
  }
  std::vector<Told> told;
  std::map<Told, BootTime> times;
  std::map<Told, Finding> last;
};

struct Answer {
  Saw process;
  std::vector<std::uint16_t> ports;
  std::uint64_t rss = 50u << 20;
  std::uint32_t script = STRAY_SCRIPT_PRESENT;
  Code code;
  std::uint32_t zombies = 0;
  Pids pids;
  std::string gpu;
  std::uint64_t memory_limit = 0;
  std::uint64_t cpu_permille = 0;  // of one CPU, since:
  BootTime busy_since{};           // 0: its start
  bool public_ports = false;
};

class DetectTest : public ::testing::Test {
 protected:
  const ProcessKey init = key(1, 0), sshd = key(5, 1), shell = key(10, 1), node = key(20, 2),
                   npm = key(18, 2), sh = key(19, 2);
  const Who on_tty{.sid = 10, .pgid = 20, .tty_major = 136};
  DetectOptions options;
  std::unique_ptr<Pipeline> pipeline;
  Collect got;
  std::map<std::uint32_t, Answer> answers;
  BootTime now = at(1);

  void SetUp() override { start({}); }

  void start(const DetectOptions& with) {
    pipeline = std::make_unique<Pipeline>(with, LineageOptions{});
    pipeline->add(got);
    feed(session());
    feed(seed(init, {}, "/sbin/init", at(1), STRAY_SEED_NAMESPACE_INIT));
    feed(seed(shell, init, "/bin/bash", at(1), 0, {.sid = 10, .pgid = 10, .tty_major = 136}));
    feed(ready(at(1)));
  }

  void feed(const Bytes& bytes) {
    pipeline->feed(bytes);
    now = std::max(now, pipeline->time());
    for (auto requests = pipeline->detectors().take_requests(); !requests.empty();
         requests = pipeline->detectors().take_requests())
      for (const Request& request : requests) pipeline->feed(answer(request));
  }

  Bytes answer(const Request& request) {
    Answer& a = answers[request.process.tgid];
    const Process* p = pipeline->lineage().find(request.process);
    switch (request.look) {
      case Look::process: {
        Saw s = a.process;
        if (p && s.sid == 0) s.sid = p->sid, s.pgid = p->pgid;
        // The kernel takes the terminal from a session whose leader ended.
        if (p && pipeline->lineage().live(p->sid)) s.tty = p->tty;
        return saw(request.process, now, s);
      }
      case Look::script:
        return saw_script(request.process, now, request.entry.empty() ? 0u : a.script, request.entry, a.code);
      case Look::usage:
        return saw_usage(request.process, now, a.rss, a.memory_limit, 0, cpu_ns(request.process, a));
      case Look::sockets:
        return saw_sockets(request.process, now, a.ports, !a.public_ports, a.gpu);
      case Look::children:
        return saw_children(request.process, now, a.zombies, a.pids);
    }
    return {};
  }

  std::uint64_t cpu_ns(ProcessKey process, const Answer& a) const {
    const BootTime since = std::max(process.start, a.busy_since);
    return now > since ? (now - since).count() / 1000 * a.cpu_permille : 0;
  }

  // Lets time pass as the live loop does: a tick whenever something is due.
  void until(BootTime end) {
    for (auto due = pipeline->detectors().next_due(); due && *due <= end;
         due = pipeline->detectors().next_due()) {
      now = std::max(now, *due);
      feed(tick(now));
    }
    now = end;
    feed(tick(end));
  }

  std::set<Told> raised() const {
    std::set<Told> out;
    for (const Told& t : got.told)
      if (t.first.starts_with("raised")) out.insert({t.first.substr(7), t.second});
    return out;
  }
  std::size_t count(const std::string& what, std::uint32_t pid) const {
    return static_cast<std::size_t>(std::count(got.told.begin(), got.told.end(), Told{what, pid}));
  }

  void start_server(const std::vector<std::string>& argv = {"node", "dist/index.js"}) {
    feed(fork(node, shell, at(10), {}, on_tty));
    feed(exec(node, at(10), "/usr/bin/node", argv, on_tty));
  }
  void leave_behind() {
    until(at(19));
    answers[20].process.stdio = STRAY_STDIO_TTY_GONE;
    feed(exit(shell, at(20), 0, init));
  }
};

// With PM2, which starts the same server that a person started.
class Pm2Test : public DetectTest {
 protected:
  const ProcessKey god = key(15, 2), app = key(40, 30);

  void pm2_starts_a_copy(double second) {
    feed(fork(god, init, at(5), {}, {.sid = 15, .pgid = 15}));
    feed(exec(god, at(5), "/usr/bin/node", {"node", "/usr/lib/node_modules/pm2/lib/Daemon.js"},
              {.sid = 15, .pgid = 15}));
    feed(fork(app, god, at(second), {}, {.sid = 40, .pgid = 40}));
    feed(exec(app, at(second), "/usr/bin/node",
              {"node", "/usr/lib/node_modules/pm2/lib/ProcessContainerFork.js"}, {.sid = 40, .pgid = 40}));
    answers[40].process.env = {"pm_id=0", "name=web", "pm_exec_path=/srv/app/dist/index.js"};
    answers[40].code.path = "/srv/app/dist/index.js";
  }
};

}  // namespace stray::test
