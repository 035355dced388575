// SPDX-License-Identifier: Apache-2.0
// Which messages a target is sent: by kind, severity, rate, and by what it was sent before. A pure function
// of the messages and of the time that it is given.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <unordered_set>

#include "config/notify.hpp"
#include "notify/message.hpp"

namespace stray {

class NotifyChoice {
 public:
  using Time = std::chrono::steady_clock::time_point;
  explicit NotifyChoice(const NotifyTarget& target) : target_(target) {}

  bool sends(const Message& message, Time now);

  // What the rate has held back, once there is room for it again: a message of its own, which takes room too.
  std::optional<Message> digest(Time now, std::int64_t real_ns);
  std::optional<Time> digest_at() const;  // when to ask for one

 private:
  bool room(Time now);
  void end_list();

  const NotifyTarget& target_;
  std::unordered_set<std::string> sent_;  // ids of findings that are open and were sent
  std::unordered_set<std::string> listed_;
  bool first_list_ = true, in_list_ = false;
  std::deque<Time> times_;  // of what was sent within the period
  std::map<Kind, std::uint64_t> held_;
  std::string host_;
};

}  // namespace stray
