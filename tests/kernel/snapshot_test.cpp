// SPDX-License-Identifier: Apache-2.0
// The snapshot, against this process, a child of it, and /proc.
#include <spawn.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <climits>
#include <filesystem>

#include "live_trace.hpp"

extern char** environ;

namespace stray::live {
namespace {

class SnapshotTest : public LiveTest {
 protected:
  static const Seed& seed(const Seen& seen) { return std::get<Seed>(seen.event.what); }
};

TEST_F(SnapshotTest, ThisProcessAndAChild) {
  Gate gate, ready;
  const TempDir dir;
  Child child([&] {
    ::prctl(PR_SET_CHILD_SUBREAPER, 1);
    if (::chdir(dir.path().c_str()) != 0) return 1;
    ready.send(::setsid());
    gate.wait();
    return 0;
  });
  ASSERT_EQ(ready.receive(), child.pid());
  Trace trace({.probes = false});
  trace.snapshot();

  const Seen& self = trace.only<Seed>(::getpid());
  char cwd[PATH_MAX];
  struct stat program {
  }, ns{};
  ASSERT_NE(::getcwd(cwd, sizeof cwd), nullptr);
  ASSERT_EQ(::stat("/proc/self/exe", &program), 0);
  ASSERT_EQ(::stat("/proc/self/ns/pid", &ns), 0);
  EXPECT_EQ(seed(self).exe, real_path("/proc/self/exe"));
  EXPECT_EQ(seed(self).inode, program.st_ino);
  EXPECT_EQ(seed(self).cwd, cwd);
  EXPECT_EQ(seed(self).parent.tgid, static_cast<unsigned>(::getppid()));
  EXPECT_EQ(ticks(seed(self).parent.start), start_ticks(::getppid()));
  EXPECT_EQ(ticks(self.event.process.start), start_ticks(::getpid()));
  EXPECT_EQ(seed(self).uid, ::getuid());
  EXPECT_EQ(seed(self).sid, static_cast<unsigned>(::getsid(0)));
  EXPECT_EQ(seed(self).pidns, ns.st_ino);
  EXPECT_EQ(seed(self).ns_pid, static_cast<unsigned>(::getpid()));

  const Seen& made = trace.only<Seed>(child.pid());
  EXPECT_EQ(seed(made).parent, self.event.process);
  EXPECT_EQ(seed(made).cwd, real_path(dir.path()));
  EXPECT_EQ(seed(made).sid, static_cast<unsigned>(child.pid()));
  EXPECT_EQ(made.event.flags & ~STRAY_SEED_LOGINUID, STRAY_SEED_SUBREAPER);
}

TEST_F(SnapshotTest, KernelThreadsAndInitAreFlagged) {
  Trace trace({.probes = false});
  trace.snapshot();
  EXPECT_TRUE(trace.only<Seed>(2).event.flags & STRAY_SEED_KTHREAD);
  EXPECT_EQ(seed(trace.only<Seed>(2)).exe, "");
  EXPECT_EQ(seed(trace.only<Seed>(2)).comm, "kthreadd");
  // Also where the iterator hides it: everything ends up with this process.
  const Seen& init = trace.only<Seed>(1);
  EXPECT_EQ(init.event.flags & (STRAY_SEED_NAMESPACE_INIT | STRAY_SEED_KTHREAD), STRAY_SEED_NAMESPACE_INIT);
  EXPECT_EQ(seed(init).parent.tgid, 0u);
  EXPECT_EQ(ticks(init.event.process.start), start_ticks(1));
}

TEST_F(SnapshotTest, DeletedImageAndDirectoryAreFlagged) {
  Gate gate;
  const TempDir dir;
  const std::string home = real_path(dir.path()), program = dir.path("prog");
  copy_file(target_program(), program);
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_adddup2(&actions, gate.reading_end(), 0);
  ::posix_spawn_file_actions_addchdir_np(&actions, dir.path().c_str());
  char name[] = "t", wait[] = "wait";
  char* const argv[] = {name, wait, nullptr};
  pid_t pid = 0;
  ASSERT_EQ(::posix_spawn(&pid, program.c_str(), &actions, nullptr, argv, environ), 0);
  std::filesystem::remove_all(dir.path());
  Trace trace({.probes = false});
  trace.snapshot();
  gate.open();
  ::waitpid(pid, nullptr, 0);
  ::posix_spawn_file_actions_destroy(&actions);
  const Seen& seen = trace.only<Seed>(pid);
  EXPECT_EQ(seen.event.flags & ~STRAY_SEED_LOGINUID, STRAY_SEED_EXE_DELETED | STRAY_SEED_CWD_DELETED);
  EXPECT_EQ(seed(seen).exe, home + "/prog");
  EXPECT_EQ(seed(seen).cwd, home);
  EXPECT_EQ(seed(seen).nlink, 0u);
  EXPECT_EQ(seed(seen).comm, "prog");
}

TEST_F(SnapshotTest, ZombiesAreNotAlive) {
  const pid_t zombie = ::fork();
  if (zombie == 0) ::_exit(0);
  siginfo_t info{};
  ::waitid(P_PID, static_cast<id_t>(zombie), &info, WEXITED | WNOWAIT);
  Trace trace({.probes = false});
  trace.snapshot();
  ::waitpid(zombie, nullptr, 0);
  EXPECT_TRUE(trace.all<Seed>(zombie).empty());
  const auto& counted = std::get<SawChildren>(trace.only<SawChildren>(::getpid()).event.what);
  EXPECT_EQ(counted.zombies, 1u);
  EXPECT_EQ(counted.children, 1u);
}

// More processes than one read of the iterator holds: records split over reads are put together.
TEST_F(SnapshotTest, EveryProcessOnce) {
  Gate gate, ready;
  std::vector<std::unique_ptr<Child>> children;
  for (int i = 0; i < 600; ++i)
    children.push_back(std::make_unique<Child>([&] {
      ready.send(1);
      gate.wait();
      return 0;
    }));
  for (std::size_t i = 0; i < children.size(); ++i) ASSERT_EQ(ready.receive(), 1);
  Trace trace({.probes = false});
  trace.snapshot();
  for (const auto& child : children) EXPECT_EQ(trace.only<Seed>(child->pid()).head.kind, STRAY_SEED);
  gate.open();
}

}  // namespace
}  // namespace stray::live
