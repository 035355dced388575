// SPDX-License-Identifier: Apache-2.0
#include "lineage/lineage.hpp"

#include <algorithm>
#include <utility>

namespace stray {
namespace {

constexpr std::size_t kLongestName = 128;  // of a sender: its argv[0] may be as long as it likes
constexpr BootTime kSameKill{
    5'000'000'000};  // a process that passes a signal on to itself was killed by the first sender
constexpr BootTime kLateExit{10'000'000'000};  // an exit this soon after a signal is told with it

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
  const std::pair file{std::uint64_t{image.dev_major} << 32 | image.dev_minor, image.inode};
  ProgramView view;
  view.exe = image.exe, view.comm = image.comm, view.argv = image.arguments(), view.env = image.environment();
  view.argv_at_exec = image.at_exec;
  if (!rules_.empty()) view.rules = rules_.back().get();
  if (const auto it = runtimes_.find(file); it != runtimes_.end()) view.runtime = it->second;
  if (seen) {
    const bool same = image.flags & STRAY_EXEC_ARGV_CUT
                          ? seen->title.starts_with(image.argv) || image.argv.starts_with(seen->title)
                          : seen->title == image.argv;
    if (image.at_exec && !same) view.title = StringList(seen->title);
    if (seen->flags & STRAY_SAW_STDIO)
      view.stdin_terminal = seen->stdio[0] == STRAY_STDIO_TTY || seen->stdio[0] == STRAY_STDIO_TTY_GONE;
  }
  image.program = recognise(view);
  const bool by_tables = image.program.runtime != Runtime::none && image.program.runtime != Runtime::other;
  if (by_tables && image.inode && runtimes_.size() < kMostRuntimes)
    runtimes_.emplace(file, image.program.runtime);
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
  if (process.program().supervisor)
    supervisors_[process.key] = &process;
  else
    supervisors_.erase(process.key);
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
  image.tty = exec.tty, image.sid = exec.sid;
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
  constexpr std::size_t kMostSockets = 64;  // the next look tells what still listens
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
  if (!process.image || (!process.image->at_exec && process.image->exe != seed.exe)) {
    const auto made = std::make_shared<Image>();
    Image& image = *made;
    image.time = event.time, image.at_exec = false;
    image.exe = seed.exe, image.cwd = seed.cwd, image.comm = seed.comm, image.inode = seed.inode;
    image.dev_major = seed.dev_major, image.dev_minor = seed.dev_minor, image.nlink = seed.nlink;
    image.flags = (event.flags & STRAY_SEED_EXE_DELETED ? STRAY_EXEC_EXE_DELETED : 0) |
                  (event.flags & STRAY_SEED_CWD_DELETED ? STRAY_EXEC_CWD_DELETED : 0) |
                  (event.flags & STRAY_SEED_MEMFD ? STRAY_EXEC_MEMFD : 0);
    recognise_image(image, nullptr);
    recount(image);
    process.image = made;
    process.images = std::max(process.images, 1u);
    program_changed(process);
  }
  if (!known) process.seeded = true;
  if (!known || process.parent_key != seed.parent) {
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
  count_unreaped();
  waiting_.clear();  // parents that ended before their own seed: their children keep the key alone
}

// ---- ends ----

void Lineage::end(Process& process, Ended ended, Process* reaper, bool reaper_known) {
  const auto& signal = process.last_signal;
  if (signal && (ended.signal() == static_cast<int>(signal->signal) || ended.time - signal->time < kLateExit))
    ended.killer = signal;
  ended.oom = process.oom;
  process.ended = std::move(ended);
  if (const auto it = live_.find(process.key.tgid); it != live_.end() && it->second == &process)
    live_.erase(it);
  supervisors_.erase(process.key);
  changes_.push_back({Change::Kind::ended, &process});
  reparent_children(process, reaper, reaper_known && reaper);
  Process* parent = process.parent;
  unlink_from_parent(process);
  if (parent) {
    process.parent_key = parent->key;
    note_end(*parent, process);
  }
  process.death = ++deaths_;
  dead_.push_back({process.death, process.key});
  if (process.needed_by == 0) release_.push_back(process.key);
}

void Lineage::reparent_children(Process& from, Process* to, bool known) {
  while (Process* child = from.first_child) {
    set_parent(*child, known ? to : nullptr, to ? to->key : ProcessKey{},
               known ? Edge::observed : Edge::broken);
    child->reparented = now_;
    changes_.push_back({Change::Kind::reparented, child, &from});
  }
}

void Lineage::release_unneeded() {
  if (release_.empty()) return;
  // Letting one go can make its own origin unneeded: that one is appended and met later in this loop.
  for (std::size_t i = 0; i < release_.size(); ++i)
    if (Process* dead = get(release_[i]); dead && dead->ended && dead->needed_by == 0) erase(*dead);
  release_.clear();
  remember_gone();
  while (!dead_.empty() && !get(dead_.front())) dead_.pop_front();
  // One that stays long at the front would keep the places of all that came and went after it.
  constexpr std::size_t kRoom = 1024;
  const auto released = [&](const Death& death) { return !get(death); };
  if (dead_.size() > 2 * (table_.size() - live_.size()) + kRoom) std::erase_if(dead_, released);
  if (skeletons_.size() > 2 * skeletons_held_ + kRoom) std::erase_if(skeletons_, released);
}

void Lineage::erase(Process& dead) {
  set_origin(dead, nullptr, nullptr, Edge::none);
  unlink_from_parent(dead);
  account_->bytes -= kProcessBytes;
  skeletons_held_ -= dead.skeleton;
  erased_.push_back(dead.key);
  const ProcessKey key = dead.key;  // erase() may look at its argument after the node is gone
  table_.erase(key);
}

// Sorted: in which order those of one time were let go is not part of the state.
void Lineage::remember_gone() {
  std::sort(erased_.begin(), erased_.end());
  for (const ProcessKey& key : erased_) {
    if (gone_.size() < kGoneKept)
      gone_.push_back(key);
    else
      gone_[next_gone_++ % kGoneKept] = key;
  }
  erased_.clear();
}

// ---- the bound ----

void Lineage::enforce_bound() {
  const std::size_t target =
      options_.memory_bytes - options_.memory_bytes / 8;  // some air, so that this is rare
  while (account_->bytes > target && !dead_.empty()) {
    const Death oldest = dead_.front();
    dead_.pop_front();
    if (Process* dead = get(oldest)) {
      drop_detail(*dead);
      skeletons_.push_back(oldest);
    }
  }
  // A pass over the whole table pays only when it lets many go.
  if (account_->bytes > options_.memory_bytes && skeletons_held_ > table_.size() / 8) give_up_oldest();
  if (account_->bytes > options_.memory_bytes && account_->bytes >= cut_again_) cut_living(target);
}

// What a program is stands at the front of its argv. A cut is said in the flags of the image, and the whole
// length stays known.
void Lineage::cut_living(std::size_t target) {
  constexpr std::size_t kKept[] = {4096, 512};
  for (const std::size_t most : kKept) {
    if (account_->bytes <= target) break;
    for (auto& [tgid, process] : live_) cut_argv(*process, most);
  }
  // Where the living fill the bound by their number alone there is nothing to cut each time.
  cut_again_ = account_->bytes + options_.memory_bytes / 16;
}

void Lineage::cut_argv(Process& process, std::size_t most) {
  const auto shorten = [most](std::string& text) {
    if (text.size() <= most) return false;
    text.resize(most);
    text.shrink_to_fit();
    return true;
  };
  const auto cut = [&](Image& image) {
    if (!shorten(image.argv)) return;
    image.flags |= STRAY_EXEC_ARGV_CUT;
    recount(image);
    ++counts_.cut_argv;
  };
  if (process.image) cut(*process.image);
  for (const auto& image : process.past) cut(*image);
  if (process.seen && shorten(process.seen->title)) recount(*process.seen);
}

void Lineage::drop_detail(Process& dead) {
  dead.image.reset();
  dead.past.clear();
  dead.seen.reset();
  dead.skeleton = true;
  ++skeletons_held_;
  ++counts_.evicted_detail;
}

// One pass over the table for half of the skeletons: their descendants' links are marked, never guessed.
void Lineage::give_up_oldest() {
  std::vector<ProcessKey> going;
  for (const std::size_t half = skeletons_held_ / 2 + 1; going.size() < half && !skeletons_.empty();
       skeletons_.pop_front())
    if (get(skeletons_.front())) going.push_back(skeletons_.front().key);
  std::sort(going.begin(), going.end());
  const auto gone = [&](const Process* p) {
    return p && std::binary_search(going.begin(), going.end(), p->key);
  };
  for (auto& [key, process] : table_)
    if (gone(process.origin) || gone(process.creator))
      set_origin(process, gone(process.origin) ? nullptr : process.origin,
                 gone(process.creator) ? nullptr : process.creator, Edge::evicted);
  for (const ProcessKey& key : going)
    if (Process* dead = get(key); dead && dead->needed_by == 0) {
      erase(*dead);
      ++counts_.evicted;
    }
  remember_gone();
}

}  // namespace stray
