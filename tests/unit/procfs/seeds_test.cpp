// SPDX-License-Identifier: Apache-2.0
#include "procfs/seeds.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <map>
#include <string>

#include "event.h"
#include "support/temporary_directory.hpp"

namespace stray::proc {
namespace {

struct Seeds : testing::Test {
  void read() {
    feed_all_seeds(BootTime{7}, [this](RawRecord raw) {
      stray_seed seed{};
      std::memcpy(&seed, raw.data(), sizeof seed);
      order[seed.head.tgid] = of.size();
      text[seed.head.tgid].assign(reinterpret_cast<const char*>(raw.data()), raw.size());
      of[seed.head.tgid] = seed;
    });
  }
  const stray_seed& mine() { return of.at(static_cast<std::uint32_t>(::getpid())); }

  std::map<std::uint32_t, stray_seed> of;
  std::map<std::uint32_t, std::size_t> order;
  std::map<std::uint32_t, std::string> text;
};

// A child that waits until it is killed; with `program`, it runs that.
pid_t child(const char* program = nullptr) {
  int ready[2];
  EXPECT_EQ(::pipe2(ready, O_CLOEXEC), 0);
  const pid_t pid = ::fork();
  if (pid == 0) {
    if (program) ::execl(program, program, "1000", nullptr);
    ::close(ready[1]);
    ::pause();
    ::_exit(0);
  }
  ::close(ready[1]);
  char byte;
  EXPECT_EQ(::read(ready[0], &byte, 1), 0);  // its end is closed: it runs
  ::close(ready[0]);
  return pid;
}

TEST_F(Seeds, SayOfAProcessWhatProcSays) {
  const pid_t pid = child();
  read();
  const stray_seed& seed = of.at(static_cast<std::uint32_t>(pid));
  EXPECT_EQ(seed.parent.tgid, static_cast<std::uint32_t>(::getpid()));
  EXPECT_EQ(seed.parent.start_ns, mine().head.start_ns);
  EXPECT_EQ(seed.uid, ::getuid());
  EXPECT_EQ(seed.pgid, static_cast<std::uint32_t>(::getpgrp()));
  EXPECT_EQ(seed.sid, static_cast<std::uint32_t>(::getsid(0)));
  EXPECT_EQ(seed.inode, mine().inode);
  EXPECT_EQ(seed.head.flags & STRAY_SEED_EXE_DELETED, 0);
  EXPECT_LT(order.at(static_cast<std::uint32_t>(::getpid())), order.at(static_cast<std::uint32_t>(pid)));
  ::kill(pid, SIGKILL);
  ::waitpid(pid, nullptr, 0);
}

TEST_F(Seeds, OfAZombieSayTheParentAlone) {
  const pid_t pid = child();
  ::kill(pid, SIGKILL);
  siginfo_t info;
  ::waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED | WNOWAIT);  // a zombie
  read();
  const stray_seed& seed = of.at(static_cast<std::uint32_t>(pid));
  EXPECT_NE(seed.head.flags & STRAY_SEED_ZOMBIE, 0);
  EXPECT_EQ(seed.parent.tgid, static_cast<std::uint32_t>(::getpid()));
  EXPECT_EQ(seed.inode, 0u);
  EXPECT_EQ(mine().head.flags & STRAY_SEED_ZOMBIE, 0);
  ::waitpid(pid, nullptr, 0);
}

TEST_F(Seeds, ADeletedProgramIsSaidByAFlag) {
  const TemporaryDirectory folder;
  const std::string program = folder.path() + "/gone";
  std::filesystem::copy_file("/bin/sleep", program);
  const pid_t pid = child(program.c_str());
  std::filesystem::remove(program);
  read();
  const auto tgid = static_cast<std::uint32_t>(pid);
  EXPECT_NE(of.at(tgid).head.flags & STRAY_SEED_EXE_DELETED, 0);
  EXPECT_EQ(text.at(tgid).find("(deleted)"), std::string::npos);
  ::kill(pid, SIGKILL);
  ::waitpid(pid, nullptr, 0);
}

}  // namespace
}  // namespace stray::proc
