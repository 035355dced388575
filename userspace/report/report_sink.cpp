// SPDX-License-Identifier: Apache-2.0
#include "report/report_sink.hpp"

#include <algorithm>
#include <tuple>

namespace stray {
namespace {

constexpr BootTime kShortLife{1'000'000'000};

std::string killer_name(const SignalSeen& signal) {
  if (signal.from_kernel) return "the kernel";
  const std::string pid = "pid " + std::to_string(signal.sender.tgid);
  return signal.sender_name.empty() ? pid : signal.sender_name + " (" + pid + ")";
}

}  // namespace

const Life* Report::find(ProcessKey key) const {
  const auto it = std::lower_bound(lives.begin(), lives.end(), key,
                                   [](const Life& a, ProcessKey b) { return a.key < b; });
  return it != lives.end() && it->key == key ? &*it : nullptr;
}

void ReportSink::begin(const View& view) {
  if (begun_) return;
  begun_ = true;
  from_ = view.time;
}

// All that is known of a process now; called when it begins, changes its program, is found wrong, and ends.
void ReportSink::note(const View& view, const Process& p) {
  if (p.kthread) return;
  Life& life = lives_[p.key];
  life.key = p.key;
  life.parent = p.parent ? p.parent->key : p.parent_key;
  life.edge = p.parent_edge;
  if (p.origin) life.origin = p.origin->key;
  life.uid = p.uid, life.images = p.images, life.seeded = p.seeded;
  const std::string command = p.command();
  life.cut = command.size() > bound_.command_bytes;
  life.command = strings_.add(std::string_view(command).substr(0, bound_.command_bytes));
  life.exe = strings_.add(p.exe());
  if (p.image && !p.image->cwd.empty()) life.cwd = strings_.add(p.image->cwd);
  if (const Observed* seen = p.seen.get()) {
    if (!seen->cwd.empty()) life.cwd = strings_.add(seen->cwd);
    if (!seen->user.empty()) life.user = strings_.add(seen->user);
    if (seen->rss) life.rss = seen->rss;
    if (seen->cpu_ns) life.cpu_ns = seen->cpu_ns;
  }
  if (p.ended) {
    const Ended& ended = *p.ended;
    life.end = std::max(ended.time, BootTime{1});
    life.status = ended.status, life.inferred = ended.inferred, life.oom = ended.oom;
    life.peak = ended.max_rss;
    if (const std::uint64_t cpu = ended.user_ns + ended.system_ns) life.cpu_ns = cpu;
    if (ended.killer && ended.signal()) life.killer = strings_.add(killer_name(*ended.killer));
  }
  const Supervision who = supervise(view.scene.lineage, p);
  life.verdict = who.verdict;
  life.supervisor = strings_.add(who.name);
  keep_bound();
}

void ReportSink::event(const View& view, const Event& event) {
  begin(view);
  if (const auto* gap = std::get_if<Gap>(&event.what)) {
    if (gaps_.size() == bound_.gaps) {
      gaps_.pop_front();
      ++gaps_dropped_;
    }
    gaps_.push_back({gap->from, event.time, gap->count});
    return;
  }
  const bool changes = std::holds_alternative<Fork>(event.what) || std::holds_alternative<Exec>(event.what) ||
                       std::holds_alternative<Exit>(event.what) ||
                       std::holds_alternative<InferredExit>(event.what);
  if (!changes) return;
  if (const Process* p = view.scene.lineage.find(event.process)) note(view, *p);
}

void ReportSink::seed(const View& view, const Process& process) {
  begin(view);
  note(view, process);
}

void ReportSink::reparent(const View& view, const Change& change) { note(view, *change.process); }

void ReportSink::finding(const View& view, const Finding& finding, const Process* process) {
  begin(view);
  if (process) note(view, *process);
  const FindingKey key{finding.process, finding.kind};
  FindingLife& life = open_[key];
  if (finding.action == Finding::Action::raised) life = {};
  life.kind = finding.kind, life.process = finding.process;
  life.since = finding.since, life.raised = finding.raised, life.changed = finding.time;
  life.updates += finding.action == Finding::Action::updated;
  life.last = finding.what;
  if (process && process->alive()) life.origin = origin_of(view.scene, *process);
  if (finding.action != Finding::Action::cleared) return;
  life.cleared = finding.time;
  life.reason = finding.reason;
  closed_.push_back(std::move(life));
  open_.erase(key);
  if (open_.size() + closed_.size() <= bound_.findings) return;
  closed_.pop_front();
  ++findings_dropped_;
}

void ReportSink::keep_bound() {
  const std::size_t most = std::max(bound_.processes, next_drop_);
  const std::size_t most_text = std::max(bound_.text_bytes, next_text_drop_);
  if (lives_.size() <= most && strings_.bytes() <= most_text) return;
  drop_oldest(std::min(lives_.size(), bound_.processes) * 7 / 8);
  rebuild_strings();
  // Where the living alone are over the bound, the next try waits until it may bring something.
  next_drop_ = lives_.size() + lives_.size() / 8;
  next_text_drop_ = strings_.bytes() + strings_.bytes() / 8;
}

// The living, the subjects of findings, and all that these descend from.
std::unordered_set<ProcessKey, ProcessKeyHash> ReportSink::needed() const {
  std::unordered_set<ProcessKey, ProcessKeyHash> out;
  std::vector<ProcessKey> todo;
  for (const auto& [key, life] : lives_)
    if (life.alive()) todo.push_back(key);
  for (const auto& [key, finding] : open_) todo.push_back(finding.process);
  for (const FindingLife& finding : closed_) todo.push_back(finding.process);
  while (!todo.empty()) {
    const ProcessKey key = todo.back();
    todo.pop_back();
    const auto it = lives_.find(key);
    if (it == lives_.end() || !out.insert(key).second) continue;
    todo.push_back(it->second.parent);
    todo.push_back(it->second.origin);
  }
  return out;
}

void ReportSink::drop_oldest(std::size_t keep) {
  const auto kept = needed();
  std::vector<std::tuple<bool, bool, BootTime, ProcessKey>> ended;
  for (const auto& [key, life] : lives_)
    if (!life.alive())
      ended.emplace_back(kept.contains(key), life.end - std::min(life.end, key.start) >= kShortLife, life.end,
                         key);
  std::sort(ended.begin(), ended.end());
  for (const auto& [is_needed, lived_long, end, key] : ended) {
    if (lives_.size() <= keep) return;
    lives_.erase(key);
    ++lives_dropped_;
  }
}

void ReportSink::rebuild_strings() {
  Strings fresh;
  for (auto& [key, life] : lives_)
    for (Strings::Id* id : {&life.command, &life.exe, &life.cwd, &life.user, &life.supervisor, &life.killer})
      *id = fresh.add(strings_[*id]);
  strings_ = std::move(fresh);
}

Report ReportSink::take(const Pipeline& pipeline, BootTime since) {
  const View view = pipeline.view();
  Report out;
  for (const Process* p : view.scene.lineage.live_by_key()) {
    out.kernel_threads += p->kthread;
    note(view, *p);
  }
  std::erase_if(closed_, [&](const FindingLife& f) { return f.cleared < since; });
  std::unordered_set<ProcessKey, ProcessKeyHash> kept;
  if (since != BootTime{}) kept = needed();
  for (const auto& [key, life] : lives_)
    if (life.alive() || life.end >= since || kept.contains(key)) out.lives.push_back(life);
  std::sort(out.lives.begin(), out.lives.end(), [](const Life& a, const Life& b) { return a.key < b.key; });
  for (auto& [key, finding] : open_) out.findings.push_back(std::move(finding));
  out.findings.insert(out.findings.end(), std::make_move_iterator(closed_.begin()),
                      std::make_move_iterator(closed_.end()));
  std::sort(out.findings.begin(), out.findings.end(), [](const FindingLife& a, const FindingLife& b) {
    return std::tie(a.raised, a.process, a.kind) < std::tie(b.raised, b.process, b.kind);
  });
  out.strays = strays_of(view.scene, pipeline.detectors().open());
  out.migrations = migrations_of(view.scene, out.strays);
  out.host = pipeline.host();
  out.to = view.time;
  out.from = begun_ ? std::max(from_, since) : view.time;
  out.summary = pipeline.summary();
  for (const auto& [kind, count] : out.summary.events)
    if (kind != "seed" && kind != "reparent" && kind != "gap") out.events += count;
  out.gaps.assign(gaps_.begin(), gaps_.end());
  out.strings = std::move(strings_);
  out.lives_dropped = lives_dropped_, out.findings_dropped = findings_dropped_;
  out.gaps_dropped = gaps_dropped_;
  *this = ReportSink(bound_);
  return out;
}

}  // namespace stray
