// SPDX-License-Identifier: Apache-2.0
#include "cli/options.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <toml++/toml.h>
#include <charconv>
#include <cstdlib>
#include <map>

namespace stray {
namespace {

const std::map<std::string_view, BootTime DetectOptions::*>& time_keys() {
  using D = DetectOptions;
  static const std::map<std::string_view, BootTime D::*> keys{
      {"orphan_grace", &D::orphan_grace},
      {"unsupervised_grace_listening", &D::unsupervised_grace_listening},
      {"unsupervised_grace_quiet", &D::unsupervised_grace_quiet},
      {"multiplexer_grace", &D::multiplexer_grace},
      {"devtool_grace", &D::devtool_grace},
      {"stale_debounce", &D::stale_debounce},
      {"supervisor_lost_grace", &D::supervisor_lost_grace},
      {"interactive_max_age", &D::interactive_max_age},
      {"interactive_production_grace", &D::interactive_production_grace},
      {"batch_max_age", &D::batch_max_age},
      {"stale_interval", &D::stale_interval},
      {"sample_interval", &D::sample_interval},
      {"orphan_warn_age", &D::orphan_warn_age},
      {"orphan_critical_age", &D::orphan_critical_age},
      {"oom_keep", &D::oom_keep},
      {"min_age", &D::min_age},
  };
  return keys;
}

std::string known_names(auto&& each) {
  std::string out;
  each([&](std::string_view name) { out += (out.empty() ? "" : ", ") + std::string(name); });
  return out;
}

std::string kind_names() {
  return known_names([](auto&& say) {
    for (const Kind kind : kKinds) say(to_string(kind));
  });
}

class ConfigFile {
 public:
  ConfigFile(const std::string& path, DetectOptions& out) : path_(path), out_(out) {}

  void read() {
    toml::table root;
    try {
      root = toml::parse_file(path_);
    } catch (const toml::parse_error& error) {
      throw UsageError(where(error.source()) + ": " + std::string(error.description()));
    }
    for (const auto& [key, node] : root) {
      if (key == "times")
        times(node);
      else if (key == "after")
        after(node);
      else if (key == "allow")
        allow(node);
      else
        unknown(key, "times, after, allow");
    }
  }

 private:
  std::string where(const toml::source_region& at) const {
    return path_ + ":" + std::to_string(at.begin.line);
  }
  [[noreturn]] void unknown(const toml::key& key, const std::string& known) const {
    throw UsageError(where(key.source()) + ": unknown key \"" + std::string(key.str()) +
                     "\"; known here: " + known);
  }
  const toml::table& table(const toml::node& node, std::string_view name) const {
    if (!node.is_table())
      throw UsageError(where(node.source()) + ": [" + std::string(name) + "] must be a table");
    return *node.as_table();
  }
  std::string text(const toml::node& node, std::string_view key) const {
    const auto value = node.value<std::string>();
    if (!node.is_string() || !value)
      throw UsageError(where(node.source()) + ": " + std::string(key) + " must be a string, as in \"30s\"");
    return *value;
  }

  void times(const toml::node& node) {
    for (const auto& [key, value] : table(node, "times")) {
      const auto it = time_keys().find(key.str());
      if (it == time_keys().end())
        unknown(key, known_names([](auto&& say) {
                  for (const auto& [name, member] : time_keys()) say(name);
                }));
      out_.*(it->second) =
          parse_duration(text(value, key.str()), where(value.source()) + ": " + std::string(key.str()));
    }
  }

  void after(const toml::node& node) {
    for (const auto& [key, value] : table(node, "after")) {
      const auto kind = kind_of(key.str());
      if (!kind) unknown(key, kind_names());
      out_.after[static_cast<std::size_t>(*kind)] =
          parse_duration(text(value, key.str()), where(value.source()) + ": " + std::string(key.str()));
    }
  }

  void allow(const toml::node& node) {
    if (!node.is_array_of_tables())
      throw UsageError(where(node.source()) + ": allow-lists are written as [[allow]]");
    for (const auto& entry : *node.as_array()) {
      Allow one;
      for (const auto& [key, value] : *entry.as_table()) {
        static const std::map<std::string_view, std::string Allow::*> fields{{"exe", &Allow::exe},
                                                                             {"argv", &Allow::argv},
                                                                             {"user", &Allow::user},
                                                                             {"unit", &Allow::unit},
                                                                             {"reason", &Allow::reason}};
        const auto it = fields.find(key.str());
        if (it == fields.end()) unknown(key, "exe, argv, user, unit, reason");
        one.*(it->second) = text(value, key.str());
      }
      if (one.reason.empty()) throw UsageError(where(entry.source()) + ": an [[allow]] needs a reason");
      if (one.exe.empty() && one.argv.empty() && one.user.empty() && one.unit.empty())
        throw UsageError(where(entry.source()) +
                         ": an [[allow]] without exe, argv, user or unit would allow everything");
      out_.allow.push_back(std::move(one));
    }
  }

