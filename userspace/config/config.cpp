// SPDX-License-Identifier: Apache-2.0
#include "config/config.hpp"

#include <algorithm>

#include "base/json.hpp"
#include "base/layout.hpp"
#include "base/time_text.hpp"
#include "config/kind_name.hpp"

namespace stray {
namespace {

// A TOML basic string.
std::string quoted(std::string_view text) {
  static constexpr char digits[] = "0123456789abcdef";
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\')
      (out += '\\') += c;
    else if (byte < 0x20 || byte == 0x7f)
      ((out += "\\u00") += digits[byte >> 4]) += digits[byte & 15];
    else
      out += c;
  }
  return out + '"';
}

std::string quoted(const std::vector<std::string>& list) {
  return "[" + joined(list, ", ", [](const std::string& one) { return quoted(one); }) + "]";
}

std::string yes_or_no(bool value) { return value ? "true" : "false"; }

// One value of the whole configuration, as the file would say it.
struct Line {
  std::string table;  // "[times]", "[[allow]]"; entries of lists begin a table of their own
  std::string name, value, key;
  std::string_view meaning = {};
};

class Lines {
 public:
  explicit Lines(const Config& config) : config_(config) {
    times();
    limits();
    host();
    by_kind();
    out.push_back({"[redact]", "builtin", yes_or_no(config.redact_builtin), "redact.builtin"});
    out.push_back({"[redact]", "patterns", quoted(config.redact), "redact.patterns"});
    lists();
  }
  std::vector<Line> out;

 private:
  void times() {
    for (const TimeKey& key : time_keys())
      out.push_back({"[times]", std::string(key.name), quoted(duration_text(config_.detect.*(key.value))),
                     "times." + std::string(key.name), key.meaning});
  }
  void limits() {
    out.push_back({"[limits]", "memory_limit", quoted(size_text(config_.detect.memory_limit)),
                   "limits.memory_limit", "of a process that nothing else limits"});
    for (const CountKey& key : count_keys())
      out.push_back({"[limits]", std::string(key.name), std::to_string(config_.detect.*(key.value)),
                     "limits." + std::string(key.name), key.meaning});
  }
  void host() {
    const auto& rules = config_.detect.programs;
    out.push_back({"[host]", "launcher_units",
                   quoted(rules ? rules->launcher_units : std::vector<std::string>()), "host.launcher_units",
                   "start others' jobs and restart none of them"});
    out.push_back({"[host]", "pidfile_dirs", quoted(config_.pidfile_dirs), "host.pidfile_dirs",
                   "pid files may be there too"});
  }
  void by_kind() {
    for (const Kind kind : kKinds)
      if (const auto& time = config_.detect.after[kind])
        out.push_back({"[after]", std::string(to_string(kind)), quoted(duration_text(*time)),
                       "after." + std::string(to_string(kind))});
    for (const Kind kind : kKinds)
      if (const auto& level = config_.detect.severity[kind])
        out.push_back({"[severity]", std::string(to_string(kind)), quoted(to_string(*level)),
                       "severity." + std::string(to_string(kind))});
  }

