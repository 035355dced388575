// SPDX-License-Identifier: Apache-2.0
#include "base/moment.hpp"

#include <algorithm>
#include <charconv>
#include <ctime>

#include "base/units.hpp"

namespace stray {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;

// Takes parts off the front of a text; each returns false and takes nothing when it is not there.
class Scan {
 public:
  explicit Scan(std::string_view text) : rest_(text) {}
  bool done() const { return rest_.empty(); }
  bool sign(char c) {
    if (rest_.empty() || rest_.front() != c) return false;
    rest_.remove_prefix(1);
    return true;
  }
  bool digits(std::size_t count, int& out) {
    if (rest_.size() < count) return false;
    const auto [end, error] = std::from_chars(rest_.data(), rest_.data() + count, out);
    if (error != std::errc{} || end != rest_.data() + count || rest_.front() == '-') return false;
    rest_.remove_prefix(count);
    return true;
  }
  // ".25" as nanoseconds
  bool fraction(std::int64_t& ns) {
    if (!sign('.')) return true;
    std::int64_t unit = kSecond / 10;
    const std::size_t before = rest_.size();
    for (int digit = 0; unit > 0 && digits(1, digit); unit /= 10) ns += digit * unit;
    return rest_.size() < before;
  }

 private:
  std::string_view rest_;
};

bool clock_time(Scan& scan, std::tm& parts, std::int64_t& ns) {
  if (!scan.digits(2, parts.tm_hour) || !scan.sign(':') || !scan.digits(2, parts.tm_min)) return false;
  if (scan.sign(':') && (!scan.digits(2, parts.tm_sec) || !scan.fraction(ns))) return false;
  return parts.tm_hour < 24 && parts.tm_min < 60 && parts.tm_sec < 61;
}

// Seconds east of UTC: "Z", "+01:00", "+0100"; nothing: the local zone.
bool zone(Scan& scan, std::optional<int>& out) {
  if (scan.done()) return true;
  if (scan.sign('Z')) return out = 0, scan.done();
  const bool east = scan.sign('+');
  if (!east && !scan.sign('-')) return false;
  int hours = 0, minutes = 0;
  if (!scan.digits(2, hours)) return false;
  scan.sign(':');
  if (!scan.digits(2, minutes) || !scan.done() || hours > 14 || minutes > 59) return false;
  out = (east ? 1 : -1) * (hours * 3600 + minutes * 60);
  return true;
}

std::optional<std::int64_t> absolute(std::string_view text) {
  Scan scan(text);
  std::tm parts{};
  std::int64_t ns = 0;
  std::optional<int> east;
  if (!scan.digits(4, parts.tm_year) || !scan.sign('-') || !scan.digits(2, parts.tm_mon) || !scan.sign('-') ||
      !scan.digits(2, parts.tm_mday))
    return {};
  const bool in_range = parts.tm_year >= 1970 && parts.tm_year < 2200 && parts.tm_mon >= 1 &&
                        parts.tm_mon <= 12 && parts.tm_mday >= 1 && parts.tm_mday <= 31;
  if (!in_range) return {};
  parts.tm_year -= 1900, parts.tm_mon -= 1, parts.tm_isdst = -1;
  if (!scan.done() &&
      ((!scan.sign('T') && !scan.sign(' ')) || !clock_time(scan, parts, ns) || !zone(scan, east)))
    return {};
  const int day = parts.tm_mday;
  const std::time_t seconds = east ? ::timegm(&parts) - *east : std::mktime(&parts);
  if (parts.tm_mday != day) return {};  // the 31st of a month that has 30 days
  return seconds * kSecond + ns;
}

// The latest moment of that day that shows this time and is not after `end`. When clocks go back an hour
// comes twice, and when they go forward one does not come at all: then mktime() says which moment is meant.
std::optional<std::int64_t> shown_on(std::tm day, const std::tm& wanted, std::int64_t ns, std::int64_t end) {
  day.tm_hour = wanted.tm_hour, day.tm_min = wanted.tm_min, day.tm_sec = wanted.tm_sec;
  std::optional<std::int64_t> out;
  for (const int dst : {0, 1, -1}) {
    if (dst < 0 && out) break;
    std::tm parts = day;
    parts.tm_isdst = dst;
    const std::int64_t moment = std::mktime(&parts) * kSecond + ns;
    const bool shown = dst < 0 || (parts.tm_hour == day.tm_hour && parts.tm_min == day.tm_min);
    if (shown && moment <= end) out = std::max(out.value_or(moment), moment);
  }
  return out;
}

// The last such time of the day that is not after `end`.
std::optional<std::int64_t> time_of_day(std::string_view text, std::int64_t end) {
  Scan scan(text);
  std::tm wanted{};
  std::int64_t ns = 0;
  if (!clock_time(scan, wanted, ns) || !scan.done()) return {};
  const std::time_t last = end / kSecond;
  for (int days_before = 0; days_before < 2; ++days_before) {
    std::tm day{};
    ::localtime_r(&last, &day);
    day.tm_mday -= days_before;
    if (const auto out = shown_on(day, wanted, ns, end)) return out;
  }
  return {};
}

}  // namespace

std::int64_t parse_moment(std::string_view text, std::string_view flag, const TimeSpan& span) {
  const std::string said = std::string(flag) + ": \"" + std::string(text) + "\"";
  const bool after = text.starts_with('+'), before = text.starts_with('-');
  if (after || before) {
    const BootTime time = parse_duration(text.substr(1), flag);
    if (before && !span.end)
      throw UsageError(said + ": the end of a pipe is not known; write a date and a time, or +" +
                       std::string(text.substr(1)));
    return after ? span.begin + static_cast<std::int64_t>(time.count())
                 : *span.end - static_cast<std::int64_t>(time.count());
  }
  if (const auto moment = absolute(text)) return *moment;
  if (const auto moment = time_of_day(text, span.end.value_or(span.begin + 24 * 3600 * kSecond)))
    return *moment;
  throw UsageError(
      said + " is not a valid time; write \"2026-11-23 02:13:05\", 02:13, +10min (after the beginning) or " +
      "-10min (before the end)");
}

std::optional<std::int64_t> parse_date(std::string_view text) { return absolute(text); }

std::optional<std::int64_t> parse_rfc3339(std::string_view text) {
  constexpr std::string_view form = "2026-10-21T04:05:06.123456789Z";
  if (text.size() != form.size() || text[10] != 'T' || text.back() != 'Z') return {};
  return absolute(text);
}

}  // namespace stray
