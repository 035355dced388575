// SPDX-License-Identifier: Apache-2.0
#include "sinks/metrics.hpp"

#include <algorithm>
#include <cstdio>
#include <string_view>
#include <vector>

namespace stray {
namespace {

constexpr std::array kSeverities{Severity::info, Severity::notice, Severity::warning, Severity::critical};

// The families of one text, each with its head before its first sample.
class Families {
 public:
  void begin(std::string_view name, std::string_view type, std::string_view help) {
    name_ = name;
    out += "# HELP " + name_ + " " + std::string(help) + "\n# TYPE " + name_ + " " + std::string(type) + "\n";
  }
  void sample(std::uint64_t value, const std::string& labels = {}) {
    out += name_ + (labels.empty() ? "" : "{" + labels + "}") + " " + std::to_string(value) + "\n";
  }
  void seconds(double value, const std::string& labels = {}) {
    char number[32];
    std::snprintf(number, sizeof number, "%.3f", value);
    out += name_ + (labels.empty() ? "" : "{" + labels + "}") + " " + number + "\n";
  }
  std::string out;

 private:
  std::string name_;
};

// Values of labels are words of stray, but for the version: none needs an escape.
std::string label(std::string_view name, std::string_view value) {
  return std::string(name) + "=\"" + std::string(value) + "\"";
}
std::string of_kind(Kind kind) { return label("kind", to_string(kind)); }

double seconds_of(BootTime time) { return static_cast<double>(time.count()) / 1e9; }

void put_findings(Families& families, const std::vector<Finding>& open, BootTime now) {
  PerKind<std::array<std::uint64_t, kSeverities.size()>> counts{};
  PerKind<BootTime> oldest{};
  for (const Finding& finding : open) {
    counts[finding.kind][static_cast<std::size_t>(finding.what.severity)] += 1 + finding.what.alike;
    oldest[finding.kind] = std::max(oldest[finding.kind], now - std::min(now, finding.since));
  }
  families.begin("stray_findings_open", "gauge", "Findings that are open.");
  for (const Kind kind : kKinds)
    for (const Severity severity : kSeverities)
      families.sample(counts[kind][static_cast<std::size_t>(severity)],
                      of_kind(kind) + "," + label("severity", to_string(severity)));
  families.begin("stray_finding_oldest_seconds", "gauge",
                 "How long the condition of the oldest open finding holds.");
  for (const Kind kind : kKinds) families.seconds(seconds_of(oldest[kind]), of_kind(kind));
}

void put_strays(Families& families, const std::vector<Stray>& strays) {
  PerKind<std::uint64_t> memory{};
  for (const Stray& stray : strays)
    if (!stray.findings.empty()) memory[stray.findings.front().kind] += stray.memory;
  families.begin("stray_strays_memory_bytes", "gauge",
                 "Resident memory of strays, by their most decisive finding.");
  for (const Kind kind : kKinds) families.sample(memory[kind], of_kind(kind));
}

void put_notifications(Families& families, const NotifyTotals& totals) {
  families.begin("stray_notifications_total", "counter",
                 "Messages to targets of [[notify]], by what became of them.");
  for (const NotifyTotals::Target& target : totals.targets) {
    const auto result = [&](std::string_view name, std::uint64_t count) {
      families.sample(count, label("target", target.name) + "," + label("result", name));
    };
    result("sent", target.sent), result("failed", target.failed), result("dropped", target.dropped);
  }
}

void put_processes(Families& families, const LineageCounts& counts) {
  families.begin("stray_processes", "gauge", "Processes that are alive.");
  families.sample(counts.live);
  families.begin("stray_processes_evicted_total", "counter",
                 "Ended processes that were forgotten to bound memory.");
  families.sample(counts.evicted);
  families.begin("stray_process_table_bytes", "gauge", "Memory of the table of processes.");
  families.sample(counts.bytes);
}

}  // namespace

void MetricsSink::ready(const View& view) {
  if (view.host.unwatched_from != BootTime{})
    unwatched_ = view.time - std::min(view.time, view.host.unwatched_from);
}

void MetricsSink::finding(const View&, const Finding& finding, const Process* process) {
  if (finding.action == Finding::Action::raised) ++raised_[finding.kind];
  if (finding.action != Finding::Action::cleared) return;
  const Why why = !process || process->ended                               ? Why::exited
                  : finding.reason.find("accepted") != finding.reason.npos ? Why::accepted
                                                                           : Why::resolved;
  ++cleared_[finding.kind][static_cast<std::size_t>(why)];
}

std::string MetricsSink::text(const Pipeline& pipeline, const OutputCounts& outputs) const {
  const Summary summary = pipeline.summary();
  const View view = pipeline.view();
  const std::vector<Finding> open = pipeline.detectors().open();
  Families families;
  families.begin("stray_build_info", "gauge", "The version of stray.");
  families.sample(1, label("version", view.host.version));
  families.begin("stray_events_total", "counter", "Events, by kind.");
  for (const auto& [action, count] : summary.events) families.sample(count, label("kind", action));
  families.begin("stray_lost_total", "counter", "Records, lines and entries that were lost, by where.");
  families.sample(summary.lost, label("where", "kernel"));
  families.sample(outputs.output, label("where", "output"));
  families.sample(outputs.journal, label("where", "journal"));
  families.sample(outputs.capture, label("where", "capture"));
  families.sample(outputs.notify.lost, label("where", "notify"));
  families.begin("stray_unwatched_seconds_total", "counter", "Time between the run before and this one.");
  families.seconds(seconds_of(unwatched_));
  put_findings(families, open, view.time);
  families.begin("stray_findings_raised_total", "counter", "Findings raised.");
  for (const Kind kind : kKinds) families.sample(raised_[kind], of_kind(kind));
  families.begin("stray_findings_cleared_total", "counter", "Findings cleared, by why.");
  constexpr std::array<std::string_view, kWhys> kWhyNames{"exited", "accepted", "resolved"};
  for (const Kind kind : kKinds)
    for (std::size_t why = 0; why < kWhys; ++why)
      families.sample(cleared_[kind][why], of_kind(kind) + "," + label("why", kWhyNames[why]));
  put_strays(families, strays_of(view.scene, open));
  put_processes(families, summary.lineage);
  put_notifications(families, outputs.notify);
  families.begin("stray_capture_bytes", "gauge", "Size of the capture, all its files.");
  families.sample(outputs.capture_bytes);
  families.begin("stray_last_event_timestamp_seconds", "gauge", "Time of the newest record.");
  families.seconds(static_cast<double>(view.host.real_ns(view.time)) / 1e9);
  return families.out;
}

}  // namespace stray
