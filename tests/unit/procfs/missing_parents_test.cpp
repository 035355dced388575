// SPDX-License-Identifier: Apache-2.0
#include "procfs/missing_parents.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>
#include <vector>

#include "event.h"
#include "procfs/host.hpp"
#include "procfs/process.hpp"
#include "record/wire.hpp"

namespace stray::proc {
namespace {

constexpr ProcessKey kChild{BootTime{1}, 999'999};

struct MissingParent : testing::Test {
  MissingParent() {
    FileReader reader;
    const auto pid = static_cast<std::uint32_t>(::getpid());
    self = {BootTime{read_stat(reader, pid)->start_ticks * tick_ns()}, pid};
  }
  void saw(ProcessKey key, ProcessKey parent) {
    wire::Record<stray_seed> seed(wire::head(STRAY_SEED, BootTime{5}, key));
    seed.set([&](stray_seed& s) { s.parent = wire::id(parent); });
    missing.saw(seed.bytes());
  }
  std::vector<stray_seed> made() {
    std::vector<stray_seed> out;
    missing.make(BootTime{7}, [&](RawRecord raw) {
      std::memcpy(&out.emplace_back(), raw.data(), sizeof(stray_seed));
      text.assign(reinterpret_cast<const char*>(raw.data()), raw.size());
    });
    return out;
  }
  ProcessKey self;
  MissingParents missing;
  std::string text;
};

TEST_F(MissingParent, IsMadeFromProcOnce) {
  saw(kChild, self);
  saw({BootTime{2}, 999'998}, self);
  const auto seeds = made();
  ASSERT_EQ(seeds.size(), 1u);
  const stray_seed& seed = seeds.front();
  EXPECT_EQ(seed.head.tgid, self.tgid);
  EXPECT_EQ(seed.head.start_ns, self.start.count());
  EXPECT_EQ(seed.head.time_ns, 7u);
  EXPECT_EQ(seed.uid, ::getuid());
  EXPECT_EQ(seed.gid, ::getgid());
  EXPECT_EQ(seed.sid, static_cast<std::uint32_t>(::getsid(0)));
  EXPECT_EQ(seed.pidns, own_namespace("pid"));
  EXPECT_NE(seed.inode, 0u);
  const std::string name = program_invocation_short_name;
  EXPECT_EQ(std::string(reinterpret_cast<const char*>(seed.comm)), name);
  EXPECT_NE(text.find(name + '\0'), std::string::npos) << "its executable, leaf first";
}

TEST_F(MissingParent, IsNotMadeWhereItIsThereOrIsAnother) {
  saw(kChild, self);
  saw(self, {});
  EXPECT_TRUE(made().empty());
}

TEST_F(MissingParent, OfAPidThatWasGivenToAnotherIsNotMade) {
  saw(kChild, {self.start + seconds(1), self.tgid});
  EXPECT_TRUE(made().empty());
}

TEST(ProcHost, BootIdAndNamespaces) {
  EXPECT_NE(boot_id(), (std::array<std::uint8_t, 16>{}));
  EXPECT_NE(own_namespace("net"), 0u);
  EXPECT_EQ(own_namespace("none"), 0u);
  EXPECT_EQ(first_line("/proc/none"), "");
}

}  // namespace
}  // namespace stray::proc
