// SPDX-License-Identifier: Apache-2.0
// The parser of the configuration file. docs/configuration.md describes what it takes.
#include <algorithm>
#include <filesystem>
#include <sstream>
#include <system_error>

#include "base/moment.hpp"
#include "config/config.hpp"
#include "config/kind_name.hpp"
#include "config/notify_keys.hpp"
#include "config/toml_reader.hpp"
#include "redact/redact.hpp"

namespace stray {
namespace {

class ConfigFile {
 public:
  ConfigFile(TomlReader toml, Config& out) : toml_(std::move(toml)), out_(out) {
    if (out_.detect.programs) rules_ = *out_.detect.programs;
  }

  std::vector<std::string> read() {
    const auto root = toml_.parse();
    if (!root) return toml_.problems();
    const auto list = [&](std::string_view name, void (ConfigFile::*take)(const toml::table&)) {
      return std::pair<std::string_view, TomlReader::Take>(name, [this, name, take](const toml::node& node) {
        toml_.tables(node, name, [&](const toml::table& entry) { (this->*take)(entry); });
      });
    };
    toml_.each_key(*root, {{"times", [&](const toml::node& n) { times(n); }},
                           {"limits", [&](const toml::node& n) { limits(n); }},
                           {"host", [&](const toml::node& n) { host(n); }},
                           {"after", [&](const toml::node& n) { after(n); }},
                           {"severity", [&](const toml::node& n) { severity(n); }},
                           {"redact", [&](const toml::node& n) { redact(n); }},
                           list("allow", &ConfigFile::allow),
                           list("runtime", &ConfigFile::runtime),
                           list("dev_tool", &ConfigFile::dev_tool),
                           list("supervisor", &ConfigFile::supervisor),
                           list("daemon", &ConfigFile::daemon),
                           list("notify", &ConfigFile::notify)});
    out_.detect.programs = std::make_shared<const ProgramRules>(std::move(rules_));
    return toml_.problems();
  }

 private:
  void from_here(const std::string& key, const toml::source_region& at) {
    out_.origins[key] = toml_.where(at);
  }
  void entry_from(std::string_view list, std::size_t size, const toml::table& entry) {
    from_here(std::string(list) + "." + std::to_string(size - 1), entry.source());
  }

  void times(const toml::node& node) {
    const toml::table* table = toml_.table(node, "times");
    if (!table) return;
    TomlReader::Keys keys;
    for (const TimeKey& key : time_keys())
      keys.emplace_back(key.name, [this, &key](const toml::node& value) {
        duration(value, key.name, [&](BootTime time) { out_.detect.*(key.value) = time; });
        from_here("times." + std::string(key.name), value.source());
      });
    toml_.each_key(*table, keys);
  }

  void limits(const toml::node& node) {
    const toml::table* table = toml_.table(node, "limits");
    if (!table) return;
    TomlReader::Keys keys;
    keys.emplace_back("memory_limit", [this](const toml::node& value) {
      from_here("limits.memory_limit", value.source());
      if (const auto text = toml_.text(value, "memory_limit"))
        toml_.guard(value, [&] { out_.detect.memory_limit = parse_size(*text, "memory_limit"); });
      if (out_.detect.memory_limit == 0) toml_.problem(value.source(), "memory_limit must not be 0");
    });
    for (const CountKey& key : count_keys())
      keys.emplace_back(key.name, [this, &key](const toml::node& value) {
        constexpr std::int64_t kMost = 1'000'000;
        from_here("limits." + std::string(key.name), value.source());
        const auto number = toml_.number(value, key.name);
        if (!number) return;
        if (*number < 1 || *number > kMost)
          return toml_.problem(value.source(),
                               std::string(key.name) + " must be from 1 to " + std::to_string(kMost));
        out_.detect.*(key.value) = static_cast<std::uint32_t>(*number);
      });
    toml_.each_key(*table, keys);
  }

  void host(const toml::node& node) {
    const toml::table* table = toml_.table(node, "host");
    if (!table) return;
    const auto list = [this](std::string_view name, std::vector<std::string>& out) {
      return [this, name, &out](const toml::node& value) {
        from_here("host." + std::string(name), value.source());
        out = toml_.texts(value, name);
      };
    };
    toml_.each_key(*table, {{"launcher_units", list("launcher_units", rules_.launcher_units)},
                            {"pidfile_dirs", [&](const toml::node& value) {
                               list("pidfile_dirs", out_.pidfile_dirs)(value);
                               for (const std::string& directory : out_.pidfile_dirs)
                                 if (!directory.starts_with('/'))
                                   toml_.problem(value.source(),
                                                 "pidfile_dirs: \"" + directory +
                                                     "\" is not a whole path; begin it with /");
                             }}});
  }

