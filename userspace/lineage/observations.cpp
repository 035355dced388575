// SPDX-License-Identifier: Apache-2.0
// How the observer's records change the table.
#include <algorithm>
#include <cstring>

#include "lineage/lineage.hpp"
#include "record/request.hpp"

namespace stray {
namespace {

constexpr std::size_t kHoursKept = 48;
constexpr BootTime kCpuSampleEvery = std::chrono::minutes(5);
constexpr std::size_t kCpuSamplesKept = 13;  // an hour

// Other code than what runs: another content, or where that is not known another file.
bool other_code(const ScriptSeen& first, const ScriptSeen& now) {
  if (now.state != STRAY_SCRIPT_PRESENT || first.state != STRAY_SCRIPT_PRESENT) return false;
  if (first.hash && now.hash) return first.hash != now.hash || first.bytes != now.bytes;
  return first.inode != now.inode || first.dev_major != now.dev_major || first.dev_minor != now.dev_minor ||
         first.bytes != now.bytes;
}

// systemd decides once, when what it started has ended or its TimeoutStartSec= is over (90 s): who was seen
// after that without it is none later, and who was it stays it.
bool is_unit_main(const Process& process, const Observed& before, const Event& event) {
  constexpr BootTime kDecided{120'000'000'000};
  if (before.flags & STRAY_SAW_UNIT_MAIN) return true;
  const BootTime since = std::max(process.reparented, process.key.start);
  return (event.flags & STRAY_SAW_UNIT_MAIN) && before.process_time <= since + kDecided;
}

void note_memory(Observed& seen, BootTime time) {
  constexpr std::uint64_t kHour = 3'600'000'000'000;
  const std::uint64_t hour = time.count() / kHour;
  if (seen.hours.empty() || seen.hours.back().hour != hour) {
    if (seen.hours.size() == kHoursKept) seen.hours.erase(seen.hours.begin());
    seen.hours.push_back({.hour = hour});
  }
  seen.hours.back().sum += seen.anon + seen.swap;
  ++seen.hours.back().looks;
}

void note_cpu(Observed& seen, BootTime time) {
  auto& samples = seen.cpu_samples;
  if (!samples.empty() && time < samples.back().time + kCpuSampleEvery) return;
  if (samples.size() == kCpuSamplesKept) samples.erase(samples.begin());
  samples.push_back({time, seen.cpu_ns});
}

void note_zombies(Observed& seen, std::uint32_t zombies) {
  if (seen.zombie_rise.since == BootTime{} || zombies < seen.zombie_rise.from)
    seen.zombie_rise = {seen.children_time, zombies};
}

Runtime runtime_of(std::uint32_t content) {
  switch (content) {
    case STRAY_CONTENT_NODE:
      return Runtime::node;
    case STRAY_CONTENT_BUN:
      return Runtime::bun;
    case STRAY_CONTENT_DENO:
      return Runtime::deno;
    default:
      return Runtime::none;
  }
}

// False: this look could read nothing of the process, which is kept for the limits of the view.
bool was_read(Process& process, const Event& event, Look look) {
  const auto bit = static_cast<std::uint8_t>(1u << static_cast<unsigned>(look));
  const bool unread = event.flags & STRAY_SAW_UNREAD;
  process.unread = static_cast<std::uint8_t>(unread ? process.unread | bit : process.unread & ~bit);
  return !unread;
}

}  // namespace

// What is true of the file is so for all that run it.
void Lineage::note_file(Process& process, const SawProcess& saw) {
  Image& image = *process.image;
  image.observed = true;
  if (saw.owner != STRAY_OWNER_UNKNOWN)
    image.owner = saw.owner, image.owner_uid = saw.owner_uid, image.owned = saw.owned;
  const Runtime content = runtime_of(saw.content);
  if (content == Runtime::none || image.content == content) return;
  image.content = content;
  // A loader's file is that of everything it runs.
  if (!image.inode || is_loader(image.exe) || runtimes_.size() >= kMostRuntimes) return;
  if (!runtimes_.emplace(image.file(), content).second) return;
  std::vector<Process*> others;
  for (const auto& [tgid, other] : live_)
    if (other != &process && other->image && other->image->file() == image.file()) others.push_back(other);
  std::sort(others.begin(), others.end(), [](const Process* a, const Process* b) { return a->key < b->key; });
  for (Process* other : others) {
    recognise_image(*other->image, other->seen.get());
    program_changed(*other);
    changes_.push_back({Change::Kind::observed, other});
  }
}

Observed& Lineage::seen_of(Process& process) {
  if (!process.seen) {
    process.seen = std::make_unique<Observed>();
    recount(*process.seen);
  }
  return *process.seen;
}

Tty Lineage::session_tty(std::uint32_t sid) const {
  const auto it = session_ttys_.find(sid);
  return it == session_ttys_.end() ? Tty{} : it->second;
}

void Lineage::on(const Event& event, const SawProcess& saw) {
  Process* process = get(event.process);
  if (!process || process->ended || !was_read(*process, event, Look::process)) return;
  Observed& seen = seen_of(*process);
  const bool main = is_unit_main(*process, seen, event);
  seen.process_time = event.time;
  seen.gone = event.flags & STRAY_SAW_GONE;
  changes_.push_back({Change::Kind::observed, process});
  if (seen.gone) return;
  seen.flags = main ? event.flags | STRAY_SAW_UNIT_MAIN : event.flags & ~std::uint32_t{STRAY_SAW_UNIT_MAIN};
  seen.stdio = saw.stdio, seen.stdio_tty = saw.stdio_tty;
  seen.cwd = saw.cwd, seen.exe = saw.exe, seen.user = saw.user, seen.login = saw.login;
  seen.pidfile = saw.pidfile, seen.pm2 = saw.pm2, seen.title = saw.argv.bytes();
  seen.boot = saw.boot, seen.saved = saw.saved, seen.boot_by = saw.boot_by;
  seen.restart = saw.restart;
  recount(seen);
  process->sid = saw.sid, process->pgid = saw.pgid, process->tty = saw.tty, process->uid = saw.uid;
  process->loginuid = saw.loginuid;
  if (saw.stdio_tty && saw.sid) {
    if (session_ttys_.size() >= kMostSessions) session_ttys_.erase(session_ttys_.begin());
    session_ttys_[saw.sid] = saw.stdio_tty;
  }
  // The kernel records carry the unified hierarchy alone; hosts on the old one keep systemd's tree elsewhere.
  if (process->cgroup() == "/" && !saw.cgroup.empty())
    process->cgroup_path = share(saw.cgroup, process->parent);
  if (Process* parent = live_now(saw.ppid); parent && !process->parent && process->key.tgid != saw.ppid) {
    set_parent(*process, parent, parent->key, Edge::inferred);
    process->reparented = process->reparented == BootTime{} ? event.time : process->reparented;
    changes_.push_back({Change::Kind::reparented, process, nullptr});
  }
  if (!process->image) process->image = make_image({});
  note_file(*process, saw);
  // Forked processes share an image until one of them is seen to differ.
  if (process->image.use_count() > 1) {
    process->image = make_image(*process->image);
  }
  Image& image = *process->image;
  if (!image.at_exec) {
    image.argv = saw.argv.bytes();
    image.argc = 0;
    saw.argv.each([&](std::string_view) { ++image.argc; });
    image.argv_bytes = static_cast<std::uint32_t>(image.argv.size());
    image.flags &= ~STRAY_EXEC_ARGV_CUT;
    if (image.exe.empty()) image.exe = saw.exe;
  }
  if (image.cwd.empty()) image.cwd = saw.cwd;
  if (event.flags & STRAY_SAW_ENVIRON) {
    image.env = saw.env.bytes();
    image.env_known = true;
  }
  recognise_image(image, &seen);
  recount(image);
  program_changed(*process);
}

void Lineage::on(const Event& event, const SawScript& saw) {
  Process* process = get(event.process);
  if (!process || process->ended || !was_read(*process, event, Look::script)) return;
  if (event.flags & STRAY_SAW_GONE) return;
  Observed& seen = seen_of(*process);
  ScriptSeen now{event.time, saw.state,     std::string(saw.entry), std::string(saw.path),
                 saw.inode,  saw.bytes,     saw.mtime_ns,           saw.ctime_ns,
                 saw.hash,   saw.dev_major, saw.dev_minor};
  now.birth_ns = saw.birth_ns, now.link_ctime_ns = saw.link_ctime_ns;
  now.link = saw.link, now.target = saw.target, now.package = saw.package;
  if (saw.exe != STRAY_EXE_UNKNOWN) seen.exe_state = saw.exe;
  const bool missing = saw.state == STRAY_SCRIPT_MISSING || saw.state == STRAY_SCRIPT_CWD_GONE;
  if (!missing)
    seen.script_missing_since = BootTime{};
  else if (seen.script_missing_since == BootTime{})
    seen.script_missing_since = event.time;
  const bool first_look = seen.script_first.entry != saw.entry ||
                          (process->image && seen.script_first.time < process->image->time);
  if (saw.state == STRAY_SCRIPT_PRESENT && first_look) seen.script_first = now;
  if (!other_code(seen.script_first, now))
    seen.script_changed_since = BootTime{};
  else if (seen.script_changed_since == BootTime{})
    seen.script_changed_since = event.time;
  seen.script = std::move(now);
  recount(seen);
  changes_.push_back({Change::Kind::observed, process});
}

void Lineage::on(const Event& event, const SawUsage& saw) {
  Process* process = get(event.process);
  if (!process || process->ended || !was_read(*process, event, Look::usage)) return;
  if (event.flags & STRAY_SAW_GONE) return;
  Observed& seen = seen_of(*process);
  seen.usage_time = event.time;
  seen.rss = saw.rss, seen.anon = saw.anon, seen.swap = saw.swap, seen.cpu_ns = saw.cpu_ns;
  seen.peak = std::max({seen.peak, saw.peak, saw.rss});
  seen.memory_limit = saw.limit, seen.memory_used = saw.used, seen.memory_available = saw.available;
  note_memory(seen, event.time);
  note_cpu(seen, event.time);
  recount(seen);
  changes_.push_back({Change::Kind::observed, process});
}

void Lineage::on(const Event& event, const SawChildren& saw) {
  Process* process = get(event.process);
  if (!process || process->ended || !was_read(*process, event, Look::children)) return;
  if (event.flags & STRAY_SAW_GONE) return;
  Observed& seen = seen_of(*process);
  seen.children_time = event.time;
  note_zombies(seen, saw.zombies);
  seen.children = saw.children, seen.zombies = saw.zombies;
  seen.pid_limit = saw.pid_limit, seen.pids = saw.pids;
  seen.host_limit = saw.host_limit, seen.host_pids = saw.host_pids;
  process->unreaped_most = saw.zombies;
  changes_.push_back({Change::Kind::observed, process});
}

void Lineage::on(const Event& event, const SawSockets& saw) {
  Process* process = get(event.process);
  if (!process || process->ended || !was_read(*process, event, Look::sockets)) return;
  if (event.flags & STRAY_SAW_GONE) return;
  Observed& seen = seen_of(*process);
  seen.sockets_time = event.time;
  seen.sockets.clear();
  for (std::size_t at = 0; at + sizeof(stray_socket) <= saw.raw.size(); at += sizeof(stray_socket)) {
    stray_socket one;
    std::memcpy(&one, saw.raw.data() + at, sizeof one);
    seen.sockets.push_back({one.family, one.port, std::to_array(one.address)});
  }
  seen.gpu = saw.gpu;
  recount(seen);
  changes_.push_back({Change::Kind::observed, process});
}

}  // namespace stray
