// SPDX-License-Identifier: Apache-2.0
#include "base/time_text.hpp"

#include <cstdio>
#include <ctime>

namespace stray {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;

std::tm parts_of(std::int64_t second, TimeStyle style) {
  const auto time = static_cast<std::time_t>(second);
  std::tm parts{};
  style.utc ? ::gmtime_r(&time, &parts) : ::localtime_r(&time, &parts);
  return parts;
}

std::string formatted(const char* format, const std::tm& parts) {
  char out[64];
  return {out, std::strftime(out, sizeof out, format, &parts)};
}

std::string zone_of(const std::tm& parts, TimeStyle style) {
  return style.utc ? " UTC" : formatted(" %Z", parts);  // gmtime() calls it GMT
}

// ".250"; a time before 1970 is of a hostile capture.
std::string fraction(std::int64_t real_ns) {
  char out[8];
  std::snprintf(out, sizeof out, ".%03d", static_cast<int>(real_ns < 0 ? 0 : real_ns / 1'000'000 % 1000));
  return out;
}

}  // namespace

std::string date_text(std::int64_t real_ns, TimeStyle style) {
  const std::tm parts = parts_of(real_ns / kSecond, style);
  return formatted("%Y-%m-%d %H:%M:%S", parts) + zone_of(parts, style);
}

std::string exact_text(std::int64_t real_ns, TimeStyle style) {
  const std::tm parts = parts_of(real_ns / kSecond, style);
  return formatted("%Y-%m-%d %H:%M:%S", parts) + fraction(real_ns) + zone_of(parts, style);
}

std::string second_text(std::int64_t real_ns) {
  return formatted("%Y-%m-%dT%H:%M:%SZ", parts_of(real_ns / kSecond, kUtc));
}

std::string clock_text(std::int64_t real_ns, TimeStyle style) {
  return formatted("%H:%M:%S", parts_of(real_ns / kSecond, style)) + fraction(real_ns);
}

std::string age_text(BootTime age) {
  static constexpr struct {
    BootTime length;
    const char *name, *smaller_name;
    BootTime smaller;
  } kUnits[] = {{days(1), " d", " h", hours(1)},
                {hours(1), " h", " min", minutes(1)},
                {minutes(1), " min", " s", seconds(1)}};
  for (const auto& unit : kUnits) {
    if (age < unit.length) continue;
    const auto rest = age % unit.length / unit.smaller;
    return std::to_string(age / unit.length) + unit.name +
           (rest ? " " + std::to_string(rest) + unit.smaller_name : "");
  }
  if (age >= seconds(1) || age == BootTime{}) return std::to_string(age / seconds(1)) + " s";
  return age < milliseconds(1) ? "below 1 ms" : std::to_string(age / milliseconds(1)) + " ms";
}

void Rfc3339::append(std::string& out, std::int64_t real_ns) {
  const std::int64_t second = real_ns / 1'000'000'000;
  if (second != second_) {
    const std::tm parts = parts_of(second, kUtc);
    std::strftime(text_, sizeof text_, "%Y-%m-%dT%H:%M:%S", &parts);
    second_ = second;
  }
  char fraction[] = ".000000000Z";
  if (const std::int64_t rest = real_ns % 1'000'000'000; rest > 0) {
    auto ns = static_cast<std::uint32_t>(rest);
    for (int i = 9; i > 0; --i, ns /= 10) fraction[i] = static_cast<char>('0' + ns % 10);
  }
  out += text_;
  out.append(fraction, sizeof fraction - 1);
}

}  // namespace stray
