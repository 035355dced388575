// SPDX-License-Identifier: Apache-2.0
#include "notify/message.hpp"

#include <array>
#include <nlohmann/json.hpp>

#include "base/json.hpp"
#include "base/time_text.hpp"

namespace stray {
namespace {

using What = Message::What;
constexpr std::array kWhats{What::raised, What::updated, What::cleared, What::ended, What::open,
                            What::list,   What::listed,  What::digest,  What::test,  What::end};
constexpr std::size_t kFields = 8;

std::string json_of(std::string_view text) {
  std::string out;
  Json(out).string(text);
  return out;
}

std::optional<std::string> text_of_json(std::string_view text) {
  const auto json = nlohmann::json::parse(text, nullptr, false);
  if (!json.is_string()) return {};
  return json.get<std::string>();
}

}  // namespace

std::string_view to_string(What what) {
  switch (what) {
    case What::raised:
      return "raised";
    case What::updated:
      return "updated";
    case What::cleared:
      return "cleared";
    case What::ended:
      return "ended";
    case What::open:
      return "open";
    case What::list:
      return "list";
    case What::listed:
      return "listed";
    case What::digest:
      return "digest";
    case What::test:
      return "test";
    case What::end:
      return "end";
  }
  return "end";
}

void begin_document(Json& json, const Message& message, std::int64_t real_ns) {
  std::string time;
  Rfc3339().append(time, real_ns);
  json.begin_object();
  json.field("@timestamp", time);
  json.field("message", message.title);
  json.begin_object("event");
  json.field("kind", "event"), json.field("action", to_string(message.what)), json.field("module", "stray");
  json.field("dataset", "stray.findings");
  json.end_object();
  json.begin_object("host");
  json.field("name", message.host);
  json.end_object();
}

std::string line_of(const Message& message) {
  std::string out(to_string(message.what));
  for (const std::string_view word : {to_string(message.kind), to_string(message.severity)})
    (out += '\t') += word;
  for (const std::string& text : {message.id, message.host, message.title, message.text})
    (out += '\t') += json_of(text);
  return out + '\t' + message.document + '\n';
}

std::optional<Message> message_of(std::string_view line) {
  std::array<std::string_view, kFields> fields;
  for (std::size_t i = 0; i < kFields; ++i) {
    const auto tab = line.find('\t');
    if ((tab == std::string_view::npos) != (i + 1 == kFields)) return {};
    fields[i] = line.substr(0, tab);
    line.remove_prefix(tab == std::string_view::npos ? line.size() : tab + 1);
  }
  Message out;
  bool known = false;
  for (const What what : kWhats)
    if (to_string(what) == fields[0]) out.what = what, known = true;
  const auto kind = kind_of(fields[1]);
  const auto severity = severity_of(fields[2]);
  auto id = text_of_json(fields[3]), host = text_of_json(fields[4]), title = text_of_json(fields[5]),
       text = text_of_json(fields[6]);
  if (!known || !kind || !severity || !id || !host || !title || !text) return {};
  out.kind = *kind, out.severity = *severity;
  out.id = std::move(*id), out.host = std::move(*host), out.title = std::move(*title),
  out.text = std::move(*text);
  out.document = fields[7];
  return out;
}

}  // namespace stray
