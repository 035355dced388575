// SPDX-License-Identifier: Apache-2.0
#include "cli/alerts.hpp"

#include <string_view>

#include "findings/kinds.hpp"

namespace stray {
namespace {

// A YAML scalar between single quotes, where a quote is written twice.
std::string quoted(std::string_view text) {
  std::string out = "'";
  for (const char c : text) out += std::string(c == '\'' ? 2 : 1, c);
  return out + "'";
}

// "dev-tool" -> "StrayDevTool"
std::string alert_name(std::string_view kind) {
  std::string out = "Stray";
  bool first = true;
  for (const char c : kind) {
    if (c != '-') out += first && c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    first = c == '-';
  }
  return out;
}

std::string rule(const std::string& name, const std::string& expression, std::string_view wait,
                 std::string_view level, std::string_view summary, std::string_view description) {
  std::string out = "      - alert: " + name + "\n        expr: " + quoted(expression) + "\n";
  if (!wait.empty()) out += "        for: " + std::string(wait) + "\n";
  return out + "        labels:\n          severity: " + std::string(level) +
         "\n        annotations:\n          summary: " + quoted(summary) +
         "\n          description: " + quoted(description) + "\n";
}

}  // namespace

std::string alert_rules() {
  std::string out =
      "# Alerting rules for the metrics of stray(8). A finding has waited already when it is raised: no rule "
      "waits\n"
      "# again. Its processes are in the journal: journalctl -u stray STRAY_FINDING=KIND.\n"
      "groups:\n  - name: stray\n    rules:\n";
  for (const Kind kind : kKinds) {
    const KindRow& row = row_of(kind);
    const std::string name(row.name);
    out += rule(alert_name(name), "sum without (severity) (stray_findings_open{kind=\"" + name + "\"}) > 0",
                "", "warning", "{{ $value }} findings " + name + " on {{ $labels.instance }}",
                "Raised when " + std::string(row.when) + ". " + std::string(row.impact));
  }
  out += rule("StrayLost", "increase(stray_lost_total[10m]) > 0", "", "warning",
              "stray on {{ $labels.instance }} lost records ({{ $labels.where }})",
              "What happened in between may be missing in findings, output or capture.");
  out += rule("StraySilent", "time() - node_textfile_mtime_seconds{file=~\".*/stray[.]prom\"} > 120", "5m",
              "critical", "stray on {{ $labels.instance }} writes no metrics",
              "It does not run, or cannot write its file.");
  return out;
}

}  // namespace stray
