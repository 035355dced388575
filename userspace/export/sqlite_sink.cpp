// SPDX-License-Identifier: Apache-2.0
#include "export/sqlite_sink.hpp"

#include <deque>
#include <optional>
#include <vector>

#include "base/printable.hpp"
#include "record/action.hpp"
#include "supervision/supervision.hpp"

namespace stray {
namespace {

// The version of this schema is user_version; application_id ("stry") says whose file it is.
constexpr char kTables[] = R"(
PRAGMA application_id = 0x73747279;
PRAGMA user_version = 1;
CREATE TABLE host (
  boot_id TEXT PRIMARY KEY,
  machine_id TEXT NOT NULL,
  name TEXT NOT NULL,
  kernel TEXT NOT NULL,
  stray TEXT NOT NULL,
  cpus INTEGER NOT NULL,
  memory INTEGER NOT NULL,
  until_ns INTEGER NOT NULL,
  until TEXT NOT NULL,
  lost INTEGER NOT NULL
) STRICT;
CREATE TABLE processes (
  id TEXT PRIMARY KEY,
  pid INTEGER NOT NULL,
  start_ns INTEGER NOT NULL,
  start TEXT NOT NULL,
  end_ns INTEGER,
  end TEXT,
  parent_id TEXT,
  origin_id TEXT,
  creator_id TEXT,
  edge TEXT NOT NULL,
  reparented_ns INTEGER,
  seeded INTEGER NOT NULL,
  name TEXT NOT NULL,
  exe TEXT,
  argv TEXT,
  cwd TEXT,
  programs INTEGER NOT NULL,
  uid INTEGER NOT NULL,
  user TEXT,
  loginuid INTEGER,
  session INTEGER NOT NULL,
  tty TEXT,
  cgroup TEXT NOT NULL,
  unit TEXT,
  exit_code INTEGER,
  signal INTEGER,
  killer TEXT,
  killer_id TEXT,
  oom INTEGER NOT NULL,
  inferred INTEGER NOT NULL,
  max_rss INTEGER,
  rss INTEGER,
  cpu_ns INTEGER,
  verdict TEXT,
  supervisor TEXT
) STRICT, WITHOUT ROWID;
CREATE TABLE events (
  number INTEGER PRIMARY KEY,
  time_ns INTEGER NOT NULL,
  time TEXT NOT NULL,
  action TEXT NOT NULL,
  process TEXT,
  document TEXT NOT NULL
) STRICT;
CREATE TABLE findings (
  id TEXT NOT NULL,
  raised_ns INTEGER NOT NULL,
  raised TEXT NOT NULL,
  kind TEXT NOT NULL,
  process TEXT NOT NULL,
  since_ns INTEGER NOT NULL,
  since TEXT NOT NULL,
  cleared_ns INTEGER,
  cleared TEXT,
  reason TEXT,
  severity TEXT NOT NULL,
  message TEXT NOT NULL,
  evidence TEXT NOT NULL,
  remedy TEXT NOT NULL,
  members TEXT NOT NULL,
  PRIMARY KEY (id, raised_ns)
) STRICT, WITHOUT ROWID;
)";

// A walk upwards ends at 1000: ids of a file are not to be trusted to form a tree.
constexpr char kViewsAndIndexes[] = R"(
CREATE VIEW ancestry AS
  WITH RECURSIVE up(process, depth, ancestor) AS (
    SELECT id, 1, origin_id FROM processes WHERE origin_id IS NOT NULL
    UNION ALL
    SELECT up.process, up.depth + 1, p.origin_id
      FROM up JOIN processes p ON p.id = up.ancestor
      WHERE p.origin_id IS NOT NULL AND up.depth < 1000)
  SELECT up.process, up.depth, up.ancestor, a.pid, a.name, a.start, a.end
    FROM up LEFT JOIN processes a ON a.id = up.ancestor;
CREATE VIEW orphans AS
  SELECT p.id, p.pid, p.name, p.start, p.end, o.id AS origin_id, o.name AS origin, o.end AS orphaned,
         p.verdict
    FROM processes p JOIN processes o ON o.id = p.origin_id
    WHERE o.end_ns IS NOT NULL AND (p.end_ns IS NULL OR p.end_ns > o.end_ns);
CREATE VIEW found AS
  SELECT f.id AS finding, f.kind, f.severity, f.raised, f.cleared, f.message, p.id, p.pid, p.name, p.argv, p.cwd,
         p.user, p.unit, p.start, p.end, p.rss, p.verdict, p.supervisor, o.name AS origin, o.end AS origin_end
    FROM findings f LEFT JOIN processes p ON p.id = f.process LEFT JOIN processes o ON o.id = p.origin_id;
CREATE VIRTUAL TABLE command_lines USING fts5(id UNINDEXED, argv, tokenize = 'trigram');
INSERT INTO command_lines SELECT id, argv FROM processes WHERE argv IS NOT NULL ORDER BY id;
CREATE INDEX processes_by_start ON processes (start_ns);
CREATE INDEX processes_by_end ON processes (end_ns);
CREATE INDEX processes_by_pid ON processes (pid);
CREATE INDEX processes_by_origin ON processes (origin_id);
CREATE INDEX processes_by_parent ON processes (parent_id);
CREATE INDEX processes_by_exe ON processes (exe);
CREATE INDEX events_by_process ON events (process);
CREATE INDEX events_by_time ON events (time_ns);
CREATE INDEX findings_by_process ON findings (process);
)";

