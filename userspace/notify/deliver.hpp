// SPDX-License-Identifier: Apache-2.0
// One try to give a message to a target.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "config/notify.hpp"
#include "notify/message.hpp"

namespace stray {

struct Delivery {
  enum class Outcome : unsigned char { sent, again, refused } outcome = Outcome::refused;
  std::string text;             // what happened, printable: "the server answered 503"
  std::chrono::seconds wait{};  // before the next try, as the server asks for
};
using GiveUp = std::function<bool()>;  // asked now and then; true ends the try

Delivery deliver(const NotifyTarget& target, const Message& message, const GiveUp& give_up);
// Such a body, to an Alertmanager.
Delivery post_alerts(const NotifyTarget& target, const std::string& body, const GiveUp& give_up);

// What would keep a target from working, found without a try; empty: nothing.
std::string problem_of(const NotifyTarget& target);

// "webhook to https://hooks.example.org, orphan, warning and worse, 10/h".
std::string description_of(const NotifyTarget& target);

std::int64_t real_now_ns();  // CLOCK_REALTIME

// For a person who tries a target.
Message test_message(const NotifyTarget& target, const std::string& host, std::int64_t real_ns);

}  // namespace stray
