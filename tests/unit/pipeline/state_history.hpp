// SPDX-License-Identifier: Apache-2.0
// Histories for the tests of saved states: records as a run would have seen them, answers of the observer
// included.
#pragma once

#include <algorithm>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "pipeline/pipeline.hpp"
#include "sinks/ecs.hpp"
#include "support/records.hpp"

namespace stray::state_test {

using namespace records;

// All that the outputs say of a pipeline.
class Said final : public Sink {
 public:
  explicit Said(const Host& host) : ecs_(host) {}
  void ready(const View& v) override { ecs_.ready(text, v.time, v.lost, v.limits(), v.detectors.open()); }
  void event(const View& v, const Event& e) override { ecs_.event(text, e, v.scene.lineage); }
  void seed(const View& v, const Process& p) override { ecs_.seed(text, p, v.time, v.lost); }
  void reparent(const View& v, const Change& c) override { ecs_.reparent(text, c, v.time, v.lost); }
  void finding(const View& v, const Finding& f, const Process* p) override {
    const auto stray = v.stray_of(f);
    ecs_.finding(text, f, stray ? &*stray : nullptr, v.scene, p, v.lost);
    ++findings[std::string(to_string(f.action)) + " " + std::string(to_string(f.kind))];
  }
  void summary(const View&, const Summary& s) override { ecs_.summary(text, s); }

  std::string text;
  std::map<std::string, int> findings;

 private:
  Ecs ecs_;
};

struct Options {
  DetectOptions detect;
  LineageOptions lineage;
};

// A pipeline with what it said and what it asked for.
struct Traced {
  explicit Traced(const Options& setup) : pipeline(setup.detect, setup.lineage), said(pipeline.host()) {
    pipeline.add(said);
  }
  void feed(const Bytes& record) {
    pipeline.feed(record);
    for (const Request& r : pipeline.detectors().take_requests())
      asked += std::to_string(r.process.tgid) + " " + std::to_string(static_cast<int>(r.look)) + " " +
               r.entry + "\n";
  }
  std::vector<Bytes> state() const {
    std::vector<Bytes> out;
    pipeline.save_state([&](RawRecord raw) { out.emplace_back(raw.begin(), raw.end()); }, pipeline.time());
    return out;
  }
  Pipeline pipeline;
  Said said;
  std::string asked;
};

struct Answer {
  Saw process;
  std::vector<std::uint16_t> ports;
  std::uint64_t rss = 50u << 20;
  std::uint32_t script = STRAY_SCRIPT_PRESENT;
};

// Makes a history: feeds it to a pipeline, answers what that one asks for, and keeps every record.
class History {
 public:
  explicit History(const Options& setup) : pipeline_(setup.detect, setup.lineage) {}

  void add(const Bytes& record) {
    put(record);
    for (auto requests = pipeline_.detectors().take_requests(); !requests.empty();
         requests = pipeline_.detectors().take_requests())
      for (const Request& request : requests) put(answer(request));
  }
  void until(BootTime end) {
    for (auto due = pipeline_.detectors().next_due(); due && *due <= end;
         due = pipeline_.detectors().next_due())
      add(tick(std::max(pipeline_.time(), *due)));
    add(tick(end));
  }

  std::vector<Bytes> records;
  std::map<std::uint32_t, Answer> answers;
  const Lineage& lineage() { return pipeline_.lineage(); }

 private:
  void put(const Bytes& record) {
    records.push_back(record);
    pipeline_.feed(record);
  }
  Bytes answer(const Request& request) {
    const Answer& a = answers[request.process.tgid];
    const Process* p = pipeline_.lineage().find(request.process);
    const BootTime now = pipeline_.time();
    switch (request.look) {
      case Look::process: {
        Saw s = a.process;
        if (p && s.sid == 0) s.sid = p->sid, s.pgid = p->pgid;
        if (p && pipeline_.lineage().live(p->sid)) s.tty = p->tty;
        return saw(request.process, now, s);
      }
      case Look::script:
        return saw_script(request.process, now, a.script, request.entry);
      case Look::usage:
        return saw_usage(request.process, now, a.rss + now.count() % 4096);
      case Look::sockets:
        return saw_sockets(request.process, now, a.ports);
      case Look::children:
        break;
    }
    return {};
  }