constexpr char kHost[] = "INSERT INTO host VALUES (?,?,?,?,?,?,?,?,?,?)";
// What the lineage has let go and meets again is the same process: its first row stays.
constexpr char kProcess[] =
    "INSERT OR IGNORE INTO processes VALUES "
    "(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)";
constexpr char kEvent[] = "INSERT INTO events VALUES (NULL,?,?,?,?,?)";
constexpr char kFinding[] =
    "INSERT INTO findings VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?) "
    "ON CONFLICT (id, raised_ns) DO UPDATE SET cleared_ns = excluded.cleared_ns, cleared = excluded.cleared, "
    "reason = excluded.reason, severity = excluded.severity, message = excluded.message, "
    "evidence = excluded.evidence, "
    "remedy = CASE json_array_length(excluded.remedy) WHEN 0 THEN remedy ELSE excluded.remedy END, members = "
    "excluded.members";

// The values of one row, and the texts that some of them need.
class Row {
 public:
  explicit Row(const Host& host) : host_(host) {}

  Row& null() {
    values_.emplace_back(nullptr);
    return *this;
  }
  Row& number(std::uint64_t value) {
    values_.emplace_back(static_cast<std::int64_t>(value));
    return *this;
  }
  Row& number_if(bool known, std::uint64_t value) { return known ? number(value) : null(); }
  // Bytes that are no UTF-8, and what would be invisible, are escaped as for people.
  Row& text(std::string_view value) {
    values_.emplace_back(std::string_view(texts_.emplace_back(printable(value))));
    return *this;
  }
  Row& text_if(bool known, std::string_view value) { return known ? text(value) : null(); }
  Row& text_if_any(std::string_view value) { return text_if(!value.empty(), value); }
  Row& json(std::string value) {
    values_.emplace_back(std::string_view(texts_.emplace_back(std::move(value))));
    return *this;
  }
  Row& process(ProcessKey key) { return text_if(static_cast<bool>(key), process_id(host_.boot, key)); }
  Row& time(BootTime time) {  // two columns
    const std::int64_t real = host_.real_ns(time);
    std::string text;
    Rfc3339().append(text, real);
    values_.emplace_back(real);
    return json(std::move(text));
  }
  Row& time_if(bool known, BootTime when) { return known ? time(when) : null().null(); }