  void duration(const toml::node& value, std::string_view key, const std::function<void(BootTime)>& take) {
    if (const auto text = toml_.text(value, key))
      toml_.guard(value, [&] { take(parse_duration(*text, key)); });
  }

  // Calls take(kind, value) for each key that names a kind.
  void by_kind(const toml::node& node, std::string_view name,
               const std::function<void(Kind, const toml::key&, const toml::node&)>& take) {
    const toml::table* table = toml_.table(node, name);
    if (!table) return;
    for (const auto& [key, value] : *table) {
      const auto kind = kind_of(key.str());
      if (!kind) {
        toml_.problem(key.source(), not_a_kind(key.str()));
        continue;
      }
      from_here(std::string(name) + "." + std::string(key.str()), value.source());
      take(*kind, key, value);
    }
  }

  void after(const toml::node& node) {
    by_kind(node, "after", [&](Kind kind, const toml::key& key, const toml::node& value) {
      duration(value, key.str(), [&](BootTime time) { out_.detect.after[kind] = time; });
    });
  }

  void severity(const toml::node& node) {
    by_kind(node, "severity", [&](Kind kind, const toml::key& key, const toml::node& value) {
      const auto text = toml_.text(value, key.str());
      if (!text) return;
      toml_.guard(value, [&] { out_.detect.severity[kind] = parse_severity(*text, key.str()); });
    });
  }

  void redact(const toml::node& node) {
    const toml::table* table = toml_.table(node, "redact");
    if (!table) return;
    const auto patterns = [&](const toml::node& value) {
      from_here("redact.patterns", value.source());
      if (!value.is_array()) return toml_.problem(value.source(), "patterns must be a list of strings");
      for (const auto& entry : *value.as_array()) {
        const auto pattern = entry.value<std::string>();
        if (!entry.is_string() || pattern->empty()) {
          toml_.problem(entry.source(), "a redaction pattern must be a string that is not empty");
          continue;
        }
        try {
          Redactor{{*pattern}, false};
          out_.redact.push_back(*pattern);
        } catch (const std::invalid_argument& error) {
          toml_.problem(entry.source(), error.what());
        }
      }
    };
    const auto builtin = [&](const toml::node& value) {
      from_here("redact.builtin", value.source());
      out_.redact_builtin = toml_.yes_or_no(value, "builtin").value_or(true);
    };
    toml_.each_key(*table, {{"patterns", patterns}, {"builtin", builtin}});
  }

  TomlReader::Take kinds(std::vector<Kind>& out) {
    return [this, &out](const toml::node& node) {
      for (const std::string& name : toml_.texts(node, "kind"))
        toml_.guard(node, [&] { out.push_back(parse_kind(name, "kind")); });
    };
  }
  // A date, or a date and a time, as TOML or as text; without an offset in the local time zone. A date means
  // that whole day.
  std::optional<std::int64_t> moment(const toml::node& node) {
    constexpr std::int64_t kDay = 86'400'000'000'000;
    std::ostringstream text;
    if (node.is_date())
      text << node.as_date()->get();
    else if (node.is_date_time())
      text << node.as_date_time()->get();
    else
      text << node.value<std::string>().value_or("");
    const bool day = text.str().size() == std::string_view("2027-06-30").size();
    const auto out = parse_date(text.str());
    if (!out)
      toml_.problem(node.source(), "until: write a date, as in until = 2027-06-30, or \"2027-06-30 18:00\"");
    return out && day ? *out + kDay : out;
  }

  void allow(const toml::table& entry) {
    Allow one;
    const std::size_t before = toml_.count();
    toml_.each_key(entry, {{"exe", toml_.into(one.exe, "exe")},
                           {"argv", toml_.into(one.argv, "argv")},
                           {"user", toml_.into(one.user, "user")},
                           {"unit", toml_.into(one.unit, "unit")},
                           {"kind", kinds(one.kinds)},
                           {"until", [&](const toml::node& node) { one.until = moment(node); }},
                           {"reason", toml_.into(one.reason, "reason")}});
    const bool all = one.exe.empty() && one.argv.empty() && one.user.empty() && one.unit.empty();
    if (all && toml_.count() == before)  // what was meant to narrow it may be reported already
      toml_.problem(entry.source(),
                    "an [[allow]] needs exe, argv, user or unit: else it would allow everything");
    if (one.reason.empty()) toml_.problem(entry.source(), "an [[allow]] needs a reason");
    out_.detect.allow.push_back(std::move(one));
    entry_from("allow", out_.detect.allow.size(), entry);
  }

