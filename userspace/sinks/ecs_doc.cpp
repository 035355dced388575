// SPDX-License-Identifier: Apache-2.0
#include "sinks/ecs_doc.hpp"

#include <algorithm>

#include "supervision/supervision.hpp"

namespace stray {
namespace {

constexpr std::size_t kLineageDepth = 32;

}  // namespace

const std::string& Ecs::ref(ProcessKey key) {
  if (boot_ != host_.boot) {
    boot_ = host_.boot;
    refs_.fill({}), above_.fill({});
  }
  Ref& ref = refs_[ProcessKeyHash()(key) >> 58];
  if (ref.key == key && !ref.text.empty()) return ref.text;
  ref.key = key;
  ref.text.clear();
  Json json(ref.text);
  json.plain("entity_id", process_id(host_.boot, key));
  json.field("pid", key.tgid);
  return ref.text;
}

const std::string* Ecs::above(const Process& p) {
  if (!p.parent) return nullptr;
  ref(p.parent->key);  // empties all that is of another boot
  Above& kept = above_[ProcessKeyHash()(p.parent->key) >> 60];
  const Process* up = p.parent;
  std::size_t same = 0;
  for (; up && same < kept.links.size(); up = up->parent, ++same) {
    const Above::Link& link = kept.links[same];
    if (link.key != up->key || link.edge != up->parent_edge || link.exe != up->exe()) break;
  }
  const bool whole = same == kept.links.size() && same > 0 && (!up || same + 1 == kLineageDepth);
  if (whole) return &kept.text;
  kept.links.clear(), kept.text.clear();
  for (up = p.parent; up && kept.links.size() + 1 < kLineageDepth; up = up->parent)
    kept.links.push_back({up->key, up->parent_edge, std::string(up->exe())});
  Json json(kept.text);
  for (auto link = kept.links.rbegin(); link != kept.links.rend(); ++link) {
    json.begin_object();
    json.here() += ref(link->key);
    if (!link->exe.empty()) {
      json.key("executable");
      if (!json.string(link->exe)) return kept.links.clear(), nullptr;
    }
    json.plain("edge", to_string(link->edge));
    json.end_object();
  }
  return &kept.text;
}

Ecs::Doc::Doc(Ecs& owner, std::string& into, BootTime time, std::string_view kind, std::string_view action,
              std::string_view type, int severity)
    : ecs(owner), out(into), json(into) {
  json.begin_object();
  json.key("@timestamp");
  stamp(ecs.now_, time);
  json.here() += R"("ecs":{"version":"8.17.0"},"event":{"kind":")";
  out += kind;
  out += R"(","category":["process"],"type":[")";
  out += type;
  out += R"("],"action":")";
  out += action;
  out += '"';
  if (severity) out += ",\"severity\":" + std::to_string(severity);
  out += '}';
}

void Ecs::Doc::stamp(Rfc3339& format, BootTime time) {
  json.here() += '"';
  format.append(out, ecs.host_.real_ns(time));
  out += '"';
}

void Ecs::Doc::host() {
  json.here() += R"("host":{"boot":{"id":")";
  out += ecs.host_.boot_id;
  out += "\"}}";
}

void Ecs::Doc::text(std::string_view name, std::string_view field, std::string_view value) {
  json.key(name);
  if (!json.string(value)) bad.emplace_back(field, value);
}

void Ecs::Doc::args(const Process& p) {
  bool valid = true;
  json.begin_array("args");
  p.argv().each([&](std::string_view word) { valid &= json.string(word); });
  json.end_array();
  if (!valid) bad.emplace_back("process.args", p.argv().bytes());
  json.field("args_count", p.image->argc);
}

void Ecs::Doc::key_fields(ProcessKey key) { json.here() += ecs.ref(key); }

void Ecs::Doc::relative(std::string_view name, const Process* p, ProcessKey key) {
  if (!p && !key) return;
  json.begin_object(name);
  key_fields(p ? p->key : key);
  if (p && !p->exe().empty()) text("executable", "process.parent.executable", p->exe());
  json.end_object();
}

void Ecs::Doc::start_of(const Process& p) {
  json.key("start");
  stamp(ecs.start_, p.key.start);
}

