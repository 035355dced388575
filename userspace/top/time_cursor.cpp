// SPDX-License-Identifier: Apache-2.0
#include "top/time_cursor.hpp"

#include <algorithm>

#include "base/errors.hpp"
#include "base/time_text.hpp"

namespace stray::top {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;
constexpr std::int64_t kSteps = 200;  // about so many make the whole
constexpr double kFastest = 10'000;

// The next round time that is at least a step.
std::int64_t step_of(std::int64_t length) {
  for (const std::int64_t seconds : {1, 2, 5, 10, 30, 60, 120, 300, 600, 1800, 3600, 7200})
    if (seconds * kSecond * kSteps >= length) return seconds * kSecond;
  return 6 * 3600 * kSecond;
}

}  // namespace

TimeCursor::TimeCursor(std::int64_t begin, std::int64_t end)
    : place_{.begin = begin,
             .end = std::max(begin, end),
             .at = std::max(begin, end),
             .step = step_of(end - begin)} {}

void TimeCursor::go(std::int64_t at) { place_.at = std::clamp(at, place_.begin, place_.end); }

std::string TimeCursor::take(const Action& action) {
  switch (action.kind) {
    case Action::Kind::move:
      go(place_.at + action.steps * place_.step);
      break;
    case Action::Kind::play:
      place_.playing = !place_.playing && place_.at < place_.end;
      break;
    case Action::Kind::faster:
      place_.speed = std::min(place_.speed * 10, kFastest);
      break;
    case Action::Kind::slower:
      place_.speed = std::max(place_.speed / 10, 1.0);
      break;
    case Action::Kind::go:
      try {
        const std::int64_t at =
            parse_moment(action.text, "go to", {.begin = place_.begin, .end = place_.end});
        if (at < place_.begin || at > place_.end)
          return date_text(at, {}) + " is not in the capture, which goes from " +
                 date_text(place_.begin, {}) + " to " + date_text(place_.end, {});
        go(at);
      } catch (const UsageError& error) {
        return error.what();
      }
      break;
    default:
      break;
  }
  return {};
}

void TimeCursor::play(std::chrono::nanoseconds passed) {
  if (!place_.playing) return;
  const double ahead = static_cast<double>(passed.count()) * place_.speed;
  const auto left = static_cast<double>(place_.end - place_.at);
  if (ahead >= left)
    place_.at = place_.end, place_.playing = false;
  else
    place_.at += static_cast<std::int64_t>(ahead);
}

}  // namespace stray::top
