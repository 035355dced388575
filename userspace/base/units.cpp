// SPDX-License-Identifier: Apache-2.0
#include "base/units.hpp"

#include <charconv>
#include <cstdio>
#include <map>

namespace stray {

namespace {

constexpr std::uint64_t kLongest = 36500ull * 86'400'000'000'000;  // a hundred years

}  // namespace

BootTime parse_duration(std::string_view text, std::string_view where) {
  const auto bad = [&]() {
    return UsageError(std::string(where) + ": \"" + std::string(text) +
                      "\" is not a duration, as 250ms, 30s, 10min, 1h30min or 7d are");
  };
  if (text == "0") return BootTime{};
  static const std::map<std::string_view, std::uint64_t> units{
      {"ms", 1'000'000},        {"s", 1'000'000'000},      {"min", 60'000'000'000},   {"m", 60'000'000'000},
      {"h", 3'600'000'000'000}, {"d", 86'400'000'000'000}, {"w", 604'800'000'000'000}};
  std::uint64_t total = 0;
  std::string_view rest = text;
  if (rest.empty()) throw bad();
  while (!rest.empty()) {
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), number);
    if (error != std::errc{}) throw bad();
    rest.remove_prefix(static_cast<std::size_t>(end - rest.data()));
    const auto letters = rest.find_first_of("0123456789");
    const auto unit = units.find(rest.substr(0, letters));
    if (unit == units.end()) throw bad();
    rest = letters == std::string_view::npos ? std::string_view() : rest.substr(letters);
    std::uint64_t part = 0;
    if (__builtin_mul_overflow(number, unit->second, &part) || __builtin_add_overflow(total, part, &total))
      throw bad();
  }
  if (total > kLongest) throw bad();
  return BootTime{total};
}

std::string duration_text(BootTime time) {
  static constexpr std::pair<std::string_view, std::uint64_t> units[] = {{"d", 86'400'000'000'000},
                                                                         {"h", 3'600'000'000'000},
                                                                         {"min", 60'000'000'000},
                                                                         {"s", 1'000'000'000},
                                                                         {"ms", 1'000'000}};
  std::string out;
  std::uint64_t rest = time.count();
  for (const auto& [unit, length] : units) {
    if (rest >= length) out += std::to_string(rest / length) + std::string(unit);
    rest %= length;
  }
  return out.empty() ? "0" : out;
}

std::uint64_t parse_size(std::string_view text, std::string_view where) {
  static const std::map<std::string_view, int> units{
      {"B", 0}, {"KiB", 10}, {"MiB", 20}, {"GiB", 30}, {"TiB", 40}};
  const auto wrong = [&](const std::string& why) {
    return UsageError(std::string(where) + ": \"" + std::string(text) + "\" " + why);
  };
  if (text == "0") return 0;
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const std::string_view letters(end, static_cast<std::size_t>(text.data() + text.size() - end));
  if (error == std::errc{} && letters.empty())
    throw wrong("has no unit; write " + std::string(text) + "MiB, or " + std::string(text) + "B for bytes");
  const auto unit = units.find(letters);
  if (error != std::errc{} || unit == units.end() || number > (std::uint64_t{1} << 62 >> unit->second))
    throw wrong("is not a size, as 64KiB, 8MiB or 4GiB are");
  return number << unit->second;
}

std::string size_text(std::uint64_t bytes) {
  static constexpr std::pair<const char*, int> kUnits[] = {
      {"TiB", 40}, {"GiB", 30}, {"MiB", 20}, {"KiB", 10}};
  for (const auto& [name, shift] : kUnits)
    if (bytes != 0 && bytes % (std::uint64_t{1} << shift) == 0) return std::to_string(bytes >> shift) + name;
  return bytes == 0 ? "0" : std::to_string(bytes) + "B";
}

std::string memory_text(std::uint64_t bytes) {
  char text[32];
  const double mib = static_cast<double>(bytes) / (1 << 20);
  mib < 10 * 1024 ? std::snprintf(text, sizeof text, "%.0f MiB", mib)
                  : std::snprintf(text, sizeof text, "%.1f GiB", mib / 1024);
  return text;
}

std::string memory_text(std::uint64_t bytes, std::uint64_t host) {
  if (host == 0) return memory_text(bytes);
  char share[32];
  std::snprintf(share, sizeof share, " (%.1f %%)",
                100.0 * static_cast<double>(bytes) / static_cast<double>(host));
  return memory_text(bytes) + share;
}

}  // namespace stray
