// SPDX-License-Identifier: Apache-2.0
#include "report/html.hpp"

#include <zlib.h>

#include <algorithm>
#include <new>

#include "base/json.hpp"
#include "base/printable.hpp"
#include "findings/rules.hpp"
#include "report/page.hpp"
#include "report/words.hpp"

namespace stray {
namespace {

constexpr std::string_view kDataMark = "<!--stray:data-->";
constexpr int kFormat = 3;  // of the data; the page in the same program reads it

// Microseconds after the first start, the unit of all times in the page.
class Clock0 {
 public:
  explicit Clock0(const Report& report) {
    base_ = report.from;
    for (const Life& life : report.lives) base_ = std::min(base_, life.key.start);
    base_ -= base_ % std::chrono::microseconds(1);
  }
  std::int64_t us(BootTime time) const {
    return (static_cast<std::int64_t>(time.count()) - static_cast<std::int64_t>(base_.count())) / 1000;
  }
  BootTime base() const { return base_; }

 private:
  BootTime base_{};
};

std::string gzip(std::string_view text) {
  z_stream z{};
  if (::deflateInit2(&z, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK) throw std::bad_alloc();
  std::string out;
  out.resize(::deflateBound(&z, static_cast<uLong>(text.size())));
  z.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  z.avail_in = static_cast<uInt>(text.size());  // below 4 GiB: the sink's bound on texts sees to it
  z.next_out = reinterpret_cast<Bytef*>(out.data());
  z.avail_out = static_cast<uInt>(out.size());
  ::deflate(&z, Z_FINISH);  // has room for all of it
  out.resize(z.total_out);
  ::deflateEnd(&z);
  return out;
}

// The data under construction.
class Data {
 public:
  explicit Data(const Report& report) : report_(report), advice_(advise(report)), clock_(report) {}

  // All processes as columns, one number or text number each, and the texts.
  std::string lives() const {
    std::string out;
    Json json(out);
    json.begin_object();
    const auto column = [&](std::string_view name, auto&& value) {
      json.begin_array(name);
      for (const Life& life : report_.lives) json.value(value(life));
      json.end_array();
    };
    Strings texts;
    const auto text = [&](std::string_view name, auto&& value) {
      column(name, [&](const Life& life) { return texts.add(printable(value(life))); });
    };
    column("pid", [](const Life& l) { return l.key.tgid; });
    column("parent", [this](const Life& l) { return above(l, l.parent); });
    column("origin", [this](const Life& l) { return above(l, l.origin); });
    column("start", [this](const Life& l) { return clock_.us(l.key.start); });
    column("end",
           [this](const Life& l) { return l.alive() ? -1 : std::max<std::int64_t>(0, clock_.us(l.end)); });
    column("verdict", [](const Life& l) { return static_cast<int>(l.verdict); });
    column("rss", [](const Life& l) { return (l.alive() ? l.rss : l.peak) >> 10; });
    column("cpu", [](const Life& l) { return l.cpu_ns / 1'000'000; });
    column("uid", [](const Life& l) { return l.uid; });
    column("images", [](const Life& l) { return l.images; });
    column("flags", [](const Life& l) { return l.seeded | l.inferred << 1 | l.oom << 2; });
    text("command", [this](const Life& l) { return command_text(report_, l); });
    text("exe", [this](const Life& l) { return report_.text(l.exe); });
    text("cwd", [this](const Life& l) { return report_.text(l.cwd); });
    text("user", [this](const Life& l) { return report_.text(l.user); });
    text("supervisor", [this](const Life& l) { return supervisor_label(report_, l); });
    text("ending", [this](const Life& l) { return l.alive() ? std::string() : end_text(report_, l); });
    text("edge", [](const Life& l) { return to_string(l.edge); });
    json.begin_array("texts");
    for (Strings::Id id = 0; id < texts.size(); ++id) json.string(texts[id]);
    json.end_array();
    std::string ids;
    for (const Life& life : report_.lives) ids += process_id(report_.host.boot, life.key);
    json.field("ids", ids);
    json.end_object();
    return out;
  }

  std::string summary() const {
    std::string out;
    Json json(out);
    json.begin_object();
    json.field("format", kFormat);
    host(json);
    text(json, "headline", headline_text(report_, advice_));
    json.field("verdict", verdict_text(report_, advice_));
    subjects(json);
    findings(json);
    tasks(json);
    steps(json, "verify", advice_.verify);
    texts(json, "improvements", advice_.improvements);
    totals(json);
    texts(json, "coverage", coverage(report_));
    gaps(json);
    json.end_object();
    // "<" stands in texts alone. Without it nothing in the data can end the script element it stands in.
    std::string safe;
    for (const char c : out)
      if (c == '<')
        safe += "\\u003c";
      else
        safe += c;
    return safe;
  }

 private:
  std::int64_t index(ProcessKey key) const {
    const Life* life = report_.find(key);
    return life ? life - report_.lives.data() : -1;
  }
  // A process above another is older: what says otherwise is no tree.
  std::int64_t above(const Life& life, ProcessKey key) const { return key < life.key ? index(key) : -1; }

  void text(Json& json, std::string_view name, std::string_view value) const {
    json.field(name, printable(value));
  }
  void texts(Json& json, std::string_view name, const std::vector<std::string>& lines) const {
    json.begin_array(name);
    for (const std::string& line : lines) json.string(printable(line));
    json.end_array();
  }

  void host(Json& json) const {
    const Host& host = report_.host;
    json.begin_object("host");
    text(json, "name", host.name);
    text(json, "kernel", host.kernel);
    text(json, "boot", host.boot_id);
    text(json, "version", host.version);
    json.field("memory", host.memory);
    json.field("cpus", host.cpus);
    json.end_object();
    json.field("base", host.real_ns(clock_.base()) / 1000);  // microseconds since 1970
    json.field("from", clock_.us(report_.from));
    json.field("to", clock_.us(report_.to));
    json.field("oneLook", report_.one_look());
    json.begin_array("verdicts");
    for (int v = 0; v <= static_cast<int>(Verdict::nobody); ++v)
      json.string(to_string(static_cast<Verdict>(v)));
    json.end_array();
    json.begin_object("impacts");
    for (const Kind kind : advice_.kinds) json.field(to_string(kind), row_of(kind).impact);
    json.end_object();
  }

  void subjects(Json& json) const {
    json.begin_array("subjects");
    for (const Subject& s : advice_.subjects) {
      json.begin_object();
      about(json, s.stray->subject);
      json.field("stray", process_id(report_.host.boot, s.stray->top));
      json.field("severity", to_string(s.stray->severity));
      json.field("alike", s.stray->alike);
      text(json, "since", time_text(report_, s.stray->subject.start));
      text(json, "by", s.by);
      text(json, "where", s.from);
      text(json, "chain", s.chain);
      text(json, "memory",
           s.stray->memory ? memory_text(s.stray->memory, report_.host.memory) : std::string());
      const Life* life = s.life;
      text(json, "cpu", life ? cpu_text(life->cpu_ns) : std::string());
      text(json, "supervisor",
           !life           ? std::string()
           : life->alive() ? supervisor_label(report_, *life)
                           : "exited: " + end_text(report_, *life));
      json.begin_array("findings");
      for (const FindingLife* f : s.findings) json.value(f - report_.findings.data());
      json.end_array();
      treatment(json, s.stray->treatment);
      if (s.migration) migration(json, *s.migration);
      json.end_object();
    }
    json.end_array();
  }

  void treatment(Json& json, const Treatment& treatment) const {
    json.begin_object("treatment");
    json.field("action", to_string(treatment.action));
    text(json, "title", treatment.title);
    text(json, "why", treatment.why);
    text(json, "expected", treatment.expected);
    json.field("confidence", to_string(treatment.confidence));
    text(json, "confidenceReason", treatment.confidence_reason);
    texts(json, "keep", treatment.keep);
    steps(json, "steps", treatment.steps);
    json.end_object();
  }

  void migration(Json& json, const Migration& migration) const {
    json.begin_object("migration");
    text(json, "name", migration.name);
    text(json, "file", migration.file_name);
    texts(json, "lines", lines_in(migration.file_text));
    text(json, "whyNot", migration.why_not);
    steps(json, "steps", migration.by_hand);
    json.end_object();
  }

  void steps(Json& json, std::string_view name, const std::vector<Step>& list) const {
    json.begin_array(name);
    for (const Step& step : list) {
      json.begin_object();
      json.field("when", words_of(step.when));
      text(json, "text", step.text);
      std::string commands;  // a line each
      for (const std::string& line : lines_in(step.command))
        commands += (commands.empty() ? "" : "\n") + printable(line);
      json.field("command", commands);
      text(json, "expect", step.expect);
      json.end_object();
    }
    json.end_array();
  }

  void about(Json& json, ProcessKey key) const {
    const Life* life = report_.find(key);
    json.field("process", index(key));
    json.field("pid", key.tgid);
    json.field("id", process_id(report_.host.boot, key));
    text(json, "command", life ? command_text(report_, *life) : std::string());
  }

  void findings(Json& json) const {
    json.begin_array("findings");
    for (const FindingLife& f : report_.findings) {
      json.begin_object();
      about(json, f.process);
      json.field("kind", to_string(f.kind));
      json.field("severity", to_string(f.last.severity));
      json.field("since", clock_.us(f.since));
      json.field("raised", clock_.us(f.raised));
      json.field("changed", clock_.us(f.changed));
      json.field("cleared", f.open() ? -1 : clock_.us(f.cleared));
      json.field("updates", f.updates);
      text(json, "message", f.last.message);
      for (const bool origin : {true, false}) {
        json.begin_array(origin ? "origin" : "evidence");
        for (const Evidence& e : f.last.evidence)
          if (is_origin(e) == origin)
            json.string(printable(text_of(e, report_.host.real_offset_ns, report_.time)));
        json.end_array();
      }
      json.begin_array("members");
      for (const ProcessKey& member : f.last.members)
        if (const auto at = index(member); at >= 0) json.value(at);
      json.end_array();
      text(json, "reason", f.reason);
      json.end_object();
    }
    json.end_array();
  }

  void tasks(Json& json) const {
    json.begin_array("tasks");
    for (const Task& task : advice_.tasks) {
      json.begin_object();
      json.field("when", words_of(task.when));
      json.field("title", task.title);
      json.begin_array("cards");
      for (const Alike& alike : task.about) {
        json.begin_object();
        json.begin_array("subjects");
        for (const Subject* s : alike) json.value(s - advice_.subjects.data());
        json.end_array();
        steps(json, "steps", steps_of(alike));
        json.end_object();
      }
      json.end_array();
      json.end_object();
    }
    json.end_array();
  }

  void totals(Json& json) const {
    json.begin_object("totals");
    json.field("named", advice_.totals.strays);
    json.field("namedMemory", memory_text(advice_.totals.memory, report_.host.memory));
    json.field("ended", advice_.totals.end);
    json.field("endedMemory", memory_text(advice_.totals.frees, report_.host.memory));
    json.field("note", kMemoryNote);
    json.end_object();
  }

  void gaps(Json& json) const {
    json.begin_array("gaps");
    for (const GapSeen& gap : report_.gaps) {
      json.begin_object();
      json.field("from", clock_.us(gap.from));
      json.field("to", clock_.us(gap.to));
      json.field("count", gap.count);
      json.end_object();
    }
    json.end_array();
  }

  const Report& report_;
  const Advice advice_;
  const Clock0 clock_;
};

}  // namespace

std::string html_page(const Report& report) {
  const std::string_view page(kReportPage, kReportPageSize);
  const auto mark = page.find(kDataMark);
  const Data data(report);
  std::string out(page.substr(0, mark));
  out += R"(<script type="application/json" id="report">)" + data.summary() + "</script>\n";
  out += R"(<script type="text/plain" id="lives">)" + base64(gzip(data.lives())) + "</script>\n";
  out += page.substr(mark + kDataMark.size());
  return out;
}

}  // namespace stray
