// SPDX-License-Identifier: Apache-2.0
#include "fleet/questions.hpp"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <tuple>

#include "base/layout.hpp"
#include "base/time_text.hpp"

namespace stray {
namespace {

using Row = nlohmann::json;

constexpr std::int64_t kSecond = 1'000'000'000;

std::string text(const Row& row, const char* name) {
  const auto it = row.find(name);
  return it != row.end() && it->is_string() ? it->get<std::string>() : std::string();
}

// ClickHouse writes 64-bit numbers as texts.
std::uint64_t number(const Row& row, const char* name) {
  const auto it = row.find(name);
  if (it == row.end()) return 0;
  if (it->is_number_unsigned()) return it->get<std::uint64_t>();
  return it->is_string() ? std::strtoull(it->get_ref<const std::string&>().c_str(), nullptr, 10) : 0;
}

std::vector<std::string> texts(const Row& row, const char* name) {
  std::vector<std::string> out;
  const auto it = row.find(name);
  if (it == row.end() || !it->is_array()) return out;
  for (const Row& one : *it)
    if (one.is_string()) out.push_back(one.get<std::string>());
  return out;
}

template <typename F>
void each_row(const std::vector<ShardAnswer>& shards, const F& f) {
  for (const ShardAnswer& shard : shards)
    for (const std::string& line : shard.rows)
      if (const Row row = Row::parse(line, nullptr, false); row.is_object()) f(row);
}

// Of the newest inventory of its host alone: a process that is gone is not in it.
constexpr const char* kAliveNow =
    " FROM alive_local FINAL WHERE (host, machine_id, boot, seen) IN (SELECT host, machine_id, boot, seen "
    "FROM "
    "host_local FINAL)";

std::string is_who(const char* pid, const char* id, const std::string& who) {
  const bool digits = !who.empty() && who.find_first_not_of("0123456789") == std::string::npos;
  return digits ? std::string(pid) + " = " + who : std::string(id) + " = " + sql_quote(who);
}

void add_finding(HostScan& scan, const Row& row) {
  const std::string id = text(row, "stray");
  HostStray& stray = scan.strays[id];
  stray.id = id;
  const std::string kind = text(row, "kind");
  if (std::find(stray.kinds.begin(), stray.kinds.end(), kind) == stray.kinds.end())
    stray.kinds.push_back(kind);
  stray.severity =
      std::max(stray.severity, static_cast<Severity>(std::min<std::uint64_t>(number(row, "severity"), 3)));
  const auto since = static_cast<std::int64_t>(number(row, "since_s")) * kSecond;
  stray.since = std::min(since, stray.since.value_or(since));
  if (stray.program.empty() || text(row, "process") == id) {
    stray.pid = static_cast<std::int64_t>(number(row, "pid"));
    stray.program = text(row, "program");
  }
  stray.decided_by = text(row, "decided_by");
  stray.action = text(row, "treatment");
  stray.title = text(row, "title");
  const auto remedy = texts(row, "remedy");
  if (!remedy.empty())
    stray.command = plain_command(std::string_view(remedy.front()).substr(0, remedy.front().find("  #")));
  stray.processes = number(row, "processes");
  stray.memory = number(row, "memory"), stray.frees = number(row, "frees");
}

// host, machine -> name: the machine stands in it only where another has the same name.
std::map<std::pair<std::string, std::string>, std::string> names_in(const std::vector<ShardAnswer>& hosts) {
  std::map<std::string, std::set<std::string>> machines;
  each_row(hosts, [&](const Row& row) { machines[text(row, "host")].insert(text(row, "machine_id")); });
  std::map<std::pair<std::string, std::string>, std::string> out;
  for (const auto& [host, all] : machines)
    for (const std::string& machine : all)
      out[{host, machine}] = all.size() > 1 ? host + " (" + machine + ")" : host;
  return out;
}

}  // namespace

std::string sql_where(const std::string& pattern) {
  const std::string like = sql_quote(sql_pattern(pattern));
  return "SELECT host, pid, id, n, name, script, argv, user, unit, verdict, supervisor, reboot, listens, "
         "memory, "
         "toUInt32(started) AS started_s, toUInt32(seen) AS seen_s" +
         std::string(kAliveNow) + " AND (script LIKE " + like + " OR exe LIKE " + like +
         " OR arrayStringConcat(argv, ' ') LIKE " + like + ") ORDER BY host, pid";
}

std::string sql_process(const std::string& host, const std::string& who) {
  return "SELECT *, toUInt32(started) AS started_s, toUInt32(seen) AS seen_s" + std::string(kAliveNow) +
         " AND host = " + sql_quote(host) + " AND " + is_who("pid", "id", who);
}

std::string sql_findings_of(const std::string& host, const std::string& who) {
  return "SELECT kind, action, severity, message, reason, evidence, remedy, toUInt32(time) AS time_s FROM "
         "finding_local "
         "FINAL WHERE host = " +
         sql_quote(host) + " AND " + is_who("pid", "process", who) + " ORDER BY time_ns DESC LIMIT 20";
}

std::string sql_raised_since(std::int64_t seconds) {
  return "SELECT host, kind, severity, pid, program, title, stray, toUInt32(time) AS time_s FROM "
         "finding_local FINAL WHERE "
         "action = 'raised' AND time >= toDateTime(" +
         std::to_string(seconds) + ") ORDER BY time_ns, host LIMIT 10000";
}

std::string sql_open() {
  // The newest of each column under another name: in one query an alias would hide the column that others
  // read.
  std::string newest, renamed;
  for (const std::string name : {"kind", "severity", "process", "pid", "program", "stray", "decided_by",
                                 "treatment", "title", "remedy", "processes", "memory", "frees"}) {
    newest += ", argMax(" + name + ", time_ns) AS last_" + name;
    renamed += ", last_" + name + " AS " + name;
  }
  return "SELECT host, machine_id, finding, since_s" + renamed +
         " FROM (SELECT host, machine_id, finding, argMax(action, time_ns) AS last_action, "
         "argMax(toUInt32(since), time_ns) AS since_s" +
         newest +
         " FROM finding_local WHERE (host, machine_id, boot) IN (SELECT host, machine_id, boot FROM "
         "host_local FINAL) "
         "GROUP BY host, machine_id, finding) WHERE last_action != 'cleared'";
}

std::string sql_policy(const std::string& policy) {
  const std::string only = policy.empty() ? "" : " WHERE policy = " + sql_quote(policy);
  return "SELECT host, machine_id, policy, rule, expected, found, level, met, toUInt32(seen) AS seen_s FROM "
         "policy_local "
         "FINAL WHERE (policy, host, machine_id, seen) IN (SELECT policy, host, machine_id, max(seen) FROM "
         "policy_local" +
         only + " GROUP BY policy, host, machine_id)";
}

std::string sql_hosts() {
  return "SELECT host, machine_id, boot, version, lost, left_out, limits, toUInt32(seen) AS seen_s FROM "
         "host_local FINAL";
}

std::vector<HostSeen> hosts_in(const std::vector<ShardAnswer>& shards) {
  const auto names = names_in(shards);
  std::map<std::string, HostSeen>
      newest;  // a host that was moved to another shard has an old row where it was
  each_row(shards, [&](const Row& row) {
    HostSeen one{names.at({text(row, "host"), text(row, "machine_id")}), text(row, "boot"),
                 static_cast<std::int64_t>(number(row, "seen_s")), texts(row, "limits")};
    HostSeen& known = newest[one.host];
    if (one.seen >= known.seen) known = std::move(one);
  });
  std::vector<HostSeen> out;
  for (auto& [name, one] : newest) out.push_back(std::move(one));
  return out;
}

PolicyAnswers policy_in(const std::vector<ShardAnswer>& shards) {
  PolicyAnswers out;
  const auto names = names_in(shards);
  std::map<std::tuple<std::string, std::string, std::string, std::string>, Unmet> unmet;
  std::set<std::string> hosts;
  each_row(shards, [&](const Row& row) {
    const std::string& host = names.at({text(row, "host"), text(row, "machine_id")});
    const auto seen = static_cast<std::int64_t>(number(row, "seen_s"));
    out.oldest = hosts.empty() ? seen : std::min(out.oldest, seen);
    hosts.insert(host);
    if (number(row, "met")) return;
    Unmet& one = unmet[{text(row, "policy"), text(row, "rule"), text(row, "expected"), text(row, "level")}];
    if (one.hosts.empty())
      one = {text(row, "policy"), text(row, "rule"), text(row, "expected"), text(row, "level"), {}};
    one.hosts.emplace_back(host, text(row, "found"));
  });
  out.hosts = hosts.size();
  for (auto& [key, one] : unmet) out.unmet.push_back(std::move(one));
  std::ranges::stable_sort(out.unmet, [](const Unmet& a, const Unmet& b) {
    const bool grave = a.level == "critical";
    if (grave != (b.level == "critical")) return grave;
    return a.hosts.size() > b.hosts.size();
  });
  return out;
}

Answers answers_in(const std::vector<ShardAnswer>& open, const std::vector<ShardAnswer>& hosts,
                   std::int64_t oldest) {
  Answers out;
  const auto names = names_in(hosts);
  for (const HostSeen& one : hosts_in(hosts)) {
    HostAnswer& host = out.host(one.host);
    host.scan = HostScan{one.seen >= oldest, one.seen * kSecond, {}, one.limits};
    if (one.seen < oldest) host.said = {"silent since " + second_text(one.seen * kSecond)};
  }
  each_row(open, [&](const Row& row) {
    const auto name = names.find({text(row, "host"), text(row, "machine_id")});
    if (name != names.end()) add_finding(*out.host(name->second).scan, row);
  });
  return out;
}

std::string column(const std::string& line, const char* name) {
  const Row row = Row::parse(line, nullptr, false);
  if (!row.is_object() || !row.contains(name)) return {};
  const Row& value = row.at(name);
  if (value.is_string()) return value.get<std::string>();
  if (value.is_number_unsigned()) return std::to_string(value.get<std::uint64_t>());
  return joined(texts(row, name), std::string_view(name) == "argv" ? " " : ", ");
}

}  // namespace stray
