// SPDX-License-Identifier: Apache-2.0
// Writes the inputs from which the fuzzers start: make_corpus DIRECTORY. The same files every time.
#include <filesystem>
#include <fstream>
#include <iostream>
#include <string>
#include <vector>

#include "capture/writer.hpp"
#include "support/records.hpp"

using namespace stray;
using records::at;
using records::Bytes;
using records::key;
namespace fs = std::filesystem;

namespace {

using Story = std::vector<Bytes>;
constexpr std::uint64_t kNever = 1'000'000'000'000'000;  // a flush by the clock would move block borders

const ProcessKey kInit = key(1, 0), kSshd = key(700, 5), kShell = key(800, 20), kNode = key(900, 30),
                 kChild = key(901, 31);

void begin(Story& story) {
  story.push_back(records::session(at(25)));
  story.push_back(records::seed(kInit, {}, "/usr/lib/systemd/systemd", at(25), STRAY_SEED_SUBREAPER,
                                {.uid = 0, .cgroup = "/init.scope"}));
  story.push_back(records::seed(kSshd, kInit, "/usr/sbin/sshd", at(25), 0,
                                {.uid = 0, .cgroup = "/system.slice/ssh.service"}));
  story.push_back(
      records::seed(kShell, kSshd, "/usr/bin/bash", at(25), 0,
                    {.sid = 800, .pgid = 800, .tty_major = 136, .cgroup = "/user.slice/session-3.scope"}));
  story.push_back(records::ready(at(26)));
}

void look(Story& story, ProcessKey who, BootTime time, const std::vector<std::string>& argv) {
  story.push_back(records::saw_script(who, time, STRAY_SCRIPT_PRESENT, "server.js"));
  story.push_back(
      records::saw(who, time, {.ppid = 1, .sid = 800, .argv = argv, .env = {"NODE_ENV=production"}}));
  story.push_back(records::saw_usage(who, time, 300u << 20));
  story.push_back(records::saw_sockets(who, time, {3000, 3001}));
}

// A server that is left behind, found, and ended.
Story orphan() {
  Story story;
  begin(story);
  const std::vector<std::string> npm{"npm", "run", "start"}, node{"node", "server.js"};
  story.push_back(records::fork(kNode, kShell, at(30), {}, {.sid = 800, .pgid = 900}));
  story.push_back(
      records::exec(kNode, at(30.1), "/usr/bin/node", npm, {.sid = 800, .pgid = 900, .tty_major = 136}));
  story.push_back(records::fork(kChild, kNode, at(31), {}, {.sid = 800, .pgid = 900}));
  story.push_back(records::exec(kChild, at(31.1), "/usr/bin/node", node, {.sid = 800, .pgid = 900}));
  story.push_back(records::listen(kChild, at(32), 3000));
  story.push_back(records::signal(kNode, at(40), 9, kShell));
  story.push_back(records::exit(kNode, at(40.1), 9, kInit, STRAY_EXIT_HAD_CHILDREN));
  look(story, kChild, at(41), node);
  story.push_back(records::tick(at(72)));
  look(story, kChild, at(72.1), node);
  story.push_back(records::tick(at(75)));
  story.push_back(records::saw_script(kChild, at(76), STRAY_SCRIPT_CWD_GONE, "server.js"));
  story.push_back(records::tick(at(90)));
  look(story, kChild, at(90.1), node);
  story.push_back(records::signal(kChild, at(100), 15, kShell));
  story.push_back(records::exit(kChild, at(100.1), 15, kInit));
  return story;
}

// Losses, an OOM kill, a daemon that comes back, processes whose ends nobody saw.
Story trouble() {
  Story story;
  begin(story);
  const std::vector<std::string> words{"node", "/srv/app/worker.js", "--name", "\xff\x1b[2J\n"};
  story.push_back(records::exec(kNode, at(31), "/opt/odd \x1b name/node", words,
                                {.cgroup = "/system.slice/app.service"}, "/srv/app",
                                STRAY_EXEC_EXE_CUT | STRAY_EXEC_CWD_DELETED));
  story.push_back(records::oom(kNode, at(33), "/system.slice/app.service"));
  story.push_back(records::exit(kNode, at(33.5), 9, {}, STRAY_EXIT_REAPER_UNKNOWN));
  story.push_back(records::exec(kChild, at(34), "/opt/odd \x1b name/node", words));
  wire::Record<stray_gap> gap(wire::head(STRAY_GAP, at(35)));
  gap.set([](stray_gap& g) { g.count = 12, g.from_ns = at(34).count(); });
  story.push_back(records::bytes_of(gap));
  story.push_back(records::seed(key(950, 33), kInit, "/usr/bin/screen", at(35)));
  story.push_back(records::inferred_exit(kShell, at(35)));
  wire::Record<stray_clock> clock(wire::head(STRAY_CLOCK, at(36)));
  clock.set([](stray_clock& c) { c.real_ns = 1'600'000'000'000'000'000; });
  story.push_back(records::bytes_of(clock));
  story.push_back(records::tick(at(40), 12));
  story.push_back(records::saw(kChild, at(41), {.flags = STRAY_SAW_GONE}));
  wire::Record<stray_end> end(wire::head(STRAY_END, at(50)));
  story.push_back(records::bytes_of(end));
  return story;
}

// What people leave running: a dev tool in a screen, a supervisor that died above its server.
Story tools() {
  Story story;
  begin(story);
  const ProcessKey screen = key(1000, 40), pm2 = key(1001, 41), app = key(1002, 42), vite = key(1003, 43);
  story.push_back(records::fork(screen, kInit, at(40)));
  story.push_back(records::exec(screen, at(40.1), "/usr/bin/screen", {"SCREEN", "-dmS", "x"}));
  story.push_back(records::fork(vite, screen, at(43)));
  story.push_back(
      records::exec(vite, at(43.1), "/usr/bin/node", {"node", "/srv/app/node_modules/.bin/vite", "dev"}));
  story.push_back(records::fork(pm2, kInit, at(41)));
  story.push_back(records::exec(pm2, at(41.1), "/usr/bin/node", {"PM2 v5.3.0: God Daemon (/root/.pm2)"}));
  story.push_back(records::fork(app, pm2, at(42)));
  story.push_back(records::exec(app, at(42.1), "/usr/bin/bun", {"bun", "run", "/srv/app/index.ts"}));
  look(story, app, at(44), {"bun", "run", "/srv/app/index.ts"});
  story.push_back(records::exit(pm2, at(45), 9, kInit));
  look(story, app, at(50.2), {"bun", "run", "/srv/app/index.ts"});
  story.push_back(records::tick(at(700)));
  look(story, vite, at(700.1), {"node", "/srv/app/node_modules/.bin/vite", "dev"});
  story.push_back(records::tick(at(100'000)));
  return story;
}

void put(const fs::path& path, std::string_view bytes) {
  std::ofstream out(path, std::ios::binary | std::ios::trunc);
  out << bytes;
  if (!out.flush()) throw std::runtime_error("cannot write " + path.string());
}

std::string contents(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

void put_records(const fs::path& path, const Story& story, char choice) {
  std::string out(1, choice);
  for (const Bytes& record : story) out.append(reinterpret_cast<const char*>(record.data()), record.size());
  put(path, out);
}

CaptureHeader header() {
  CaptureHeader out{
      .boot_ns = at(25).count(), .real_ns = 1'700'000'000'000'000'000, .contract = STRAY_CONTRACT};
  out.host = "testhost", out.kernel = "6.1.0", out.version = "0.1.0", out.redacted = true;
  for (std::uint8_t i = 0; i < 16; ++i)
    out.boot_id[i] = i, out.series[i] = static_cast<std::uint8_t>(0xa0 + i);
  return out;
}

// With a checkpoint in the middle, of what began the story.
std::string put_capture(const fs::path& path, const Story& story, std::size_t block_bytes) {
  fs::remove(path);
  CaptureWriter writer({.path = path.string(), .block_bytes = block_bytes, .flush_ns = kNever}, header());
  Story beginning;
  begin(beginning);
  for (std::size_t i = 0; i < story.size(); ++i) {
    if (i == story.size() / 2) {
      writer.begin_checkpoint(at(35));
      for (const Bytes& record : beginning) writer.append(record);
      writer.end_checkpoint();
    }
    writer.append(story[i]);
  }
  writer.close();
  return contents(path);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: make_corpus DIRECTORY\n";
    return 2;
  }
  const fs::path decode = fs::path(argv[1]) / "decode", capture = fs::path(argv[1]) / "capture";
  fs::create_directories(decode);
  fs::create_directories(capture);
  put_records(decode / "orphan", orphan(), 0);
  put_records(decode / "orphan-soon", orphan(), 1);
  put_records(decode / "trouble", trouble(), 0);
  put_records(decode / "trouble-little-memory", trouble(), 4);
  put_records(decode / "tools", tools(), 1);
  put_records(decode / "tools-at-once", tools(), 2);
  const std::string small = put_capture(capture / "small-blocks", orphan(), 600);
  put_capture(capture / "one-block", trouble(), 64u << 10);
  const std::string two = put_capture(capture / "blocks", tools(), 2000);
  put(capture / "cut", std::string_view(small).substr(0, small.size() * 2 / 3));
  put(capture / "no-first-header", std::string(8, '\0') + small.substr(8));
  std::string flipped = small;
  flipped[flipped.size() / 2] = static_cast<char>(flipped[flipped.size() / 2] ^ 0x40);
  put(capture / "flipped", flipped);
  put(capture / "two-in-one", small + two);
}
