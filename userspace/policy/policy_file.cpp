// SPDX-License-Identifier: Apache-2.0
#include "base/units.hpp"
#include "config/toml_reader.hpp"
#include "policy/policy.hpp"

namespace stray {
namespace {

class PolicyFile {
 public:
  PolicyFile(TomlReader toml, Policy& out) : toml_(std::move(toml)), out_(out) {}

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
                              {"user", toml_.into(out.user, "user")}});
    };
  }
  void needs_match(const PolicyMatch& match, std::string_view name, const toml::table& entry) {
    if (match.exe.empty() && match.argv.empty() && match.cwd.empty() && match.user.empty())
      toml_.problem(entry.source(), "a [[" + std::string(name) +
                                        "]] needs a match, as in match = { argv = \"node /srv/web/*\" }");
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
      if (const auto size = toml_.text(node, "memory_below"))
        toml_.guard(node, [&] { rule.memory_below = parse_size(*size, "memory_below"); });
    };
    const auto listens = [&](const toml::node& node) {
      rule.listens = toml_.texts(node, "listens");
      for (const std::string& one : rule.listens) {
        const std::string port = one.substr(one.rfind(':') == std::string::npos ? 0 : one.rfind(':') + 1);
        if (port.empty() || port.find_first_not_of("0123456789") != std::string::npos)
          toml_.problem(node.source(), "listens: \"" + one + "\" has no port; write 127.0.0.1:3000 or 3000");
      }
    };
    toml_.each_key(entry, {{"name", toml_.into(rule.name, "name")},
                           {"match", match(rule.match)},
                           {"level", level(rule.level)},
                           {"instances", [&](const toml::node& node) { instances(node, rule); }},
                           {"supervisor", text(rule.supervisor, "supervisor")},
                           {"unit", text(rule.unit, "unit")},
                           {"memory_below", memory},
                           {"restarts", flag(rule.restarts, "restarts")},
                           {"saved_for_reboot", flag(rule.saved_for_reboot, "saved_for_reboot")},
                           {"listens", listens},
                           {"user", text(rule.user, "user")}});
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
      for (const std::string& name : toml_.texts(value, "none_of")) {
        if (const auto kind = kind_of(name))
          rule.kinds.push_back(*kind);
        else
          toml_.problem(value.source(), "none_of: \"" + name + "\" is no kind of finding");
      }
    };
    toml_.each_key(*table, {{"none", none}, {"none_of", kinds}, {"level", level(rule.level)}});
    if (rule.kinds.empty())
      toml_.problem(node.source(), "[findings] needs none = true, or none_of = [\"orphan\", ...]");
    out_.findings = std::move(rule);
  }

  TomlReader toml_;
  Policy& out_;
};

}  // namespace

std::vector<std::string> read_policy(const std::string& path, Policy& out) {
  return PolicyFile(TomlReader(path), out).read();
}

std::vector<std::string> read_policy_text(std::string_view text, Policy& out) {
  return PolicyFile(TomlReader("text", std::string(text)), out).read();
}

}  // namespace stray
