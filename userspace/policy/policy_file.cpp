// SPDX-License-Identifier: Apache-2.0
#include <arpa/inet.h>

#include <algorithm>
#include <charconv>

#include "base/layout.hpp"
#include "base/nearest.hpp"
#include "base/units.hpp"
#include "config/kind_name.hpp"
#include "config/toml_reader.hpp"
#include "policy/policy.hpp"
#include "program/supervisors.hpp"
#include "supervision/supervision.hpp"

namespace stray {
namespace {

constexpr Verdict kVerdicts[] = {Verdict::systemd,    Verdict::pm2,   Verdict::container,
                                 Verdict::supervisor, Verdict::login, Verdict::multiplexer,
                                 Verdict::job,        Verdict::nobody};

std::vector<std::string> supervisor_names() {
  std::vector<std::string> out;
  for (const Verdict verdict : kVerdicts) out.emplace_back(to_string(verdict));
  for (const SupervisorKind& kind : all_supervisors())
    if (std::find(out.begin(), out.end(), kind.name) == out.end()) out.emplace_back(kind.name);
  return out;
}

class PolicyFile {
 public:
  PolicyFile(TomlReader toml, const PolicyNames& names, Policy& out)
      : toml_(std::move(toml)), names_(names), out_(out) {}

  std::vector<std::string> read() {
    const auto root = toml_.parse();
    if (!root) return toml_.problems();
    const auto tables = [this](std::string_view name, void (PolicyFile::*take)(const toml::table&)) {
      return std::pair<std::string_view, TomlReader::Take>(name, [this, name, take](const toml::node& node) {
        toml_.tables(node, name, [&](const toml::table& entry) { (this->*take)(entry); });
      });
    };
    toml_.each_key(*root, {tables("app", &PolicyFile::app),
                           tables("forbid", &PolicyFile::forbid),
                           {"findings", [this](const toml::node& node) { findings(node); }}});
    if (root->empty())
      toml_.problem(root->source(), "an empty policy: write [[app]], [[forbid]] or [findings]");
    return toml_.problems();
  }

 private:
  TomlReader::Take level(Level& out) {
    return [this, &out](const toml::node& node) {
      const auto text = toml_.text(node, "level");
      if (text && *text != "warning" && *text != "critical")
        toml_.problem(node.source(), "level must be \"warning\" or \"critical\"");
      out = text == "warning" ? Level::warning : Level::critical;
    };
  }

  TomlReader::Take match(PolicyMatch& out) {
    return [this, &out](const toml::node& node) {
      const toml::table* table = toml_.table(node, "match");
      if (!table) return;
      toml_.each_key(*table, {{"exe", toml_.into(out.exe, "exe")},
                              {"argv", toml_.into(out.argv, "argv")},
                              {"cwd", toml_.into(out.cwd, "cwd")},
                              {"user", [&](const toml::node& user) { out.user = this->user(user); }}});
    };
  }
  void needs_match(const PolicyMatch& match, std::string_view name, const toml::table& entry) {
    if (match.exe.empty() && match.argv.empty() && match.cwd.empty() && match.user.empty())
      toml_.problem(entry.source(), "a [[" + std::string(name) +
                                        "]] needs a match, as in match = { argv = \"node /srv/web/*\" }");
  }

  // A name, a number or a pattern. A name must be one of this host's.
  std::string user(const toml::node& node) {
    const std::string name = toml_.text(node, "user").value_or("");
    const bool pattern = name.find_first_of("*?[") != std::string::npos;
    const bool number = name.find_first_not_of("0123456789") == std::string::npos;
    if (names_.is_user && !pattern && !number && !names_.is_user(name))
      toml_.problem(node.source(), "user: this host has no user \"" + name + "\"" +
                                       did_you_mean(name, names_.users) +
                                       "; write a name, a number or a pattern");
    return name;
  }

  // A verdict, or the name of a supervisor.
  std::optional<std::string> supervisor(const toml::node& node) {
    const auto name = toml_.text(node, "supervisor");
    std::vector<std::string> known = supervisor_names();
    known.insert(known.end(), names_.supervisors.begin(), names_.supervisors.end());
    if (name == "none") return std::string(to_string(Verdict::nobody));
    if (!name || std::find(known.begin(), known.end(), *name) != known.end()) return name;
    toml_.problem(node.source(), "supervisor: \"" + *name + "\" is not a supervisor" +
                                     did_you_mean(*name, known) + "; write one of " + joined(known));
    return name;
  }

  std::string listening(const std::string& text, const toml::node& node) {
    const auto colon = text.rfind(':');
    const std::string port = text.substr(colon == std::string::npos ? 0 : colon + 1);
    std::string address = colon == std::string::npos ? "" : text.substr(0, colon);
    unsigned number = 0;
    const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), number);
    if (error != std::errc{} || end != port.data() + port.size() || number == 0 || number > 65535)
      toml_.problem(
          node.source(),
          "listens: \"" + text + "\" has no port from 1 to 65535; write 127.0.0.1:3000, [::1]:3000 or 3000");
    const bool six = address.starts_with('[') && address.ends_with(']');
    if (six) address = address.substr(1, address.size() - 2);
    in6_addr unused;
    if (colon != std::string::npos && ::inet_pton(six ? AF_INET6 : AF_INET, address.c_str(), &unused) != 1)
      toml_.problem(node.source(),
                    "listens: \"" + text + "\" has no address; write 127.0.0.1:3000, [::1]:3000 or 3000");
    return text;
  }

