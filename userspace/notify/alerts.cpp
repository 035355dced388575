// SPDX-License-Identifier: Apache-2.0
#include "notify/alerts.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "base/json.hpp"
#include "base/layout.hpp"
#include "base/time_text.hpp"

namespace stray {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;
constexpr std::int64_t kLives = 180 * kSecond;  // of an alert that is not posted again: three posts
constexpr std::size_t kMostNamed = 20;          // findings of one alert

std::string at(const nlohmann::json& document, const char* pointer) {
  const nlohmann::json::json_pointer where(pointer);
  if (!document.contains(where) || !document.at(where).is_string()) return {};
  return document.at(where).get<std::string>();
}

std::string time_text(std::int64_t real_ns) {
  std::string out;
  Rfc3339().append(out, real_ns);
  return out;
}

struct Posted {
  std::string_view name, severity, host, unit, since, until, summary, remedy, findings;
};

void put(Json& json, const Posted& alert) {
  json.begin_object();
  json.begin_object("labels");
  json.field("alertname", alert.name), json.field("severity", alert.severity);
  json.field("host", alert.host), json.field("job", "stray");
  if (!alert.unit.empty()) json.field("unit", alert.unit);
  json.end_object();
  json.begin_object("annotations");
  json.field("summary", alert.summary);
  if (!alert.remedy.empty()) json.field("remedy", alert.remedy);
  if (!alert.findings.empty()) json.field("findings", alert.findings);
  json.end_object();
  if (!alert.since.empty()) json.field("startsAt", alert.since);
  json.field("endsAt", alert.until);
  json.end_object();
}

}  // namespace

AlertBoard::Alert AlertBoard::alert_of(const Message& message) {
  Alert out;
  const auto document = nlohmann::json::parse(message.document, nullptr, false);
  out.labels = {message.kind, message.severity, message.host, {}};
  if (at(document, "/stray/supervision/verdict") != "nobody")
    out.labels.unit = at(document, "/stray/supervision/name");
  out.since = at(document, "/stray/finding/since");
  out.summary = message.title;
  const nlohmann::json::json_pointer remedy("/stray/finding/remedy");
  if (document.contains(remedy) && document.at(remedy).is_array())
    for (const auto& line : document.at(remedy))
      if (line.is_string()) out.remedy += (out.remedy.empty() ? "" : "\n") + line.get<std::string>();
  return out;
}

AlertBoard::Applied AlertBoard::apply(const Message& message, std::int64_t real_ns) {
  using What = Message::What;
  switch (message.what) {
    case What::list:
      in_list_ = true;
      listed_.clear();
      return Applied::nothing;
    case What::listed:
      return end_list(real_ns);
    case What::cleared:
    case What::ended:
      return remove(message.id, real_ns) ? Applied::changed : Applied::nothing;
    case What::raised:
    case What::updated:
    case What::open:
      return open(message, real_ns);
    case What::digest:
    case What::test:
    case What::end:
      break;
  }
  return Applied::nothing;
}

AlertBoard::Applied AlertBoard::open(const Message& message, std::int64_t real_ns) {
  if (in_list_) listed_.insert(message.id);
  const auto known = open_.find(message.id);
  if (!target_.wants(message.kind, message.severity))
    return remove(message.id, real_ns) ? Applied::changed : Applied::nothing;
  Alert alert = alert_of(message);
  if (known != open_.end() && known->second == alert) return Applied::nothing;
  if (known == open_.end() && open_.size() >= kMost) return Applied::no_room;
  // It has other labels now: the alert that it was has ended.
  if (known != open_.end() && known->second.labels != alert.labels) remove(message.id, real_ns);
  ended_.erase(alert.labels);
  open_[message.id] = std::move(alert);
  return Applied::changed;
}

AlertBoard::Applied AlertBoard::end_list(std::int64_t real_ns) {
  std::vector<std::string> gone;
  for (const auto& [id, alert] : open_)
    if (!listed_.contains(id)) gone.push_back(id);
  for (const std::string& id : gone) remove(id, real_ns);
  in_list_ = false;
  listed_.clear();
  return gone.empty() ? Applied::nothing : Applied::changed;
}

bool AlertBoard::remove(const std::string& id, std::int64_t real_ns) {
  const auto found = open_.find(id);
  if (found == open_.end()) return false;
  const Alert alert = std::move(found->second);
  open_.erase(found);
  const bool shared = std::any_of(open_.begin(), open_.end(),
                                  [&](const auto& one) { return one.second.labels == alert.labels; });
  if (!shared && ended_.size() < kMost) ended_[alert.labels] = {alert, real_ns};
  return true;
}

std::string AlertBoard::body(std::int64_t real_ns) const {
  struct Group {
    const Alert* oldest = nullptr;
    std::size_t count = 0;
    std::string ids;
  };
  std::map<Labels, Group> groups;
  for (const auto& [id, alert] : open_) {
    Group& group = groups[alert.labels];
    if (!group.oldest || alert.since < group.oldest->since) group.oldest = &alert;
    if (++group.count <= kMostNamed) add_to(group.ids, id, " ");
  }
  std::string out;
  Json json(out);
  json.begin_array();
  const auto one = [&](const Alert& alert, const std::string& summary, const std::string& ids,
                       std::int64_t until) {
    const std::string end = time_text(until);
    put(json, {to_string(alert.labels.kind), to_string(alert.labels.severity), alert.labels.host,
               alert.labels.unit, alert.since, end, summary, alert.remedy, ids});
  };
  for (const auto& [labels, group] : groups) {
    const std::string more = group.count > 1 ? " (and " + std::to_string(group.count - 1) + " more)" : "";
    one(*group.oldest, group.oldest->summary + more, group.ids, real_ns + kLives);
  }
  for (const auto& [labels, ended] : ended_) one(ended.alert, ended.alert.summary, {}, ended.at);
  json.end_array();
  return out;
}

std::string test_alert(const Message& message, std::int64_t real_ns) {
  std::string out;
  Json json(out);
  const std::string since = time_text(real_ns), until = time_text(real_ns + 60 * kSecond);
  json.begin_array();
  put(json,
      {"stray-test", to_string(message.severity), message.host, "", since, until, message.title, "", ""});
  json.end_array();
  return out;
}

}  // namespace stray