  Pipeline pipeline_;
};

inline Bytes clock_step(BootTime time, std::uint64_t real_s) {
  wire::Record<stray_clock> record(wire::head(STRAY_CLOCK, time));
  record.set([&](stray_clock& c) { c.real_ns = real_s * 1'000'000'000; });
  return bytes_of(record);
}

inline Bytes gap(BootTime time, std::uint64_t count) {
  stray_head head = wire::head(STRAY_GAP, time);
  head.lost = count;
  wire::Record<stray_gap> record(head);
  record.set([&](stray_gap& g) { g.from_ns = time.count() - 1, g.count = count; });
  return bytes_of(record);
}

inline Bytes end_of_run(BootTime time) {
  wire::Record<stray_end> record(wire::head(STRAY_END, time));
  return bytes_of(record);
}

// Hours of a host on which everything happens that a finding can be about.
inline std::vector<Bytes> told_history(const Options& setup) {
  History h(setup);
  const ProcessKey init = key(1, 0), shell = key(10, 1), shell2 = key(11, 1), npm = key(18, 2),
                   sh = key(19, 2), node = key(20, 2), old = key(12, 1), god = key(15, 2), app = key(16, 12),
                   studio = key(17, 12), worker = key(21, 13), big = key(22, 14), child = key(23, 15),
                   late = key(24, 16);
  const Who tty{.sid = 10, .pgid = 20, .tty_major = 136};
  h.answers[12] = {.process = {.sid = 9,
                               .pgid = 12,
                               .argv = {"node", "old.js"},
                               .exe = "/usr/bin/node",
                               .stdio = STRAY_STDIO_TTY_GONE},
                   .ports = {4000}};
  h.answers[20].process.env = {"npm_lifecycle_event=dev"};
  h.answers[20].ports = {3000};
  h.answers[16].process.env = {"pm_id=0", "name=web", "pm_exec_path=/srv/app/dist/index.js"};
  h.answers[16].ports = {8080};
  h.answers[17].ports = {5555};
  h.add(session());
  h.add(seed(old, key(9, 0), "/usr/bin/node", at(1), 0, {.sid = 9, .pgid = 12}));
  h.add(seed(shell, init, "/bin/bash", at(1), 0, {.sid = 10, .pgid = 10, .tty_major = 136}));
  h.add(seed(init, {}, "/sbin/init", at(1), STRAY_SEED_NAMESPACE_INIT));
  h.add(seed(shell2, init, "/bin/bash", at(1), STRAY_SEED_SUBREAPER, {.sid = 11, .pgid = 11}));
  h.add(ready(at(1)));
  h.add(fork(god, init, at(5), {}, {.sid = 15, .pgid = 15}));
  h.add(exec(god, at(5), "/usr/bin/node", {"node", "/usr/lib/node_modules/pm2/lib/Daemon.js"},
             {.sid = 15, .pgid = 15}));
  h.add(fork(npm, shell, at(9), {}, tty));
  h.add(exec(npm, at(9), "/usr/bin/node", {"node", "/usr/bin/npm", "run", "dev"}, tty));
  h.add(fork(sh, npm, at(9.5), {}, tty));
  h.add(exec(sh, at(9.5), "/usr/bin/dash", {"sh", "-c", "node src/server.js"}, tty));
  h.add(fork(node, sh, at(10), {}, tty));
  h.add(exec(node, at(10), "/usr/bin/env", {"env", "node", "src/server.js"}, tty));
  h.add(exec(node, at(10), "/usr/bin/node", {"node", "src/server.js"}, tty));
  h.add(listen(node, at(11), 3000));
  h.add(fork(app, god, at(12), {}, {.sid = 16, .pgid = 16}));
  h.add(exec(app, at(12), "/usr/bin/node", {"node", "/usr/lib/node_modules/pm2/lib/ProcessContainerFork.js"},
             {.sid = 16, .pgid = 16, .cgroup = "/system.slice/app"}));
  h.add(fork(studio, shell2, at(12), {}, {.sid = 11, .pgid = 17}));
  h.add(exec(studio, at(12), "/usr/bin/node", {"node", "/srv/app/node_modules/.bin/prisma", "studio"},
             {.sid = 11, .pgid = 17}));
  h.add(fork(worker, node, at(13), {}, tty));
  h.add(fork(big, shell2, at(14), {}, {.sid = 11, .pgid = 22}));
  h.add(exec(big, at(14), "/usr/bin/node", {"node", "big.js", std::string(1000, 'x')},
             {.sid = 11, .pgid = 22}));
  h.add(fork(child, big, at(15), {}, {.sid = 11, .pgid = 22}));
  h.add(fork(late, child, at(16), {}, {.sid = 11, .pgid = 22}));
  h.until(at(19));
  h.answers[20].process.stdio = STRAY_STDIO_TTY_GONE;
  h.add(signal(npm, at(20), 15, shell));
  h.add(signal(sh, at(20), 15, npm));
  h.add(exit(sh, at(20), 15, init));
  h.add(signal(npm, at(20), 15, npm));
  h.add(exit(npm, at(20), 15, {}));
  h.add(exit(shell, at(21), 0, {}));
  h.add(exit(child, at(22), 0, shell2));
  h.until(at(100));
  h.add(clock_step(at(100), 1'700'009'999));
  h.add(oom(big, at(110), "/limited"));
  h.add(exit(big, at(110.1), 9, shell2));
  h.until(at(200));
  h.answers[20].script = STRAY_SCRIPT_MISSING;
  h.add(gap(at(210), 12));
  h.add(seed(key(30, 205), key(29, 204), "/usr/bin/python3", at(210)));
  h.add(inferred_exit(late, at(211)));
  h.until(at(900));
  h.add(exit(god, at(1000), 9, init));
  h.add(exit(shell2, at(1100), 0, init, STRAY_EXIT_REAPER_UNKNOWN));
  h.until(at(2000));
  h.answers[20].script = STRAY_SCRIPT_PRESENT;
  h.add(fork(key(40, 2000), init, at(2000), {}, {.sid = 11, .pgid = 22}));
  h.add(exec(key(40, 2000), at(2001), "/usr/bin/node", {"node", "big.js", std::string(1000, 'x')},
             {.sid = 11, .pgid = 22}));
  h.until(at(2300));
  h.add(exec(studio, at(2310), "/usr/bin/cat", {"cat"}));
  h.add(exit(node, at(2320), 1));
  h.add(tick(at(2330)));
  h.add(end_of_run(at(2340)));
  return h.records;
}

// Whatever a few processes could do, and some that they could not: the seed decides all.
inline std::vector<Bytes> random_history(const Options& setup, unsigned seed_number, int events) {
  std::mt19937 random(seed_number);
  const auto below = [&](std::uint32_t n) { return static_cast<std::uint32_t>(random() % n); };
  History h(setup);
  double now = 100;
  std::vector<ProcessKey> known{key(1, 0)};
  const std::vector<std::vector<std::string>> argvs{{"node", "server.js"},
                                                    {"node", "/usr/bin/npm", "run", "dev"},
                                                    {"bash"},
                                                    {"node", "node_modules/.bin/vite"},
                                                    {"sh", "-c", "node x.js"},
                                                    {"node", "-e", "1"},
                                                    {"node", "/usr/lib/node_modules/pm2/lib/Daemon.js"},
                                                    {"python3", "job.py"},
                                                    {"node", "server.js", std::string(3000, 'a')}};
  const auto someone = [&] { return known[below(static_cast<std::uint32_t>(known.size()))]; };
  const auto who = [&] {
    return Who{.uid = below(3),
               .sid = below(12),
               .pgid = below(12),
               .tty_major = below(2) * 136,
               .cgroup = below(2) ? "/system.slice/web.service" : "/user.slice/session-1.scope"};
  };
  h.add(session(at(now)));
  h.add(seed(known[0], {}, "/sbin/init", at(now), STRAY_SEED_NAMESPACE_INIT));
  for (std::uint32_t i = 2; i < 7; ++i) {
    known.push_back({at(i), i});
    h.add(seed(known.back(), below(3) ? someone() : ProcessKey{at(i + 1), i + 1}, "/usr/bin/node", at(now),
               below(2) * STRAY_SEED_SUBREAPER, who()));
  }
  h.add(ready(at(now)));
  for (int i = 0; i < events; ++i) {
    now += below(4) ? 0.01 * below(100) : below(40);
    const BootTime t = at(now);
    const ProcessKey p = someone();
    Answer& a = h.answers[p.tgid];
    switch (below(18)) {
      case 0:
      case 1:
      case 2:
      case 3: {
        const ProcessKey made{t, 10 + below(30)};
        h.add(fork(made, p, t, below(4) ? ProcessKey{} : someone(), who()));
        known.push_back(made);
        break;
      }
      case 4:
      case 5:
      case 6:
        h.add(exec(p, t, below(3) ? "/usr/bin/node" : "/bin/bash",
                   argvs[below(static_cast<std::uint32_t>(argvs.size()))], who()));
        break;
      case 7:
      case 8:
      case 9:
        h.add(
            exit(p, t, below(20), below(3) ? known[0] : someone(), below(5) ? 0 : STRAY_EXIT_REAPER_UNKNOWN));
        break;
      case 10:
        h.add(signal(p, t, 9 + below(8), someone(), below(2)));
        break;
      case 11:
        h.add(listen(p, t, static_cast<std::uint16_t>(3000 + below(9)), below(2)));
        break;
      case 12:
        h.add(below(4) ? tick(t) : oom(p, t, "/limited"));
        break;
      case 13:
        h.add(inferred_exit(p, t));
        break;
      case 14:
        h.add(seed(p, someone(), "/usr/bin/node", t, 0, who()));
        break;
      case 15:
        h.add(below(3) ? tick(t, below(5)) : gap(t, below(50)));
        break;
      case 16:
        a.script = below(4), a.rss = below(1u << 30), a.process.stdio = static_cast<std::uint8_t>(below(10));
        a.process.pidfile = below(5) ? "" : "/run/x.pid", a.process.ppid = below(3),
        a.ports.assign(below(3), 3000);
        break;
      default:
        h.until(t);
    }
    // Somebody of long ago is asked less and less: else all ends with processes that are gone.
    if (known.size() > 40) known.erase(known.begin() + 1 + below(20));
  }
  h.add(end_of_run(at(now + 1)));
  return h.records;
}

}  // namespace stray::state_test
