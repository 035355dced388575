// SPDX-License-Identifier: Apache-2.0
// How the lines of the live view look: columns by the width of the screen.
#include <algorithm>
#include <cmath>

#include "base/columns.hpp"
#include "base/time_text.hpp"
#include "base/units.hpp"
#include "sinks/lines.hpp"
#include "top/model.hpp"

namespace stray::top {
namespace {

constexpr std::size_t kWide = 100, kWider = 140;  // columns from which on more is shown

constexpr const char* kHelp[] = {
    "Up Down PgUp PgDn Home End   move; the mouse and its wheel do too",
    "Enter    explain the process: what `stray explain` prints",
    "p        plan: what `stray plan` prints about it",
    "t        the tree of processes, and back to the list of strays",
    "/        filter by any text of a line; Esc ends it",
    "s        sort the list: severity, memory, age, user, command",
    "k        stop the process and its descendants: `stray stop`, which shows them and asks",
    "a        accept what is found about it, with a reason: `stray allow`",
    "?        this help",
    "q        quit; Esc, q or Enter leave a page",
    "",
    "In the tree",
    "Space f  fold or unfold what descends from the process; Left and Right do too",
    "F        fold or unfold everything",
    "K        show or hide the threads of the kernel",
    "CPU is that of one processor, between the last two looks at the process (its life, before the second).",
    "",
    "In a capture",
    "Left Right  one step back or on; g goes to a time: 02:13, +10min, -1h",
    "Space       play or pause; < and > slow down and speed up",
    "",
    "Severities: critical, warning, notice, info. Every verdict and treatment is the one that `stray scan`",
    "prints. In the list memory is that of all processes of the stray.",
};

std::string count(std::uint64_t number) { return std::to_string(number); }

std::string rate_text(double rate) {
  if (rate >= 10 || rate == 0) return count(static_cast<std::uint64_t>(std::lround(rate)));
  return count(static_cast<std::uint64_t>(rate)) + "." + count(static_cast<std::uint64_t>(rate * 10) % 10);
}

std::string cpu_text(const std::optional<double>& share) {
  if (!share) return "";
  const auto tenths = static_cast<std::uint64_t>(std::lround(std::min(*share, 999.0) * 1000));
  return count(tenths / 10) + "." + count(tenths % 10) + " %";
}

// In a narrow column the larger of its two units.
std::string age_of(BootTime age, std::size_t columns) {
  const std::string text = age_text(age);
  if (columns_of(text) <= columns) return text;
  return text.substr(0, text.find(' ', text.find(' ') + 1));
}

std::string memory_of(std::uint64_t bytes) { return bytes ? memory_text(bytes) : ""; }

// The widths of columns of a list that depend on the screen's.
struct Widths {
  explicit Widths(std::size_t columns)
      : title(columns >= kWide ? 24 : 18),
        user(columns >= kWide ? 12 : 8),
        age(columns >= kWide ? 11 : 7),
        found(columns >= kWider ? 28 : 0),
        supervisor(columns >= kWider  ? 32
                   : columns >= kWide ? 22
                                      : 14) {}
  std::size_t title, user, age, found, supervisor;
};

// Puts cells beside each other, each one space from the next.
class Cells {
 public:
  explicit Cells(std::size_t columns) : left_(columns) {}
  void add(std::string_view text, std::size_t columns, Paint paint = Paint::plain) {
    columns = std::min(columns, left_);
    if (columns == 0) return;
    put(fitted(text, columns), columns, paint);
    if (left_ > 0) put(" ", 1, Paint::plain);
  }
  void add_right(std::string_view text, std::size_t columns) {
    add(right_fitted(text, std::min(columns, left_)), columns);
  }
  void rest(std::string_view text, Paint paint = Paint::plain) { put(fitted(text, left_), left_, paint); }
  std::size_t left() const { return left_; }
  Line line;

