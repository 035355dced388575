// SPDX-License-Identifier: Apache-2.0
#include "base/moment.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <ctime>

#include "base/errors.hpp"
#include "base/time_text.hpp"

namespace stray {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;

class When : public ::testing::Test {
 protected:
  When() { zone("Europe/Berlin"); }
  ~When() override {
    before_ ? ::setenv("TZ", before_->c_str(), 1) : ::unsetenv("TZ");
    ::tzset();
  }
  // By its rule, so that no zone files are needed.
  static void zone(std::string_view name) {
    ::setenv("TZ", name == "Europe/Berlin" ? "CET-1CEST,M3.5.0,M10.5.0/3" : "UTC0", 1);
    ::tzset();
  }
  std::int64_t at(std::string_view text) const { return parse_moment(text, "--since", span); }
  std::string refusal(std::string_view text, const TimeSpan& of) const {
    try {
      parse_moment(text, "--since", of);
      return "taken";
    } catch (const UsageError& error) {
      return error.what();
    }
  }
  // 2026-11-20 12:00 UTC to 2026-11-23 02:30 UTC: in Berlin an hour later
  const TimeSpan span{1'795'176'000 * kSecond, 1'795'401'000 * kSecond};

 private:
  std::optional<std::string> before_ =
      std::getenv("TZ") ? std::optional<std::string>(std::getenv("TZ")) : std::nullopt;
};

TEST_F(When, MomentsInTheLocalZone) {
  EXPECT_EQ(at("2026-11-23 03:30"), *span.end);
  EXPECT_EQ(at("2026-11-23T03:30:00"), *span.end);
  EXPECT_EQ(at("2026-11-23 03:30:05.25"), *span.end + 5'250'000'000);
  EXPECT_EQ(at("2026-11-23 03:30:05.000000001"), *span.end + 5'000'000'001);
  EXPECT_EQ(at("2026-11-23"), *span.end - 12'600 * kSecond);
}

TEST_F(When, MomentsWithAZoneOfTheirOwn) {
  for (const auto text : {"2026-11-23T02:30Z", "2026-11-23 03:30+01:00", "2026-11-23 03:30:00+0100",
                          "2026-11-22T21:30-05:00", "2026-11-23 08:15:00.0+05:45"})
    EXPECT_EQ(at(text), *span.end) << text;
  zone("UTC");
  EXPECT_EQ(at("2026-11-23 03:30+01:00"), *span.end);
  EXPECT_EQ(at("2026-11-23 02:30"), *span.end);
}

TEST_F(When, TimesOfDayAreTheLastBeforeTheEnd) {
  EXPECT_EQ(at("03:30"), *span.end);
  EXPECT_EQ(at("03:29:59"), *span.end - kSecond);
  EXPECT_EQ(at("03:30:01"), *span.end - 86'399 * kSecond);
  EXPECT_EQ(at("23:00"), *span.end - 16'200 * kSecond);
  // The end of a pipe is not known: the first one after its beginning.
  EXPECT_EQ(parse_moment("14:00", "--since", {span.begin, {}}), span.begin + 3600 * kSecond);
  EXPECT_EQ(parse_moment("12:00", "--since", {span.begin, {}}), span.begin + 23 * 3600 * kSecond);
}

TEST_F(When, FromTheBeginningAndFromTheEnd) {
  EXPECT_EQ(at("+0"), span.begin);
  EXPECT_EQ(at("+10min"), span.begin + 600 * kSecond);
  EXPECT_EQ(at("-0"), *span.end);
  EXPECT_EQ(at("-1h30min"), *span.end - 5400 * kSecond);
  EXPECT_NE(refusal("-1h", {span.begin, {}}).find("the end of a pipe is not known"), std::string::npos);
}

// In the night to 2026-03-29 the clocks of Berlin jump from 2 to 3, in that to 2026-10-25 from 3 back to 2.
TEST_F(When, AcrossAChangeOfTheClocks) {
  EXPECT_EQ(at("2026-03-29 03:00") - at("2026-03-29 01:00"), 3600 * kSecond);
  EXPECT_EQ(at("2026-03-29 12:00") - at("2026-03-28 12:00"), 23 * 3600 * kSecond);
  EXPECT_EQ(at("2026-10-25 12:00") - at("2026-10-24 12:00"), 25 * 3600 * kSecond);
  const std::int64_t nowhere = at("2026-03-29 02:30");  // never shown by a clock
  EXPECT_GE(nowhere, at("2026-03-29 01:30"));
  EXPECT_LE(nowhere, at("2026-03-29 03:30"));
  const std::int64_t twice = at("2026-10-25 02:30");
  EXPECT_TRUE(twice == at("2026-10-25 02:30+02:00") || twice == at("2026-10-25 02:30+01:00"));
}

// The hour that comes twice: the end lies in its first pass, so the last such time is of the first pass too.
TEST_F(When, ATimeOfDayInTheHourThatComesTwice) {
  for (const auto zone_of_end : {"+02:00", "+01:00"}) {
    const std::int64_t end = at(std::string("2026-10-25 02:40") + zone_of_end);
    EXPECT_EQ(parse_moment("02:30", "--since", {span.begin, end}), end - 600 * kSecond) << zone_of_end;
  }
}

TEST_F(When, WhatIsNoMoment) {
  for (const auto text : {"",
                          "+",
                          "-",
                          "now",
                          "yesterday",
                          "1",
                          "24:00",
                          "12:60",
                          "12:30:61",
                          "1:30",
                          "12:3",
                          "12:30:",
                          "12:30.5",
                          "12:30:00.",
                          "12:30:00.0000000001",
                          "2026-11-23T",
                          "2026-11-23 ",
                          "2026-11-23 12:30 ",
                          " 2026-11-23",
                          "2026-11-31",
                          "2026-02-29",
                          "2026-13-01",
                          "2026-00-10",
                          "2026-10-00",
                          "1969-12-31",
                          "2200-01-01",
                          "2026-1-1",
                          "26-11-23",
                          "2026/11/23",
                          "2026-11-23 12:30z",
                          "2026-11-23 12:30+1",
                          "2026-11-23 12:30+15:00",
                          "2026-11-23 12:30+01:60",
                          "2026-11-23 12:30+01:",
                          "2026-11-23 12:30 UTC",
                          "-2026-11-23",
                          "2026--1-23",
                          "+10",
                          "+10 min",
                          "-10x",
                          "+-1h",
                          "--1h",
                          "+99999999999999999999s",
                          "-40000d"})
    EXPECT_EQ(refusal(text, span).substr(0, 7), "--since") << '"' << text << '"';
}

TEST_F(When, TimestampsOfDocuments) {
  std::string text;
  Rfc3339().append(text, *span.end + 123'456'789);
  EXPECT_EQ(parse_rfc3339(text), *span.end + 123'456'789);
  EXPECT_EQ(parse_rfc3339("1970-01-01T00:00:00.000000000Z"), 0);
  for (const auto none :
       {"9999-12-31T23:59:59.999999999Z", "2263-01-01T00:00:00.000000000Z", "0000-01-01T00:00:00.000000000Z",
        "2026-11-23T02:30:00Z", "2026-11-23T02:30:00.00000000Z", "2026-11-23 02:30:00.000000000Z",
        "2026-11-23T02:30:00.00000000-1", "2026-11-23T02:30:00.0000000000", "2026-11-23T02:30:00.000+01:00",
        "Z", ""})
    EXPECT_FALSE(parse_rfc3339(none)) << none;
}

TEST_F(When, TextOfAMoment) {
  EXPECT_EQ(date_text(*span.end, {}), "2026-11-23 03:30:00 CET");
  EXPECT_EQ(date_text(at("2026-07-01"), {}), "2026-07-01 00:00:00 CEST");
  EXPECT_EQ(date_text(*span.end, kUtc), "2026-11-23 02:30:00 UTC");
  EXPECT_EQ(date_text(-1, {}), "1970-01-01 01:00:00 CET");
}

}  // namespace
}  // namespace stray
