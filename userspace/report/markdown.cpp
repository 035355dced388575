// SPDX-License-Identifier: Apache-2.0
#include "report/markdown.hpp"

#include <algorithm>
#include <cctype>

#include "base/printable.hpp"
#include "findings/rules.hpp"
#include "report/words.hpp"

namespace stray {
namespace {

bool word(char c) { return std::isalnum(static_cast<unsigned char>(c)) || (c & 0x80); }

// What begins a heading, a list or a rule when it stands first.
bool begins_block(std::string_view text) {
  if (text.empty()) return false;
  if (std::string_view("#+-=").find(text[0]) != std::string_view::npos) return true;
  const auto mark = text.find_first_not_of("0123456789");
  if (mark == 0 || mark == std::string_view::npos || (text[mark] != '.' && text[mark] != ')')) return false;
  return mark + 1 == text.size() || text[mark + 1] == ' ';
}

std::string fence_for(const std::vector<std::string>& lines) {
  std::size_t longest = 2;
  for (const std::string& line : lines)
    for (std::size_t i = 0, run = 0; i < line.size(); ++i) {
      run = line[i] == '`' ? run + 1 : 0;
      longest = std::max(longest, run);
    }
  return std::string(longest + 1, '`');
}

// The document under construction.
class Document {
 public:
  explicit Document(const Report& report) : report_(report), advice_(advise(report)) {}

  std::string text() {
    head();
    if (!advice_.subjects.empty()) {
      situation();
      problems();
      steps();
      verify();
      totals();
    }
    cleared();
    looked_at();
    return std::move(out_);
  }

 private:
  static std::string esc(std::string_view text) { return markdown_escape(text); }
  std::string utc(BootTime time) const { return utc_text(report_.host, time); }
  std::string memory(std::uint64_t bytes) const {
    return bytes ? memory_text(bytes, report_.host.memory) : std::string();
  }
  std::string name_of(ProcessKey key) const {
    const Life* life = report_.find(key);
    return (life ? esc(command_text(report_, *life)) : "process") + " (pid " + std::to_string(key.tgid) + ")";
  }
  void heading(std::string_view title) {
    out_ += "\n## " + (numbered_ ? std::to_string(++section_) + ". " : "") + std::string(title) + "\n\n";
  }
  void row(const std::vector<std::string>& cells) {
    out_ += "|";
    for (const std::string& cell : cells) out_ += " " + cell + (cell.empty() ? "|" : " |");
    out_ += "\n";
  }
  void code(const std::vector<std::string>& lines, std::string_view indent) {
    const std::string fence = fence_for(lines);
    out_ += std::string(indent) + fence + "sh\n";
    for (const std::string& line : lines) out_ += std::string(indent) + printable(line) + "\n";
    out_ += std::string(indent) + fence + "\n";
  }

  void head() {
    const Host& host = report_.host;
    out_ += "# Processes on " + esc(host.name) + "\n\n" + verdict_text(report_, advice_) + "\n\n";
    row({"host", esc(host.name)});
    row({"---", "---"});
    row({"kernel", esc(host.kernel)});
    row({"boot id", esc(host.boot_id)});
    if (report_.one_look()) {
      row({"seen", utc(report_.to)});
    } else {
      row({"from", utc(report_.from)});
      row({"to", utc(report_.to)});
    }
    row({"memory, CPUs", std::to_string(host.memory >> 20) + " MB, " + std::to_string(host.cpus)});
    row({"made by", "stray " + esc(host.version)});
  }

  void situation() {
    heading("Situation");
    row({"pid", "command", "running since", "started by", "from where", "memory", "CPU", "looked after by",
         "findings"});
    row({"---:", "---", "---", "---", "---", "---:", "---:", "---", "---"});
    for (const Subject& s : advice_.subjects) {
      std::string kinds;
      for (const FindingLife* f : s.findings)
        kinds += (kinds.empty() ? "" : ", ") + std::string(to_string(f->kind));
      const Life* l = s.life;
      row({std::to_string(s.process.tgid), l ? esc(command_text(report_, *l)) : "", utc(s.process.start),
           esc(s.by), esc(s.from), l && l->alive() ? memory(l->rss) : "", l ? cpu_text(l->cpu_ns) : "",
           l ? esc(l->alive() ? keeper_text(report_, *l) : "ended: " + end_text(report_, *l)) : "", kinds});
    }
  }

  // Every finding about a process tells where it comes from, each at its own time: once is enough.
  static bool of_origin(const FindingLife* f, const Evidence& evidence) {
    return std::any_of(f->origin.begin(), f->origin.end(),
                       [&](const Evidence& e) { return e.code == evidence.code; });
  }

