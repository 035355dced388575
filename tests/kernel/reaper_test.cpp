// SPDX-License-Identifier: Apache-2.0
// Who inherits the children: what the exit record computed, against the parent that the orphan really has
// afterwards.
#include <sched.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <thread>

#include "live_trace.hpp"

namespace stray::live {
namespace {

class ReaperTest : public TracedTest {
 protected:
  static const Exit& exit(const Seen& seen) { return std::get<Exit>(seen.event.what); }
  Gate gate_, orphan_;

  // In a child: makes a process that stays until the gate opens, and says its pid.
  void leave_orphan() {
    const pid_t pid = ::fork();
    if (pid == 0) {
      gate_.wait();
      ::_exit(0);
    }
    orphan_.send(pid);
  }
};

TEST_F(ReaperTest, InitInherits) {
  Child maker([&] { return leave_orphan(), 0; });
  maker.wait();
  const auto orphan = static_cast<pid_t>(orphan_.receive());
  trace_->catch_up();
  const Seen& seen = trace_->only<Exit>(maker.pid());
  EXPECT_EQ(exit(seen).reaper.tgid, static_cast<unsigned>(parent_of(orphan)));
  EXPECT_EQ(ticks(exit(seen).reaper.start), start_ticks(parent_of(orphan)));
  EXPECT_EQ(seen.event.flags, STRAY_EXIT_HAD_CHILDREN);
}

TEST_F(ReaperTest, NearestSubreaperInherits) {
  ASSERT_EQ(::prctl(PR_SET_CHILD_SUBREAPER, 1), 0);  // the farther one: this process
  Gate ended;
  Child reaper([&] {
    ::prctl(PR_SET_CHILD_SUBREAPER, 1);
    const pid_t between = ::fork();
    if (between == 0) {
      const pid_t maker = ::fork();
      if (maker == 0) {
        leave_orphan();
        ::_exit(0);
      }
      ::waitpid(maker, nullptr, 0);
      ended.send(maker);
      gate_.wait();
      ::_exit(0);
    }
    ::waitpid(between, nullptr, 0);
    return 0;
  });
  const auto orphan = static_cast<pid_t>(orphan_.receive());
  const auto maker = static_cast<pid_t>(ended.receive());
  trace_->catch_up();
  const Seen& seen = trace_->only<Exit>(maker);
  EXPECT_EQ(parent_of(orphan), reaper.pid());
  EXPECT_EQ(exit(seen).reaper.tgid, static_cast<unsigned>(reaper.pid()));
  EXPECT_EQ(exit(seen).reaper, trace_->only<Fork>(reaper.pid()).event.process);
  EXPECT_EQ(seen.event.flags, STRAY_EXIT_HAD_CHILDREN);
  gate_.open();
  reaper.wait();
  ::prctl(PR_SET_CHILD_SUBREAPER, 0);
  while (::waitpid(-1, nullptr, WNOHANG) > 0) {  // what came to this process as the farther subreaper
  }
}

TEST_F(ReaperTest, AThreadOfTheSubreaperIsEnough) {
  Child reaper([&] {
    ::prctl(PR_SET_CHILD_SUBREAPER, 1);
    std::thread([&] {
      const pid_t maker = ::fork();
      if (maker == 0) {
        leave_orphan();
        ::_exit(0);
      }
      ::waitpid(maker, nullptr, 0);
      orphan_.send(maker);
      gate_.wait();
      ::_exit(0);
    }).detach();
    ::syscall(SYS_exit, 0);  // the leader leaves
    return 0;
  });
  const auto orphan = static_cast<pid_t>(orphan_.receive());
  const auto maker = static_cast<pid_t>(orphan_.receive());
  trace_->catch_up();
  EXPECT_EQ(parent_of(orphan), reaper.pid());
  EXPECT_EQ(exit(trace_->only<Exit>(maker)).reaper.tgid, static_cast<unsigned>(reaper.pid()));
  gate_.open();
}

TEST_F(ReaperTest, TooLongAWalkIsUnknown) {
  Gate started;
  Child reaper([&] {
    ::prctl(PR_SET_CHILD_SUBREAPER, 1);
    for (int depth = 0; depth <= STRAY_REAPER_WALK; ++depth) {
      const pid_t next = ::fork();
      if (next == 0) continue;
      ::waitpid(next, nullptr, 0);
      ::_exit(0);
    }
    started.send(::getpid());  // the last of the chain
    return 0;
  });
  const auto last = static_cast<pid_t>(started.receive());
  reaper.wait();
  trace_->catch_up();
  const Seen& seen = trace_->only<Exit>(last);
  EXPECT_TRUE(seen.event.flags & STRAY_EXIT_REAPER_UNKNOWN);
  EXPECT_EQ(exit(seen).reaper.tgid, 0u);
  // Its parent is one step nearer.
  EXPECT_EQ(exit(trace_->only<Exit>(static_cast<pid_t>(exit(seen).parent.tgid))).reaper.tgid,
            static_cast<unsigned>(reaper.pid()));
}

TEST_F(ReaperTest, PidNamespaceKeepsItsOrphansAndEndsWithItsInit) {
  Gate told;
  const auto init = static_cast<pid_t>(::syscall(SYS_clone, CLONE_NEWPID | SIGCHLD, 0, 0, 0, 0));
  if (init == 0) {  // pid 1 inside; tells nothing of outer pids
    const pid_t maker = ::fork();
    if (maker == 0) {
      const pid_t orphan = ::fork();
      if (orphan == 0) {
        gate_.wait();
        ::_exit(0);
      }
      ::_exit(5);
    }
    ::waitpid(maker, nullptr, 0);
    told.send(maker);
    gate_.wait();
    ::_exit(0);
  }
  EXPECT_EQ(told.receive(), 2);
  trace_->catch_up();
  struct stat ns {};
  ASSERT_EQ(::stat(("/proc/" + std::to_string(init) + "/ns/pid").c_str(), &ns), 0);
  const auto& first = std::get<Fork>(trace_->only<Fork>(init).event.what);
  EXPECT_EQ(first.ns_pid, 1u);
  EXPECT_EQ(first.pidns, ns.st_ino);

  pid_t maker = 0, orphan = 0;
  for (const Seen& seen : trace_->records())
    if (const auto* fork = std::get_if<Fork>(&seen.event.what); fork && fork->pidns == ns.st_ino) {
      if (fork->ns_pid == 2) maker = static_cast<pid_t>(seen.head.tgid);
      if (fork->ns_pid == 3) orphan = static_cast<pid_t>(seen.head.tgid);
    }
  ASSERT_NE(maker, 0);
  ASSERT_NE(orphan, 0);
  EXPECT_EQ(exit(trace_->only<Exit>(maker)).reaper.tgid, static_cast<unsigned>(init));
  EXPECT_EQ(parent_of(orphan), init);

  ::kill(init, SIGKILL);
  ::waitpid(init, nullptr, 0);
  trace_->catch_up();
  const Seen& seen = trace_->only<Exit>(init);
  EXPECT_EQ(seen.event.flags, STRAY_EXIT_NAMESPACE_ENDS | STRAY_EXIT_HAD_CHILDREN);
  EXPECT_EQ(exit(seen).reaper.tgid, 0u);
  EXPECT_EQ(exit(trace_->only<Exit>(orphan)).status, static_cast<unsigned>(SIGKILL));
}

}  // namespace
}  // namespace stray::live