void Ecs::Doc::process(const Process& p, bool whole) {
  json.begin_object("process");
  key_fields(p.key);
  start_of(p);
  if (p.image) {
    if (!p.image->exe.empty())
      text("executable", "process.executable", p.image->exe);
    else if (!p.image->comm.empty())
      text("name", "process.name", p.image->comm);
    if (whole) {
      if (!p.image->argv.empty()) args(p);
      if (!p.image->cwd.empty()) text("working_directory", "process.working_directory", p.image->cwd);
    }
  }
  relative("parent", p.parent, p.parent_key);
  json.here() += R"("user":{"id":")";
  out += std::to_string(p.uid);
  out += "\"}";
  if (whole && p.tty) {
    json.here() += R"("tty":{"char_device":{"major":)" + std::to_string(p.tty.major) + R"(,"minor":)" +
                   std::to_string(p.tty.minor) + "}}";
  }
  if (whole) leaders(p);
}

void Ecs::Doc::leaders(const Process& p) {
  const Process* entry = &p;
  while (entry->parent && !entry->parent->namespace_init && entry->parent->key.tgid > 2 &&
         entry->parent->program().breaker == Breaker::none)
    entry = entry->parent;
  relative("entry_leader", entry, entry->key);
}

void Ecs::Doc::lineage(const Process& p) {
  json.begin_array("lineage");
  if (const std::string* text = ecs.above(p)) {
    json.here() += *text;
    link(p);
  } else {
    std::vector<const Process*> up{&p};
    while (up.back()->parent && up.size() < kLineageDepth) up.push_back(up.back()->parent);
    for (auto it = up.rbegin(); it != up.rend(); ++it) link(**it);
  }
  json.end_array();
}

void Ecs::Doc::link(const Process& p) {
  json.begin_object();
  key_fields(p.key);
  if (!p.exe().empty()) text("executable", "stray.lineage.executable", p.exe());
  json.plain("edge", to_string(p.parent_edge));
  json.end_object();
}

void Ecs::Doc::supervision(const Process& p, const Scene& scene) {
  const Supervision who = supervise(scene.lineage, p);
  json.begin_object("supervision");
  json.plain("verdict", to_string(who.verdict));
  text("name", "stray.supervision.name", who.name);
  json.plain("restarts", who.restarts == Restarts::yes  ? "yes"
                         : who.restarts == Restarts::no ? "no"
                                                        : "unknown");
  if (who.by || !who.whose.empty()) {
    json.plain("owner", to_string(who.owner));
    if (!who.whose.empty()) text("whose", "stray.supervision.whose", who.whose);
  }
  json.begin_array("evidence");
  for (const Evidence& e : who.evidence) json.string(e.text);
  json.end_array();
  const AfterReboot after = after_reboot(scene.lineage, p, who);
  json.plain("reboot", to_string(after.verdict));
  json.begin_array("reboot_evidence");
  for (const Evidence& e : after.evidence) json.string(e.text);
  json.end_array();
  json.end_object();
}

void Ecs::Doc::finding_id(const Finding& finding) {
  json.plain("id", std::string(to_string(finding.kind)) + ":" + id(finding.process));
  json.plain("kind", to_string(finding.kind));
}

void Ecs::Doc::treatment(const Treatment& treatment) {
  json.begin_object("treatment");
  json.plain("action", to_string(treatment.action));
  json.plain("decided_by", to_string(treatment.decided_by));
  json.plain("title", treatment.title);
  json.plain("why", treatment.why);
  if (!treatment.under.empty()) json.plain("under", treatment.under);
  json.begin_array("steps");
  for (const Step& step : treatment.steps) {
    json.begin_object();
    json.plain("when", to_string(step.when));
    text("text", "stray.treatment.text", step.text);
    if (!step.command.empty()) text("command", "stray.treatment.command", step.command);
    if (!step.expect.empty()) text("expect", "stray.treatment.expect", step.expect);
    json.end_object();
  }
  json.end_array();
  text("expected", "stray.treatment.expected", treatment.expected);
  json.field("frees_bytes", treatment.frees);
  json.plain("confidence", to_string(treatment.confidence));
  text("confidence_reason", "stray.treatment.confidence_reason", treatment.confidence_reason);
  json.begin_array("keep");
  for (const std::string& one : treatment.keep) json.string(one);
  json.end_array();
  json.end_object();
}

void Ecs::Doc::finish(std::uint64_t lost) {
  if (!bad.empty()) {
    json.begin_object("base64");
    std::sort(bad.begin(), bad.end());
    bad.erase(
        std::unique(bad.begin(), bad.end(), [](const auto& a, const auto& b) { return a.first == b.first; }),
        bad.end());
    for (const auto& [field, bytes] : bad) json.plain(field, base64(bytes));
    json.end_object();
  }
  json.field("lost", lost);
  json.end_object();
  json.end_object();
  out += '\n';
}

}  // namespace stray
