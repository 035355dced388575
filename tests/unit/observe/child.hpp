// SPDX-License-Identifier: Apache-2.0
// A real child process to look at: it does what the test says, then waits to be ended.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdint>
#include <fstream>
#include <functional>
#include <iterator>
#include <string>
#include <vector>

#include "record/event.hpp"

namespace stray::test {

inline std::string read_text(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

// Field 22 of /proc/PID/stat, read in another way than the observer does.
inline ProcessKey key_of(pid_t pid) {
  const std::string stat = read_text("/proc/" + std::to_string(pid) + "/stat");
  std::size_t at = stat.rfind(')');
  for (int field = 2; field < 22 && at != std::string::npos; ++field) at = stat.find(' ', at + 1);
  if (at == std::string::npos) return {};
  const auto tick = 1'000'000'000ULL / static_cast<std::uint64_t>(::sysconf(_SC_CLK_TCK));
  // A real start lies anywhere in its tick.
  return {BootTime{std::stoull(stat.substr(at + 1)) * tick + tick / 2}, static_cast<std::uint32_t>(pid)};
}

class Child {
 public:
  // Returns when `prepare` has run in the child; the child then waits.
  explicit Child(const std::function<void()>& prepare) {
    start([&](int ready) {
      prepare();
      if (::write(ready, "r", 1) != 1) ::_exit(1);
      for (;;) ::pause();
    });
    EXPECT_EQ(said_, 'r') << "the child could not prepare";
  }

  // Returns when the program runs. A successful exec closes the pipe, and gives the new memory its arguments
  // only then.
  Child(
      const std::vector<std::string>& argv, const std::vector<std::string>& environment,
      const std::function<void()>& prepare = [] {}) {
    std::vector<char*> arguments, variables;
    for (const auto& text : argv) arguments.push_back(const_cast<char*>(text.c_str()));
    for (const auto& text : environment) variables.push_back(const_cast<char*>(text.c_str()));
    arguments.push_back(nullptr);
    variables.push_back(nullptr);
    start([&](int ready) {
      prepare();
      ::execve(arguments[0], arguments.data(), variables.data());
      [[maybe_unused]] const auto failed = ::write(ready, "x", 1);
      ::_exit(127);
    });
    EXPECT_EQ(said_, '\0') << "cannot run " << argv[0];
    const std::string arguments_of = "/proc/" + std::to_string(pid_) + "/cmdline";
    while (said_ == '\0' && ::kill(pid_, 0) == 0 && read_text(arguments_of).empty()) ::sched_yield();
  }

  ~Child() {
    kill();
    reap();
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  pid_t pid() const { return pid_; }
  ProcessKey key() const { return key_; }

  // Ends it and waits until it is a zombie, which it stays.
  void kill() {
    if (ended_) return;
    ended_ = true;
    ::kill(pid_, SIGKILL);
    siginfo_t info;
    ::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOWAIT);
  }
  void reap() {
    if (!reaped_) ::waitpid(pid_, nullptr, 0);
    reaped_ = true;
  }

 private:
  template <typename F>
  void start(F&& in_child) {
    int ready[2];
    ASSERT_EQ(::pipe2(ready, O_CLOEXEC), 0);
    pid_ = ::fork();
    ASSERT_GE(pid_, 0);
    if (pid_ == 0) {
      ::prctl(PR_SET_PDEATHSIG, SIGKILL);
      ::close(ready[0]);
      in_child(ready[1]);
    }
    ::close(ready[1]);
    if (::read(ready[0], &said_, 1) < 0) ADD_FAILURE() << "no word from the child";
    ::close(ready[0]);
    key_ = key_of(pid_);
  }

  pid_t pid_ = -1;
  ProcessKey key_;
  char said_ = '\0';
  bool ended_ = false, reaped_ = false;
};

}  // namespace stray::test
