// SPDX-License-Identifier: Apache-2.0
#include "observe/looks.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <cstring>
#include <map>
#include <set>

#include "event.h"
#include "record/wire.hpp"
#include "unit/observe/observer_fixture.hpp"

namespace stray {
namespace {

using std::chrono::milliseconds;

// Files that answer, except those of the processes in `stuck`: who looks there waits for a pipe in which
// nothing comes until it is closed. What a helper begins to look at is counted in memory that it shares.
class LooksTest : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_EQ(::pipe2(held_, O_CLOEXEC), 0);
    void* shared =
        ::mmap(nullptr, kPids * sizeof *begun_, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    ASSERT_NE(shared, MAP_FAILED);
    begun_ = static_cast<std::atomic<std::uint32_t>*>(shared);
  }
  ~LooksTest() override {
    for (const int fd : held_) ::close(fd);
    ::munmap(begun_, kPids * sizeof *begun_);
  }

  // The helper closes all that it was not given, so it opens its end of the pipe.
  Looks::Make maker() {
    const auto path = [](int fd) {
      return "/proc/" + std::to_string(::getpid()) + "/fd/" + std::to_string(fd);
    };
    return [stuck = stuck_, busy = busy_, hold = path(held_[0]), begun = begun_]() -> Looks::Look {
      return [=, out = std::vector<std::byte>()](const Request& request) mutable {
        const std::uint32_t tgid = request.process.tgid;
        ++begun[tgid % kPids];
        while (busy.contains(tgid) && begun[0] == 0) {
        }
        if (stuck.contains(tgid)) {
          const int fd = ::open(hold.c_str(), O_RDONLY | O_CLOEXEC);
          char byte;
          (void)!::read(fd, &byte, 1);
        }
        wire::Record<stray_saw_usage> record(wire::head(STRAY_SAW_USAGE, test::boot_time(), request.process));
        const RawRecord bytes = record.bytes();
        out.assign(bytes.begin(), bytes.end());
        return RawRecord(out);
      };
    };
  }
  Looks::FindMounts mounts() {
    return [of = mount_of_](const Request& request) {
      std::vector<Mount> out;
      for (auto [it, end] = of.equal_range(request.process.tgid); it != end; ++it)
        out.push_back({it->second, "/mnt/" + it->second, "nfs4", "server:/"});
      return out;
    };
  }
  static constexpr Looks::Patience kShort{milliseconds(200), std::chrono::hours(1)};
  static constexpr Looks::Patience kLong{std::chrono::seconds(1000), std::chrono::hours(1)};
  static Request usage_of(std::uint32_t tgid) { return {{BootTime{1}, tgid}, Look::usage, {}}; }

  // How often a helper began to look at it.
  std::size_t begun(std::uint32_t tgid) const { return begun_[tgid % kPids]; }
  void wait_until_somebody_looks_at(std::uint32_t tgid) {
    EXPECT_TRUE(test::wait_until([&] { return begun(tgid) > 0; }));
  }

  // Answers that came: process to how many there were with facts, and without.
  struct Answers {
    int read = 0, unread = 0;
  };
  void take_until(Looks& looks, std::size_t open) {
    while (looks.open() > open) {
      looks.wait(milliseconds(1));
      looks.take(100, [this](RawRecord raw) {
        stray_head head;
        std::memcpy(&head, raw.data(), sizeof head);
        EXPECT_EQ(head.kind, STRAY_SAW_USAGE);
        auto& answers = answers_[head.tgid];
        ++((head.flags & STRAY_SAW_UNREAD) != 0 ? answers.unread : answers.read);
      });
    }
  }

