// SPDX-License-Identifier: Apache-2.0
#include "sinks/ecs_doc.hpp"

#include <algorithm>
#include <functional>

#include "base/words.hpp"
#include "findings/rules.hpp"
#include "supervision/supervision.hpp"

namespace stray {
namespace {

constexpr std::size_t kLineageDepth = 32;
constexpr std::size_t kSaid = 16384;  // a power of two

// What of a process an output says once: all that its later documents leave out.
std::size_t facts_of(const Process& p) {
  std::size_t facts = std::hash<std::string_view>()(p.exe());
  const auto add = [&](std::size_t more) { facts = (facts ^ more) * 0x9e3779b97f4a7c15ULL; };
  add(ProcessKeyHash()(p.parent ? p.parent->key : p.parent_key));
  add(std::size_t{p.uid} << 8 | static_cast<std::size_t>(p.parent_edge));
  return facts;
}

std::string_view name_of(const Process& p) {
  if (!p.exe().empty()) return file_name(p.exe());
  return p.image ? std::string_view(p.image->comm) : std::string_view();
}

}  // namespace

Ecs::Ecs(const Host& host, LineageIn lineage) : host_(host), said_(lineage == LineageIn::ids ? kSaid : 0) {}

void Ecs::forget_what_was_said() { std::fill(said_.begin(), said_.end(), Said{}); }

bool Ecs::was_said(const Process& p) const {
  if (said_.empty()) return false;
  const Said& said = said_[ProcessKeyHash()(p.key) >> 50];
  return said.key == p.key && said.facts == facts_of(p);
}

bool Ecs::lineage_was_said(const Process& p) const {
  const Process* up = p.parent;
  for (std::size_t depth = 1; up && depth < kLineageDepth; up = up->parent, ++depth)
    if (!was_said(*up)) return false;
  return !said_.empty();
}

void Ecs::say(const Process& p) {
  if (!said_.empty()) said_[ProcessKeyHash()(p.key) >> 50] = {p.key, facts_of(p)};
}

const std::string& Ecs::constants() {
  const std::string of = host_.boot_id + '\0' + host_.name + '\0' + host_.machine_id + '\0' + host_.version;
  if (of == constants_of_) return constants_;
  constants_of_ = of;
  constants_.clear();
  Json json(constants_);
  json.begin_object("agent");
  json.plain("type", "stray");
  json.field("version", host_.version);
  if (!host_.machine_id.empty()) json.field("id", host_.machine_id);
  json.end_object();
  json.begin_object("host");
  json.field("name", host_.name);
  json.field("hostname", host_.name);
  if (!host_.machine_id.empty()) json.field("id", host_.machine_id);
  json.begin_object("boot");
  json.plain("id", host_.boot_id);
  json.end_object();
  json.begin_object("os");
  json.plain("type", "linux");
  json.field("kernel", host_.kernel);
  json.end_object();
  json.end_object();
  return constants_;
}

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

Ecs::Doc::Doc(Ecs& owner, std::string& into, const Head& head)
    : ecs(owner), out(into), json(into), brief(head.brief) {
  json.begin_object();
  json.key("@timestamp");
  stamp(ecs.now_, head.time);
  if (!brief) json.here() += R"("ecs":{"version":"8.17.0"})";
  json.here() += R"("event":{"kind":")";
  out += head.kind;
  out += R"(","category":["process"],"type":[")";
  out += head.type;
  out += R"("],"action":")";
  out += head.action;
  out += '"';
  if (head.severity) out += ",\"severity\":" + std::to_string(head.severity);
  if (brief) {
    out += R"(},"host":{"boot":{"id":")";
    out += ecs.host_.boot_id;
    out += "\"}}";
    return;
  }
  out += R"(,"module":"stray","dataset":")";
  out += head.dataset;
  // Derived, not counted: a replay says the same.
  out += R"(","id":")";
  out += head.about.empty() ? ecs.host_.boot_id : head.about;
  out += '-';
  out += head.action;
  out += '-';
  out += std::to_string(head.time.count());
  out += "\"}";
  json.here() += ecs.constants();
}

void Ecs::Doc::stamp(Rfc3339& format, BootTime time) {
  json.here() += '"';
  format.append(out, ecs.host_.real_ns(time));
  out += '"';
}

