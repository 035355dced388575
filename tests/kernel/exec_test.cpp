// SPDX-License-Identifier: Apache-2.0
// What an exec record says about images, paths and arguments of every kind.
#include <fcntl.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <fstream>
#include <thread>

#include "live_trace.hpp"

namespace stray::live {
namespace {

class ExecTest : public TracedTest {
 protected:
  // Runs `body`, which is to end in an exec, and returns the exec record of its process.
  const Seen& exec_of(const std::function<void()>& body) {
    Child child([&] {
      body();
      return 127;
    });
    EXPECT_EQ(child.wait(), 0);
    pid_ = child.pid();
    trace_->catch_up();
    return trace_->only<Exec>(child.pid());
  }
  static const Exec& exec(const Seen& seen) { return std::get<Exec>(seen.event.what); }

  pid_t pid_ = 0;
  const std::string target_ = target_program();
};

TEST_F(ExecTest, RelativePathIsResolvedAndKept) {
  const TempDir dir;
  copy_file(target_, dir.path("prog"));
  struct stat file {};
  ASSERT_EQ(::stat(dir.path("prog").c_str(), &file), 0);
  const Seen& seen = exec_of([&] {
    if (::chdir(dir.path().c_str()) == 0) ::execl("./prog", "zero", "one", nullptr);
  });
  EXPECT_EQ(exec(seen).exe, real_path(dir.path("prog")));
  EXPECT_EQ(exec(seen).cwd, real_path(dir.path()));
  EXPECT_EQ(exec(seen).name, "./prog");
  EXPECT_EQ(exec(seen).interp, "");
  EXPECT_EQ(list_of(exec(seen).argv), (std::vector<std::string>{"zero", "one"}));
  EXPECT_EQ(exec(seen).argc, 2u);
  EXPECT_EQ(exec(seen).argv_bytes, 9u);
  EXPECT_EQ(exec(seen).inode, file.st_ino);
  EXPECT_EQ(exec(seen).nlink, 1u);
  EXPECT_EQ(exec(seen).comm, "prog");
  EXPECT_EQ(exec(seen).uid, ::getuid());
  EXPECT_EQ(exec(seen).euid, ::geteuid());
  EXPECT_EQ(exec(seen).gid, ::getgid());
  EXPECT_EQ(exec(seen).sid, static_cast<unsigned>(::getsid(0)));
  EXPECT_EQ(exec(seen).pgid, static_cast<unsigned>(::getpgrp()));
  EXPECT_EQ(seen.event.flags & ~STRAY_EXEC_LOGINUID, 0u);
  EXPECT_EQ(seen.event.process, trace_->only<Fork>(pid_).event.process);
}

TEST_F(ExecTest, NamespacesAreThoseOfTheProcess) {
  struct stat pidns {
  }, mntns{};
  ASSERT_EQ(::stat("/proc/self/ns/pid", &pidns), 0);
  ASSERT_EQ(::stat("/proc/self/ns/mnt", &mntns), 0);
  const Seen& seen = exec_of([&] { ::execl(target_.c_str(), "t", nullptr); });
  EXPECT_EQ(exec(seen).pidns, pidns.st_ino);
  EXPECT_EQ(exec(seen).mntns, mntns.st_ino);
}

TEST_F(ExecTest, PathCrossesMounts) {
  const TempDir dir;
  const std::string outer = dir.path("outer"), inner = outer + "/deeper/inner";
  const Seen& seen = exec_of([&] {  // two mounts deep, in a mount namespace of its own
    if (::unshare(CLONE_NEWNS) != 0 || ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0)
      return;
    ::mkdir(outer.c_str(), 0700);
    if (::mount("t", outer.c_str(), "tmpfs", 0, nullptr) != 0) return;
    ::mkdir((outer + "/deeper").c_str(), 0700);
    ::mkdir(inner.c_str(), 0700);
    if (::mount("t", inner.c_str(), "tmpfs", 0, nullptr) != 0) return;
    copy_file(target_, inner + "/prog");
    if (::chdir(inner.c_str()) == 0) ::execl("./prog", "t", nullptr);
  });
  EXPECT_EQ(exec(seen).exe, real_path(dir.path()) + "/outer/deeper/inner/prog");
  EXPECT_EQ(exec(seen).cwd, real_path(dir.path()) + "/outer/deeper/inner");
}

TEST_F(ExecTest, DeepPathIsCutAtItsRoot) {
  const TempDir dir;
  std::string path = dir.path();
  for (int i = 0; i < STRAY_PATH_DEPTH + 10; ++i) {
    path += "/d";
    ASSERT_EQ(::mkdir(path.c_str(), 0700), 0);
  }
  copy_file(target_, path + "/prog");
  const Seen& seen = exec_of([&] { ::execl((path + "/prog").c_str(), "t", nullptr); });
  EXPECT_TRUE(seen.event.flags & STRAY_EXEC_EXE_CUT);
  EXPECT_TRUE(exec(seen).exe.ends_with("/d/d/d/prog"));
}

TEST_F(ExecTest, PathIsSeenFromTheRootOfTheProcess) {
  const TempDir dir;
  copy_file(target_, dir.path("prog"));
  const Seen& seen = exec_of([&] {
    if (::chroot(dir.path().c_str()) == 0 && ::chdir("/") == 0) ::execl("/prog", "t", nullptr);
  });
  EXPECT_EQ(exec(seen).exe, "/prog");
  EXPECT_EQ(exec(seen).cwd, "/");
}

TEST_F(ExecTest, ScriptNamesItselfAndItsInterpreter) {
  const TempDir dir;
  const std::string script = dir.path("script");
  std::ofstream(script) << "#!/bin/sh -e\nexit 0\n";
  ASSERT_EQ(::chmod(script.c_str(), 0700), 0);
  const Seen& seen = exec_of([&] { ::execl(script.c_str(), "given", "last", nullptr); });
  EXPECT_EQ(exec(seen).name, script);
  EXPECT_EQ(exec(seen).interp, "/bin/sh");
  EXPECT_EQ(exec(seen).exe, real_path("/bin/sh"));
  EXPECT_EQ(list_of(exec(seen).argv), (std::vector<std::string>{"/bin/sh", "-e", script, "last"}));
  EXPECT_EQ(exec(seen).argc, 4u);
}

TEST_F(ExecTest, MemfdIsFlagged) {
  const int source = ::open(target_.c_str(), O_RDONLY | O_CLOEXEC);
  const int memory = ::memfd_create("payload", MFD_CLOEXEC);
  struct stat file {};
  ASSERT_EQ(::fstat(source, &file), 0);
  for (off_t at = 0; at < file.st_size;) {
    char block[65536];
    const ssize_t got = ::pread(source, block, sizeof block, at);
    ASSERT_GT(got, 0);
    ASSERT_EQ(::write(memory, block, static_cast<std::size_t>(got)), got);
    at += got;
  }
  const Seen& seen = exec_of([&] {
    char name[] = "t";
    char* const argv[] = {name, nullptr};
    char* const none[] = {nullptr};
    ::fexecve(memory, argv, none);
  });
  ::close(source);
  ::close(memory);
  EXPECT_TRUE(seen.event.flags & STRAY_EXEC_MEMFD);
  EXPECT_TRUE(seen.event.flags & STRAY_EXEC_EXE_DELETED);
  EXPECT_EQ(exec(seen).exe, "/memfd:payload");
  EXPECT_EQ(exec(seen).nlink, 0u);
}

TEST_F(ExecTest, ExecOfADescriptorFindsThePath) {
  const int fd = ::open(target_.c_str(), O_RDONLY);
  const Seen& seen = exec_of([&] {
    char name[] = "t";
    char* const argv[] = {name, nullptr};
    char* const none[] = {nullptr};
    ::fexecve(fd, argv, none);
  });
  ::close(fd);
  EXPECT_EQ(exec(seen).exe, target_);
  EXPECT_EQ(exec(seen).name, "/dev/fd/" + std::to_string(fd));
  EXPECT_FALSE(seen.event.flags & (STRAY_EXEC_MEMFD | STRAY_EXEC_EXE_DELETED));
}

TEST_F(ExecTest, DeletedImageAndDirectoryAreFlagged) {
  const TempDir dir;
  copy_file(target_, dir.path("prog"));
  ASSERT_EQ(::mkdir(dir.path("gone").c_str(), 0700), 0);
  const Seen& seen = exec_of([&] {
    const int fd = ::open(dir.path("prog").c_str(), O_RDONLY);
    if (::chdir(dir.path("gone").c_str()) != 0 || ::rmdir(dir.path("gone").c_str()) != 0) return;
    ::unlink(dir.path("prog").c_str());
    char name[] = "t";
    char* const argv[] = {name, nullptr};
    char* const none[] = {nullptr};
    ::fexecve(fd, argv, none);
  });
  EXPECT_TRUE(seen.event.flags & STRAY_EXEC_EXE_DELETED);
  EXPECT_TRUE(seen.event.flags & STRAY_EXEC_CWD_DELETED);
  EXPECT_FALSE(seen.event.flags & STRAY_EXEC_MEMFD);
  EXPECT_EQ(exec(seen).exe, real_path(dir.path()) + "/prog");
  EXPECT_EQ(exec(seen).cwd, real_path(dir.path()) + "/gone");
}

TEST_F(ExecTest, ArgumentsAreBytes) {
  const std::vector<std::string> odd = {"", "\xff\xfe\x80", "two\nlines", "\x1b[31m", "", "caf\xc3\xa9"};
  const Seen& seen = exec_of([&] {
    std::vector<char*> argv;
    for (const std::string& one : odd) argv.push_back(const_cast<char*>(one.c_str()));
    argv.push_back(nullptr);
    ::execv(target_.c_str(), argv.data());
  });
  EXPECT_EQ(list_of(exec(seen).argv), odd);
  EXPECT_EQ(exec(seen).argc, odd.size());
}

TEST_F(ExecTest, EmptyArgvIsWhatTheKernelMakesOfIt) {
  const Seen& seen = exec_of([&] {
    char* const none[] = {nullptr};
    ::execv(target_.c_str(), none);
  });
  // Since 5.18 (dcd46d897adb) the kernel adds one empty argument.
  if (exec(seen).argc == 0) {
    EXPECT_EQ(exec(seen).argv_bytes, 0u);
  } else {
    EXPECT_EQ(exec(seen).argc, 1u);
    EXPECT_EQ(exec(seen).argv_bytes, 1u);
    EXPECT_EQ(list_of(exec(seen).argv), std::vector<std::string>{""});
  }
}

TEST_F(ExecTest, LongArgumentsAreCutAndCounted) {
  constexpr std::size_t kCount = 20, kLength = 120'000;  // more than 2 MiB
  const Seen& seen = exec_of([&] {
    const rlimit stack{64 << 20, 64 << 20};  // arguments may take a quarter of it
    ::setrlimit(RLIMIT_STACK, &stack);
    std::vector<std::string> texts;
    for (std::size_t i = 0; i < kCount; ++i) texts.emplace_back(kLength, static_cast<char>('a' + i));
    std::vector<char*> argv;
    for (const std::string& one : texts) argv.push_back(const_cast<char*>(one.c_str()));
    argv.push_back(nullptr);
    ::execv(target_.c_str(), argv.data());
  });
  EXPECT_TRUE(seen.event.flags & STRAY_EXEC_ARGV_CUT);
  EXPECT_FALSE(seen.event.flags & STRAY_EXEC_ARGV_FAULT);
  EXPECT_EQ(exec(seen).argc, kCount);
  EXPECT_EQ(exec(seen).argv_bytes, kCount * (kLength + 1));
  EXPECT_EQ(exec(seen).argv.bytes(), std::string(STRAY_ARGV_MAX, 'a'));
}

TEST_F(ExecTest, ArgumentsOfExactlyTheLimitAreWhole) {
  const std::string text(STRAY_ARGV_MAX - 1, 'x');
  const Seen& seen = exec_of([&] { ::execl(target_.c_str(), text.c_str(), nullptr); });
  EXPECT_FALSE(seen.event.flags & STRAY_EXEC_ARGV_CUT);
  EXPECT_EQ(exec(seen).argv.bytes(), text + '\0');
}

TEST_F(ExecTest, ExecByAThreadKeepsTheIdentity) {
  Gate told;
  const Seen& seen = exec_of([&] {
    std::thread([&] {
      told.send(::syscall(SYS_gettid));
      ::execl(target_.c_str(), "t", nullptr);
    }).join();
  });
  EXPECT_TRUE(seen.event.flags & STRAY_EXEC_BY_THREAD);
  EXPECT_EQ(exec(seen).old_tid, static_cast<unsigned>(told.receive()));
  EXPECT_EQ(seen.event.process, trace_->only<Fork>(pid_).event.process);
  EXPECT_EQ(seen.event.process, trace_->only<stray::Exit>(pid_).event.process);
}

TEST_F(ExecTest, FailedExecLeavesNoRecord) {
  Child child([] { return ::execl("/nonexistent/program", "p", nullptr), 0; });
  child.wait();
  trace_->catch_up();
  EXPECT_TRUE(trace_->all<Exec>(child.pid()).empty());
}

}  // namespace
}  // namespace stray::live
