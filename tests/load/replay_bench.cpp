// SPDX-License-Identifier: Apache-2.0
// How many records a second the core takes: decoded alone, with lineage, and with detectors (no sinks).
//
//   replay_bench [--mix storm|mixed] [--lifecycles N] [--rounds N] [--stage decode|lineage|pipeline]
//   [CAPTURE]
//
// Without CAPTURE the records are made: short commands among 300 processes that were there before and some
// node servers that are watched and observed. In the mixed one every eighth command is an `npm run`, and some
// make daemons or open a terminal of their own: what detectors look at. Figures of a busy machine differ from
// run to run: compare within one run, or count instructions, which do not differ:
//
//   valgrind --tool=callgrind --toggle-collect='*feed_pipeline*' replay_bench --rounds 1 --stage pipeline
#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <string_view>

#include "capture/reader.hpp"
#include "pipeline/pipeline.hpp"
#include "records.hpp"

namespace {

using namespace stray;
using namespace stray::records;

// All records in one buffer, as a block of a capture has them.
class Records {
 public:
  void add(RawRecord raw) {
    starts_.push_back(bytes_.size());
    bytes_.insert(bytes_.end(), raw.begin(), raw.end());
  }
  std::size_t count() const { return starts_.size(); }
  std::size_t bytes() const { return bytes_.size(); }
  template <typename F>
  void each(F&& f) const {
    for (std::size_t i = 0; i < starts_.size(); ++i) {
      const std::size_t end = i + 1 < starts_.size() ? starts_[i + 1] : bytes_.size();
      f(RawRecord(bytes_).subspan(starts_[i], end - starts_[i]));
    }
  }

 private:
  Bytes bytes_;
  std::vector<std::size_t> starts_;
};

class Storm {
 public:
  Storm(Records& out, bool mixed) : out_(out), mixed_(mixed) {}

