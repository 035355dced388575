// SPDX-License-Identifier: Apache-2.0
// Times, durations, sizes, names of signals, patterns, UTF-8: each has one spelling.
#include <gtest/gtest.h>

#include "base/glob.hpp"
#include "base/quote.hpp"
#include "base/signal_name.hpp"
#include "base/time_text.hpp"
#include "base/units.hpp"
#include "base/utf8.hpp"

namespace stray {
namespace {

TEST(TimeText, AllFormsShowTheSameZone) {
  constexpr std::int64_t time = 1'795'401'000'250'000'000;
  EXPECT_EQ(date_text(time, kUtc), "2026-11-23 02:30:00 UTC");
  EXPECT_EQ(exact_text(time, kUtc), "2026-11-23 02:30:00.250 UTC");
  EXPECT_EQ(clock_text(time, kUtc), "02:30:00.250");
  EXPECT_EQ(second_text(time), "2026-11-23T02:30:00Z");
  std::string out;
  Rfc3339().append(out, time);
  EXPECT_EQ(out, "2026-11-23T02:30:00.250000000Z");
}

TEST(TimeText, AgesInTheirTwoLargestUnits) {
  EXPECT_EQ(age_text({}), "0 s");
  EXPECT_EQ(age_text(BootTime{400'000}), "below 1 ms");
  EXPECT_EQ(age_text(milliseconds(12)), "12 ms");
  EXPECT_EQ(age_text(milliseconds(1999)), "1 s");
  EXPECT_EQ(age_text(seconds(60)), "1 min");
  EXPECT_EQ(age_text(seconds(61)), "1 min 1 s");
  EXPECT_EQ(age_text(hours(1) + minutes(5) + seconds(59)), "1 h 5 min");
  EXPECT_EQ(age_text(days(31) + hours(4)), "31 d 4 h");
  EXPECT_EQ(age_text(days(2) + minutes(59)), "2 d");
}

TEST(TimeText, ElapsedIsNeverNegative) {
  EXPECT_EQ(elapsed(seconds(3), seconds(5)), seconds(2));
  EXPECT_EQ(elapsed(seconds(5), seconds(3)), BootTime{});
}

TEST(Units, MemoryForPeople) {
  EXPECT_EQ(memory_text(145u << 20), "145 MiB");
  EXPECT_EQ(memory_text(0), "0 MiB");
  EXPECT_EQ(memory_text(std::uint64_t{9} << 30), "9216 MiB");
  EXPECT_EQ(memory_text(std::uint64_t{25} << 29), "12.5 GiB");
  EXPECT_EQ(memory_text(145u << 20, std::uint64_t{4} << 30), "145 MiB (3.5 %)");
  EXPECT_EQ(memory_text(145u << 20, 0), "145 MiB");  // a host that is not known has no share
}

TEST(Signals, ByNameWhereTheyHaveOne) {
  EXPECT_EQ(signal_name(15), "SIGTERM");
  EXPECT_EQ(signal_name(50), "signal 50");
}

TEST(Globs, AStarMatchesSlashes) {
  EXPECT_TRUE(matches_glob("/srv/*", "/srv/app/server.js"));
  EXPECT_FALSE(matches_glob("/srv/*", "/opt/srv/x"));
  EXPECT_TRUE(matches_any_glob({"a*", "*b"}, "xb"));
  EXPECT_FALSE(matches_any_glob({}, "xb"));
}

TEST(Utf8, DecodesAndRefuses) {
  const auto code = [](std::string_view text) { return first_character(text).code; };
  EXPECT_EQ(code("a"), U'a');
  EXPECT_EQ(code("\xc3\xa9"), U'\u00e9');
  EXPECT_EQ(code("\xe2\x82\xac"), U'\u20ac');
  EXPECT_EQ(code("\xf0\x9f\x98\x80"), U'\U0001f600');
  for (const std::string_view bad : {"\xff", "\x80", "\xc0\x80", "\xe0\x80\x80", "\xed\xa0\x80",
                                     "\xf4\x90\x80\x80", "\xf0\x80\x80\x80", "\xe2\x82",
                                     "\xe2\x82"
                                     "a"}) {
    EXPECT_EQ(code(bad), kNotUtf8) << bad;
    EXPECT_FALSE(is_utf8(bad)) << bad;
  }
  EXPECT_TRUE(is_utf8(""));
  EXPECT_EQ(cut_utf8("a\xe2\x82\xac"
                     "b",
                     3),
            "a");
  EXPECT_EQ(cut_utf8("a\xe2\x82\xac"
                     "b",
                     4),
            "a\xe2\x82\xac");
  EXPECT_EQ(cut_utf8("ab", 4), "ab");
}

TEST(ShellQuote, QuotesOnlyWhereTheShellReadsMore) {
  EXPECT_EQ(shell_quote("web-1.service"), "web-1.service");
  EXPECT_EQ(shell_quote(""), "''");
  EXPECT_EQ(shell_quote("a;touch X;b"), "'a;touch X;b'");
  EXPECT_EQ(shell_quote("it's"), "'it'\\''s'");
  EXPECT_EQ(shell_quote("A=b"), "'A=b'");  // an assignment where it stands first
  EXPECT_EQ(shell_quote("~root"), "'~root'");
}

}  // namespace
}  // namespace stray
