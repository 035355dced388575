// SPDX-License-Identifier: Apache-2.0
// What a confined thread can still do. Each test does it in a thread of its own, since there is no way back.
#include "privilege/confine.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/bpf.h>
#include <linux/capability.h>
#include <sched.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <functional>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "privilege/starter.hpp"
#include "support/temporary_directory.hpp"

namespace stray::privilege {
namespace {

constexpr std::array kAll{Role::pipeline, Role::reporter, Role::observer, Role::starter,
                          Role::output,   Role::capture,  Role::reader,   Role::exporter,
                          Role::files,    Role::metrics,  Role::screen};
static_assert(kAll.size() == kRoles);

// Runs it in a confined thread; false where calls cannot be filtered.
bool in_role(Role role, const std::function<void()>& work, const Files& files = {}) {
  bool filtered = false;
  std::thread([&] {
    filtered = confine(role, files);
    if (filtered) work();
  }).join();
  return filtered;
}

// The error of a call that must not succeed; 0 when it does.
template <typename F>
int error_of(F&& call) {
  errno = 0;
  return call() < 0 ? errno : 0;
}

#define SKIP_UNLESS_FILTERED() \
  if (!in_role(Role::output, [] {})) GTEST_SKIP() << "system calls cannot be filtered here"

class Confined : public ::testing::TestWithParam<Role> {};

TEST_P(Confined, RefusesWhatNoPartOfStrayDoes) {
  SKIP_UNLESS_FILTERED();
  in_role(GetParam(), [] {
    char name[] = "/bin/true";
    char* const arguments[] = {name, nullptr};
    EXPECT_EQ(error_of([&] { return ::execve(name, arguments, arguments + 1); }), EPERM);
    EXPECT_EQ(error_of([&] { return ::syscall(SYS_execveat, AT_FDCWD, name, arguments, arguments + 1, 0); }),
              EPERM);
    EXPECT_EQ(error_of([] { return ::socket(AF_INET, SOCK_STREAM, 0); }), EPERM);
    EXPECT_EQ(error_of([] { return ::socket(AF_PACKET, SOCK_RAW, 0); }), EPERM);
    EXPECT_EQ(error_of([] { return ::ptrace(PTRACE_ATTACH, ::getppid(), 0, 0); }), EPERM);
    EXPECT_EQ(error_of([] { return ::kill(::getppid(), 0); }), EPERM);
    EXPECT_EQ(error_of([] { return ::mount("none", "/nowhere", "tmpfs", 0, ""); }), EPERM);
    EXPECT_EQ(error_of([] { return ::unshare(CLONE_NEWUSER); }), EPERM);
    EXPECT_EQ(error_of([] { return ::syscall(SYS_init_module, nullptr, 0, ""); }), EPERM);
    // glibc would have every thread do it, and ends the process where one cannot.
    EXPECT_EQ(error_of([] { return ::syscall(SYS_setuid, 0); }), EPERM);
    EXPECT_EQ(error_of([] { return ::syscall(SYS_bpf, BPF_PROG_LOAD, nullptr, 0); }), EPERM);
    EXPECT_EQ(error_of([] { return ::syscall(SYS_bpf, BPF_MAP_CREATE, nullptr, 0); }), EPERM);
    char letter = 'x';
    EXPECT_EQ(error_of([&] { return ::ioctl(STDIN_FILENO, TIOCSTI, &letter); }), EPERM);
    void* code =
        ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    EXPECT_EQ(code, MAP_FAILED);
    void* data = ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    ASSERT_NE(data, MAP_FAILED);
    EXPECT_EQ(error_of([&] { return ::mprotect(data, 4096, PROT_READ | PROT_EXEC); }), EPERM);
    ::munmap(data, 4096);
  });
}

TEST_P(Confined, CanNeitherGainNorKeepMore) {
  const CapabilitySet before = held();
  Confinement now;
  std::thread([&] { confine(GetParam()), now = confinement_now(); }).join();
  EXPECT_EQ(now.permitted & ~kept_by(GetParam()), 0u);
  EXPECT_EQ(now.effective, now.permitted);
  EXPECT_TRUE(now.no_new_privs);
  if (before & bit(CAP_SETPCAP)) {
    EXPECT_EQ(now.bounding, 0u);
  }
  EXPECT_EQ(held(), before) << "another thread is not touched";
}

TEST_P(Confined, StillAllocatesThrowsAndReadsFiles) {
  SKIP_UNLESS_FILTERED();
  in_role(GetParam(), [] {
    std::vector<std::string> many(4096, std::string(1024, 'x'));
    EXPECT_THROW(many.at(many.size()), std::out_of_range);
    EXPECT_TRUE(confinement_now().no_new_privs);  // opens and reads
  });
}

INSTANTIATE_TEST_SUITE_P(EachRole, Confined, ::testing::ValuesIn(kAll),
                         [](const auto& each) { return std::string(name_of(each.param)); });

TEST(Confinement, OnlyWhoWritesFilesOpensThemToWrite) {
  SKIP_UNLESS_FILTERED();
  const TemporaryDirectory directory;
  for (const Role role : kAll) {
    const std::string path = directory.path() + "/" + std::string(name_of(role));
    const bool writes =
        role == Role::capture || role == Role::exporter || role == Role::files || role == Role::metrics;
    in_role(role, [&] {
      const int error = error_of([&] { return ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL, 0600); });
      EXPECT_EQ(error, writes ? 0 : EPERM) << name_of(role);
      EXPECT_EQ(error_of([&] { return ::open(path.c_str(), O_RDWR | O_TRUNC); }), writes ? 0 : EPERM);
    });
  }
}

TEST(Confinement, OnlyAStarterStartsProcesses) {
  SKIP_UNLESS_FILTERED();
  for (const Role role : kAll)
    in_role(role, [&] {
      const pid_t child = ::fork();
      if (child == 0) ::_exit(0);
      if (child > 0) ::waitpid(child, nullptr, 0);
      EXPECT_EQ(child > 0, role == Role::starter) << name_of(role);
    });
}

// Root without capabilities is refused what belongs to others alone: there the one capability stays.
TEST(Confinement, KeepsWhatTheNamedFilesNeed) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root";
  const TemporaryDirectory directory;
  const auto kept = [](Role role, const Files& files) {
    CapabilitySet out = 0;
    std::thread([&] { confine(role, files), out = confinement_now().permitted & ~bit(CAP_BPF); }).join();
    return out;
  };
  const std::string file = directory.path() + "/host.stray";
  ASSERT_EQ(::close(::open(file.c_str(), O_WRONLY | O_CREAT, 0600)), 0);
  for (const Role role : {Role::reader, Role::exporter, Role::pipeline})
    EXPECT_EQ(kept(role, {.read = {file, "-", ""}}), 0u);
  EXPECT_EQ(kept(Role::capture, {.written = file}), 0u);
  ASSERT_EQ(::chown(file.c_str(), 65534, 65534), 0);
  ASSERT_EQ(::chown(directory.path().c_str(), 65534, 65534), 0);
  ASSERT_EQ(::chmod(directory.path().c_str(), 0755), 0);
  for (const Role role : {Role::reader, Role::exporter, Role::pipeline})
    EXPECT_EQ(kept(role, {.read = {file}}), bit(CAP_DAC_READ_SEARCH));
  EXPECT_EQ(kept(Role::reader, {.read = {directory.path()}}), bit(CAP_DAC_READ_SEARCH));
  for (const Role role : {Role::capture, Role::exporter, Role::files, Role::metrics})
    EXPECT_EQ(kept(role, {.written = file}), bit(CAP_DAC_OVERRIDE));
}

TEST(Starter, GivesWhatItsOwnerNoLongerHas) {
  Starter starter;
  const CapabilitySet before = held();
  std::thread([&] {
    confine(Role::pipeline);
    CapabilitySet observed = 0;
    starter.run([&] { std::thread([&] { confine(Role::observer), observed = held(); }).join(); });
    EXPECT_EQ(observed, before & kept_by(Role::observer));
  }).join();
}

TEST(Starter, PassesOnWhatTheWorkThrows) {
  Starter starter;
  EXPECT_THROW(starter.run([] { throw std::runtime_error("no"); }), std::runtime_error);
  int done = 0;
  starter.run([&] { ++done; });
  EXPECT_EQ(done, 1);
}

}  // namespace
}  // namespace stray::privilege
