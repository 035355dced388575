// SPDX-License-Identifier: Apache-2.0
#include "lineage/view_limits.hpp"

#include <gtest/gtest.h>
#include <linux/capability.h>

#include "pipeline/pipeline.hpp"
#include "support/records.hpp"

namespace stray {
namespace {

using namespace records;

class ViewLimitsTest : public ::testing::Test {
 protected:
  const ProcessKey init = key(1, 0), server = key(20, 1);
  Pipeline pipeline{{}, {}};

  void begin(std::uint32_t pidns = 0xEFFFFFFC, std::uint32_t missing_kinds = 0,
             std::uint32_t capabilities = 0) {
    wire::Record<stray_session> session(wire::head(STRAY_SESSION, at(1)));
    session.set([&](stray_session& s) { s.pidns = pidns; });
    pipeline.feed(session.bytes());
    pipeline.feed(seed(init, {}, "/sbin/init", at(1)));
    pipeline.feed(seed(server, init, "/usr/bin/node", at(1)));
    wire::Record<stray_ready> ready(wire::head(STRAY_READY, at(1)));
    ready.set(
        [&](stray_ready& r) { r.missing_kinds = missing_kinds, r.missing_capabilities = capabilities; });
    pipeline.feed(ready.bytes());
  }
  template <wire::RecordHead T>
  void look(stray_kind kind, std::uint32_t flags) {
    pipeline.feed(wire::Record<T>(wire::head(kind, at(2), server, flags)).bytes());
  }
  std::vector<std::string> codes() const {
    std::vector<std::string> out;
    for (const ViewLimit& limit : pipeline.limits()) out.emplace_back(limit.code);
    return out;
  }
  using Codes = std::vector<std::string>;
};

TEST_F(ViewLimitsTest, NoneOnTheHostItself) {
  begin();
  EXPECT_EQ(codes(), Codes{});
}

TEST_F(ViewLimitsTest, NoneWhereACaptureDoesNotSay) {
  begin(0);
  EXPECT_EQ(codes(), Codes{});
}

TEST_F(ViewLimitsTest, APidNamespaceOfItsOwn) {
  begin(4026532000);
  EXPECT_EQ(codes(), Codes{"pid-namespace"});
}

TEST_F(ViewLimitsTest, EachCapabilityThatTheObserverLacks) {
  begin(0, 0, 1u << CAP_SYS_PTRACE | 1u << CAP_DAC_READ_SEARCH);
  EXPECT_EQ(codes(), (Codes{"missing-capability", "missing-capability"}));
  EXPECT_TRUE(pipeline.limits().front().text.starts_with("CAP_SYS_PTRACE is missing: "));
}

TEST_F(ViewLimitsTest, EachKindOfEventThatTheKernelDoesNotOffer) {
  begin(0, 1u << STRAY_OOM | 1u << STRAY_LISTEN);
  EXPECT_EQ(codes(), (Codes{"missing-events", "missing-events"}));
  EXPECT_NE(pipeline.limits().front().text.find("OOM"), std::string::npos);
}

TEST_F(ViewLimitsTest, LostRecords) {
  begin();
  pipeline.feed(tick(at(2), 1));
  EXPECT_EQ(codes(), Codes{"lost-records"});
  EXPECT_TRUE(pipeline.limits().front().text.starts_with("1 record was lost"));
}

TEST_F(ViewLimitsTest, AProcessCountsOnceUntilEachLookAtItWasAnswered) {
  begin();
  look<stray_saw_process>(STRAY_SAW_PROCESS, STRAY_SAW_UNREAD);
  look<stray_saw_usage>(STRAY_SAW_USAGE, STRAY_SAW_UNREAD);
  EXPECT_EQ(codes(), Codes{"unread-processes"});
  EXPECT_TRUE(pipeline.limits().front().text.starts_with("1 process could not"));
  look<stray_saw_process>(STRAY_SAW_PROCESS, 0);
  EXPECT_EQ(codes(), Codes{"unread-processes"});
  look<stray_saw_usage>(STRAY_SAW_USAGE, 0);
  EXPECT_EQ(codes(), Codes{});
}

TEST_F(ViewLimitsTest, AProcessThatEndedIsNoLimit) {
  begin();
  look<stray_saw_process>(STRAY_SAW_PROCESS, STRAY_SAW_UNREAD);
  pipeline.feed(exit(server, at(3)));
  EXPECT_EQ(codes(), Codes{});
}

TEST_F(ViewLimitsTest, KeptInASavedState) {
  begin(4026532000, 1u << STRAY_OOM);
  look<stray_saw_process>(STRAY_SAW_PROCESS, STRAY_SAW_UNREAD);
  const Codes before = codes();
  EXPECT_EQ(before, (Codes{"pid-namespace", "missing-events", "unread-processes"}));
  Pipeline next{{}, {}};
  pipeline.save_state([&](RawRecord raw) { next.feed(raw); }, at(3));
  EXPECT_EQ(next.limits().size(), before.size());
}

}  // namespace
}  // namespace stray
