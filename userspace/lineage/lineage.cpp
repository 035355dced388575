// SPDX-License-Identifier: Apache-2.0
#include "lineage/lineage.hpp"

#include <algorithm>
#include <utility>

#include "program/host_programs.hpp"

namespace stray {
namespace {

constexpr std::size_t kLongestName = 128;  // of a sender: its argv[0] may be as long as it likes
constexpr BootTime kSameKill{
    5'000'000'000};  // a process that passes a signal on to itself was killed by the first sender

// Does a snapshot show another program than the table? Then the record of an exec was lost. The count of
// execs tells two of one file apart; the file two of one count, where a maker's own record was lost and the
// child was given the image of another. What was read from /proc has no count and is not compared, since
// stat(2) names other devices than the kernel on some file systems.
bool runs_another(const Image& known, const Seed& seed) {
  if (known.exe.empty() && !known.at_exec) return !seed.exe.empty();  // a kernel thread that runs a helper
  const bool comparable = (known.execs != 0) == (seed.execs != 0);    // neither has one before contract 4
  if (!comparable || !known.inode || !seed.inode) return comparable && known.execs != seed.execs;
  return known.execs != seed.execs || known.inode != seed.inode || known.dev_major != seed.dev_major ||
         known.dev_minor != seed.dev_minor;
}

}  // namespace

const std::vector<Change>& Lineage::apply(const Event& event) {
  changes_.clear();
  repeated_ = false;
  release_unneeded();
  if (account_->bytes > options_.memory_bytes)
    enforce_bound();  // before the event: its changes name processes
  now_ = std::max(now_, event.time);
  std::visit([&](const auto& what) { on(event, what); }, event.what);
  return changes_;
}

const Process* Lineage::find(ProcessKey key) const {
  const auto it = table_.find(key);
  return it == table_.end() ? nullptr : &it->second;
}

Process* Lineage::get(ProcessKey key) { return const_cast<Process*>(std::as_const(*this).find(key)); }

// A key can come back after its release, when a record of it comes late: that is another death.
const Process* Lineage::find(const Death& death) const {
  const Process* process = find(death.key);
  return process && process->death == death.number ? process : nullptr;
}

Process* Lineage::get(const Death& death) { return const_cast<Process*>(std::as_const(*this).find(death)); }

const Process* Lineage::live(std::uint32_t tgid) const {
  const auto it = live_.find(tgid);
  return it == live_.end() ? nullptr : it->second;
}

Process* Lineage::live_now(std::uint32_t tgid) {
  return const_cast<Process*>(std::as_const(*this).live(tgid));
}

LineageCounts Lineage::counts() const {
  auto counts = counts_;
  counts.live = live_.size();
  counts.dead = table_.size() - live_.size();
  counts.bytes = account_->bytes + (table_.size() - live_.size()) * sizeof(Death);
  for (const auto& [parent, children] : waiting_) counts.bytes += (children.size() + 4) * sizeof(ProcessKey);
  return counts;
}

std::vector<const Process*> Lineage::live_by_key() const {
  std::vector<const Process*> all;
  all.reserve(live_.size());
  for (const auto& [tgid, process] : live_) all.push_back(process);
  std::sort(all.begin(), all.end(), [](const Process* a, const Process* b) { return a->key < b->key; });
  return all;
}

Process& Lineage::create(ProcessKey key) {
  // The same pid alive with another start: its exit was lost.
  if (Process* stale = live_now(key.tgid); stale && stale->key.start < key.start) {
    Ended lost{};
    lost.time = now_, lost.inferred = true;
    end(*stale, lost, nullptr, false);
  }
  Process& made = table_[key];
  made.key = key;
  account_->bytes += kProcessBytes;
  // A record out of its time must not take the pid from who has it now.
  Process*& owner = live_[key.tgid];
  if (!owner || owner->key < key) owner = &made;
  return made;
}

Process& Lineage::subject(const Event& event) {
  if (Process* known = get(event.process)) return *known;
  Process& made = create(event.process);
  made.parent_edge = made.origin_edge = Edge::broken;
  ++counts_.broken_edges;
  changes_.push_back({Change::Kind::created, &made});
  return made;
}

// ---- links ----

void Lineage::unlink_from_parent(Process& child) {
  Process* parent = child.parent;
  if (!parent) return;
  (child.previous ? child.previous->next : parent->first_child) = child.next;
  (child.next ? child.next->previous : parent->last_child) = child.previous;
  child.next = child.previous = nullptr;
  child.parent = nullptr;
  --parent->live_children;
}

// Every parent is older than its child (a reaper is an ancestor of who it inherits from), so a link that is
// not is the work of lost records or of a forged capture. Refusing it makes every walk upwards end.
void Lineage::set_parent(Process& child, Process* parent, ProcessKey parent_key, Edge edge) {
  unlink_from_parent(child);
  child.parent_key = parent_key;
  child.parent_edge = edge;
  if (!parent) return;
  if (!(parent->key < child.key) || !parent->alive()) {
    child.parent_edge = Edge::broken;
    ++counts_.broken_edges;
    return;
  }
  child.parent = parent;
  child.previous = parent->last_child;
  (parent->last_child ? parent->last_child->next : parent->first_child) = &child;
  parent->last_child = &child;
  ++parent->live_children;
}

void Lineage::set_origin(Process& child, Process* origin, Process* creator, Edge edge) {
  if (origin && !(origin->key < child.key)) origin = nullptr, edge = Edge::broken;
  if (creator && !(creator->key < child.key)) creator = nullptr;
  for (Process* old : {child.origin, child.creator})
    if (old && --old->needed_by == 0 && !old->alive()) release_.push_back(old->key);
  child.origin = origin;
  child.creator = creator;
  child.origin_edge = edge;
  for (Process* now : {origin, creator})
    if (now) ++now->needed_by;
}

void Lineage::resolve_waiting(Process& parent) {
  if (waiting_.empty()) return;  // nearly always: only a snapshot fills it
  const auto it = waiting_.find(parent.key);
  if (it == waiting_.end()) return;
  const auto children = std::move(it->second);
  waiting_.erase(it);
  for (const ProcessKey key : children) {
    Process* child = get(key);
    if (!child || child->parent || child->ended) continue;
    set_parent(*child, &parent, parent.key, Edge::snapshot);
    if (!child->origin) set_origin(*child, &parent, &parent, Edge::snapshot);
  }
}

// ---- images ----

std::shared_ptr<Image> Lineage::make_image(const Image& image) {
  const auto made = std::make_shared<Image>(image);
  recount(*made);
  return made;
}

void Lineage::recount(Image& image) { image.charge.set(account_.get(), image.footprint()); }
void Lineage::recount(Observed& seen) { seen.charge.set(account_.get(), seen.footprint()); }

void Lineage::new_image(Process& process, std::shared_ptr<Image> image) {
  // An exec that was still in the ring when the snapshot read its outcome: no new image, the same one in
  // full. A guess that came by fork is the maker's.
  const auto inherited = [&](const Process* maker) { return maker && maker->image == process.image; };
  const bool replaces_guess = process.image && !process.image->at_exec &&
                              image->time <= process.image->time && !inherited(process.creator) &&
                              !inherited(process.origin);
  if (process.image && !replaces_guess) {
    // First and latest are worth most: what lies between goes.
    if (process.past.size() == kPastImages) process.past.erase(process.past.begin() + 1);
    process.past.push_back(std::move(process.image));
  }
  process.image = std::move(image);
  if (!replaces_guess) ++process.images;
  program_changed(process);
}

void Lineage::recognise_image(Image& image, const Observed* seen) {
  ProgramView view;
  view.exe = image.exe, view.comm = image.comm, view.argv = image.arguments(), view.env = image.environment();
  view.argv_at_exec = image.at_exec;
  if (!rules_.empty()) view.rules = rules_.back().get();
  view.runtime = image.content;
  if (const auto it = runtimes_.find(image.file()); it != runtimes_.end()) view.runtime = it->second;
  if (seen) {
    const bool same = image.flags & STRAY_EXEC_ARGV_CUT
                          ? seen->title.starts_with(image.argv) || image.argv.starts_with(seen->title)
                          : seen->title == image.argv;
    if (image.at_exec && !same) view.title = StringList(seen->title);
    if (seen->flags & STRAY_SAW_STDIO)
      view.stdin_terminal = seen->stdio[0] == STRAY_STDIO_TTY || seen->stdio[0] == STRAY_STDIO_TTY_GONE;
  }
  image.program = recognise(view);
  // A loader runs other files than its own.
  const bool by_tables = !is_loader(image.exe) && image.program.runtime != Runtime::none &&
                         image.program.runtime != Runtime::other;
  if (by_tables && image.inode && runtimes_.size() < kMostRuntimes)
    runtimes_.emplace(image.file(), image.program.runtime);
}

CgroupPlace Lineage::place_of(const Process& process) const {
  CgroupPlace place = place_in_cgroup(process.cgroup());
  if (!rules_.empty() && rules_.back() && !place.launcher)
    place.launcher = rules_.back()->is_launcher(place.unit);
  return place;
}

void Lineage::set_rules(std::shared_ptr<const ProgramRules> rules) {
  rules_.push_back(std::move(rules));
  runtimes_.clear();  // a rule may have named some of them
  for (const Process* known : live_by_key()) {
    Process& process = *get(known->key);
    if (!process.image || process.kthread) continue;
    recognise_image(*process.image, process.seen.get());
    program_changed(process);
  }
}

void Lineage::program_changed(const Process& process) {
  forget_supervisor(process);
  if (const auto& kind = process.program().supervisor) supervisors_[kind->name][process.key] = &process;
}

// Under each name: it may have had another. There are few.
void Lineage::forget_supervisor(const Process& process) {
  for (auto& [name, all] : supervisors_) all.erase(process.key);
}

const Lineage::Supervisors& Lineage::supervisors(std::string_view name) const {
  static const Supervisors none;
  const auto it = supervisors_.find(name);
  return it == supervisors_.end() ? none : it->second;
}

std::shared_ptr<const std::string> Lineage::share(std::string_view cgroup, const Process* relative) {
  if (relative && relative->cgroup_path && *relative->cgroup_path == cgroup) return relative->cgroup_path;
  return std::make_shared<const std::string>(cgroup);
}

// ---- events ----

void Lineage::on(const Event& event, const Fork& fork) {
  Process* known = get(event.process);
  if (known && known->ended) return;  // a record out of its time: the process has ended
  Process& child = known ? *known : create(event.process);
  Process* parent = get(fork.parent);
  Process* creator = fork.creator == fork.parent ? parent : get(fork.creator);
  const Edge edge = parent ? Edge::observed : Edge::broken;
  if (!parent) ++counts_.broken_edges;
  set_origin(child, parent, creator, edge);
  child.pidns = fork.pidns, child.ns_pid = fork.ns_pid, child.uid = fork.uid;
  child.sid = fork.sid, child.pgid = fork.pgid, child.cgroup_id = fork.cgroup_id;
  child.seeded = false;
  if (!known) {
    // CLONE_PARENT can name a parent that is ending at that moment: its reaper has the child already.
    Process* now = parent && parent->ended ? get(parent->ended->reaper) : parent;
    set_parent(child, now, now ? now->key : fork.parent, edge);
  }
  if (const Process* model = creator ? creator : parent; model && !child.image) {
    child.image = model->image;
    child.loginuid = model->loginuid, child.audit_session = model->audit_session, child.tty = model->tty;
    child.cgroup_path = model->cgroup_path, child.mntns = model->mntns, child.kthread = model->kthread;
    program_changed(child);  // monit and others fork their daemon without another exec
  }
  resolve_waiting(child);
  if (!known) changes_.push_back({Change::Kind::created, &child});
}

void Lineage::on(const Event& event, const Exec& exec) {
  Process& process = subject(event);
  if (process.ended) return;
  const auto made = std::make_shared<Image>();
  Image& image = *made;
  image.time = event.time;
  image.exe = exec.exe, image.cwd = exec.cwd, image.name = exec.name, image.interp = exec.interp;
  image.argv = exec.argv.bytes(), image.argc = exec.argc, image.argv_bytes = exec.argv_bytes;
  image.flags = event.flags, image.inode = exec.inode, image.comm = exec.comm;
  image.dev_major = exec.dev_major, image.dev_minor = exec.dev_minor, image.nlink = exec.nlink;
  image.tty = exec.tty, image.sid = exec.sid, image.execs = exec.execs;
  recognise_image(image, nullptr);
  recount(image);
  new_image(process, made);
  process.uid = exec.uid, process.loginuid = exec.loginuid, process.audit_session = exec.audit_session;
  process.tty = exec.tty, process.sid = exec.sid, process.pgid = exec.pgid;
  process.pidns = exec.pidns, process.mntns = exec.mntns, process.cgroup_id = exec.cgroup_id;
  process.cgroup_path = share(exec.cgroup, process.cgroup_path ? &process : process.parent);
  process.kthread = false;
  changes_.push_back({Change::Kind::image, &process});
}

void Lineage::on(const Event& event, const Exit& exit) {
  const Process* known = get(event.process);
  repeated_ =
      known ? known->ended.has_value() : std::find(gone_.begin(), gone_.end(), event.process) != gone_.end();
  if (repeated_) return;
  Process& process = subject(event);
  Ended ended{};
  ended.time = event.time, ended.status = exit.status, ended.user_ns = exit.user_ns;
  ended.system_ns = exit.system_ns, ended.runtime_ns = exit.runtime_ns, ended.max_rss = exit.max_rss;
  ended.reaper = exit.reaper;
  if (!process.parent && exit.parent) process.parent_key = exit.parent;
  end(process, std::move(ended), get(exit.reaper), !(event.flags & STRAY_EXIT_REAPER_UNKNOWN));
}

void Lineage::on(const Event& event, const Oom& oom) {
  // Older kernels name the victim by its pid alone.
  Process* victim = event.process.start.count() ? get(event.process) : live_now(event.process.tgid);
  if (!victim || victim->ended) return;
  victim->oom = true;
  changes_.push_back({Change::Kind::oom, victim, get(oom.trigger)});
}

void Lineage::on(const Event& event, const Signal& signal) {
  Process* target = get(event.process);
  if (!target || target->ended) return;
  const bool by_kernel = event.flags & STRAY_SIGNAL_FROM_KERNEL;
  const auto& last = target->last_signal;
  const bool passed_on = signal.sender == target->key && !by_kernel && last &&
                         last->signal == signal.signal && event.time - last->time < kSameKill;
  if (signal.result == 0 && !passed_on) {
    const Process* sender = get(signal.sender);
    target->last_signal = SignalSeen{event.time,
                                     signal.signal,
                                     by_kernel,
                                     signal.sender,
                                     sender ? sender->label().substr(0, kLongestName) : std::string(),
                                     signal.sender_uid};
  }
  changes_.push_back({Change::Kind::signalled, target, get(signal.sender)});
}

void Lineage::on(const Event& event, const Listen& listen) {
  Process* process = get(event.process);
  if (!process || process->ended) return;
  Observed& seen = seen_of(*process);
  const Listening socket{listen.family, listen.port, listen.address};
  auto& sockets = seen.sockets;
  constexpr std::size_t kMostSockets = 64;  // the next observation shows what still listens
  if (sockets.size() < kMostSockets && std::find(sockets.begin(), sockets.end(), socket) == sockets.end())
    sockets.push_back(socket);
  recount(seen);
  changes_.push_back({Change::Kind::listening, process});
}

void Lineage::on(const Event& event, const Seed& seed) {
  Process* known = get(event.process);
  if (known && known->ended) return;
  Process& process = known ? *known : create(event.process);
  process.subreaper = event.flags & STRAY_SEED_SUBREAPER;
  process.namespace_init = event.flags & STRAY_SEED_NAMESPACE_INIT;
  process.kthread = event.flags & STRAY_SEED_KTHREAD;
  process.uid = seed.uid, process.sid = seed.sid, process.pgid = seed.pgid, process.tty = seed.tty;
  process.loginuid = seed.loginuid, process.audit_session = seed.audit_session;
  process.pidns = seed.pidns, process.ns_pid = seed.ns_pid, process.mntns = seed.mntns;
  process.cgroup_id = seed.cgroup_id;
  process.cgroup_path = share(seed.cgroup, process.cgroup_path ? &process : get(seed.parent));
  const bool exec_lost = known && process.image && runs_another(*process.image, seed);
  if (!process.image || exec_lost) {
    const auto made = std::make_shared<Image>();
    Image& image = *made;
    image.time = event.time, image.at_exec = false;
    image.exe = seed.exe, image.cwd = seed.cwd, image.comm = seed.comm, image.inode = seed.inode;
    image.dev_major = seed.dev_major, image.dev_minor = seed.dev_minor, image.nlink = seed.nlink;
    image.flags = (event.flags & STRAY_SEED_EXE_DELETED ? STRAY_EXEC_EXE_DELETED : 0) |
                  (event.flags & STRAY_SEED_CWD_DELETED ? STRAY_EXEC_CWD_DELETED : 0) |
                  (event.flags & STRAY_SEED_MEMFD ? STRAY_EXEC_MEMFD : 0) |
                  (exec_lost ? STRAY_EXEC_INFERRED : 0);
    image.execs = seed.execs;
    if (exec_lost) image.tty = seed.tty, image.sid = seed.sid;
    recognise_image(image, nullptr);
    recount(image);
    new_image(process, made);
  }
  if (exec_lost) changes_.push_back({Change::Kind::image, &process});
  if (!known) process.seeded = true;
  // A parent whose own fork was lost is known by its key alone until now.
  if (!known || process.parent_key != seed.parent || (seed.parent && !process.parent)) {
    Process* parent = get(seed.parent);
    Process* before = process.parent;
    set_parent(process, parent, seed.parent, seed.parent ? Edge::snapshot : Edge::none);
    if (!known || process.origin_edge == Edge::broken)
      set_origin(process, parent, parent, seed.parent ? Edge::snapshot : Edge::none);
    if (!parent && seed.parent) waiting_[seed.parent].push_back(process.key);
    if (known && before && before->key != seed.parent) {
      process.reparented = event.time;
      changes_.push_back({Change::Kind::reparented, &process, before});
    }
  }
  resolve_waiting(process);
  if (!known) changes_.push_back({Change::Kind::seeded, &process});
}

void Lineage::on(const Event& event, const InferredExit&) {
  Process* process = get(event.process);
  if (!process || process->ended) return;
  Ended ended{};
  ended.time = event.time, ended.inferred = true;
  end(*process, std::move(ended), nullptr, false);
}

void Lineage::on(const Event&, const Gap&) {
  waiting_.clear();  // a snapshot follows; whom the one before did not bring ended before it
  changes_.push_back({Change::Kind::loss, nullptr});
}

void Lineage::on(const Event&, const Ready&) {
  ready_ = true;
  waiting_.clear();  // parents that ended before their own seed: their children keep the key alone
}

}  // namespace stray
