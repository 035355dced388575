// SPDX-License-Identifier: Apache-2.0
// A capture is read from the checkpoint before the place on. A step forward reads on; a step back begins
// anew.
#include <poll.h>

#include <chrono>

#include "base/time_text.hpp"
#include "privilege/confine.hpp"
#include "top/feeds.hpp"
#include "top/survey.hpp"
#include "top/time_cursor.hpp"

namespace stray::top {
namespace {

using Clock = std::chrono::steady_clock;

constexpr auto kFrame = std::chrono::milliseconds(100);
constexpr std::int64_t kFar = 300'000'000'000;  // further ahead the next checkpoint is nearer

class CaptureView {
 public:
  CaptureView(Board& board, const DetectOptions& detect, const CaptureChoice& capture)
      : board_(board), capture_(capture), detect_(detect), cursor_(cursor_of(capture)) {
    capture_.at.clear();
    capture_.reported = true;
  }

  bool run() {
    while (!board_.ended()) {
      Pipeline pipeline(detect_, {});
      survey_.forget();
      pipeline.add(survey_);
      CaptureChoice from = capture_;
      Rfc3339().append(from.since, cursor_.at());
      CaptureInput input(from);
      CaptureHooks hooks;
      hooks.before_record = [&](BootTime time) { before(pipeline, time); };
      hooks.after_record = [&] { return !again_ && !board_.ended(); };
      again_ = false;
      input.feed(pipeline, hooks);
      damaged_ |= input.damaged();
      while (!again_ && !board_.ended()) show_and_wait(pipeline, true);
    }
    return damaged_;
  }

 private:
  // Its header and end are read, and what is wrong with it is reported, once.
  static TimeCursor cursor_of(const CaptureChoice& capture) {
    const CaptureInput input(capture);
    const TimeSpan span = input.span();
    if (!span.end) throw UsageError("stray top moves through a capture: give it a file, not a pipe");
    TimeCursor out(span.begin, *span.end);
    if (!capture.at.empty()) out.take({.kind = Action::Kind::go, .text = capture.at});
    return out;
  }

  // All records up to the place are in: shows that, and waits until the place is further on.
  void before(Pipeline& pipeline, BootTime time) {
    if (pipeline.muted() || again_) return;
    const std::int64_t real = pipeline.host().real_ns(std::max(time, pipeline.time()));
    while (real > cursor_.at() && !again_ && !board_.ended()) show_and_wait(pipeline, false);
  }

  void show_and_wait(Pipeline& pipeline, bool at_end) {
    const auto now = Clock::now();
    const Wanted wanted = board_.wanted();
    if (shown_at_ != cursor_.at() || !(wanted == shown_wanted_) || moved_) {
      Snapshot snapshot = survey_.snapshot(pipeline, wanted);
      snapshot.place = cursor_.place();
      snapshot.clock = date_text(cursor_.at(), {});
      snapshot.message = message_;
      board_.show(std::move(snapshot));
      shown_at_ = cursor_.at(), shown_wanted_ = wanted, moved_ = false;
    }
    pollfd one{board_.wanted_fd(), POLLIN, 0};
    const auto wait = cursor_.place().playing ? static_cast<int>(kFrame.count()) : -1;
    ::poll(&one, 1, wait);
    board_.taken();
    const std::int64_t before = cursor_.at();
    for (const Action& action : board_.take_moves()) message_ = cursor_.take(action), moved_ = true;
    cursor_.play(Clock::now() - now);
    again_ = cursor_.at() < before || (!at_end && cursor_.at() - before > kFar);
  }

  Board& board_;
  CaptureChoice capture_;
  const DetectOptions detect_;
  TimeCursor cursor_;
  Survey survey_;
  std::string message_;
  bool again_ = false, damaged_ = false, moved_ = true;
  std::int64_t shown_at_ = -1;
  Wanted shown_wanted_;
};

}  // namespace

bool feed_capture(Board& board, const DetectOptions& detect, const CaptureChoice& capture) {
  privilege::confine(privilege::Role::reader, {.read = capture.files});
  return CaptureView(board, detect, capture).run();
}

}  // namespace stray::top
