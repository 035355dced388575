// SPDX-License-Identifier: Apache-2.0
#include "notify/courier.hpp"

#include <pthread.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "base/printable.hpp"

namespace stray {
namespace {

using Outcome = Delivery::Outcome;
constexpr std::chrono::milliseconds kFirstWait{1000}, kLongestWait{300'000};
constexpr std::chrono::seconds kLongestAsked{3600}, kAgain{60}, kTogether{1};
constexpr std::chrono::hours kLongestTried{24};

void name_thread(const NotifyTarget& target) {
  ::pthread_setname_np(::pthread_self(), ("notify " + target.name).substr(0, 15).c_str());
}

// How long to wait before the next try, and what is said of a target that does not answer: once, and once
// more when it does again.
class Tries {
 public:
  explicit Tries(const NotifyTarget& target) : target_(target) {}

  void worked() {
    if (failures_ > 0)
      spdlog::info("notify {}: it answers again, after {} failed tries", target_.name, failures_);
    failures_ = 0, wait_ = kFirstWait;
  }
  std::chrono::milliseconds failed(const Delivery& delivery) {
    if (failures_++ == 0) spdlog::warn("notify {}: {}; it is tried again", target_.name, delivery.text);
    const auto asked = std::min(delivery.wait, kLongestAsked);
    return std::max<std::chrono::milliseconds>(std::exchange(wait_, std::min(2 * wait_, kLongestWait)),
                                               asked);
  }

 private:
  const NotifyTarget& target_;
  std::uint64_t failures_ = 0;
  std::chrono::milliseconds wait_ = kFirstWait;
};

class QueueCourier final : public Courier {
 public:
  QueueCourier(const NotifyTarget& target, NotifyCounts& counts, const std::string& state)
      : target_(target), counts_(counts), choice_(target), queue_(counts) {
    if (state.empty()) return;
    try {
      queue_.keep_in(state, target.name);
    } catch (const std::runtime_error& error) {
      spdlog::error("notify {}: {}; what waits is kept in memory alone", target.name,
                    printable(error.what()));
    }
  }

  void begin() override {
    for (std::uint32_t i = 0; i < target_.parallel; ++i) threads_.emplace_back([this] { work(); });
  }
  void take(const Message& message) override {
    if (choice_.sends(message, Clock::now())) queue_.push(message);
  }
  void tick() override {
    if (const auto digest = choice_.digest(Clock::now(), real_now_ns())) queue_.push(*digest);
  }
  std::optional<Clock::time_point> due() const override { return choice_.digest_at(); }
  void end(Clock::time_point until) override { queue_.end(until); }
  void join() override {
    for (std::thread& thread : threads_) thread.join();
    queue_.count_the_rest();
  }

 private:
  void work() {
    name_thread(target_);
    Tries tries(target_);
    while (const auto entry = queue_.take())
      if (!bring(*entry, tries)) return;
  }
  // False: the end came first.
  bool bring(const NotifyQueue::Entry& entry, Tries& tries) {
    for (const auto begun = Clock::now();;) {
      const Delivery delivery = deliver(target_, entry.message, [this] { return queue_.over(); });
      // One that it never takes must not keep the others.
      if (delivery.outcome == Outcome::again && Clock::now() - begun < kLongestTried) {
        if (!queue_.pause(tries.failed(delivery))) return false;
        continue;
      }
      if (queue_.over()) return false;
      if (delivery.outcome == Outcome::sent) {
        ++counts_.sent;
        tries.worked();
      } else {
        ++counts_.failed;
        spdlog::error(
            "notify {}: {}; {} is not tried again", target_.name, delivery.text,
            entry.message.id.empty() ? std::string(to_string(entry.message.what)) : entry.message.id);
      }
      queue_.done(entry.number);
      return true;
    }
  }

  const NotifyTarget& target_;
  NotifyCounts& counts_;
  NotifyChoice choice_;
  NotifyQueue queue_;
  std::vector<std::thread> threads_;
};

class AlertCourier final : public Courier {
 public:
  AlertCourier(const NotifyTarget& target, NotifyCounts& counts)
      : target_(target), counts_(counts), board_(target) {}

  void begin() override {
    thread_ = std::thread([this] { work(); });
  }
  void take(const Message& message) override {
    {
      const std::lock_guard lock(mutex_);
      const auto applied = board_.apply(message, real_now_ns());
      if (applied == AlertBoard::Applied::no_room) ++counts_.dropped;
      if (applied != AlertBoard::Applied::changed) return;
      counts_.waiting = ++waiting_;
    }
    wake_.notify_one();
  }
  void end(Clock::time_point until) override {
    {
      const std::lock_guard lock(mutex_);
      ending_ = true, until_ = until;
    }
    wake_.notify_one();
  }
  void join() override { thread_.join(); }

 private:
  void work() {
    name_thread(target_);
    Tries tries(target_);
    Clock::time_point next = Clock::now() + kAgain;
    for (std::unique_lock lock(mutex_);;) {
      wake_.wait_until(lock, next, [&] { return waiting_ > 0 || ending_ || Clock::now() >= next; });
      if (ending_ && waiting_ == 0) return;
      next = Clock::now() + kAgain;
      const std::uint64_t waiting = waiting_;
      if (!board_.empty()) {
        const std::string body = board_.body(real_now_ns());
        lock.unlock();
        const Delivery delivery = post_alerts(target_, body, [this] { return over(); });
        lock.lock();
        if (delivery.outcome == Outcome::again) {
          if (ending_) return;
          const auto until = Clock::now() + tries.failed(delivery);
          wake_.wait_until(lock, until, [&] { return ending_ || Clock::now() >= until; });
          next = Clock::now();
          continue;
        }
        count(delivery, waiting, tries);
        if (waiting_ == waiting) board_.posted();
      }
      waiting_ -= waiting;
      counts_.waiting = waiting_;
      // What changes together goes together.
      const auto until = Clock::now() + kTogether;
      wake_.wait_until(lock, until, [&] { return ending_ || Clock::now() >= until; });
    }
  }
  void count(const Delivery& delivery, std::uint64_t messages, Tries& tries) {
    if (delivery.outcome == Outcome::sent) {
      counts_.sent += messages;
      tries.worked();
    } else {
      counts_.failed += messages;
      spdlog::error("notify {}: {}", target_.name, delivery.text);
    }
  }
  bool over() {
    const std::lock_guard lock(mutex_);
    return ending_ && Clock::now() >= until_;
  }

  const NotifyTarget& target_;
  NotifyCounts& counts_;
  std::mutex mutex_;
  std::condition_variable wake_;
  AlertBoard board_;
  std::uint64_t waiting_ = 0;  // messages that no post has had
  bool ending_ = false;
  Clock::time_point until_{};
  std::thread thread_;
};

}  // namespace

std::unique_ptr<Courier> courier_for(const NotifyTarget& target, NotifyCounts& counts,
                                     const std::string& state) {
  if (target.type == NotifyTarget::Type::alertmanager) return std::make_unique<AlertCourier>(target, counts);
  return std::make_unique<QueueCourier>(target, counts, state);
}

}  // namespace stray
