// SPDX-License-Identifier: Apache-2.0
#include <spdlog/spdlog.h>

#include <algorithm>
#include <chrono>

#include "privilege/confine.hpp"
#include "sources/live.hpp"
#include "top/feeds.hpp"
#include "top/survey.hpp"

namespace stray::top {
namespace {

using Clock = std::chrono::steady_clock;

constexpr auto kShowEvery = std::chrono::seconds(1);  // ages and rates change so
constexpr auto kShowSoon = std::chrono::milliseconds(100);
constexpr int kRest =
    50;  // a snapshot of many processes is made so much more seldom: at most 2 % of the time
constexpr auto kLookEvery = std::chrono::seconds(2);

class LiveView {
 public:
  LiveView(const LiveFeed& feed, Board& board)
      : feed_(feed),
        board_(board),
        config_(feed.configuration()),
        pipeline_(at_first(config_), {}),
        live_(pipeline_, KernelOptions{.ring_bytes = 4u << 20, .probes = true}) {
    pipeline_.add(survey_);
    live_.use(config_);
  }

  void run() {
    const std::string session = session_record();
    live_.start(std::as_bytes(std::span(session.data(), session.size())));
    privilege::confine(privilege::Role::pipeline, {.read = feed_.files});
    live_.settle();
    show();
    // What holds now was raised at once, as by `scan`; what begins from here on is raised as by `run`.
    pipeline_.replace_options(config_.detect);
    while (!board_.ended()) round();
    live_.stop();
    live_.say_what_was_skipped();
  }

 private:
  static DetectOptions at_first(const Config& config) {
    DetectOptions out = config.detect;
    out.at_once = true;
    return out;
  }

  void round() {
    const bool busy = live_.round();
    board_.taken();
    const Wanted wanted = board_.wanted();
    if (wanted.reload != wanted_.reload) reload();
    const auto now = Clock::now();
    if (!(wanted == wanted_) || now >= looked_ + kLookEvery) look_at(wanted, now);
    waiting_ |= !(wanted == wanted_);
    wanted_ = wanted;
    const bool soon = waiting_ || survey_.news();
    if (now >= shown_ + std::max<Clock::duration>(soon ? kShowSoon : kShowEvery, kRest * cost_)) show();
    live_.sleep(busy || waiting_, board_.wanted_fd());
  }

  void show() {
    const auto begin = Clock::now();
    live_.tick();
    board_.show(survey_.snapshot(pipeline_, wanted_));
    shown_ = Clock::now();
    cost_ = shown_ - begin;
    waiting_ = false;
  }

  // What is on the screen is looked at more often than the detectors need.
  void look_at(const Wanted& wanted, Clock::time_point now) {
    live_.look_at(wanted.in_view);
    looked_ = now;
  }

  void reload() {
    try {
      config_ = feed_.configuration();
      live_.use(config_);
      pipeline_.replace_options(config_.detect);
    } catch (const UsageError& error) {
      spdlog::error("the old configuration stays: {}", error.what());
    }
  }

  const LiveFeed& feed_;
  Board& board_;
  Config config_;
  Pipeline pipeline_;
  Survey survey_;
  Live live_;
  Wanted wanted_;
  bool waiting_ = false;  // the screen wants something that is not shown yet
  Clock::time_point shown_{}, looked_{};
  Clock::duration cost_{};  // of the last snapshot
};

}  // namespace

void LiveFeed::run(Board& board) const { LiveView(*this, board).run(); }

}  // namespace stray::top