  const std::vector<Database::Value>& values() const { return values_; }

 private:
  const Host& host_;
  std::deque<std::string> texts_;  // references into it stay
  std::vector<Database::Value> values_;
};

ProcessKey key_of(const Process* process) { return process ? process->key : ProcessKey{}; }

template <typename F>
std::string json_array(F&& fill) {
  std::string out;
  Json json(out);
  json.begin_array();
  fill(json);
  json.end_array();
  return out;
}

}  // namespace

SqliteSink::SqliteSink(Database& database, const Host& host) : database_(database), host_(host), ecs_(host) {
  database_.execute(kTables);
}

void SqliteSink::ready(const View& view) {
  begin(view);
  ecs_.ready(document_, view.time, view.lost, view.limits(), view.detectors.open());
  put_event(view.time, "ready", {});
}

void SqliteSink::event(const View& view, const Event& event) {
  begin(view);
  ecs_.event(document_, event, view.scene.lineage);
  put_event(event.time, action_of(event), event.process);
  const Process* p = view.scene.lineage.find(event.process);
  if (!p) return;
  if (p->alive()) {
    live(view, *p);
  } else if (std::holds_alternative<Exit>(event.what) || std::holds_alternative<InferredExit>(event.what)) {
    const Life* known = living_.find(p->key);
    put_process(*p, known ? *known : Life{});
    living_.remove(p->key);
  }
}

void SqliteSink::seed(const View& view, const Process& process) {
  begin(view);
  ecs_.seed(document_, process, view.time, view.lost);
  put_event(view.time, "seed", process.key);
  live(view, process);
}

void SqliteSink::reparent(const View& view, const Change& change) {
  begin(view);
  ecs_.reparent(document_, change, view.time, view.lost);
  put_event(view.time, "reparent", change.process->key);
  live(view, *change.process);
}

void SqliteSink::finding(const View& view, const Finding& finding, const Process* process) {
  begin(view);
  const auto stray = view.stray_of(finding);
  ecs_.finding(document_, finding, stray ? &*stray : nullptr, view.scene, process, view.lost);
  put_event(finding.time, to_string(finding.action), finding.process);
  put_finding(finding, stray ? lines_of(stray->treatment) : std::vector<std::string>());
}

void SqliteSink::summary(const View& view, const Summary& summary) {
  begin(view);
  ecs_.summary(document_, summary);
  put_event(summary.time, "summary", {});
}

void SqliteSink::close(const View& view) {
  begin(view);
  for (const Process* p : alive(view)) {
    Life life;
    judge(view, *p, life);
    put_process(*p, life);
  }
  Row host(host_);
  host.text(host_.boot_id).text(host_.machine_id).text(host_.name).text(host_.kernel).text(host_.version);
  host.number(host_.cpus).number(host_.memory).time(view.time).number(view.lost);
  database_.insert(kHost, host.values());
  database_.execute(kViewsAndIndexes);
  database_.commit();
}

// Ancestors that died before the first record that this sink gets: their descendants need them.
void SqliteSink::begin(const View& view) {
  if (begun_) return;
  begun_ = true;
  for (const Process* p : alive(view))
    for (const Process* up : {p->origin, p->creator})
      for (; up && !up->alive(); up = up->origin) put_process(*up, {});
}

void SqliteSink::live(const View& view, const Process& process) {
  Life* life = living_.find(process.key);
  if (!life)
    life = living_.add(process.key, {}, [&](ProcessKey gone, Life& before) {
      if (const Process* p = view.scene.lineage.find(gone)) put_process(*p, before);
    });
  if (life) judge(view, process, *life);
}

void SqliteSink::judge(const View& view, const Process& process, Life& life) {
  const Supervision who = supervise(view.scene.lineage, process);
  life.verdict = to_string(who.verdict);
  life.supervisor = who.name;
}

