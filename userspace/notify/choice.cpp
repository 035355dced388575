// SPDX-License-Identifier: Apache-2.0
#include "notify/choice.hpp"

#include "base/json.hpp"
#include "base/layout.hpp"

namespace stray {

using What = Message::What;

bool NotifyChoice::sends(const Message& message, Time now) {
  host_ = message.host;
  switch (message.what) {
    case What::list:
      in_list_ = true;
      listed_.clear();
      return false;
    case What::listed:
      end_list();
      return false;
    case What::cleared:  // never held back: whoever knows of it learns that it is resolved
      return sent_.erase(message.id) > 0 && target_.resolve;
    case What::ended:
      sent_.erase(message.id);
      return target_.wants(message.kind, message.severity) && target_.resolve;
    case What::open:
    case What::raised:
    case What::updated:
      break;
    case What::digest:
    case What::test:
    case What::end:
      return false;
  }
  if (in_list_) listed_.insert(message.id);
  if (!target_.wants(message.kind, message.severity) || sent_.contains(message.id)) return false;
  // What is open when the tracer starts was sent by the run before.
  if (message.what == What::open && first_list_) {
    sent_.insert(message.id);
    return false;
  }
  if (!room(now)) {
    ++held_[message.kind];
    return false;
  }
  sent_.insert(message.id);
  return true;
}

void NotifyChoice::end_list() {
  in_list_ = first_list_ = false;
  std::erase_if(sent_, [&](const std::string& id) { return !listed_.contains(id); });
  listed_.clear();
}

bool NotifyChoice::room(Time now) {
  if (target_.rate.count == 0) return true;
  while (!times_.empty() && now - times_.front() >= target_.rate.per) times_.pop_front();
  if (times_.size() >= target_.rate.count) return false;
  times_.push_back(now);
  return true;
}

std::optional<NotifyChoice::Time> NotifyChoice::digest_at() const {
  if (held_.empty() || times_.empty()) return {};
  return times_.front() + std::chrono::duration_cast<Time::duration>(
                              std::chrono::nanoseconds(static_cast<std::int64_t>(target_.rate.per.count())));
}

std::optional<Message> NotifyChoice::digest(Time now, std::int64_t real_ns) {
  if (held_.empty() || !room(now)) return {};
  std::uint64_t total = 0;
  for (const auto& [kind, count] : held_) total += count;
  Message out;
  out.what = What::digest;
  out.kind = held_.begin()->first;
  out.severity = target_.severity;
  out.host = host_;
  out.title = std::to_string(total) + (total == 1 ? " finding was" : " findings were") +
              " held back by the rate of " + rate_text(target_.rate);
  const std::string kinds = joined(held_, ", ", [](const auto& one) {
    return std::string(to_string(one.first)) + " " + std::to_string(one.second);
  });
  out.text = out.title + ": " + kinds + "\nsee: sudo stray scan\n";
  Json json(out.document);
  begin_document(json, out, real_ns);
  json.begin_object("stray");
  json.begin_object("held_back");
  for (const auto& [kind, count] : held_) json.field(to_string(kind), count);
  json.end_object();
  json.end_object();
  json.end_object();
  held_.clear();
  return out;
}

}  // namespace stray