  const std::string& path_;
  DetectOptions& out_;
};

void take_after(const std::string& flag, DetectOptions& out) {
  const auto equals = flag.find('=');
  if (equals == std::string::npos)
    throw UsageError("--after " + flag + ": write KIND=DURATION, as in --after orphan=30s");
  const std::string name = flag.substr(0, equals);
  const BootTime time = parse_duration(flag.substr(equals + 1), "--after " + name);
  if (name == "all") {
    out.after.fill(time);
    return;
  }
  const auto kind = kind_of(name);
  if (!kind) throw UsageError("--after " + flag + ": no such kind of finding; known: all, " + kind_names());
  out.after[static_cast<std::size_t>(*kind)] = time;
}

}  // namespace

BootTime parse_duration(std::string_view text, std::string_view where) {
  const auto bad = [&]() {
    return UsageError(std::string(where) + ": \"" + std::string(text) +
                      "\" is no duration; write it as 250ms, 30s, 10min, 1h30min or 7d");
  };
  if (text == "0") return BootTime{};
  static const std::map<std::string_view, std::uint64_t> units{
      {"ms", 1'000'000},        {"s", 1'000'000'000},      {"min", 60'000'000'000},   {"m", 60'000'000'000},
      {"h", 3'600'000'000'000}, {"d", 86'400'000'000'000}, {"w", 604'800'000'000'000}};
  std::uint64_t total = 0;
  std::string_view rest = text;
  if (rest.empty()) throw bad();
  while (!rest.empty()) {
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), number);
    if (error != std::errc{}) throw bad();
    rest.remove_prefix(static_cast<std::size_t>(end - rest.data()));
    const auto letters = rest.find_first_of("0123456789");
    const auto unit = units.find(rest.substr(0, letters));
    if (unit == units.end()) throw bad();
    rest = letters == std::string_view::npos ? std::string_view() : rest.substr(letters);
    std::uint64_t part = 0;
    if (__builtin_mul_overflow(number, unit->second, &part) || __builtin_add_overflow(total, part, &total))
      throw bad();
  }
  if (total > days(36500).count()) throw bad();
  return BootTime{total};
}

std::uint64_t parse_size(std::string_view text, std::string_view where) {
  static const std::map<std::string_view, int> units{
      {"", 0}, {"KiB", 10}, {"MiB", 20}, {"GiB", 30}, {"TiB", 40}};
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const auto unit =
      units.find(std::string_view(end, static_cast<std::size_t>(text.data() + text.size() - end)));
  if (error != std::errc{} || unit == units.end() || number > (std::uint64_t{1} << 62 >> unit->second))
    throw UsageError(std::string(where) + " " + std::string(text) +
                     ": no size; write it as 64KiB, 8MiB or 4GiB");
  return number << unit->second;
}

DetectOptions detect_options(const CommonOptions& common) {
  DetectOptions out;
  std::string path = common.config;
  struct stat unused {};
  if (path.empty() && ::stat(std::string(kDefaultConfig).c_str(), &unused) == 0) path = kDefaultConfig;
  if (!path.empty()) {
    struct stat info {};
    if (::access(path.c_str(), R_OK) != 0 || ::stat(path.c_str(), &info) != 0)
      throw UsageError("--config " + path + ": " + std::strerror(errno));
    // The parser takes what it cannot read for an empty file.
    if (S_ISDIR(info.st_mode)) throw UsageError("--config " + path + ": " + std::strerror(EISDIR));
    ConfigFile(path, out).read();
  }
  for (const std::string& flag : common.after) take_after(flag, out);
  if (!common.min_age.empty()) out.min_age = parse_duration(common.min_age, "--min-age");
  return out;
}

std::string lines_text(std::uint64_t count) {
  return std::to_string(count) + (count == 1 ? " line" : " lines");
}

bool use_color(const CommonOptions& common, int fd) {
  if (common.color == "always") return true;
  if (common.color == "never" || std::getenv("NO_COLOR")) return false;
  return ::isatty(fd) == 1;
}

}  // namespace stray
