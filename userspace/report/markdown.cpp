// SPDX-License-Identifier: Apache-2.0
#include "report/markdown.hpp"

#include <algorithm>
#include <cctype>

#include "base/layout.hpp"
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
  static constexpr std::size_t kLongest = 160;  // of a command, outside the block that has all of it

 public:
  explicit Document(const Report& report) : report_(report), advice_(advise(report)) {}

  std::string text() {
    head();
    if (!advice_.subjects.empty()) {
      situation();
      steps();
      impacts();
      verify();
      totals();
    }
    cleared();
    looked_at();
    return std::move(out_);
  }

 private:
  static std::string esc(std::string_view text) { return markdown_escape(text); }
  std::string utc(BootTime time) const { return time_text(report_, time); }
  std::string memory(std::uint64_t bytes) const {
    return bytes ? memory_text(bytes, report_.host.memory) : std::string();
  }
  std::string brief(const Life& life) const { return esc(shortened(command_text(report_, life), kLongest)); }
  std::string name_of(const Subject& s) const {
    return (s.life ? brief(*s.life) : "process") + " (" + (s.migration ? s.migration->name + ", " : "") +
           "pid " + std::to_string(s.stray->subject.tgid) + ")";
  }
  void heading(std::string_view title) {
    out_ += "\n## " + (numbered_ ? std::to_string(++section_) + ". " : "") + std::string(title) + "\n\n";
  }
  void row(const std::vector<std::string>& cells) {
    out_ += "|";
    for (const std::string& cell : cells) out_ += " " + cell + (cell.empty() ? "|" : " |");
    out_ += "\n";
  }
  void code(const std::vector<std::string>& lines, std::string_view indent,
            std::string_view language = "sh") {
    const std::string fence = fence_for(lines);
    out_ += std::string(indent) + fence + std::string(language) + "\n";
    for (const std::string& line : lines) out_ += std::string(indent) + printable(line) + "\n";
    out_ += std::string(indent) + fence + "\n";
  }

  void head() {
    const Host& host = report_.host;
    out_ += "# " + esc(headline_text(report_, advice_)) + "\n\n" + verdict_text(report_, advice_) + "\n\n";
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
    row({"memory, CPUs", memory_text(host.memory) + ", " + std::to_string(host.cpus)});
    row({"made by", "stray " + esc(host.version)});
  }

  void situation() {
    heading("Situation");
    row({"pid", "command", "running since", "started by", "from where", "memory", "CPU", "supervisor",
         "findings", "treatment"});
    row({"---:", "---", "---", "---", "---", "---:", "---:", "---", "---", "---"});
    for (const Subject& s : advice_.subjects) {
      std::string kinds;
      for (const Finding& f : s.stray->findings) {
        const std::string kind(to_string(f.kind));
        if (kinds.find(kind) == std::string::npos) add_to(kinds, kind);
      }
      const Life* l = s.life;
      row({std::to_string(s.stray->subject.tgid), l ? brief(*l) : "", utc(s.stray->subject.start), esc(s.by),
           esc(s.from), memory(s.stray->memory), l ? cpu_text(l->cpu_ns) : "",
           l ? esc(l->alive() ? supervisor_label(report_, *l) : "exited: " + end_text(report_, *l)) : "",
           kinds, "**" + s.stray->treatment.title + "**"});
    }
  }

  void steps() {
    heading("What to do, step by step");
    out_ += "Read each command before you run it.\n";
    for (const Task& task : advice_.tasks) {
      std::string when(words_of(task.when));
      when[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(when[0])));
      out_ += "\n### " + when + ": " + task.title + "\n";
      for (const Alike& alike : task.about) card(alike);
    }
  }

  // One launch, or several that are alike: reasons, origin, treatment.
  void card(const Alike& alike) {
    const Subject& s = *alike.front();
    const Treatment& treatment = s.stray->treatment;
    std::size_t count = 0;  // some that are alike may not be listed
    for (const Subject* one : alike) count += 1 + one->stray->alike;
    out_ += "\n#### " + (count > 1 ? std::to_string(count) + " × " : "") + name_of(s) + ": " +
            treatment.title + "\n\n";
    if (s.life && command_text(report_, *s.life).size() > kLongest)
      out_ += "The whole command:\n\n", code({command_text(report_, *s.life)}, "", "text"), out_ += "\n";
    if (!s.chain.empty()) out_ += "Origin: " + esc(s.chain) + "\n\n";
    for (const Subject* one : alike) reasons(*one, alike.size() > 1);
    out_ += "\n";
    once(treatment.why + " " + esc(treatment.confidence_reason));
    for (const std::string& keep : treatment.keep) out_ += "- keep " + esc(keep) + "\n";
    int n = 0;
    for (const Step& step : steps_of(alike)) one_step(step, ++n);
    if (!treatment.expected.empty()) out_ += "\nAfterwards: " + esc(treatment.expected) + "\n";
    if (s.migration) migration(*s.migration);
  }

  // An explanation that was printed before is not repeated.
  void once(const std::string& explanation) {
    if (std::find(explained_.begin(), explained_.end(), explanation) != explained_.end()) return;
    explained_.push_back(explanation);
    out_ += explanation + "\n";
  }

  void reasons(const Subject& s, bool named) {
    std::vector<std::string> printed;
    for (const Finding& f : s.stray->findings) {
      out_ += "- " + (named ? "pid " + std::to_string(s.stray->subject.tgid) + ": " : std::string()) + "**" +
              std::string(to_string(f.kind)) + "** (" + std::string(to_string(f.what.severity)) +
              "), since " + utc(f.since) + ": " + esc(f.what.message) + "\n";
      for (const Evidence& e : f.what.evidence) {
        const std::string line = text_of(e, report_.host.real_offset_ns, report_.time);
        if (is_origin(e) || std::find(printed.begin(), printed.end(), line) != printed.end()) continue;
        printed.push_back(line);
        out_ += "  - " + esc(line) + "\n";
      }
    }
    if (const auto below = s.stray->members.size(); below > 1)
      out_ += "- " + std::to_string(below - 1) + (below == 2 ? " process descends" : " processes descend") +
              " from it\n";
    out_ += "- stray " + process_id(report_.host.boot, s.stray->top) + "\n";
  }

  void one_step(const Step& step, int n) {
    out_ += "\n" + std::to_string(n) + ". " + std::string(words_of(step.when)) + ": " + esc(step.text) + "\n";
    if (!step.command.empty()) out_ += "\n", code(lines_in(step.command), "    ");
    if (!step.expect.empty()) out_ += "\n    *Expected:* " + esc(step.expect) + "\n";
  }

  void impacts() {
    heading("Why it matters");
    for (const Kind kind : advice_.kinds)
      out_ += "- **" + std::string(to_string(kind)) + "**: " + std::string(row_of(kind).impact) + "\n";
  }

  void migration(const Migration& migration) {
    out_ += "\n**By hand**, without `stray adopt`:";
    if (migration.file_text.empty()) {
      out_ += " the file cannot be written, " + esc(migration.why_not) + ".\n";
      return;
    }
    out_ += "\n\n`" + migration.file_name + "`\n\n";
    code(lines_in(migration.file_text), "", migration.file_name.ends_with(".js") ? "js" : "ini");
    int n = 0;
    for (const Step& step : migration.by_hand) one_step(step, ++n);
  }

  void verify() {
    heading("How to verify");
    row({"check", "command", "expected"});
    row({"---", "---", "---"});
    for (const Step& step : advice_.verify) row({esc(step.text), "`" + step.command + "`", esc(step.expect)});
    out_ += "\n### What is better afterwards\n\n";
    for (const std::string& one : advice_.improvements) out_ += "- " + esc(one) + "\n";
  }

  void totals() {
    heading("Totals");
    row({"", "strays", "memory"});
    row({"---", "---:", "---:"});
    row({"found", std::to_string(advice_.totals.strays), memory(advice_.totals.memory)});
    row({"stopped by the steps, freed", std::to_string(advice_.totals.end), memory(advice_.totals.frees)});
    out_ += "\n" + std::string(kMemoryNote) + "\n";
  }

  void cleared() {
    if (advice_.cleared.empty()) return;
    numbered_ = numbered_ && !advice_.subjects.empty();
    heading("Findings that were resolved");
    row({"kind", "pid", "what it was", "raised", "resolved", "why"});
    row({"---", "---:", "---", "---", "---", "---"});
    for (const FindingLife* f : advice_.cleared)
      row({std::string(to_string(f->kind)), std::to_string(f->process.tgid), esc(f->last.message),
           utc(f->raised), utc(f->cleared), esc(f->reason)});
  }

  void looked_at() {
    numbered_ = numbered_ && !advice_.subjects.empty();
    heading("What was observed, and what not");
    for (const std::string& line : coverage(report_)) out_ += "- " + line + "\n";
    for (const GapSeen& gap : report_.gaps)
      out_ += "- Gap: " + std::to_string(gap.count) + " records lost between " + utc(gap.from) + " and " +
              utc(gap.to) + ".\n";
  }

  const Report& report_;
  const Advice advice_;
  std::string out_;
  std::vector<std::string> explained_;
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
