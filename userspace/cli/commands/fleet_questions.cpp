// SPDX-License-Identifier: Apache-2.0
// stray fleet where, explain, check, since, silent: questions to the store of many hosts.
#include <spdlog/spdlog.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <memory>

#include "base/json.hpp"
#include "base/layout.hpp"
#include "base/moment.hpp"
#include "base/printable.hpp"
#include "base/time_text.hpp"
#include "base/units.hpp"
#include "cli/arguments.hpp"
#include "cli/commands/fleet.hpp"
#include "cli/options.hpp"
#include "cli/standard_output.hpp"
#include "fleet/questions.hpp"
#include "kernel/kernel_source.hpp"

namespace stray {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;

struct Question {
  Engine engine;
  bool json = false;
  std::string pattern, host, who, policy, since, after = "15min", hosts,
                                                 ask = "ssh HOST sudo stray explain WHO";
};

std::vector<std::string> shards_of(const Engine& engine) {
  std::vector<std::string> out = engine.shards;
  if (out.empty())
    if (const char* given = std::getenv("STRAY_FLEET")) {
      std::string_view left = given;
      while (!left.empty()) {
        const auto end = std::min(left.find(','), left.size());
        if (end > 0) out.emplace_back(left.substr(0, end));
        left.remove_prefix(std::min(end + 1, left.size()));
      }
    }
  if (out.empty())
    throw UsageError(
        "which store? --engine URL for each shard, as http://127.0.0.1:8123, or STRAY_FLEET=URL,URL");
  return out;
}

// What the shards said, and whether all did: those that did not are named.
struct Asked {
  std::vector<ShardAnswer> shards;
  bool whole = true;
};
Asked ask(const Engine& engine, const std::string& sql) {
  const auto limit =
      std::chrono::duration_cast<std::chrono::milliseconds>(parse_duration(engine.within, "--within"));
  Asked out{ask_shards(shards_of(engine), sql, limit), true};
  const auto silent =
      std::count_if(out.shards.begin(), out.shards.end(), [](const auto& one) { return !one.error.empty(); });
  if (!silent) return out;
  out.whole = false;
  spdlog::warn("{} of {} shards answered", out.shards.size() - static_cast<std::size_t>(silent),
               out.shards.size());
  for (const ShardAnswer& one : out.shards)
    if (!one.error.empty()) spdlog::warn("{}: {}", printable(one.shard), printable(one.error));
  return out;
}

bool printed_sql(const Engine& engine, std::initializer_list<std::string> questions) {
  if (!engine.sql) return false;
  for (const std::string& sql : questions) print(sql + ";\n");
  return true;
}

std::vector<std::string> rows_of(const Asked& asked) {
  std::vector<std::string> out;
  for (const ShardAnswer& shard : asked.shards) out.insert(out.end(), shard.rows.begin(), shard.rows.end());
  return out;
}

void print_rows(const std::vector<std::string>& rows) {
  for (const std::string& row : rows) print(row + "\n");
}

int exit_of(const Asked& asked, bool found) {
  if (!asked.whole) return kNotPossible;
  return found ? kFine : kNotFound;
}

std::string of(const std::string& row, const char* name) { return printable(column(row, name)); }

// A cell and what keeps it apart from the next one.
std::string cell(std::string text, std::size_t width) { return pad(std::move(text), width - 1) + " "; }

std::string when_of(const std::string& row, const char* name) {
  return date_text(std::strtoll(column(row, name).c_str(), nullptr, 10) * kSecond, {});
}

int where(const Question& question) {
  const std::string sql = sql_where(question.pattern);
  if (printed_sql(question.engine, {sql})) return kFine;
  const Asked asked = ask(question.engine, sql);
  const auto rows = rows_of(asked);
  if (question.json) return print_rows(rows), exit_of(asked, !rows.empty());
  if (!rows.empty())
    print(cell("HOST", 20) + cell("PID", 10) + cell("USER", 10) + cell("SUPERVISOR", 24) + "COMMAND\n");
  for (const std::string& row : rows) {
    const std::string n = column(row, "n"), by = of(row, "supervisor");
    print(cell(of(row, "host"), 20) + cell(of(row, "pid") + (n == "1" ? "" : " (" + n + " times)"), 10) +
          cell(of(row, "user"), 10) + cell(of(row, "verdict") + (by.empty() ? "" : " " + by), 24) +
          printable(column(row, "argv")) + "\n");
  }
  if (rows.empty()) spdlog::info("it runs nowhere, as far as hosts have reported");
  return exit_of(asked, !rows.empty());
}

int since(const Question& question) {
  const auto now = static_cast<std::int64_t>(real_now());
  const std::int64_t from = parse_moment(question.since, "TIME", {.begin = 0, .end = now});
  const std::string sql = sql_raised_since(from / kSecond);
  if (printed_sql(question.engine, {sql})) return kFine;
  const Asked asked = ask(question.engine, sql);
  const auto rows = rows_of(asked);
  if (question.json) return print_rows(rows), asked.whole ? kFine : kNotPossible;
  for (const std::string& row : rows)
    print(when_of(row, "time_s") + "  " + cell(of(row, "host"), 20) + cell(of(row, "kind"), 20) +
          cell(of(row, "title"), 24) + of(row, "program") + "\n");
  if (rows.empty()) print("no finding was raised since " + date_text(from, {}) + "\n");
  return asked.whole ? (rows.empty() ? kFine : kFindings) : kNotPossible;
}

int silent(const Question& question) {
  if (printed_sql(question.engine, {sql_hosts()})) return kFine;
  const auto now = static_cast<std::int64_t>(real_now()) / kSecond;
  const std::int64_t oldest =
      now - static_cast<std::int64_t>(parse_duration(question.after, "--after").count()) / kSecond;
  const auto expected = expected_hosts(question.hosts);
  const Asked asked = ask(question.engine, sql_hosts());
  const auto hosts = hosts_in(asked.shards);
  std::size_t count = 0;
  const auto say = [&](const std::string& host, std::int64_t seen) {
    ++count;
    std::string line;
    if (question.json) {
      Json json(line);
      json.begin_object();
      json.field("host", host);
      if (seen) json.field("seen", second_text(seen * kSecond));
      json.end_object();
    } else {
      line =
          cell(printable(host), 30) + (seen ? "silent since " + date_text(seen * kSecond, {}) : "never seen");
    }
    print(line + "\n");
  };
  for (const HostSeen& one : hosts)
    if (one.seen < oldest) say(one.host, one.seen);
  for (const std::string& host : expected)
    if (std::ranges::find(hosts, host, &HostSeen::host) == hosts.end()) say(host, 0);
  if (!question.json)
    print(std::to_string(count) + " of " + std::to_string(std::max(hosts.size(), expected.size())) +
          " hosts are silent\n");
  return asked.whole ? (count ? kFindings : kFine) : kNotPossible;
}

std::string hosts_text(const Unmet& one) {
  constexpr std::size_t kMost = 8;
  std::string out;
  for (std::size_t i = 0; i < std::min(kMost, one.hosts.size()); ++i)
    add_to(out, printable(one.hosts[i].first) + " (" + printable(one.hosts[i].second) + ")");
  if (one.hosts.size() > kMost) out += " and " + std::to_string(one.hosts.size() - kMost) + " more";
  return out;
}

int check(const Question& question) {
  const std::string sql = sql_policy(question.policy);
  if (printed_sql(question.engine, {sql})) return kFine;
  const Asked asked = ask(question.engine, sql);
  const PolicyAnswers answers = policy_in(asked.shards);
  if (question.json) print_rows(rows_of(asked));
  const int otherwise = asked.whole ? kFine : kNotPossible;
  if (!answers.hosts) {
    spdlog::error("no host has reported on {}: stray fleet rows --policy FILE on each does",
                  question.policy.empty() ? "a policy" : "the policy \"" + printable(question.policy) + "\"");
    return asked.whole ? kNotFound : kNotPossible;
  }
  if (!question.json) {
    for (const Unmet& one : answers.unmet) {
      print(cell(printable(one.level), 10) + cell(printable(one.policy) + " " + printable(one.rule), 24) +
            printable(one.expected) + ": not met on " + std::to_string(one.hosts.size()) +
            (one.hosts.size() == 1 ? " host" : " hosts") + "\n" + cell("", 10) + hosts_text(one) + "\n");
    }
    print((answers.unmet.empty() ? "all met on " : lines_text(answers.unmet.size()) + " not met; ") +
          std::to_string(answers.hosts) + (answers.hosts == 1 ? " host" : " hosts") +
          " answered, the oldest at " + date_text(answers.oldest * kSecond, {}) + "\n");
  }
  return otherwise == kFine && !answers.unmet.empty() ? kFindings : otherwise;
}

// They become words of a shell on that host, perhaps root's: ssh joins what it is given.
void check_words(const Question& question) {
  const auto is_of = [](std::string_view text, std::string_view characters) {
    return !text.empty() && !text.starts_with('-') &&
           text.find_first_not_of(characters) == std::string_view::npos;
  };
  constexpr std::string_view kId = "abcdefghijklmnopqrstuvwxyz0123456789";
  constexpr std::string_view kHost = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._";
  if (!is_of(question.host, kHost))
    throw UsageError("\"" + printable(question.host) + "\" is no name of a host");
  if (!is_of(question.who, kId))
    throw UsageError("\"" + printable(question.who) +
                     "\" is no pid and no id: stray fleet scan and where show them");
}

// The words of --ask with the host and the process in their places; each stays one argument.
int ask_the_host(const Question& question) {
  std::vector<std::string> words;
  std::string_view left = question.ask;
  while (!left.empty()) {
    const auto end = std::min(left.find(' '), left.size());
    const std::string_view word = left.substr(0, end);
    if (!word.empty())
      words.emplace_back(word == "HOST" ? question.host : word == "WHO" ? question.who : word);
    left.remove_prefix(std::min(end + 1, left.size()));
  }
  if (words.empty()) throw UsageError("--ask: no command");
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  spdlog::info("the store does not know it: asking {}", printable(question.host));
  const pid_t pid = ::fork();
  if (pid < 0) throw std::runtime_error("no process can be started");
  if (pid == 0) {
    ::execvp(arguments[0], arguments.data());
    ::_exit(127);
  }
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : kFailure;
}

void print_process(const std::string& row) {
  print(of(row, "host") + ", pid " + of(row, "pid") + ", id " + of(row, "id") + ": " + of(row, "argv") +
        "\n");
  const auto line = [&](const char* head, const std::string& text) {
    if (!text.empty()) print("  " + cell(head, 14) + text + "\n");
  };
  line("started", when_of(row, "started_s") + ", by " + of(row, "user"));
  line("directory", of(row, "cwd"));
  line("program", of(row, "exe"));
  line("script", of(row, "script"));
  line("listens", of(row, "listens"));
  line("unit", of(row, "unit"));
  line("supervisor",
       of(row, "verdict") + (column(row, "supervisor").empty() ? "" : " " + of(row, "supervisor")));
  line("after reboot", of(row, "reboot"));
  line("ancestors", of(row, "ancestor_names"));
  line("as of", when_of(row, "seen_s"));
}

int explain(const Question& question) {
  check_words(question);
  const std::string process = sql_process(question.host, question.who);
  const std::string findings = sql_findings_of(question.host, question.who);
  if (printed_sql(question.engine, {process, findings})) return kFine;
  const Asked asked = ask(question.engine, process);
  const auto rows = rows_of(asked);
  const auto told = rows_of(ask(question.engine, findings));
  if (rows.empty() && told.empty()) return ask_the_host(question);
  if (question.json) return print_rows(rows), print_rows(told), exit_of(asked, true);
  for (const std::string& row : rows) print_process(row);
  for (const std::string& row : told) {
    print("  " + when_of(row, "time_s") + "  " + cell(of(row, "action"), 9) + cell(of(row, "kind"), 20) +
          of(row, "message") + of(row, "reason") + "\n");
  }
  return exit_of(asked, true);
}

Action question_of(Arguments& arguments, int (*answer)(const Question&),
                   const std::function<void(Arguments&, Question&)>& declare) {
  const auto question = std::make_shared<Question>();
  declare(arguments, *question);
  declare_engine(arguments, question->engine);
  declare_utc(arguments);
  arguments.flag("--json", question->json, "Print one JSON object a line instead of text");
  return [=] { return answer(*question); };
}

Action declare_where(Arguments& arguments) {
  return question_of(arguments, where, [](Arguments& a, Question& q) {
    a.value("pattern", q.pattern, "A text of its script, program or command line; * and ? are wildcards",
            "PATTERN");
    a.needs("pattern", "a pattern");
  });
}

Action declare_explain(Arguments& arguments) {
  return question_of(arguments, explain, [](Arguments& a, Question& q) {
    a.value("host", q.host, "The host, by the name it sends", "HOST");
    a.value("who", q.who, "A pid or an id", "PID|ID");
    a.needs("host", "a host");
    a.needs("who", "a pid or an id");
    a.value("--ask", q.ask, "Asks the host itself, where the store does not know the process", "COMMAND");
  });
}

Action declare_since(Arguments& arguments) {
  return question_of(arguments, since, [](Arguments& a, Question& q) {
    a.value("time", q.since, "02:13, \"2026-11-25 02:13\", or -2h", "TIME");
    a.needs("time", "a time");
  });
}

Action declare_check(Arguments& arguments) {
  return question_of(arguments, check, [](Arguments& a, Question& q) {
    a.value("policy", q.policy, "The policy, by the name of its file without .toml; without it: every one",
            "POLICY");
  });
}

Action declare_silent(Arguments& arguments) {
  return question_of(arguments, silent, [](Arguments& a, Question& q) {
    a.value("--after", q.after, "A host is silent when its newest row is older", "TIME");
    a.value("--hosts", q.hosts, "Name those of this list that were never seen, too (a name a line)", "FILE");
  });
}

}  // namespace