  void text(std::string_view name, const std::string& value) {
    if (!value.empty()) out.push_back({table_, std::string(name), quoted(value), key_});
  }
  void list(std::string_view name, const std::vector<std::string>& value) {
    if (!value.empty()) out.push_back({table_, std::string(name), quoted(value), key_});
  }
  void flag(std::string_view name, bool value, bool usual) {
    if (value != usual) out.push_back({table_, std::string(name), yes_or_no(value), key_});
  }
  template <typename Rule>
  void each(std::string_view name, const std::vector<Rule>& rules, auto&& rest) {
    for (std::size_t i = 0; i < rules.size(); ++i) {
      table_ = "[[" + std::string(name) + "]]";
      key_ = std::string(name) + "." + std::to_string(i);
      if constexpr (requires { rules[i].match; }) {
        text("name", rules[i].name);
        list("exe", rules[i].match.exe);
        text("argv", rules[i].match.argv);
      }
      rest(rules[i]);
    }
  }
  void notify(const NotifyTarget& target) {
    const NotifyTarget usual;
    text("name", target.name), text("type", std::string(to_string(target.type)));
    list("kinds", names_of(target.kinds));
    if (target.severity != usual.severity) text("severity", std::string(to_string(target.severity)));
    flag("resolve", target.resolve, usual.resolve);
    if (target.rate.count) text("rate", rate_text(target.rate));
    if (target.timeout != usual.timeout) text("timeout", duration_text(target.timeout));
    list("command", target.command), text("user", target.user);
    if (target.parallel != usual.parallel)
      out.push_back({table_, "parallel", std::to_string(target.parallel), key_});
    text("url", target.url), text("header_file", target.header_file), text("ca_file", target.ca_file);
    flag("insecure_http", target.insecure_http, usual.insecure_http);
    list("to", target.to), text("from", target.from);
    if (target.sendmail != usual.sendmail) text("sendmail", target.sendmail);
  }
  static std::vector<std::string> names_of(const std::vector<Kind>& kinds) {
    std::vector<std::string> out;
    for (const Kind kind : kinds) out.emplace_back(to_string(kind));
    return out;
  }
  void lists() {
    each("allow", config_.detect.allow, [&](const Allow& a) {
      list("exe", a.exe), text("argv", a.argv), text("user", a.user), text("unit", a.unit);
      list("kind", names_of(a.kinds));
      if (a.until) text("until", second_text(*a.until));
      text("reason", a.reason);
    });
    each("notify", config_.notify, [&](const NotifyTarget& target) { notify(target); });
    if (!config_.detect.programs) return;
    const ProgramRules& rules = *config_.detect.programs;
    each("runtime", rules.runtimes, [&](const LanguageRule& r) {
      if (r.like != Runtime::none) text("like", std::string(to_string(r.like)));
      list("value_options", r.value_options), list("eval_options", r.eval_options);
      list("module_options", r.module_options), list("file_options", r.file_options);
    });
    each("dev_tool", rules.dev_tools, [&](const DevToolRule& r) {
      flag("watcher", r.watcher, false), flag("data_explorer", r.data_explorer, false);
    });
    each("supervisor", rules.supervisors, [&](const SupervisorRule& r) {
      flag("restarts", r.restarts, true), flag("by_system", r.by_system, false);
    });
    each("daemon", rules.daemons, [](const DaemonRule&) {});
  }

  const Config& config_;
  std::string table_, key_;
};

std::string origin(const Config& config, const std::string& key) {
  const auto it = config.origins.find(key);
  return it == config.origins.end() ? "default" : it->second;
}

}  // namespace

const std::vector<TimeKey>& time_keys() {
  using D = DetectOptions;
  static const std::vector<TimeKey> keys{
      {"orphan_grace", &D::orphan_grace, "orphaned for so long"},
      {"unsupervised_grace_listening", &D::unsupervised_grace_listening,
       "a server without a supervisor that listens or is orphaned"},
      {"unsupervised_grace_quiet", &D::unsupervised_grace_quiet, "one that does neither"},
      {"multiplexer_grace", &D::multiplexer_grace, "below tmux or screen"},
      {"devtool_grace", &D::devtool_grace, "a dev tool without a live terminal"},
      {"ide_grace", &D::ide_grace, "what an editor started and left behind"},
      {"stale_debounce", &D::stale_debounce, "a script must be missing for so long"},
      {"supervisor_lost_grace", &D::supervisor_lost_grace, "without the supervisor that started it"},
      {"interactive_max_age", &D::interactive_max_age, "at a live terminal; --after does not change it"},
      {"interactive_production_grace", &D::interactive_production_grace,
       "the same, with NODE_ENV=production and listening"},
      {"batch_max_age", &D::batch_max_age, "jobs of cron and at; an orphaned install, build or backup"},
      {"cli_max_age", &D::cli_max_age, "an orphaned test run, linter or other one-shot tool"},
      {"stale_interval", &D::stale_interval, "how often scripts are checked"},
      {"sample_interval", &D::sample_interval, "how often open findings are sampled"},
      {"orphan_warn_age", &D::orphan_warn_age, "a notice becomes a warning"},
      {"orphan_critical_age", &D::orphan_critical_age, "and a large one critical"},
      {"oom_keep", &D::oom_keep, "how long an oom-kill is reported"},
      {"inspector_grace", &D::inspector_grace, "an open inspector"},
      {"zombie_grace", &D::zombie_grace, "children that are not waited for"},
      {"hoard_interval", &D::hoard_interval, "between two counts of children that pile up"},
      {"storm_window", &D::storm_window, "restarts are counted in this time"},
      {"storm_calm", &D::storm_calm, "a restart storm is over after so long without one"},
      {"memory_calm", &D::memory_calm, "memory must be below its limit for so long"},
      {"old_code_warn_age", &D::old_code_warn_age, "old code becomes a warning"},
      {"min_age", &D::min_age, "younger processes are not reported"},
  };
  return keys;
}