  static constexpr std::size_t kPids = 1024;
  int held_[2]{};
  std::atomic<std::uint32_t>* begun_ = nullptr;
  std::set<std::uint32_t> stuck_;
  std::set<std::uint32_t> busy_;  // the helper works there until somebody began to look at process 0
  std::multimap<std::uint32_t, std::string> mount_of_;
  std::map<std::uint32_t, Answers> answers_;
};

TEST_F(LooksTest, AllIsAnsweredOnce) {
  Looks looks(test::boot_time, maker(), mounts(), kLong);
  for (std::uint32_t pid = 1; pid <= 50; ++pid) looks.ask(usage_of(pid));
  EXPECT_EQ(looks.open(), 50u);
  take_until(looks, 0);
  EXPECT_EQ(answers_.size(), 50u);
  for (const auto& [pid, answers] : answers_) EXPECT_TRUE(answers.read == 1 && answers.unread == 0) << pid;
}

TEST_F(LooksTest, WhoTakesAnAnswerMayAsk) {
  Looks looks(test::boot_time, maker(), mounts(), kLong);
  looks.ask(usage_of(1));
  int taken = 0;
  while (looks.open() > 0) {
    looks.wait(milliseconds(1));
    looks.take(1, [&](RawRecord) {
      if (++taken < 3) looks.ask(usage_of(1));
    });
  }
  EXPECT_EQ(taken, 3);
}

TEST_F(LooksTest, WhatStillWaitsIsNotAskedForTwice) {
  Looks looks(test::boot_time, maker(), mounts(), kLong);
  for (std::uint32_t pid = 1; pid <= 100; ++pid) looks.ask(usage_of(pid));
  for (int n = 0; n < 5; ++n) looks.ask(usage_of(100));
  EXPECT_EQ(looks.open(), 100u);
  take_until(looks, 0);
  EXPECT_EQ(answers_[100].read, 1);
}

TEST_F(LooksTest, OneAtWorkIsWaitedForLonger) {
  busy_ = {7};
  Looks looks(test::boot_time, maker(), mounts(), kShort);
  looks.ask(usage_of(7));
  wait_until_somebody_looks_at(7);
  const auto later = std::chrono::steady_clock::now() + 3 * kShort.longest;
  while (std::chrono::steady_clock::now() < later) {
    looks.wait(milliseconds(1));
    looks.take(100, [](RawRecord) { ADD_FAILURE() << "answered while it was at work"; });
  }
  ++begun_[0];
  take_until(looks, 0);
  EXPECT_EQ(answers_[7].read, 1);
}

TEST_F(LooksTest, OneThatHangsHoldsUpNoOther) {
  stuck_ = {7};
  Looks looks(test::boot_time, maker(), mounts(), kShort);
  for (const std::uint32_t pid : {6u, 7u, 8u, 9u}) looks.ask(usage_of(pid));
  take_until(looks, 0);
  EXPECT_EQ(answers_[7].unread, 1);
  EXPECT_EQ(answers_[6].read + answers_[8].read + answers_[9].read, 3);
  looks.ask(usage_of(7));
  take_until(looks, 0);
  EXPECT_EQ(answers_[7].unread, 2);
  EXPECT_EQ(begun(7), 1u) << "not tried again meanwhile";
}

TEST_F(LooksTest, OfAFileSystemThatHangsOneProcessIsEnough) {
  constexpr std::uint32_t kMany = 40;
  for (std::uint32_t pid = 1; pid <= kMany; ++pid) {
    stuck_.insert(pid);
    mount_of_.insert({pid, pid % 2 ? "dead" : "deaf"});
  }
  for (std::uint32_t pid = 101; pid <= 120; ++pid) mount_of_.insert({pid, "healthy"});
  Looks looks(test::boot_time, maker(), mounts(), kShort);
  for (std::uint32_t pid = 1; pid <= 120; ++pid) looks.ask(usage_of(pid));
  take_until(looks, 0);
  std::size_t tried = 0;
  for (std::uint32_t pid = 1; pid <= 120; ++pid) {
    EXPECT_EQ(answers_[pid].unread, pid <= kMany ? 1 : 0) << pid;
    EXPECT_EQ(answers_[pid].read, pid <= kMany ? 0 : 1) << pid;
    if (pid <= kMany) tried += begun(pid);
  }
  EXPECT_EQ(tried, 2u) << "one for each of the two";
}

TEST_F(LooksTest, AProcessOnTwoFileSystemsAccusesNeither) {
  stuck_ = {1};
  mount_of_ = {{1, "dead"}, {1, "healthy"}, {2, "healthy"}};
  Looks looks(test::boot_time, maker(), mounts(), kShort);
  for (const std::uint32_t pid : {1u, 2u}) looks.ask(usage_of(pid));
  take_until(looks, 0);
  EXPECT_EQ(answers_[1].unread, 1);
  EXPECT_EQ(answers_[2].read, 1);
}

TEST_F(LooksTest, WhatHungIsLookedAtAgainLater) {
  stuck_ = {1};
  mount_of_ = {{1, "dead"}, {2, "dead"}};
  Looks looks(test::boot_time, maker(), mounts(), {milliseconds(500), milliseconds(50)});
  looks.ask(usage_of(1));
  take_until(looks, 0);
  EXPECT_TRUE(test::wait_until([&] {
    looks.ask(usage_of(2));
    take_until(looks, 0);
    return answers_[2].read > 0;
  }));
}

TEST_F(LooksTest, ItsEndWaitsForNobody) {
  stuck_ = {7};
  Looks looks(test::boot_time, maker(), mounts(), kLong);
  looks.ask(usage_of(7));
  wait_until_somebody_looks_at(7);
}

TEST(Mounts, AreFoundByName) {
  const auto mounts = parse_mountinfo(
      "21 1 8:1 / / rw shared:1 - ext4 /dev/sda1 rw\n"
      "22 21 0:40 / /mnt/a rw - fuse.sshfs me@host:/a\\040b rw\n"
      "23 21 0:41 / /mnt/a\\040b rw,noatime shared:3 master:2 - nfs4 server:/x rw\n"
      "24 22 0:42 / /mnt/a/in rw - tmpfs none rw\n"
      "25 21 0:43 / /mnt/a/in rw - cifs //s/x rw\nbroken line\n");
  ASSERT_EQ(mounts.size(), 5u);
  const auto device = [&](std::string_view path) { return mount_of(mounts, path)->device; };
  EXPECT_EQ(device("/srv/app"), "8:1");
  EXPECT_EQ(device("/mnt/a"), "0:40");
  EXPECT_EQ(device("/mnt/ab"), "8:1");
  EXPECT_EQ(device("/mnt/a b/c"), "0:41");
  EXPECT_EQ(device("/mnt/a/in/x"), "0:43") << "the one mounted last";
  EXPECT_EQ(mount_of(mounts, "pipe:[1]"), nullptr);
  EXPECT_EQ(mounts[1].source, "me@host:/a b");
  EXPECT_FALSE(is_foreign(mounts[0]));
  EXPECT_TRUE(is_foreign(mounts[1]) && is_foreign(mounts[2]) && is_foreign(mounts[4]));
  EXPECT_FALSE(is_foreign(mounts[3]));
}

}  // namespace
}  // namespace stray
