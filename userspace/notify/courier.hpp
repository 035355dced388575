// SPDX-License-Identifier: Apache-2.0
// Brings messages to one target, from threads of its own.
#pragma once

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "config/notify.hpp"
#include "notify/alerts.hpp"
#include "notify/choice.hpp"
#include "notify/counts.hpp"
#include "notify/deliver.hpp"
#include "notify/queue.hpp"

namespace stray {

class Courier {
 public:
  using Clock = std::chrono::steady_clock;
  virtual ~Courier() = default;
  virtual void begin() = 0;  // starts the threads
  virtual void take(const Message& message) = 0;
  // What is due without a message, and when there will be something.
  virtual void tick() {}
  virtual std::optional<Clock::time_point> due() const { return {}; }
  virtual void end(Clock::time_point until) = 0;  // what was begun may be finished until then
  virtual void join() = 0;
};

// `state`: the folder in which what waits is kept, "": none. What is in the way is reported. The target and
// the counts are borrowed.
std::unique_ptr<Courier> courier_for(const NotifyTarget& target, NotifyCounts& counts,
                                     const std::string& state);

}  // namespace stray
