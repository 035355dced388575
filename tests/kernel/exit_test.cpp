// SPDX-License-Identifier: Apache-2.0
// How processes end: against what wait(2) and getrusage(2) tell their parent.
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>

#include "live_trace.hpp"

namespace stray::live {
namespace {

class ExitTest : public TracedTest {
 protected:
  static const Exit& exit(const Seen& seen) { return std::get<Exit>(seen.event.what); }
  static const Signal& signal(const Seen& seen) { return std::get<Signal>(seen.event.what); }
};

TEST_F(ExitTest, StatusIsThatOfWait) {
  for (const int code : {0, 1, 77, 255}) {
    Child child([&] { return code; });
    const int status = child.wait();
    trace_->catch_up();
    const Seen& seen = trace_->only<Exit>(child.pid());
    EXPECT_EQ(exit(seen).status, static_cast<unsigned>(status));
    EXPECT_EQ(exit(seen).parent.tgid, static_cast<unsigned>(::getpid()));
    EXPECT_EQ(seen.event.process, trace_->only<Fork>(child.pid()).event.process);
  }
}

TEST_F(ExitTest, KillerIsNamed) {
  for (const int number : {SIGKILL, SIGTERM, SIGINT, SIGHUP, SIGQUIT}) {
    Gate never;
    Child child([&] { return never.wait(), 0; });
    ::kill(child.pid(), number);
    const int status = child.wait();
    ASSERT_TRUE(WIFSIGNALED(status));
    trace_->catch_up();
    const Seen& seen = trace_->only<Signal>(child.pid());
    EXPECT_EQ(signal(seen).signal, static_cast<unsigned>(number));
    EXPECT_EQ(signal(seen).code, SI_USER);
    EXPECT_EQ(signal(seen).sender.tgid, static_cast<unsigned>(::getpid()));
    EXPECT_EQ(ticks(signal(seen).sender.start), start_ticks(::getpid()));
    EXPECT_EQ(signal(seen).sender_uid, ::getuid());
    EXPECT_EQ(signal(seen).result, 0u);
    EXPECT_EQ(seen.event.flags, STRAY_SIGNAL_TO_GROUP);
    EXPECT_EQ(exit(trace_->only<Exit>(child.pid())).status, static_cast<unsigned>(status));
  }
}

TEST_F(ExitTest, FaultIsTheKernelsSignal) {
  Child child([] {
    const rlimit none{0, 0};
    ::setrlimit(RLIMIT_CORE, &none);
    ::signal(SIGSEGV, SIG_DFL);  // a sanitizer has its own
    *static_cast<volatile int*>(nullptr) = 1;
    return 0;
  });
  const int status = child.wait();
  trace_->catch_up();
  const Seen& seen = trace_->only<Signal>(child.pid());
  EXPECT_EQ(signal(seen).signal, static_cast<unsigned>(SIGSEGV));
  EXPECT_EQ(signal(seen).code, SEGV_MAPERR);
  EXPECT_TRUE(seen.event.flags & STRAY_SIGNAL_FROM_KERNEL);
  EXPECT_FALSE(seen.event.flags & STRAY_SIGNAL_TO_GROUP);
  EXPECT_EQ(exit(trace_->only<Exit>(child.pid())).status, static_cast<unsigned>(status));
}

TEST_F(ExitTest, AbortIsItsOwnSignal) {
  Child child([] {
    const rlimit none{0, 0};
    ::setrlimit(RLIMIT_CORE, &none);
    std::abort();
    return 0;
  });
  const int status = child.wait();
  trace_->catch_up();
  const Seen& seen = trace_->only<Signal>(child.pid());
  EXPECT_EQ(signal(seen).signal, static_cast<unsigned>(SIGABRT));
  EXPECT_EQ(signal(seen).sender, seen.event.process);
  EXPECT_FALSE(seen.event.flags & STRAY_SIGNAL_FROM_KERNEL);
  EXPECT_EQ(exit(trace_->only<Exit>(child.pid())).status, static_cast<unsigned>(status));
}

TEST_F(ExitTest, HarmlessSignalsLeaveNoRecord) {
  Child child([] { return ::signal(SIGUSR1, SIG_IGN), ::raise(SIGUSR1), ::raise(SIGCHLD); });
  child.wait();
  trace_->catch_up();
  EXPECT_TRUE(trace_->all<Signal>(child.pid()).empty());
  EXPECT_TRUE(trace_->all<Signal>(::getpid()).empty());  // SIGCHLD of the child
}

// Returns once the leading thread of this process is a zombie.
void wait_for_leader_to_leave() {
  const std::string task = "/proc/self/task/" + std::to_string(::getpid()) + "/stat";
  for (;;) {
    char text[256] = {};
    FILE* file = std::fopen(task.c_str(), "r");
    if (!file || !std::fgets(text, sizeof text, file)) std::abort();
    std::fclose(file);
    if (std::string_view(text).find(") Z ") != std::string_view::npos) return;
  }
}

// The last thread ends itself alone, or the whole group: then different codes count on kernels before 5.17.
TEST_F(ExitTest, LeaderMayLeaveFirst) {
  for (const long how : {SYS_exit, SYS_exit_group}) {
    Gate gate, ready;
    Child child([&] {
      std::thread([&] {
        wait_for_leader_to_leave();
        ready.send(1);
        gate.wait();
        ::syscall(how, 9);
      }).detach();
      ::syscall(SYS_exit, 3);
      return 0;
    });
    ASSERT_EQ(ready.receive(), 1);
    trace_->catch_up();
    EXPECT_TRUE(trace_->all<Exit>(child.pid()).empty());
    Trace now({.probes = false});
    now.snapshot();
    EXPECT_EQ(now.all<Seed>(child.pid()).size(), 1u);
    gate.open();
    const int status = child.wait();
    trace_->catch_up();
    const Seen& seen = trace_->only<Exit>(child.pid());
    EXPECT_EQ(exit(seen).status, static_cast<unsigned>(status));
    EXPECT_EQ(seen.event.process, trace_->only<Fork>(child.pid()).event.process);
  }
}

TEST_F(ExitTest, ManyThreadsEndOnce) {
  for (int round = 0; round < 20; ++round) {
    Child child([] {
      Gate never;
      for (int i = 0; i < 16; ++i) std::thread([&] { never.wait(); }).detach();
      ::_exit(4);
      return 0;
    });
    child.wait();
    trace_->catch_up();
    EXPECT_EQ(exit(trace_->only<Exit>(child.pid())).status, 4u << 8);
  }
}

void burn(std::uint64_t ns) {  // CPU time of the calling thread
  timespec now{};
  do {
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  } while (static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000 + static_cast<std::uint64_t>(now.tv_nsec) <
           ns);
}

TEST_F(ExitTest, TimesAndMemoryAreThoseOfGetrusage) {
  constexpr std::uint64_t kBurn = 100'000'000, kTickSlack = 20'000'000;
  const pid_t pid = ::fork();
  if (pid == 0) {
    // Time of a thread that is gone, of a leader that left first, and of the last thread.
    static std::vector<char> touched(24 << 20, 1);
    std::thread([] { burn(kBurn); }).join();
    std::thread([] {
      wait_for_leader_to_leave();
      burn(kBurn);
      ::_exit(touched[5] - 1);
    }).detach();
    burn(kBurn);
    ::syscall(SYS_exit, 0);
  }
  rusage used{};
  int status = 0;
  ::wait4(pid, &status, 0, &used);
  trace_->catch_up();
  const Exit& seen = exit(trace_->only<Exit>(pid));
  const auto ns = [](const timeval& t) {
    return static_cast<std::uint64_t>(t.tv_sec) * 1'000'000'000 +
           static_cast<std::uint64_t>(t.tv_usec) * 1000;
  };
  // The kernel adds the time since the last tick only after the record.
  const std::uint64_t total = ns(used.ru_utime) + ns(used.ru_stime);
  EXPECT_NEAR(static_cast<double>(seen.runtime_ns), static_cast<double>(total), kTickSlack);
  EXPECT_NEAR(static_cast<double>(seen.user_ns), static_cast<double>(ns(used.ru_utime)), kTickSlack);
  EXPECT_EQ(seen.user_ns + seen.system_ns, seen.runtime_ns);
  EXPECT_GE(seen.runtime_ns, 3 * kBurn - kTickSlack);
  EXPECT_EQ(seen.max_rss, static_cast<std::uint64_t>(used.ru_maxrss) * 1024);
}

}  // namespace
}  // namespace stray::live
