// SPDX-License-Identifier: Apache-2.0
#include "sinks/terminal_sink.hpp"

#include <algorithm>

#include "base/columns.hpp"
#include "base/layout.hpp"
#include "base/printable.hpp"
#include "record/action.hpp"
#include "sinks/lines.hpp"
#include "sinks/sinks.hpp"

namespace stray {
namespace {

constexpr auto kChangesApart = std::chrono::milliseconds(250);  // findings of one stray come together
constexpr auto kStatusApart = std::chrono::seconds(1);
constexpr std::size_t kClock = 8;  // 14:05:09
constexpr std::string_view kClearLine = "\r\x1b[K", kGreen = "32";

}  // namespace

// The last line makes room for every other one.
void TerminalSink::print(const std::string& line) {
  if (line.empty()) return;
  writer_.line(status_drawn_ ? std::string(kClearLine) + line : line);
  status_drawn_ = false;
}

void TerminalSink::ready(const View& view) {
  print("stray " + host_.version + " on " + host_.name + ", kernel " + host_.kernel + ", since " +
        text_.date(view.time) + ": watching " + std::to_string(view.scene.lineage.counts().live) +
        " processes\n");
  if (const std::string unwatched = unwatched_text(view); !unwatched.empty()) print(unwatched + "\n");
}

void TerminalSink::event(const View& view, const Event& event) {
  begun_ += std::holds_alternative<Fork>(event.what);
  if (choice_.has(action_of(event))) print(text_.event(event, view.scene.lineage));
}

void TerminalSink::reparent(const View& view, const Change& change) {
  if (choice_.has("reparent")) print(text_.reparent(change, view.time));
}

void TerminalSink::finding(const View&, const Finding& finding, const Process*) {
  changed_ = true;
  if (finding.action == Finding::Action::cleared) resolved_[finding.process] = finding.reason;
}

void TerminalSink::summary(const View& view, const Summary& summary) {
  if (changed_) print_changes(view);
  print(text_.summary(summary));
}

std::string TerminalSink::line(const View& view, std::string_view action, std::uint32_t pid,
                               const Shown& shown, std::string_view more) const {
  const bool resolved = action == "resolved";
  std::string out = text_.clock(view.time).substr(0, kClock) + "  " + pad(std::string(action), 8) + "  " +
                    pad(std::string(to_string(shown.severity)), 8) + "  " + pad(shown.title, 18) + "  " +
                    pad(std::to_string(pid), 7) + "  " + shown.found + ": " + std::string(more) +
                    shown.command;
  if (shown.alike) out += " (and " + std::to_string(shown.alike) + " like it)";
  if (const std::size_t columns = columns_()) out = clipped(out, columns);
  return text_.paint(resolved ? kGreen : color_of(shown.severity), out) + "\n";
}

// What is open is held against what was said of it.
void TerminalSink::print_changes(const View& view) {
  const std::vector<Stray> strays = strays_of(view.scene, view.detectors.open());
  std::map<ProcessKey, Shown> now;
  for (const Stray& stray : strays) {
    const StrayLine line = line_of(stray, view.scene);
    Shown& shown = now[stray.top];
    shown = {line.severity, line.title, kinds_of(stray), line.gone ? "(exited)" : line.command, stray.alike};
    const auto before = shown_.find(stray.top);
    if (before == shown_.end() || !(before->second == shown))
      print(this->line(view, before == shown_.end() ? "raised" : "updated", line.pid, shown, ""));
  }
  for (const auto& [top, shown] : shown_) {
    if (now.contains(top)) continue;
    const auto why = resolved_.find(top);
    print(
        line(view, "resolved", top.tgid, shown, why == resolved_.end() ? "" : printable(why->second) + ": "));
  }
  shown_ = std::move(now);
  resolved_.clear();
  totals_ = totals_text(totals_of(strays));
  changed_ = false;
}

std::string TerminalSink::status(const View& view, Time now) {
  const double passed = std::chrono::duration<double>(now - status_at_).count();
  const auto lives =
      status_at_ == Time{} ? 0 : static_cast<double>(begun_ - begun_before_) / std::max(passed, 0.1);
  begun_before_ = begun_;
  return clipped(text_.clock(view.time).substr(0, kClock) + "  " + totals_ + "  " +
                     std::to_string(view.scene.lineage.counts().live) + " processes  " +
                     std::to_string(static_cast<std::uint64_t>(lives + 0.5)) + " lives/s  " +
                     std::to_string(view.lost) + " lost  (stray explain PID; --events all)",
                 columns_() - 1);
}

void TerminalSink::refresh(const View& view, Time now) {
  if (changed_ && now >= printed_ + kChangesApart) print_changes(view), printed_ = now;
  if (columns_() < 2 || (status_drawn_ && now < status_at_ + kStatusApart)) return;
  const std::string text = status(view, now);
  writer_.line(std::string(status_drawn_ ? kClearLine : "") + text);
  status_drawn_ = true, status_at_ = now;
}

}  // namespace stray
