// SPDX-License-Identifier: Apache-2.0
// What the OOM killer ended: raised at once, of processes that have exited.
#include <utility>

#include "findings/detectors.hpp"
#include "findings/rules.hpp"

namespace stray {
namespace {

constexpr std::size_t kMostOoms = 1024;  // a service in a crash loop at its limit makes some 4,000 a day

// A finding of the past is kept for a day: not with the 32 KiB of argv that a process may have.
std::string_view front(std::string_view text) { return text.substr(0, 512); }

// Its own children, by name: what they have started stays with them.
std::string left_text(const Process& victim, std::size_t descendants) {
  constexpr std::size_t named = 8;
  std::string text =
      std::to_string(descendants) + (descendants == 1 ? " process that descends from it is orphaned: "
                                                      : " processes that descend from it are orphaned: ");
  std::size_t n = 0;
  Lineage::each_child(victim, [&](const Process& child) {
    if (n++ < named)
      text += (n > 1 ? ", " : "") + std::string(front(child.label())) + " (pid " +
              std::to_string(child.key.tgid) + ")";
  });
  return n > named ? text + " and " + std::to_string(n - named) + " more" : text;
}

}  // namespace

void Detectors::on_oom(const Event& event, const Process& victim) {
  const auto* oom = std::get_if<stray::Oom>(&event.what);
  if (!oom) return;
  if (ooms_.contains(victim.key)) return;  // the kernel marks each thread of a victim
  Condition condition;
  condition.severity = Severity::critical;
  set_severity(Kind::oom_kill, condition);
  const bool memcg = event.flags & STRAY_OOM_MEMCG;
  condition.claim = "was ended by the OOM killer: " +
                    (memcg ? "memory cgroup " + std::string(oom->cgroup) + " was at its limit"
                           : std::string("the host had no memory left")) +
                    ", it used " + memory_text(oom->anon_rss + oom->file_rss + oom->shmem_rss, host_memory_);
  condition.message =
      role_word(victim) + " `" + std::string(front(victim.command())) + "` " + condition.claim;
  condition.evidence.push_back({"oom", "anonymous " + memory_text(oom->anon_rss, host_memory_) + ", file " +
                                           memory_text(oom->file_rss, host_memory_) + ", swap " +
                                           memory_text(oom->swap, host_memory_) + ", oom_score_adj " +
                                           std::to_string(oom->score_adj)});
  if (memcg)
    condition.evidence.push_back(
        {"limit", "limit " + memory_text(oom->limit, host_memory_) + " of " + std::string(oom->cgroup)});
  if (const Process* trigger = lineage_.find(oom->trigger))
    condition.evidence.push_back(
        {"trigger", "triggered by " + trigger->label() + " (pid " + std::to_string(trigger->key.tgid) + ")"});
  const Supervision who = supervise(lineage_, victim);
  condition.evidence.push_back(
      {"supervision", who.supervised() ? "managed by " + who.name : "no supervisor manages it"});
  for (Evidence& e : origin_evidence(scene(), victim)) condition.evidence.push_back(std::move(e));
  condition.members = descendants(victim);
  if (!condition.members.empty())
    condition.evidence.push_back({"children", left_text(victim, condition.members.size())});
  if (ooms_.size() >= kMostOoms) {
    const auto oldest = std::min_element(ooms_.begin(), ooms_.end(), [](const auto& a, const auto& b) {
      return a.second.finding.raised < b.second.finding.raised;
    });
    clear_oom(oldest->first,
              "more than " + std::to_string(kMostOoms) + " kills are open: the oldest makes room");
  }
  Finding finding{
      Finding::Action::raised, Kind::oom_kill, victim.key, now_, now_, now_, std::move(condition), {}};
  ooms_[victim.key] = {finding, std::string(victim.exe()),
                       std::string(victim.image ? front(victim.image->argv) : std::string_view()),
                       victim.uid};
  oom_exes_[std::string(victim.exe())].insert(victim.key);
  timers_.insert({now_ + options_.oom_keep, victim.key});
  findings_.push_back(std::move(finding));
}

void Detectors::oom_back(const Process& process) {
  const auto same_exe = oom_exes_.find(process.exe());
  if (same_exe == oom_exes_.end()) return;
  const std::set<ProcessKey> victims = same_exe->second;
  for (const ProcessKey& victim : victims) {
    const Oom& oom = ooms_.at(victim);
    if (victim == process.key || oom.uid != process.uid || front(process.image->argv) != oom.argv) continue;
    clear_oom(victim, "it is back as pid " + std::to_string(process.key.tgid) + ", " +
                          age_text(now_ - oom.finding.raised) + " later");
  }
}

void Detectors::clear_oom(ProcessKey key, std::string reason) {
  const auto it = ooms_.find(key);
  Finding finding = std::move(it->second.finding);
  finding.action = Finding::Action::cleared, finding.time = now_, finding.reason = std::move(reason);
  timers_.erase({finding.raised + options_.oom_keep, key});
  const auto exe = oom_exes_.find(it->second.exe);
  exe->second.erase(key);
  if (exe->second.empty()) oom_exes_.erase(exe);
  ooms_.erase(it);
  findings_.push_back(std::move(finding));
}

}  // namespace stray