  TomlReader::Take text(std::optional<std::string>& out, std::string_view key) {
    return [this, &out, key](const toml::node& node) { out = toml_.text(node, key); };
  }
  TomlReader::Take flag(std::optional<bool>& out, std::string_view key) {
    return [this, &out, key](const toml::node& node) { out = toml_.yes_or_no(node, key); };
  }

  std::uint64_t count(const toml::node& node, std::string_view key) {
    const auto number = toml_.number(node, key).value_or(0);
    if (number < 0) toml_.problem(node.source(), std::string(key) + " must not be negative");
    return number < 0 ? 0 : static_cast<std::uint64_t>(number);
  }

  void instances(const toml::node& node, AppRule& rule) {
    if (!node.is_table()) {
      if (!node.is_integer())
        return toml_.problem(node.source(), "instances is a number, or { min = 1, max = 4 }");
      rule.least = rule.most = count(node, "instances");
      return;
    }
    toml_.each_key(*node.as_table(), {{"min", [&](const toml::node& n) { rule.least = count(n, "min"); }},
                                      {"max", [&](const toml::node& n) { rule.most = count(n, "max"); }}});
    if (rule.least > rule.most) toml_.problem(node.source(), "instances: min is more than max");
  }

  void app(const toml::table& entry) {
    AppRule rule;
    const auto memory = [&](const toml::node& node) {
      const auto size = toml_.text(node, "memory_below");
      if (!size) return;
      toml_.guard(node, [&] { rule.memory_below = parse_size(*size, "memory_below"); });
      if (rule.memory_below == 0u) toml_.problem(node.source(), "memory_below must not be 0");
    };
    const auto listens = [&](const toml::node& node) {
      for (const std::string& one : toml_.texts(node, "listens"))
        rule.listens.push_back(listening(one, node));
    };
    toml_.each_key(entry,
                   {{"name", toml_.into(rule.name, "name")},
                    {"match", match(rule.match)},
                    {"level", level(rule.level)},
                    {"instances", [&](const toml::node& node) { instances(node, rule); }},
                    {"supervisor", [&](const toml::node& node) { rule.supervisor = supervisor(node); }},
                    {"unit", text(rule.unit, "unit")},
                    {"memory_below", memory},
                    {"restarts", flag(rule.restarts, "restarts")},
                    {"saved_for_reboot", flag(rule.saved_for_reboot, "saved_for_reboot")},
                    {"listens", listens},
                    {"user", [&](const toml::node& node) { rule.user = user(node); }}});
    if (rule.name.empty()) toml_.problem(entry.source(), "an [[app]] needs a name");
    needs_match(rule.match, "app", entry);
    out_.apps.push_back(std::move(rule));
  }

  void forbid(const toml::table& entry) {
    ForbidRule rule;
    toml_.each_key(entry, {{"match", match(rule.match)},
                           {"reason", toml_.into(rule.reason, "reason")},
                           {"level", level(rule.level)}});
    if (rule.reason.empty()) toml_.problem(entry.source(), "a [[forbid]] needs a reason");
    needs_match(rule.match, "forbid", entry);
    out_.forbidden.push_back(std::move(rule));
  }

  void findings(const toml::node& node) {
    const toml::table* table = toml_.table(node, "findings");
    if (!table) return;
    FindingsRule rule;
    const auto none = [&](const toml::node& value) {
      if (toml_.yes_or_no(value, "none").value_or(false)) rule.kinds.assign(kKinds.begin(), kKinds.end());
    };
    const auto kinds = [&](const toml::node& value) {
      for (const std::string& name : toml_.texts(value, "none_of"))
        toml_.guard(value, [&] { rule.kinds.push_back(parse_kind(name, "none_of")); });
    };
    toml_.each_key(*table, {{"none", none}, {"none_of", kinds}, {"level", level(rule.level)}});
    if (rule.kinds.empty())
      toml_.problem(node.source(), "[findings] needs none = true, or none_of = [\"orphan\", ...]");
    out_.findings = std::move(rule);
  }

  TomlReader toml_;
  const PolicyNames& names_;
  Policy& out_;
};

}  // namespace

std::vector<std::string> read_policy(const std::string& path, const PolicyNames& names, Policy& out) {
  return PolicyFile(TomlReader(path), names, out).read();
}

std::vector<std::string> read_policy_text(std::string_view text, Policy& out) {
  const PolicyNames none;
  return PolicyFile(TomlReader("text", std::string(text)), none, out).read();
}

}  // namespace stray