  void make(std::size_t lifecycles) {
    begin();
    for (std::size_t i = 0; i < lifecycles; ++i) {
      command(i);
      if (mixed_ && i % 8 == 0) npm_run(i);
      if (mixed_ && i % 40 == 0) daemonize(i);
      if (mixed_ && i % 100 == 0) terminal(i);
      if (i % 50 == 0) out_.add(signal(server(i), now_, 15, shell(i)));
      if (i % 500 == 0) look(server(i / 500));
      if (i % 2000 == 0) restart(i / 2000);
    }
    wire::Record<stray_end> end(wire::head(STRAY_END, now_));
    out_.add(end.bytes());
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

  void begin() {
    out_.add(session());
    out_.add(seed(init_, {}, "/usr/lib/systemd/systemd", now_, STRAY_SEED_NAMESPACE_INIT));
    for (std::uint32_t i = 0; i < kShells; ++i)
      out_.add(seed(shell(i), init_, "/usr/bin/bash", now_, 0, on_terminal(i)));
    for (std::uint32_t i = kShells; i < kSeeds; ++i)
      out_.add(seed(key(100 + i, 2), init_, "/usr/sbin/daemon-" + std::to_string(i), now_, 0,
                    {.sid = 100 + i, .pgid = 100 + i, .cgroup = "/system.slice/d.service"}));
    out_.add(ready(tick_on()));
    for (std::uint32_t i = 0; i < kSeeds; ++i)
      out_.add(saw(key(100 + i, 2), tick_on(), {.ppid = 1, .sid = 100 + i, .argv = {"bash"}}));
    for (std::uint32_t i = 0; i < kServers; ++i) start_server(i);
  }

  void start_server(std::size_t i) {
    const ProcessKey born{tick_on(), next_pid()};
    if (servers_.size() < kServers) servers_.emplace_back();
    servers_[i % kServers] = born;
    out_.add(fork(born, shell(i), now_, {}, on_terminal(i)));
    out_.add(exec(born, tick_on(), "/usr/bin/node", {"node", "dist/index.js"}, on_terminal(i)));
    out_.add(listen(born, tick_on(), static_cast<std::uint16_t>(3000 + i % kServers)));
    look(born);
  }

  void restart(std::size_t i) {
    out_.add(exit(server(i), tick_on(), 15, init_));
    start_server(i);
  }

  void look(ProcessKey who) {
    out_.add(saw(who, tick_on(), {.sid = 100, .argv = {"node", "dist/index.js"}, .env = {"TERM_PROGRAM=x"}}));
    out_.add(saw_usage(who, now_, 50u << 20));
    out_.add(saw_script(who, now_, STRAY_SCRIPT_PRESENT, "dist/index.js"));
    out_.add(saw_sockets(who, now_, {3000}));
  }

  // A shell's command: now and then one of a pipeline in a shell of its own.
  void command(std::size_t i) {
    static constexpr const char* kTools[] = {"/usr/bin/grep", "/usr/bin/sed",  "/usr/bin/git", "/usr/bin/cat",
                                             "/usr/bin/true", "/usr/bin/stat", "/usr/bin/cc",  "/usr/bin/ls"};
    const Who who = on_terminal(i);
    const ProcessKey child{tick_on(), next_pid()};
    out_.add(fork(child, shell(i), now_, {}, who));
    if (i % 10 == 0) {
      out_.add(exec(child, tick_on(), "/usr/bin/dash", {"sh", "-c", "grep -q needle file | wc -l"}, who));
      const ProcessKey inner{tick_on(), next_pid()};
      out_.add(fork(inner, child, now_, {}, who));
      run(inner, kTools[i / 10 % 8], who, i);
      out_.add(exit(inner, tick_on(), 0, init_));
    } else {
      run(child, kTools[i % 8], who, i);
    }
    out_.add(exit(child, tick_on(), i % 7 ? 0 : 0x100, init_));
  }

  void run(ProcessKey who, std::string_view exe, const Who& as, std::size_t i) {
    const std::string name(exe.substr(exe.rfind('/') + 1));
    out_.add(exec(who, tick_on(), exe,
                  {name, "--color=never", "-n", "/srv/app/src/part-" + std::to_string(i % 100) + "/module.ts",
                   "needle"},
                  as));
  }

  void npm_run(std::size_t i) {
    const Who who = on_terminal(i);
    const ProcessKey npm{tick_on(), next_pid()};
    out_.add(fork(npm, shell(i), now_, {}, who));
    out_.add(exec(npm, tick_on(), "/usr/bin/node", {"node", "/usr/bin/npm", "run", "build"}, who));
    const ProcessKey sh{tick_on(), next_pid()};
    out_.add(fork(sh, npm, now_, {}, who));
    out_.add(exec(sh, tick_on(), "/usr/bin/dash", {"sh", "-c", "node scripts/build.js --minify"}, who));
    const ProcessKey node{tick_on(), next_pid()};
    out_.add(fork(node, sh, now_, {}, who));
    out_.add(exec(node, tick_on(), "/usr/bin/node", {"node", "scripts/build.js", "--minify"}, who));
    for (const ProcessKey one : {node, sh, npm}) out_.add(exit(one, tick_on(), 0, init_));
  }

  // A double fork: the daemon stays until 50 others have come.
  void daemonize(std::size_t i) {
    const ProcessKey middle{tick_on(), next_pid()}, daemon{tick_on(), next_pid()};
    const Who who{.sid = middle.tgid, .pgid = middle.tgid};
    out_.add(fork(middle, shell(i), now_, {}, on_terminal(i)));
    out_.add(fork(daemon, middle, now_, {}, who));
    out_.add(exit(middle, tick_on(), 0, init_));
    out_.add(exec(daemon, tick_on(), "/usr/sbin/worker", {"worker", "--queue", std::to_string(i)}, who));
    daemons_.push_back(daemon);
    if (daemons_.size() <= 50) return;
    out_.add(exit(daemons_.front(), tick_on(), 0, init_));
    daemons_.pop_front();
  }

  // A shell at a terminal of its own, as ssh -t makes it.
  void terminal(std::size_t i) {
    const ProcessKey leader{tick_on(), next_pid()};
    const Who who{.sid = leader.tgid, .pgid = leader.tgid, .tty_major = 136, .tty_minor = 200};
    out_.add(fork(leader, shell(i), now_, {}, who));
    out_.add(exec(leader, tick_on(), "/usr/bin/bash", {"-bash"}, who));
    const ProcessKey child{tick_on(), next_pid()};
    out_.add(fork(child, leader, now_, {}, who));
    run(child, "/usr/bin/uptime", who, i);
    for (const ProcessKey one : {child, leader}) out_.add(exit(one, tick_on(), 0, init_));
  }

  std::uint32_t next_pid() { return pid_ = pid_ >= 32768 ? 1000 : pid_ + 1; }

  Records& out_;
  const bool mixed_;
  std::vector<ProcessKey> servers_;
  std::deque<ProcessKey> daemons_;
  BootTime now_ = at(10);
  std::uint32_t pid_ = 1000;
};

void read_capture(const char* path, Records& out) {
  CaptureReader reader{std::string(path)};
  RawRecord raw;
  while (reader.next(raw) == CaptureReader::Status::record) out.add(raw);
}

// Of their own and not inlined, so that callgrind can be told to count within them. Each returns something
// that keeps its work from being left out.
[[gnu::noinline]] std::uint64_t feed_decode(const Records& records) {
  Decoder decoder;
  std::uint64_t good = 0;
  records.each([&](RawRecord raw) { good += decoder.decode(raw).index() == 0; });
  return good;
}

[[gnu::noinline]] std::uint64_t feed_lineage(const Records& records) {
  Decoder decoder;
  Lineage lineage;
  records.each([&](RawRecord raw) {
    const auto decoded = decoder.decode(raw);
    if (const Event* event = std::get_if<Event>(&decoded)) lineage.apply(*event);
  });
  return lineage.counts().live;
}

[[gnu::noinline]] std::uint64_t feed_pipeline(const Records& records) {
  Pipeline pipeline({}, {});
  records.each([&](RawRecord raw) {
    pipeline.feed(raw);
    pipeline.detectors().take_requests();  // answered by the records themselves
  });
  return pipeline.summary().raised;
}

struct Stage {
  std::string_view name;
  std::uint64_t (*feed)(const Records&);
};
constexpr Stage kStages[] = {{"decode", feed_decode}, {"lineage", feed_lineage}, {"pipeline", feed_pipeline}};

void measure(const Stage& stage, const Records& records, std::size_t rounds) {
  std::vector<double> rates;
  std::uint64_t result = 0;
  for (std::size_t i = 0; i < rounds; ++i) {
    const auto begin = std::chrono::steady_clock::now();
    result = stage.feed(records);
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
    rates.push_back(static_cast<double>(records.count()) / took.count() / 1e6);
  }
  std::sort(rates.begin(), rates.end());
  std::printf("%-9.*s median %6.2f  best %6.2f  worst %6.2f million records/s  (result %llu)\n",
              static_cast<int>(stage.name.size()), stage.name.data(), rates[rates.size() / 2], rates.back(),
              rates.front(), static_cast<unsigned long long>(result));
}

[[noreturn]] void usage() {
  std::fprintf(stderr,
               "usage: replay_bench [--mix storm|mixed] [--lifecycles N] [--rounds N]\n"
               "                    [--stage decode|lineage|pipeline] [CAPTURE]\n");
  std::exit(2);
}

std::size_t number(const char* text) {
  std::size_t value = 0;
  const char* end = text + std::strlen(text);
  const auto [stop, error] = std::from_chars(text, end, value);
  if (error != std::errc{} || stop != end || value == 0) usage();
  return value;
}

}  // namespace

int main(int argc, char** argv) {
  std::size_t lifecycles = 200'000, rounds = 5;
  std::string_view only, mix = "storm";
  const char* capture = nullptr;
  for (int i = 1; i < argc; ++i) {
    const std::string_view word = argv[i];
    const bool option = word.starts_with("--");
    if (option && i + 1 == argc) usage();
    if (word == "--lifecycles")
      lifecycles = number(argv[++i]);
    else if (word == "--rounds")
      rounds = number(argv[++i]);
    else if (word == "--stage")
      only = argv[++i];
    else if (word == "--mix")
      mix = argv[++i];
    else if (option || capture)
      usage();
    else
      capture = argv[i];
  }
  if (mix != "storm" && mix != "mixed") usage();
  Records records;
  try {
    if (capture)
      read_capture(capture, records);
    else
      Storm(records, mix == "mixed").make(lifecycles);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "replay_bench: %s\n", error.what());
    return 3;
  }
  if (records.count() == 0) {
    std::fprintf(stderr, "replay_bench: %s: no records\n", capture);
    return 3;
  }
  std::printf("%zu records, %.1f bytes each\n", records.count(),
              static_cast<double>(records.bytes()) / static_cast<double>(records.count()));
  for (const Stage& stage : kStages)
    if (only.empty() || only == stage.name) measure(stage, records, rounds);
}