  // What every rule for a program has.
  TomlReader::Keys program_keys(std::string& name, ProgramMatch& match) {
    return {{"name", toml_.into(name, "name")},
            {"exe", toml_.into(match.exe, "exe")},
            {"argv", toml_.into(match.argv, "argv")}};
  }
  template <typename Rule>
  void keep(std::vector<Rule>& rules, Rule rule, std::string_view list, const toml::table& entry) {
    if (rule.name.empty()) toml_.problem(entry.source(), "a [[" + std::string(list) + "]] needs a name");
    if (rule.match.exe.empty() && rule.match.argv.empty())
      toml_.problem(entry.source(), "a [[" + std::string(list) + "]] needs exe or argv to know it by");
    rules.push_back(std::move(rule));
    entry_from(list, rules.size(), entry);
  }

  void runtime(const toml::table& entry) {
    LanguageRule rule;
    auto keys = program_keys(rule.name, rule.match);
    keys.emplace_back("like", [&](const toml::node& value) {
      const auto text = toml_.text(value, "like");
      const auto like = runtime_named(text.value_or(""));
      if (text && !like)
        toml_.problem(value.source(),
                      "like must be \"node\", \"bun\", \"deno\", \"electron\", \"python\", \"ruby\", "
                      "\"java\" or \"php\"");
      rule.like = like.value_or(Runtime::none);
    });
    keys.emplace_back("value_options", toml_.into(rule.value_options, "value_options"));
    keys.emplace_back("eval_options", toml_.into(rule.eval_options, "eval_options"));
    keys.emplace_back("module_options", toml_.into(rule.module_options, "module_options"));
    keys.emplace_back("file_options", toml_.into(rule.file_options, "file_options"));
    toml_.each_key(entry, keys);
    keep(rules_.runtimes, std::move(rule), "runtime", entry);
  }

  void dev_tool(const toml::table& entry) {
    DevToolRule rule;
    auto keys = program_keys(rule.name, rule.match);
    keys.emplace_back("watcher", toml_.into(rule.watcher, "watcher"));
    keys.emplace_back("data_explorer", toml_.into(rule.data_explorer, "data_explorer"));
    toml_.each_key(entry, keys);
    keep(rules_.dev_tools, std::move(rule), "dev_tool", entry);
  }

  void supervisor(const toml::table& entry) {
    SupervisorRule rule;
    auto keys = program_keys(rule.name, rule.match);
    keys.emplace_back("restarts", toml_.into(rule.restarts, "restarts"));
    keys.emplace_back("by_system", toml_.into(rule.by_system, "by_system"));
    toml_.each_key(entry, keys);
    keep(rules_.supervisors, std::move(rule), "supervisor", entry);
  }

  void daemon(const toml::table& entry) {
    DaemonRule rule;
    toml_.each_key(entry, program_keys(rule.name, rule.match));
    keep(rules_.daemons, std::move(rule), "daemon", entry);
  }

  void notify(const toml::table& entry) {
    out_.notify.push_back(read_notify(toml_, entry, out_.notify));
    entry_from("notify", out_.notify.size(), entry);
  }

  TomlReader toml_;
  Config& out_;
  ProgramRules rules_;
};

}  // namespace

std::vector<std::string> read_config(const std::string& path, Config& out) {
  out.file = path;
  return ConfigFile(TomlReader(path, TomlReader::Trust::own), out).read();
}

std::string snippet_folder(const std::string& file) {
  return (std::filesystem::path(file).parent_path() / "conf.d").string();
}

std::vector<std::string> read_snippets(const std::string& folder, Config& out) {
  std::error_code error;
  std::vector<std::string> found, problems;
  for (std::filesystem::directory_iterator at(folder, error), end; at != end; at.increment(error))
    if (at->path().extension() == ".toml") found.push_back(at->path().string());
  if (error && error != std::errc::no_such_file_or_directory && error != std::errc::not_a_directory)
    problems.push_back(folder + ": " + error.message());
  std::sort(found.begin(), found.end());
  for (const std::string& path : found) {
    for (std::string& problem : ConfigFile(TomlReader(path, TomlReader::Trust::own), out).read())
      problems.push_back(std::move(problem));
    out.snippets.push_back(path);
  }
  return problems;
}

std::vector<std::string> read_config_text(std::string_view text, Config& out) {
  return ConfigFile(TomlReader("text", std::string(text)), out).read();
}

}  // namespace stray