void SqliteSink::put_process(const Process& p, const Life& life) {
  const Ended* ended = p.ended ? &*p.ended : nullptr;
  const Ended* seen_end = ended && !ended->inferred ? ended : nullptr;
  const SignalSeen* killer = ended && ended->killer ? &*ended->killer : nullptr;
  const bool argv_known = p.image && !p.image->argv.empty();
  Row row(host_);
  row.text(id(p.key)).number(p.key.tgid).time(p.key.start);
  row.time_if(ended, ended ? ended->time : BootTime{});
  row.process(p.parent ? p.parent->key : p.parent_key).process(key_of(p.origin)).process(key_of(p.creator));
  row.text(to_string(p.origin_edge));
  row.number_if(p.reparented.count() != 0, static_cast<std::uint64_t>(host_.real_ns(p.reparented)));
  row.number(p.seeded).text(p.label()).text_if_any(p.exe());
  if (argv_known)
    row.json(
        json_array([&](Json& json) { p.argv().each([&](std::string_view word) { json.string(word); }); }));
  else
    row.null();
  row.text_if_any(p.image ? std::string_view(p.image->cwd) : std::string_view()).number(p.images);
  row.number(p.uid).text_if_any(p.seen ? std::string_view(p.seen->user) : std::string_view());
  row.number_if(p.loginuid != kNoLogin, p.loginuid).number(p.sid).text_if_any(tty_name(p.tty));
  row.text(p.cgroup()).text_if_any(place_in_cgroup(p.cgroup()).unit);
  row.number_if(seen_end && !seen_end->signal(), seen_end ? static_cast<std::uint64_t>(seen_end->code()) : 0);
  row.number_if(seen_end && seen_end->signal(),
                seen_end ? static_cast<std::uint64_t>(seen_end->signal()) : 0);
  row.text_if(killer, !killer ? "" : killer->from_kernel ? "kernel" : std::string_view(killer->sender_name));
  row.process(killer && !killer->from_kernel ? killer->sender : ProcessKey{});
  row.number(p.oom).number(ended && ended->inferred);
  row.number_if(seen_end, seen_end ? seen_end->max_rss : 0);
  row.number_if(p.seen && p.seen->usage_time.count() != 0, p.seen ? p.seen->rss : 0);
  if (seen_end)
    row.number(seen_end->runtime_ns);
  else
    row.number_if(p.seen && p.seen->usage_time.count() != 0, p.seen ? p.seen->cpu_ns : 0);
  row.text_if_any(life.verdict).text_if_any(life.supervisor);
  database_.insert(kProcess, row.values());
}

// The document that was just made.
void SqliteSink::put_event(BootTime time, std::string_view action, ProcessKey process) {
  if (!document_.empty() && document_.back() == '\n') document_.pop_back();
  Row row(host_);
  row.time(time).text(action).process(process).json(std::move(document_));
  database_.insert(kEvent, row.values());
  document_.clear();
}

void SqliteSink::put_finding(const Finding& finding, const std::vector<std::string>& remedy) {
  const bool cleared = finding.action == Finding::Action::cleared;
  const std::string process = id(finding.process), kind(to_string(finding.kind));
  Row row(host_);
  row.text(kind + ":" + process).time(finding.raised).text(kind).text(process).time(finding.since);
  row.time_if(cleared, finding.time).text_if(cleared, finding.reason);
  row.text(to_string(finding.what.severity)).text(finding.what.message);
  row.json(json_array([&](Json& json) {
    for (const Evidence& one : finding.what.evidence) {
      json.begin_object();
      json.field("code", one.code), json.field("text", text_of(one, host_.real_offset_ns, kUtc));
      json.end_object();
    }
  }));
  row.json(json_array([&](Json& json) {
    for (const std::string& line : remedy) json.string(line);
  }));
  row.json(json_array([&](Json& json) {
    for (const ProcessKey& member : finding.what.members) json.string(id(member));
  }));
  database_.insert(kFinding, row.values());
}

}  // namespace stray