void declare_engine(Arguments& arguments, Engine& engine) {
  arguments.list("--engine", engine.shards,
                 "A shard of the store: http://HOST:8123 (default: $STRAY_FLEET, URL,URL)", "URL");
  arguments.value("--within", engine.within, "A shard that takes longer is named and left out", "TIME");
  arguments.flag("--sql", engine.sql, "Print the questions as SQL, and ask nobody");
}

std::optional<FleetTable> stored_table(const Engine& engine, const std::vector<std::string>& expected,
                                       const FleetFilter& filter, Answers& answers) {
  constexpr std::int64_t kSilentAfter = 900;
  if (printed_sql(engine, {sql_hosts(), sql_open()})) return {};
  const Asked hosts = ask(engine, sql_hosts()), open = ask(engine, sql_open());
  answers =
      answers_in(open.shards, hosts.shards, static_cast<std::int64_t>(real_now()) / kSecond - kSilentAfter);
  FleetTable table = table_of(answers, expected, filter);
  for (const ShardAnswer& shard : open.shards)
    if (!shard.error.empty()) table.silent.push_back({"shard " + shard.shard, shard.error});
  return table;
}

extern const Command kFleetWhere{"where", "Show on which hosts a program or script runs, by the store",
                                 "stray fleet where '*src/server.js'", declare_where};
extern const Command kFleetExplain{"explain",
                                   "Explain a process of another host, by the store or by asking it",
                                   "stray fleet explain web01 21334", declare_explain};
extern const Command kFleetSince{"since", "Show what was found on all hosts since a time",
                                 "stray fleet since -2h", declare_since};
extern const Command kFleetCheck{"check", "Show on which hosts a policy is not met, by the store",
                                 "stray fleet check web", declare_check};
extern const Command kFleetSilent{"silent", "Show which hosts have not reported",
                                  "stray fleet silent --hosts web.txt", declare_silent};

}  // namespace stray
