// SPDX-License-Identifier: Apache-2.0
#include "fleet/answers.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/layout.hpp"
#include "base/moment.hpp"

namespace stray {
namespace {

using Document = nlohmann::json;
using Path = nlohmann::json::json_pointer;

// Documents come from other hosts and other versions: what is missing or of another type is the empty value.
const Document* at(const Document& document, const char* path) {
  const Path pointer(path);
  return document.contains(pointer) ? &document.at(pointer) : nullptr;
}

std::string text(const Document& document, const char* path) {
  const Document* found = at(document, path);
  return found && found->is_string() ? found->get<std::string>() : std::string();
}

std::uint64_t number(const Document& document, const char* path) {
  const Document* found = at(document, path);
  return found && found->is_number_unsigned() ? found->get<std::uint64_t>() : 0;
}

// Of a list of texts, or of objects with a text of that name.
std::vector<std::string> texts(const Document& document, const char* path, const char* member = nullptr) {
  std::vector<std::string> out;
  const Document* found = at(document, path);
  if (!found || !found->is_array()) return out;
  for (const Document& one : *found) {
    if (!member && one.is_string()) out.push_back(one.get<std::string>());
    if (member && one.is_object()) out.push_back(text(one, ("/" + std::string(member)).c_str()));
  }
  return out;
}

std::string first_command(const Document& document) {
  for (const std::string& command : texts(document, "/stray/treatment/steps", "command"))
    if (!command.empty()) return plain_command(command);
  return {};
}

bool is_of_scan(const Document& document) {
  return at(document, "/stray/finding/kind") || text(document, "/event/action") == "summary";
}
bool is_of_check(const Document& document) {
  return document.contains("met") || document.contains("not_met");
}

void read_finding(HostScan& scan, const Document& document) {
  std::string id = text(document, "/stray/id");
  if (id.empty()) id = text(document, "/process/entity_id");
  HostStray& stray = scan.strays[id];
  stray.id = std::move(id);
  const std::string kind = text(document, "/stray/finding/kind");
  if (std::find(stray.kinds.begin(), stray.kinds.end(), kind) == stray.kinds.end())
    stray.kinds.push_back(kind);
  if (const auto severity = severity_of(text(document, "/stray/finding/severity")))
    stray.severity = std::max(stray.severity, *severity);
  if (const auto since = parse_rfc3339(text(document, "/stray/finding/since")))
    stray.since = std::min(*since, stray.since.value_or(*since));
  // of several findings the one about its topmost process tells what it is
  if (stray.program.empty() || text(document, "/process/entity_id") == stray.id) {
    stray.pid = static_cast<std::int64_t>(number(document, "/process/pid"));
    stray.program = joined(texts(document, "/process/args"), " ");
    if (stray.program.empty()) stray.program = text(document, "/process/executable");
  }
  stray.decided_by = text(document, "/stray/treatment/decided_by");
  stray.action = text(document, "/stray/treatment/action");
  stray.title = text(document, "/stray/treatment/title");
  stray.command = first_command(document);
  stray.frees = number(document, "/stray/treatment/frees_bytes");
  stray.memory = std::max(stray.memory, number(document, "/stray/finding/memory_bytes"));
  stray.alike = std::max<std::size_t>(stray.alike, number(document, "/stray/finding/alike"));
  stray.processes =
      std::max(stray.processes, 1 + texts(document, "/stray/finding/members", "entity_id").size());
}

void read_scan(HostAnswer& host, std::optional<HostScan>& earlier, const Document& document) {
  if (!host.scan) host.scan.emplace();
  if (host.scan->complete) {  // another one begins
    earlier = std::move(host.scan);
    host.scan.emplace();
  }
  HostScan& scan = *host.scan;
  if (const auto moment = parse_rfc3339(text(document, "/@timestamp"))) scan.at = *moment;
  if (at(document, "/stray/finding/kind")) return read_finding(scan, document);
  scan.complete = true;
  scan.limits = texts(document, "/stray/limits", "text");
  if (earlier && earlier->at > scan.at) host.scan = std::move(earlier);
  earlier.reset();
}

void read_check(HostAnswer& host, const Document& document) {
  if (!host.check || host.check->complete) host.check.emplace();
  HostCheck& check = *host.check;
  if (document.contains("not_met")) {
    check.complete = true;
    check.limits = texts(document, "/limits", "text");
    return;
  }
  const Document* met = at(document, "/met");
  check.rules.push_back({.rule = text(document, "/rule"),
                         .expected = text(document, "/expected"),
                         .found = text(document, "/found"),
                         .level = text(document, "/level"),
                         .met = met && met->is_boolean() && met->get<bool>()});
}

// "web01: {…}" -> "web01", as clush, pdsh and dsh print it. Empty: the line does not begin so.
std::string_view host_before(std::string_view line) {
  const auto colon = line.find(": ");
  if (colon == std::string_view::npos || colon == 0 || colon > 253) return {};
  const std::string_view name = line.substr(0, colon);
  const auto of_a_name = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("-._:@[]").find(c) != std::string_view::npos;
  };
  return std::all_of(name.begin(), name.end(), of_a_name) ? name : std::string_view();
}

}  // namespace

std::string plain_command(std::string_view command) {
  constexpr std::string_view kPlain = "abcdefghijklmnopqrstuvwxyz0123456789-= ";
  const bool plain =
      command.starts_with("stray ") && command.find_first_not_of(kPlain) == std::string_view::npos;
  return plain ? std::string(command) : std::string();
}

bool Answers::read(std::string_view line, std::string_view origin) {
  const std::string_view before = host_before(line);
  if (!before.empty()) line.remove_prefix(before.size() + 2);
  const Document document = Document::parse(line, nullptr, false);
  const bool known = document.is_object() && (is_of_scan(document) || is_of_check(document));
  std::string name(before);
  if (name.empty() && known) name = text(document, "/host/name");
  if (name.empty()) name = origin;
  if (name.empty() || (!known && before.empty() && !document.is_object())) return false;
  HostAnswer& host = hosts_[name];
  if (!known) {
    if (!document.is_object() && host.said.size() < kLinesKept) host.said.emplace_back(line);
  } else if (is_of_scan(document)) {
    read_scan(host, earlier_[name], document);
  } else {
    read_check(host, document);
  }
  return true;
}

}  // namespace stray