void Ecs::Doc::text(std::string_view name, std::string_view field, std::string_view value) {
  json.key(name);
  if (!json.string(value)) bad.emplace_back(field, value);
}

void Ecs::Doc::args(const Process& p) {
  bool valid = true;
  std::uint32_t count = 0;
  json.begin_array("args");
  p.argv().each([&](std::string_view word) { valid &= json.string(word), ++count; });
  json.end_array();
  if (!valid) bad.emplace_back("process.args", p.argv().bytes());
  if (!brief || count != p.image->argc) json.field("args_count", p.image->argc);
}

// As the tools that read documents search it; the words themselves are in args.
void Ecs::Doc::command_line(const Process& p) {
  if (p.argv().bytes().empty()) return;
  std::string line;
  p.argv().each([&](std::string_view word) { (line += line.empty() ? "" : " ") += word; });
  json.field("command_line", line);
}

void Ecs::Doc::key_fields(ProcessKey key) { json.here() += ecs.ref(key); }

void Ecs::Doc::names(const Process& p) {
  if (!p.exe().empty())
    text("executable", "process.executable", p.exe()), json.field("name", name_of(p));
  else if (!name_of(p).empty())
    text("name", "process.name", name_of(p));
}

void Ecs::Doc::relative(std::string_view name, const Process* p, ProcessKey key) {
  if (!p && !key) return;
  json.begin_object(name);
  key_fields(p ? p->key : key);
  if (p && !p->exe().empty() && !said(*p)) text("executable", "process.parent.executable", p->exe());
  json.end_object();
}

void Ecs::Doc::parent(const Process& p, Part part) {
  if (!p.parent && !p.parent_key) return;
  json.begin_object("parent");
  key_fields(p.parent ? p.parent->key : p.parent_key);
  if (p.parent) {
    const bool known = said(*p.parent);
    if (!known && !p.parent->exe().empty()) text("executable", "process.parent.executable", p.parent->exe());
    if (const auto name = name_of(*p.parent); !name.empty() && (!known || part == Part::whole))
      json.field("name", name);
    if (!brief && part == Part::whole) command_line(*p.parent);
  }
  json.end_object();
}

void Ecs::Doc::start_of(const Process& p) {
  json.key("start");
  stamp(ecs.start_, p.key.start);
}

void Ecs::Doc::user(const Process& p) {
  json.begin_object("user");
  json.plain("id", std::to_string(p.uid));
  if (const std::string_view name = account_name(p); !name.empty()) json.field("name", name);
  json.end_object();
}

void Ecs::Doc::process(const Process& p, Part part) {
  json.begin_object("process");
  key_fields(p.key);
  if (part == Part::id) return;
  start_of(p);
  names(p);
  if (part == Part::whole) {
    if (p.image && !p.image->argv.empty()) args(p), command_line(p);
    if (p.image && !p.image->cwd.empty())
      text("working_directory", "process.working_directory", p.image->cwd);
  }
  parent(p, part);
  user(p);
  if (part == Part::whole && p.tty) {
    json.here() += R"("tty":{"char_device":{"major":)" + std::to_string(p.tty.major) + R"(,"minor":)" +
                   std::to_string(p.tty.minor) + "}}";
  }
  if (part == Part::whole) leaders(p);
}

void Ecs::Doc::container(const Process& p) {
  if (p.cgroup().size() < 2) return;
  const CgroupPlace place = place_in_cgroup(p.cgroup());
  if (place.kind != CgroupPlace::Kind::container) return;
  json.begin_object("container");
  json.field("id", place.container);
  json.end_object();
}

void Ecs::Doc::edge(const Process& p) {
  if (brief && p.parent_edge != Edge::observed) json.plain("edge", to_string(p.parent_edge));
}

void Ecs::Doc::leaders(const Process& p) {
  const Process* entry = &p;
  while (entry->parent && !entry->parent->namespace_init && entry->parent->key.tgid > 2 &&
         entry->parent->program().breaker == Breaker::none)
    entry = entry->parent;
  const bool that_of_the_parent = entry != &p && p.parent && said(*p.parent);
  if (!that_of_the_parent) relative("entry_leader", entry, entry->key);
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
  std::size_t depth = 0;
  for (const Process* up = &p; up && depth < kLineageDepth; up = up->parent, ++depth) ecs.say(*up);
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
  if (treatment.frees_cpu) json.field("frees_cpu_permille", treatment.frees_cpu);
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
