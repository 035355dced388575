// SPDX-License-Identifier: Apache-2.0
#include "kernel/loss.hpp"

#include <gtest/gtest.h>

namespace stray {
namespace {

stray_head at(std::uint64_t second, std::uint64_t lost) {
  stray_head head{};
  head.time_ns = second * 1'000'000'000;
  head.lost = lost;
  return head;
}
constexpr BootTime seconds_of(std::uint64_t s) { return BootTime{s * 1'000'000'000}; }

TEST(LossSpan, BeginsBehindTheLastRecordWithTheOldTotal) {
  LossSpan span;
  span.record(at(1, 0));
  span.nothing_lost();
  span.record(at(2, 0));
  span.record(at(9, 5));
  span.record(at(10, 7));
  EXPECT_EQ(span.from(7), seconds_of(2)) << "neither the newest record nor the look";
}

TEST(LossSpan, EachLossHasItsOwnSpan) {
  LossSpan span;
  span.record(at(1, 0));
  span.record(at(2, 5));
  span.reported();
  span.record(at(3, 5));
  span.nothing_lost();
  span.record(at(4, 6));
  EXPECT_EQ(span.from(1), seconds_of(3));
}

TEST(LossSpan, WhatNoHeadTellsBeganAfterTheLookBeforeTheLast) {
  LossSpan span;
  for (const std::uint64_t second : {1, 2, 3}) {
    span.record(at(second, 0));
    span.nothing_lost();
  }
  span.record(at(4, 0));
  EXPECT_EQ(span.from(2), seconds_of(2)) << "no record after the loss";
  span.record(at(5, 1));
  EXPECT_EQ(span.from(2), seconds_of(2)) << "one of the two is in no head";
  EXPECT_EQ(span.from(1), seconds_of(4));
}

}  // namespace
}  // namespace stray
