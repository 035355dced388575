// SPDX-License-Identifier: Apache-2.0
// Every way to make a process, against what the maker knows.
#include <sched.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <thread>

#include "live_trace.hpp"

extern char** environ;

namespace stray::live {
namespace {

class ForkTest : public LiveTest {};

ProcessKey key_of(const Seen& seen) { return seen.event.process; }

TEST_F(ForkTest, ForkNamesChildAndParentByPidAndStart) {
  Trace trace;
  Gate gate;
  Child child([&] { return gate.wait(), 0; });
  trace.catch_up();
  const Seen& seen = trace.only<Fork>(child.pid());
  const auto& fork = std::get<Fork>(seen.event.what);
  EXPECT_EQ(ticks(seen.event.process.start), start_ticks(child.pid()));
  EXPECT_EQ(fork.parent.tgid, static_cast<unsigned>(::getpid()));
  EXPECT_EQ(ticks(fork.parent.start), start_ticks(::getpid()));
  EXPECT_EQ(fork.creator, fork.parent);
  EXPECT_EQ(fork.ns_pid, static_cast<unsigned>(child.pid()));
  EXPECT_EQ(fork.uid, ::getuid());
  EXPECT_EQ(fork.sid, static_cast<unsigned>(::getsid(0)));
  EXPECT_EQ(fork.pgid, static_cast<unsigned>(::getpgrp()));
  gate.open();
}

TEST_F(ForkTest, VforkAndSpawnAreProcesses) {
  Trace trace;
  const std::string program = target_program();
  const pid_t forked = ::vfork();
  if (forked == 0) {
    ::execl(program.c_str(), "target", nullptr);
    ::_exit(127);
  }
  ::waitpid(forked, nullptr, 0);
  pid_t spawned = 0;
  char name[] = "target";
  char* const argv[] = {name, nullptr};
  ASSERT_EQ(::posix_spawn(&spawned, program.c_str(), nullptr, nullptr, argv, environ), 0);
  ::waitpid(spawned, nullptr, 0);
  trace.catch_up();
  for (const pid_t pid : {forked, spawned}) {
    const Seen& seen = trace.only<Fork>(pid);
    EXPECT_EQ(std::get<Fork>(seen.event.what).parent.tgid, static_cast<unsigned>(::getpid()));
    EXPECT_EQ(key_of(seen), key_of(trace.only<stray::Exec>(pid)));
    EXPECT_EQ(key_of(seen), key_of(trace.only<stray::Exit>(pid)));
  }
}

TEST_F(ForkTest, CloneParentHasAnotherParentThanItsCreator) {
  Trace trace;
  Gate made;
  Child creator([&] {
    const auto sibling = static_cast<pid_t>(::syscall(SYS_clone, CLONE_PARENT | SIGCHLD, 0, 0, 0, 0));
    if (sibling == 0) ::_exit(0);
    made.send(sibling);
    return 0;
  });
  const auto sibling = static_cast<pid_t>(made.receive());
  creator.wait();
  ::waitpid(sibling, nullptr, 0);  // ours, though another made it
  trace.catch_up();
  const auto& fork = std::get<Fork>(trace.only<Fork>(sibling).event.what);
  EXPECT_EQ(fork.parent.tgid, static_cast<unsigned>(::getpid()));
  EXPECT_EQ(fork.creator.tgid, static_cast<unsigned>(creator.pid()));
  EXPECT_EQ(fork.creator, key_of(trace.only<Fork>(creator.pid())));
}

TEST_F(ForkTest, ThreadsAreNoProcesses) {
  Trace trace;
  pid_t tid = 0;
  pid_t from_thread = 0;
  std::thread([&] {
    tid = static_cast<pid_t>(::syscall(SYS_gettid));
    from_thread = ::fork();
    if (from_thread == 0) ::_exit(0);
    ::waitpid(from_thread, nullptr, 0);
  }).join();
  trace.catch_up();
  EXPECT_TRUE(trace.all<Fork>(tid).empty());
  EXPECT_TRUE(trace.all<Fork>(::getpid()).empty());  // a thread's record would stand under its group
  EXPECT_TRUE(trace.all<stray::Exit>(tid).empty());
  EXPECT_TRUE(trace.all<stray::Exit>(::getpid()).empty());
  // A child made by a thread belongs to the process.
  const auto& fork = std::get<Fork>(trace.only<Fork>(from_thread).event.what);
  EXPECT_EQ(fork.parent.tgid, static_cast<unsigned>(::getpid()));
  EXPECT_EQ(ticks(fork.creator.start), start_ticks(::getpid()));
}

}  // namespace
}  // namespace stray::live