const std::vector<CountKey>& count_keys() {
  using D = DetectOptions;
  static const std::vector<CountKey> keys{
      {"memory_samples", &D::memory_samples,
       "samples in a row, sample_interval apart, that must be above it"},
      {"storm_execs", &D::storm_execs, "starts within storm_window that make a restart storm"},
      {"hoard_children", &D::hoard_children, "idle children of one program that make a hoard"},
  };
  return keys;
}

std::vector<std::string> Config::expired(std::int64_t real_ns) const {
  std::vector<std::string> out;
  for (std::size_t i = 0; i < detect.allow.size(); ++i)
    if (const auto until = detect.allow[i].until; until && *until <= real_ns)
      out.push_back(origin(*this, "allow." + std::to_string(i)) + ": this [[allow]] ended on " +
                    date_text(*until, {}) + " and no longer applies (" + detect.allow[i].reason + ")");
  return out;
}

void take_after(const std::string& flag, Config& out) {
  const auto equals = flag.find('=');
  if (equals == std::string::npos)
    throw UsageError("--after: \"" + flag + "\" is not KIND=TIME, as orphan=30s is");
  const std::string name = flag.substr(0, equals);
  const BootTime time = parse_duration(flag.substr(equals + 1), "--after " + name);
  if (name != "all") parse_kind(name, "--after");
  for (const Kind kind : kKinds) {
    if (name != "all" && to_string(kind) != name) continue;
    out.detect.after[kind] = time;
    out.origins["after." + std::string(to_string(kind))] = "--after";
  }
}

void take_min_age(const std::string& text, Config& out) {
  out.detect.min_age = parse_duration(text, "--min-age");
  out.origins["times.min_age"] = "--min-age";
}

std::string config_text(const Config& config) {
  std::string out = "# " + (config.file.empty() ? std::string("no configuration file") : config.file) + "\n";
  for (const std::string& snippet : config.snippets) out += "# " + snippet + "\n";
  std::string table, key;
  for (const Line& line : Lines(config).out) {
    const bool entry = line.table.starts_with("[[");
    if (line.table != table || (entry && line.key != key)) {
      out += "\n" + line.table + (entry ? "  # " + origin(config, line.key) : "") + "\n";
      table = line.table, key = line.key;
    }
    const std::string left = line.name + " = " + line.value;
    out += left;
    if (!entry) {
      out += std::string(left.size() < 40 ? 40 - left.size() : 1, ' ') + "# " + origin(config, line.key);
      if (!line.meaning.empty()) out += ": " + std::string(line.meaning);
    }
    out += '\n';
  }
  return out;
}

std::string allow_text(const Allow& allow) {
  Config config;
  config.detect.allow = {allow};
  std::string out = "[[allow]]\n";
  for (const Line& line : Lines(config).out)
    if (line.table == "[[allow]]") out += line.name + " = " + line.value + "\n";
  return out;
}

std::string config_json(const Config& config) {
  std::string out;
  Json json(out);
  json.begin_object();
  json.field("file", config.file);
  json.begin_array("snippets");
  for (const std::string& snippet : config.snippets) json.string(snippet);
  json.end_array();
  json.begin_array("values");
  for (const Line& line : Lines(config).out) {
    json.begin_object();
    json.field("table", line.table);
    json.field("name", line.name);
    json.field("value", line.value);  // in TOML
    json.field("from", origin(config, line.key));
    json.end_object();
  }
  json.end_array();
  json.end_object();
  return out + "\n";
}

}  // namespace stray
