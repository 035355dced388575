// SPDX-License-Identifier: Apache-2.0
#include "observe/observer_thread.hpp"

#include <gtest/gtest.h>

#include <condition_variable>
#include <cstring>
#include <map>
#include <mutex>
#include <set>

#include "event.h"
#include "record/wire.hpp"
#include "unit/observe/observer_fixture.hpp"

namespace stray {
namespace {

using std::chrono::milliseconds;

// Files that answer, except those of the processes in `stuck`. Kept by the threads that hang in it.
struct Files {
  std::mutex mutex;
  std::condition_variable freed;
  std::set<std::uint32_t> stuck, waiting;

  void wait_for(std::uint32_t tgid) {
    std::unique_lock lock(mutex);
    waiting.insert(tgid);
    freed.notify_all();
    freed.wait(lock, [&] { return !stuck.contains(tgid); });
  }
  void wait_until_somebody_waits_for(std::uint32_t tgid) {
    std::unique_lock lock(mutex);
    freed.wait(lock, [&] { return waiting.contains(tgid); });
  }
  void free() {
    {
      const std::lock_guard lock(mutex);
      stuck.clear();
    }
    freed.notify_all();
  }
};

class LooksTest : public testing::Test {
 protected:
  ~LooksTest() override { files_->free(); }

  Looks::Make maker() {
    return [files = files_]() -> Looks::Look {
      return [files, out = std::vector<std::byte>()](const Request& request) mutable {
        files->wait_for(request.process.tgid);
        wire::Record<stray_saw_usage> record(wire::head(STRAY_SAW_USAGE, test::boot_time(), request.process));
        const RawRecord bytes = record.bytes();
        out.assign(bytes.begin(), bytes.end());
        return RawRecord(out);
      };
    };
  }
  static Request usage_of(std::uint32_t tgid) { return {{BootTime{1}, tgid}, Look::usage, {}}; }

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

  std::shared_ptr<Files> files_ = std::make_shared<Files>();
  std::map<std::uint32_t, Answers> answers_;
};

TEST_F(LooksTest, AllIsAnsweredOnce) {
  Looks looks(test::boot_time, maker());
  for (std::uint32_t pid = 1; pid <= 50; ++pid) looks.ask(usage_of(pid));
  EXPECT_EQ(looks.open(), 50u);
  take_until(looks, 0);
  EXPECT_EQ(answers_.size(), 50u);
  for (const auto& [pid, answers] : answers_) EXPECT_TRUE(answers.read == 1 && answers.unread == 0) << pid;
}

TEST_F(LooksTest, WhoTakesAnAnswerMayAsk) {
  Looks looks(test::boot_time, maker());
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

TEST_F(LooksTest, OneThatHangsHoldsUpNoOther) {
  files_->stuck = {7};
  Looks looks(test::boot_time, maker(), milliseconds(20));
  looks.ask(usage_of(7));
  files_->wait_until_somebody_waits_for(7);
  for (const std::uint32_t pid : {7u, 8u, 9u}) looks.ask(usage_of(pid));
  take_until(looks, 0);
  EXPECT_EQ(answers_[7].unread, 2);  // not tried again meanwhile
  EXPECT_EQ(answers_[7].read, 0);
  EXPECT_EQ(answers_[8].read + answers_[9].read, 2);

  // When its files answer again it is told late, and looked at as all others.
  files_->free();
  EXPECT_TRUE(test::wait_until([&] {
    looks.wait(milliseconds(1));
    take_until(looks, 0);
    looks.take(100, [&](RawRecord) { ++answers_[7].read; });
    return answers_[7].read == 1;
  }));
  looks.ask(usage_of(7));
  take_until(looks, 0);
  EXPECT_EQ(answers_[7].read, 2);
  EXPECT_EQ(answers_[7].unread, 2);
}

TEST_F(LooksTest, WhenAllHangNothingIsAskedOfThem) {
  constexpr std::uint32_t kMany = 40;
  for (std::uint32_t pid = 1; pid <= kMany; ++pid) files_->stuck.insert(pid);
  Looks looks(test::boot_time, maker(), milliseconds(2));
  for (std::uint32_t pid = 1; pid <= kMany; ++pid) looks.ask(usage_of(pid));
  take_until(looks, 0);
  for (const auto& [pid, answers] : answers_) EXPECT_EQ(answers.unread, 1) << pid;
  EXPECT_EQ(answers_.size(), kMany);
  {
    const std::lock_guard lock(files_->mutex);
    EXPECT_EQ(files_->waiting.size(), 16u);
  }
  files_->free();
  EXPECT_TRUE(test::wait_until([&] {
    looks.ask(usage_of(100));
    take_until(looks, 0);
    return answers_[100].read > 0;
  }));
}

TEST_F(LooksTest, ItsEndWaitsForNobody) {
  files_->stuck = {7};
  {
    Looks looks(test::boot_time, maker());
    looks.ask(usage_of(7));
    files_->wait_until_somebody_waits_for(7);
  }
  const std::lock_guard lock(files_->mutex);
  EXPECT_TRUE(files_->stuck.contains(7));
}

}  // namespace
}  // namespace stray
