// SPDX-License-Identifier: Apache-2.0
#include "top/survey.hpp"

#include <algorithm>
#include <sstream>

#include "base/printable.hpp"
#include "base/units.hpp"
#include "plan/plan.hpp"
#include "sinks/lines.hpp"
#include "sinks/text.hpp"

namespace stray::top {
namespace {

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> out;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) out.push_back(line);
  return out;
}

bool has_member(const Stray& stray, ProcessKey key) {
  return stray.top == key || std::ranges::find(stray.members, key) != stray.members.end();
}

Detail detail_of(const Pipeline& pipeline, const Wanted::DetailOf& of, const std::vector<Stray>& strays) {
  Detail out{of.key, of.page, {}};
  const Scene scene = pipeline.detectors().scene();
  const Text text(pipeline.host(), {});
  if (of.page == Page::explain) {
    const Process* process = pipeline.lineage().find(of.key);
    out.lines = process ? lines_of(text.explain(*process, scene, strays))
                        : std::vector<std::string>{"It has exited."};
    return out;
  }
  std::vector<Stray> mine;
  std::ranges::copy_if(strays, std::back_inserter(mine),
                       [&](const Stray& stray) { return has_member(stray, of.key); });
  if (mine.empty()) {
    out.lines = {"It is no stray: there is nothing to do about it."};
    return out;
  }
  const PlanHead head{pipeline.host().name, text.date(pipeline.time()), pipeline.host().boot_id,
                      pipeline.limits()};
  out.lines = lines_of(plan_script(mine, scene, head));
  return out;
}

}  // namespace

void Survey::event(const View&, const Event& event) { begun_ += std::holds_alternative<Fork>(event.what); }

void Survey::finding(const View&, const Finding&, const Process*) { news_ = true; }

void Survey::forget() {
  news_ = true;
  begun_ = begun_before_ = 0;
  rated_ = {};
  rate_.reset();
  used_.clear();
}

std::optional<double> Survey::rate(BootTime now) {
  if (rated_ == BootTime{}) {
    rated_ = now, begun_before_ = begun_;
  } else if (now >= rated_ + seconds(1)) {
    rate_ = static_cast<double>(begun_ - begun_before_) * 1e9 / static_cast<double>((now - rated_).count());
    rated_ = now, begun_before_ = begun_;
  }
  return rate_;
}

// Between the last two looks; before the second one, over its life.
std::optional<double> Survey::share_of(const Process& process) {
  if (!process.seen || process.seen->usage_time == BootTime{}) return {};
  const Observed& seen = *process.seen;
  Used now{seen.cpu_ns, seen.usage_time, 0};
  const auto before = used_.find(process.key);
  const auto share = [&](std::uint64_t cpu, BootTime from) {
    return now.time > from ? static_cast<double>(now.cpu_ns - std::min(cpu, now.cpu_ns)) /
                                 static_cast<double>((now.time - from).count())
                           : 0;
  };
  if (before == used_.end())
    now.share = share(0, process.key.start);
  else if (before->second.time == now.time)
    now = before->second;
  else
    now.share = share(before->second.cpu_ns, before->second.time);
  used_next_[process.key] = now;
  return now.share;
}

void Survey::add_strays(Snapshot& out, const std::vector<Stray>& strays, const Pipeline& pipeline) const {
  const Scene scene = pipeline.detectors().scene();
  for (const Stray& stray : strays) {
    const StrayLine line = line_of(stray, scene);
    out.by_severity[static_cast<std::size_t>(line.severity)] += 1 + stray.alike;
    out.strays.push_back({.key = stray.top,
                          .id = process_id(pipeline.host().boot, stray.top),
                          .severity = line.severity,
                          .title = line.title,
                          .found = kinds_of(stray),
                          .pid = line.pid,
                          .alike = stray.alike,
                          .memory = line.memory,
                          .user = line.user,
                          .command = line.gone ? "(exited)" : line.command,
                          .age = line.age,
                          .accept_id = process_id(pipeline.host().boot, stray.findings.front().process)});
  }
}

void Survey::add_tree(Snapshot& out, const std::vector<Stray>& strays, const Pipeline& pipeline) {
  used_next_.clear();
  for (TreeLine& line : tree_lines(pipeline.detectors().scene(), nullptr, strays, true)) {
    const Process& p = *line.process;
    out.tree.push_back({.key = p.key,
                        .id = process_id(pipeline.host().boot, p.key),
                        .depth = line.depth,
                        .guide = std::move(line.guide),
                        .user = std::move(line.user),
                        .supervisor = std::move(line.supervisor),
                        .command = std::move(line.command),
                        .memory = p.seen ? p.seen->rss : 0,
                        .cpu = share_of(p),
                        .age = line.age,
                        .found = std::move(line.found),
                        .severity = line.severity,
                        .kernel = p.kthread,
                        .parent = p.first_child != nullptr});
  }
  used_ = std::move(used_next_);
}

Snapshot Survey::snapshot(const Pipeline& pipeline, const Wanted& wanted) {
  Snapshot out;
  news_ = false;
  const auto also = wanted.detail ? wanted.detail->key : ProcessKey{};
  const Scene scene = pipeline.detectors().scene();
  const std::vector<Stray> strays = strays_of(scene, pipeline.detectors().open());
  const Text text(pipeline.host(), {});
  out.host = printable(pipeline.host().name);
  out.clock = text.date(pipeline.time());
  ScanView view;
  view.limits = pipeline.limits();
  for (const ViewLimit& limit : view.limits) out.limits.push_back(printable(limit.text));
  const std::string verdict = text.verdict(strays, strays.size(), view);
  out.verdict = verdict.substr(0, verdict.find('\n'));
  out.memory = memory_text(totals_of(strays).memory, pipeline.host().memory);
  out.processes = pipeline.lineage().counts().live;
  out.lost = pipeline.lost();
  out.lives = rate(pipeline.time());
  add_strays(out, strays, pipeline);
  if (wanted.tree) add_tree(out, strays, pipeline);
  if (wanted.detail)
    out.detail = detail_of(pipeline, *wanted.detail, strays_of(scene, pipeline.detectors().open(also)));
  return out;
}

}  // namespace stray::top
