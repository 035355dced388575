// SPDX-License-Identifier: Apache-2.0
#include "sinks/text.hpp"

#include <algorithm>
#include <iterator>

#include "base/columns.hpp"
#include "base/layout.hpp"
#include "base/printable.hpp"
#include "base/signal_name.hpp"
#include "base/units.hpp"
#include "event.h"
#include "findings/rules.hpp"
#include "record/action.hpp"
#include "sinks/lines.hpp"

namespace stray {
namespace {

constexpr std::string_view kRed = "31", kYellow = "33", kDim = "2", kBold = "1", kBoldRed = "1;31";

std::string name_of(const Process* p, ProcessKey key) {
  if (!p) return key ? "pid " + std::to_string(key.tgid) : "none";
  return printable(p->label()) + " (" + std::to_string(p->key.tgid) + ")";
}

// Hours of memory as a row of small columns: a person sees growth before any number.
std::string trend_text(const MemoryTrend& trend) {
  static constexpr std::string_view kColumns[] = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
  std::string drawn;
  for (const MemoryHour& hour : trend.hours) {
    const std::uint64_t above = hour.mean() - trend.least, range = trend.most - trend.least;
    drawn += kColumns[range ? above * (std::size(kColumns) - 1) / range : 0];
  }
  return memory_text(trend.least) + " to " + memory_text(trend.most) + ", means of " +
         std::to_string(trend.hours.size()) + " hours: " + drawn;
}

constexpr std::size_t kWideInTree = 110, kWideInEvent = 400;  // bytes; the JSON documents have all

}  // namespace

std::string Text::paint(std::string_view code, std::string_view text) const {
  if (!style_.color || code.empty()) return std::string(text);
  return "\x1b[" + std::string(code) + "m" + std::string(text) + "\x1b[0m";
}

std::string_view color_of(Severity severity) {
  static constexpr std::string_view kCodes[] = {"", kBold, kYellow, kBoldRed};
  return kCodes[static_cast<std::size_t>(severity)];
}

std::string Text::severity(Severity severity) const { return paint(color_of(severity), to_string(severity)); }

std::string Text::event(const Event& event, const Lineage& lineage) const {
  const std::string_view action = action_of(event);
  if (action.empty()) return {};
  const Process* p = lineage.find(event.process);
  std::string line = paint(kDim, clock(event.time)) + "  " + pad(std::string(action), 8) + " " +
                     pad(std::to_string(event.process.tgid), 7) + " ";
  if (const auto* gap = std::get_if<Gap>(&event.what))
    return line +
           paint(kBoldRed, std::to_string(gap->count) +
                               " records were lost; the process table was checked against a snapshot") +
           "\n";
  line += p ? printable(std::holds_alternative<Exec>(event.what) ? shortened(p->command(), kWideInEvent)
                                                                 : p->label())
            : "(not known)";
  if (std::holds_alternative<Exec>(event.what) && p) {
    line += paint(kDim, "  by " + name_of(p->parent, p->parent_key) + ", " + account_of(*p) +
                            (p->tty ? ", " + tty_name(p->tty) : "") +
                            (event.flags & STRAY_EXEC_INFERRED ? ", seen by a snapshot only" : ""));
  } else if (std::holds_alternative<Fork>(event.what) && p) {
    line += paint(kDim, "  by " + name_of(p->creator ? p->creator : p->parent, p->parent_key));
  } else if (p && p->ended && action == "exit") {
    line += "  " + end_of(*p);
  } else if (const auto* signal = std::get_if<Signal>(&event.what)) {
    line += "  gets " + signal_name(static_cast<int>(signal->signal)) + " from " +
            (event.flags & STRAY_SIGNAL_FROM_KERNEL ? "the kernel"
                                                    : name_of(lineage.find(signal->sender), signal->sender));
  } else if (const auto* listen = std::get_if<Listen>(&event.what)) {
    line += "  on " + Listening{listen->family, listen->port, listen->address}.text();
  } else if (const auto* oom = std::get_if<Oom>(&event.what)) {
    line +=
        paint(kBoldRed, "  killed for memory: " + memory_text(oom->anon_rss + oom->file_rss, host_.memory));
  }
  return line + "\n";
}

std::string Text::end_of(const Process& p) const {
  const Ended& ended = *p.ended;
  std::string out = ended.signal() ? paint(kRed, "killed by " + signal_name(ended.signal()))
                    : ended.code() ? paint(kYellow, "code " + std::to_string(ended.code()))
                                   : std::string("code 0");
  if (ended.killer && !ended.killer->from_kernel && ended.signal())
    out += " from " + printable(ended.killer->sender_name) + " (" +
           std::to_string(ended.killer->sender.tgid) + ")";
  if (ended.oom) out += paint(kBoldRed, ", out of memory");
  return out + paint(kDim, " after " + age_text(ended.time - std::min(ended.time, p.key.start)));
}

std::string Text::reparent(const Change& change, BootTime time) const {
  const Process& p = *change.process;
  return paint(kDim, clock(time)) + "  " + pad("reparent", 8) + " " + pad(std::to_string(p.key.tgid), 7) +
         " " + printable(p.label()) + "  from " + name_of(change.other, {}) + " to " +
         name_of(p.parent, p.parent_key) + "\n";
}

// Columns as wide as what stands in them; what is wider than it may be is cut.
std::string Text::tree(const Process* root, const Scene& scene, const std::vector<Stray>& strays,
                       const TreeView& view) const {
  constexpr std::size_t kPid = 7, kMemory = 9, kAge = 11;
  const bool narrow = view.columns > 0 && view.columns < 100;
  std::size_t user = 4, supervisor = 10;
  const std::vector<TreeLine> lines = tree_lines(scene, root, strays, view.kernel_threads);
  for (const TreeLine& line : lines) {
    user = std::max(user, std::min<std::size_t>(columns_of(line.user), narrow ? 8 : 16));
    supervisor = std::max(supervisor, std::min<std::size_t>(columns_of(line.supervisor), narrow ? 14 : 32));
  }
  std::string out = paint(kBold, right_fitted("PID", kPid) + " " + fitted("USER", user) + " " +
                                     right_fitted("MEMORY", kMemory) + " " + right_fitted("AGE", kAge) + " " +
                                     fitted("SUPERVISOR", supervisor) + " COMMAND") +
                    "\n";
  const std::size_t taken = kPid + user + kMemory + kAge + supervisor + 5;
  for (const TreeLine& line : lines) {
    const Process& p = *line.process;
    const std::size_t left = view.columns > taken ? view.columns - taken : view.columns ? 1 : kWideInTree * 2;
    const std::string command =
        line.guide + (view.columns ? line.command : shortened(line.command, kWideInTree));
    const MarkedCommand shown = marked(command, line.found, left);
    out += right_fitted(std::to_string(p.key.tgid), kPid) + " " + fitted(line.user, user) + " " +
           right_fitted(p.seen && p.seen->rss ? memory_text(p.seen->rss) : "", kMemory) + " " +
           paint(kDim, right_fitted(age_text(line.age), kAge)) + " " + fitted(line.supervisor, supervisor) +
           " " + shown.command;
    if (!shown.mark.empty())
      out += " " + paint(line.severity >= Severity::warning ? kYellow : kBold, shown.mark);
    out += "\n";
  }
  return out;
}

std::string Text::explain(const Process& p, const Scene& scene, const std::vector<Stray>& strays) const {
  const Supervision who = supervise(scene.lineage, p);
  const auto line = [&](std::string_view head, const std::string& text) {
    return paint(kDim, pad(std::string(head), 13)) + printable(text) + "\n";
  };
  std::string out = line("process", p.command()) + line("pid", std::to_string(p.key.tgid)) +
                    line("id", process_id(host_.boot, p.key));
  out +=
      line("started", date(p.key.start) + ", " +
                          age_text(scene.now > p.key.start ? scene.now - p.key.start : BootTime{}) + " ago");
  if (!p.exe().empty()) out += line("executable", std::string(p.exe()));
  if (p.seen && p.seen->rss) out += line("memory", memory_text(p.seen->rss, host_.memory));
  if (const MemoryTrend trend = memory_trend(p); trend.hours.size() > 1) out += line("", trend_text(trend));
  if (const auto ports = ports_text(p); !ports.empty()) out += line("listens", ports);
  out += line("supervisor", supervisor_text(who) + (who.restarts == Restarts::yes ? ", restarts it" : ""));
  for (const Evidence& e : who.evidence) out += line("", e.text);
  const AfterReboot after = after_reboot(scene.lineage, p, who);
  if (after.verdict != Reboot::unknown || !after.evidence.empty())
    out += line("after reboot", after.verdict == Reboot::yes  ? "started"
                                : after.verdict == Reboot::no ? "not started"
                                                              : "not known");
  for (const Evidence& e : after.evidence) out += line("", e.text);
  const char* head = "origin";
  for (const Evidence& e : origin_evidence(scene, p)) out += line(head, text_of(e)), head = "";
  head = "ancestry";
  Lineage::each_ancestor(p, [&](const Process& a) {
    out += line(head, shortened(a.command(), kWideInTree) + " (pid " + std::to_string(a.key.tgid) + ")");
    head = "";
    return true;
  });
  head = "images";
  for (const auto& image : p.past) {
    std::string argv = image->argv;
    std::replace(argv.begin(), argv.end(), '\0', ' ');
    out += line(head, argv.empty() ? image->exe : argv), head = "";
  }
  for (const std::string& text : exclusions(scene, p)) out += line("quiet", text);
  std::string found;
  for (const Stray& stray : strays)
    if (std::find(stray.members.begin(), stray.members.end(), p.key) != stray.members.end() ||
        std::any_of(stray.findings.begin(), stray.findings.end(),
                    [&](const Finding& f) { return f.process == p.key; }))
      found += "\n" + entry({&stray}, scene);
  return found.empty() ? out + line("findings", "none") : out + found;
}

std::string Text::heading(const Process& p) const {
  return paint(kBold, "process " + process_id(host_.boot, p.key)) + ", pid " + std::to_string(p.key.tgid) +
         ", started " + date(p.key.start) + "\n";
}

std::string Text::summary(const Summary& summary) const {
  std::string out = "stray: ";
  for (const auto& [kind, count] : summary.events) out += std::to_string(count) + " " + kind + ", ";
  out += std::to_string(summary.lost) + " lost";
  if (summary.malformed) out += ", " + std::to_string(summary.malformed) + " malformed";
  out += "; findings: " + std::to_string(summary.raised) + " raised, " + std::to_string(summary.cleared) +
         " cleared, " + std::to_string(summary.open.findings) + " open";
  for (const ViewLimit& limit : summary.limits) out += "; limited: " + limit.text;
  return out + "\n";
}

}  // namespace stray