 private:
  void put(std::string text, std::size_t columns, Paint paint) {
    line.spans.push_back({std::move(text), paint});
    left_ -= columns;
  }
  std::size_t left_;
};

Line plain(std::string_view text, std::size_t columns, Paint paint = Paint::plain) {
  Cells cells(columns);
  cells.rest(text, paint);
  return std::move(cells.line);
}

}  // namespace

Paint paint_of(Severity severity) {
  static constexpr Paint kPaints[] = {Paint::plain, Paint::notice, Paint::warning, Paint::critical};
  return kPaints[static_cast<std::size_t>(severity)];
}

std::string Line::text() const {
  std::string out;
  for (const Span& span : spans) out += span.text;
  return out;
}

Line Model::title() const {
  Cells cells(columns_);
  std::string end = count(now_->processes) + " processes  ";
  if (now_->lives) end += rate_text(*now_->lives) + " lives/s  ";
  end += count(now_->lost) + " lost";
  const std::string begin = "stray top  " + now_->host + "  " + now_->clock;
  const std::size_t room = columns_ > columns_of(end) + 2 ? columns_ - columns_of(end) - 2 : 0;
  cells.add(begin, room, Paint::title);
  cells.rest(" " + end, Paint::title);
  for (Span& span : cells.line.spans) span.paint = Paint::title;
  return std::move(cells.line);
}

Line Model::totals() const {
  if (!known_) return plain("", columns_);
  Cells cells(columns_);
  for (std::size_t i = now_->by_severity.size(); i-- > 0;) {
    const auto severity = static_cast<Severity>(i);
    const std::string text = count(now_->by_severity[i]) + " " + std::string(to_string(severity));
    cells.add(text + (i ? "," : ";"), columns_of(text) + 1,
              now_->by_severity[i] ? paint_of(severity) : Paint::plain);
  }
  cells.rest(now_->memory + " of memory held by strays");
  return std::move(cells.line);
}

// Where in the capture, how far that is, and whether it plays.
Line Model::place() const {
  const Place& place = *now_->place;
  const auto ago = [](std::int64_t ns) {
    return age_text(BootTime{static_cast<std::uint64_t>(std::max<std::int64_t>(0, ns))});
  };
  std::string text = date_text(place.at, {}) + "  +" + ago(place.at - place.begin) + " -" +
                     ago(place.end - place.at) + "  step " + ago(place.step) + "  ";
  text += place.playing ? "playing" : "paused";
  if (place.speed >= 1) text += " " + count(static_cast<std::uint64_t>(place.speed)) + "x";
  Cells cells(columns_);
  cells.add(text, std::min(columns_of(text) + 1, columns_), Paint::bold);
  const std::size_t room = cells.left();
  if (room < 8) return cells.rest(""), std::move(cells.line);
  const auto span = static_cast<double>(std::max<std::int64_t>(1, place.end - place.begin));
  const double share = std::clamp(static_cast<double>(place.at - place.begin) / span, 0.0, 1.0);
  const auto at = static_cast<std::size_t>(share * static_cast<double>(room - 3));
  cells.rest("[" + std::string(at, '=') + "|" + std::string(room - 3 - at, '-') + "]");
  return std::move(cells.line);
}

std::vector<Line> Model::head() const {
  std::vector<Line> out{title()};
  if (now_->place) out.push_back(place());
  out.push_back(totals());
  out.push_back(
      plain(known_ ? now_->verdict : "Looking at the processes of this host …", columns_, Paint::bold));
  if (!now_->limits.empty()) {
    const std::size_t more = now_->limits.size() - 1;
    out.push_back(
        plain("limited view: " + now_->limits.front() + (more ? "; and " + count(more) + " more" : ""),
              columns_, Paint::warning));
  }
  if (over_ == Over::nothing) out.push_back(columns_head());
  return out;
}

Line Model::columns_head() const {
  Cells cells(columns_);
  const Widths widths(columns_);
  cells.add("", 1);
  if (view_ == View::strays) {
    cells.add("SEVERITY", 8);
    cells.add("WHAT TO DO", widths.title);
    cells.add_right("PID", 7);
    cells.add("USER", widths.user);
    cells.add_right("MEMORY", 9);
    cells.add_right("AGE", widths.age);
    if (widths.found) cells.add("FOUND", widths.found);
  } else {
    cells.add_right("PID", 7);
    cells.add("USER", widths.user);
    cells.add_right("MEMORY", 9);
    cells.add_right("CPU", 7);
    cells.add_right("AGE", widths.age);
    cells.add("SUPERVISOR", widths.supervisor);
  }
  cells.rest("COMMAND");
  for (Span& span : cells.line.spans) span.paint = Paint::heading;
  return std::move(cells.line);
}

Line Model::stray_line(const StrayRow& row) const {
  Cells cells(columns_);
  const Widths widths(columns_);
  const bool here = row.key == cursor().key;
  cells.add(here ? ">" : "", 1);
  cells.add(to_string(row.severity), 8, paint_of(row.severity));
  cells.add(row.title, widths.title, Paint::bold);
  cells.add_right(count(row.pid), 7);
  cells.add(row.user, widths.user);
  cells.add_right(memory_of(row.memory), 9);
  cells.add_right(age_of(row.age, widths.age), widths.age);
  if (widths.found) cells.add(row.found, widths.found);
  cells.rest((row.alike ? "(and " + count(row.alike) + " like it) " : "") + row.command);
  cells.line.selected = here;
  return std::move(cells.line);
}

Line Model::tree_line(const TreeRow& row) const {
  Cells cells(columns_);
  const Widths widths(columns_);
  const bool here = row.key == cursor().key;
  cells.add(here ? ">" : row.found.empty() ? "" : "!", 1);
  cells.add_right(count(row.key.tgid), 7);
  cells.add(row.user, widths.user);
  cells.add_right(memory_of(row.memory), 9);
  cells.add_right(cpu_text(row.cpu), 7);
  cells.add_right(age_of(row.age, widths.age), widths.age);
  cells.add(row.supervisor, widths.supervisor);
  const bool folded = filter_.empty() && row.parent && folded_.contains(row.key);
  const MarkedCommand shown =
      marked(row.guide + (folded ? "[+] " : "") + row.command, row.found, cells.left());
  if (shown.mark.empty()) {
    cells.rest(shown.command);
  } else {
    cells.add(shown.command, columns_of(shown.command));
    cells.rest(shown.mark, paint_of(row.severity));
  }
  cells.line.selected = here;
  return std::move(cells.line);
}

std::string Model::hints() const {
  const std::string act = capture_ ? "  Left/Right step  g go to  Space play" : "  k stop  a allow";
  if (over_ == Over::help) return "Esc back  q back";
  if (over_ == Over::page) return "Esc back" + act + "  p plan  Up/Down scroll";
  std::string out =
      "Enter explain  p plan" + act + (view_ == View::tree ? "  t list" : "  t tree") + "  / filter";
  out += (view_ == View::tree ? "  f fold" : "  s by " + std::string(to_string(sort_))) + "  ? help";
  if (!filter_.empty()) out = "filter \"" + filter_ + "\": " + count(list_.size()) + "  Esc ends it  " + out;
  return out;
}

Line Model::status() const {
  switch (prompt_) {
    case Prompt::filter:
      return plain("filter: " + typed_ + "_", columns_, Paint::bold);
    case Prompt::reason:
      return plain(
          "reason to accept what is found about " + clipped(about_.name, columns_ / 3) + ": " + typed_ + "_",
          columns_, Paint::bold);
    case Prompt::time:
      return plain("go to (02:13, +10min, -1h): " + typed_ + "_", columns_, Paint::bold);
    case Prompt::none:
      break;
  }
  const std::string& text = message_.empty() ? now_->message : message_;
  return text.empty() ? plain(hints(), columns_, Paint::dim) : plain(text, columns_, Paint::warning);
}

std::vector<std::string> Model::front_lines() const {
  std::vector<std::string> all, out;
  std::size_t indent = 0;
  if (over_ == Over::help) {
    all.assign(std::begin(kHelp), std::end(kHelp));
  } else if (now_->detail && now_->detail->key == page_.key && now_->detail->page == page_.page) {
    all = now_->detail->lines;
    indent = page_.page == Page::explain ? 13 : 2;  // where the texts of `explain` begin
  } else {
    all = {"…"};
  }
  for (const std::string& line : all)
    for (std::string& part : wrapped(line, columns_, indent)) out.push_back(std::move(part));
  return out;
}

std::size_t Model::body_rows() const {
  const std::size_t taken = head().size() + 1;
  return rows_ > taken ? rows_ - taken : 0;
}

std::vector<Line> Model::lines() const {
  std::vector<Line> out = head();
  const std::size_t room = body_rows();
  if (over_ != Over::nothing) {
    const std::vector<std::string> all = front_lines();
    for (std::size_t i = page_top_; i < std::min(all.size(), page_top_ + room); ++i)
      out.push_back(plain(all[i], columns_));
  } else {
    for (std::size_t i = cursor().top; i < std::min(list_.size(), cursor().top + room); ++i)
      out.push_back(view_ == View::strays ? stray_line(now_->strays[list_[i]])
                                          : tree_line(now_->tree[list_[i]]));
  }
  while (out.size() + 1 < rows_) out.push_back(plain("", columns_));
  out.resize(rows_ > 0 ? rows_ - 1 : 0);
  if (rows_ > 0) out.push_back(status());
  return out;
}

}  // namespace stray::top