  void problems() {
    heading("Problems");
    bool first = true;
    for (const Subject& s : advice_.subjects) {
      if (!first) out_ += "\n";
      first = false;
      out_ += "### " + name_of(s.process) + "\n\n";
      std::vector<std::string_view> told;
      for (const FindingLife* f : s.findings) {
        out_ += "- **" + std::string(to_string(f->kind)) + "** (" + std::string(to_string(f->last.severity)) +
                "), since " + utc(f->since) + ": " + esc(f->last.message) + "\n";
        for (const Evidence& e : f->last.evidence) {
          const std::string_view once = of_origin(f, e) ? std::string_view(e.code) : std::string_view(e.text);
          if (f != s.findings.front() && std::find(told.begin(), told.end(), once) != told.end()) continue;
          told.push_back(once);
          out_ += "  - " + esc(e.text) + "\n";
        }
        out_ += "  - *Impact:* " + std::string(impact_of(f->kind)) + "\n";
        if (!f->last.members.empty())
          out_ += "  - With it: " + std::to_string(f->last.members.size()) +
                  (f->last.members.size() == 1 ? " process" : " processes") + " below it\n";
      }
      out_ += "\nid " + process_id(report_.host.boot, s.process) + "\n";
    }
  }

  void steps() {
    heading("What to do, step by step");
    out_ += "Read each command before you run it; the pids are those of the time of this report.\n\n";
    int n = 0;
    for (const Step& step : advice_.steps) {
      out_ += std::to_string(++n) + ". " + step.title + ": ";
      for (std::size_t i = 0; i < step.about.size(); ++i)
        out_ += (i ? ", " : "") + name_of(step.about[i]->process);
      out_ += "\n\n";
      code(step.lines, "    ");
      out_ += "\n";
    }
    out_.pop_back();
  }

  void verify() {
    heading("How to verify");
    code(advice_.verify, "");
  }

  void totals() {
    heading("Totals");
    row({"", "processes", "memory"});
    row({"---", "---:", "---:"});
    row({"named by findings", std::to_string(advice_.named), memory(advice_.named_memory)});
    row({"ended by the steps, freed", std::to_string(advice_.ended), memory(advice_.ended_memory)});
    out_ += "\n" + std::string(kMemoryNote) + "\n";
  }

  void cleared() {
    if (advice_.cleared.empty()) return;
    numbered_ = numbered_ && !advice_.subjects.empty();
    heading("Findings that were cleared");
    row({"kind", "pid", "what it was", "raised", "cleared", "why cleared"});
    row({"---", "---:", "---", "---", "---", "---"});
    for (const FindingLife* f : advice_.cleared)
      row({std::string(to_string(f->kind)), std::to_string(f->process.tgid), esc(f->last.message),
           utc(f->raised), utc(f->cleared), esc(f->reason)});
  }

  void looked_at() {
    numbered_ = numbered_ && !advice_.subjects.empty();
    heading("What was looked at, and what not");
    for (const std::string& line : coverage(report_)) out_ += "- " + line + "\n";
    for (const GapSeen& gap : report_.gaps)
      out_ += "- Gap: " + std::to_string(gap.count) + " records lost between " + utc(gap.from) + " and " +
              utc(gap.to) + ".\n";
  }

  const Report& report_;
  const Advice advice_;
  std::string out_;
  int section_ = 0;
  bool numbered_ = true;
};

}  // namespace

std::string markdown_escape(std::string_view raw) {
  const std::string text = printable(raw);
  std::string out;
  out.reserve(text.size() + text.size() / 8);
  std::size_t done = 0;
  if (begins_block(text)) {
    done = text.find_first_not_of("0123456789") + 1;
    out = text.substr(0, done - 1) + "\\" + text[done - 1];
  }
  for (std::size_t i = done; i < text.size(); ++i) {
    const char c = text[i];
    const char before = i ? text[i - 1] : ' ', after = i + 1 < text.size() ? text[i + 1] : ' ';
    if (c == '<')
      out += "&lt;";
    else if (c == '>')
      out += "&gt;";
    else if (c == '&')
      out += "&amp;";
    else if (c == '@')  // else an address would become a link
      out += "&#64;";
    else if (std::string_view("\\`*[]|~$").find(c) != std::string_view::npos ||
             (c == '_' && !(word(before) && word(after))) ||  // within a word it is a letter
             (c == ':' && after == '/') ||                    // http://… would become a link
             (c == '.' && i >= 3 &&
              (text.compare(i - 3, 3, "www") == 0 || text.compare(i - 3, 3, "WWW") == 0)))
      out += '\\', out += c;
    else
      out += c;
  }
  return out;
}

std::string markdown(const Report& report) { return Document(report).text(); }

}  // namespace stray
