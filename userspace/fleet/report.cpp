// SPDX-License-Identifier: Apache-2.0
// The table of many hosts as a document to send: Markdown, and one HTML file that loads nothing.
#include "base/printable.hpp"
#include "base/time_text.hpp"
#include "base/units.hpp"
#include "fleet/view.hpp"
#include "fleet/words.hpp"
#include "report/markdown.hpp"

namespace stray {
namespace {

using Row = std::vector<std::string>;

struct Section {
  std::string_view title;
  Row head;
  std::vector<Row> rows;  // not escaped
};

Section strays_of(const FleetTable& table) {
  Section out{
      "Strays",
      {"severity", "what to do", "program", "findings", "hosts", "strays", "memory", "oldest", "where"},
      {}};
  for (const StrayGroup& group : table.groups)
    out.rows.push_back({std::string(to_string(group.severity)), group.first().title, group.first().program,
                        kinds_text(group), std::to_string(group.hosts), std::to_string(group.count),
                        memory_text(group.memory), age_text(group.oldest), names_of(group)});
  return out;
}

Section rules_of(const FleetTable& table) {
  Section out{"Policy: lines that are not met", {"level", "line", "hosts", "where, and what is there"}, {}};
  for (const RuleGroup& group : table.rules)
    out.rows.push_back(
        {group.first().level, rule_text(group.first()), std::to_string(group.hosts.size()), names_of(group)});
  return out;
}

Section notes_of(std::string_view title, const std::vector<HostNote>& notes) {
  Section out{title, {"host", "what it said"}, {}};
  for (const HostNote& note : notes) out.rows.push_back({note.host, note.text});
  return out;
}

// Those that have something.
std::vector<Section> sections_of(const FleetTable& table) {
  std::vector<Section> out = {strays_of(table), rules_of(table),
                              notes_of("Hosts without a whole answer", table.silent),
                              notes_of("Hosts with a limited view", table.limited)};
  std::erase_if(out, [](const Section& section) { return section.rows.empty(); });
  return out;
}

std::string html_row(const Row& row, std::string_view tag, std::string_view severity) {
  std::string out = severity.empty() ? "<tr>" : "<tr class=\"" + html_escape(severity) + "\">";
  for (const std::string& cell : row)
    out += "<" + std::string(tag) + ">" + html_escape(cell) + "</" + std::string(tag) + ">";
  return out + "</tr>\n";
}

constexpr std::string_view kStyle =
    "body{font:15px/1.5 system-ui,sans-serif;margin:2rem;color:#1b1f24;background:#fff}"
    "table{border-collapse:collapse;width:100%}th,td{text-align:left;vertical-align:top;padding:.4rem .6rem;"
    "border-bottom:1px solid #d0d7de;overflow-wrap:anywhere}th{color:#57606a;font-weight:600}"
    "tr.critical td:first-child{color:#a40e26;font-weight:700}tr.warning "
    "td:first-child{color:#8a4600;font-weight:700}"
    "@media(prefers-color-scheme:dark){body{color:#e6edf3;background:#0d1117}th,td{border-color:#30363d}"
    "th{color:#9da7b1}tr.critical td:first-child{color:#ff8182}tr.warning td:first-child{color:#f0883e}}"
    "@media(max-width:800px){table{display:block;overflow-x:auto}}";

}  // namespace

std::string html_escape(std::string_view text) {
  std::string out;
  for (const char c : printable(text)) {
    if (c == '&')
      out += "&amp;";
    else if (c == '<')
      out += "&lt;";
    else if (c == '>')
      out += "&gt;";
    else if (c == '"')
      out += "&quot;";
    else if (c == '\'')
      out += "&#39;";
    else
      out += c;
  }
  return out;
}

std::string fleet_markdown(const FleetTable& table) {
  std::string out = "# Strays of the fleet\n\n" + markdown_escape(headline_of(table)) + ".\n";
  const auto line = [&](const Row& row) {
    out += "|";
    for (const std::string& cell : row) out += " " + markdown_escape(cell) + " |";
    out += "\n";
  };
  for (const Section& section : sections_of(table)) {
    out += "\n## " + std::string(section.title) + "\n\n";
    line(section.head);
    out += "|";
    for (std::size_t i = 0; i < section.head.size(); ++i) out += " --- |";
    out += "\n";
    for (const Row& row : section.rows) line(row);
  }
  return out;
}

std::string fleet_html(const FleetTable& table) {
  std::string out =
      "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
      "<meta name=\"viewport\" content=\"width=device-width\">"
      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src "
      "'unsafe-inline'\">"
      "<title>Strays of the fleet</title>\n<style>" +
      std::string(kStyle) + "</style></head>\n<body><main><h1>Strays of the fleet</h1>\n<p>" +
      html_escape(headline_of(table)) + ".</p>\n";
  for (const Section& section : sections_of(table)) {
    out += "<h2>" + html_escape(section.title) + "</h2>\n<table><thead>" + html_row(section.head, "th", "") +
           "</thead><tbody>\n";
    for (const Row& row : section.rows) out += html_row(row, "td", row.front());
    out += "</tbody></table>\n";
  }
  return out + "</main></body></html>\n";
}

}  // namespace stray
