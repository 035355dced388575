// SPDX-License-Identifier: Apache-2.0
#include "adopt/person.hpp"

#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <pwd.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>

namespace stray {
namespace {

using Clock = std::chrono::steady_clock;
constexpr std::size_t kOutputKept = 16384;
constexpr int kCannotStart = 126;

// The rest of a child's life before it is the user's: nothing of root's terminal, descriptors or signals is
// left. Does not return when a step fails. Only calls that are safe in the child of a program with threads.
void become(const Person& person, const std::vector<gid_t>& groups, int in, int out, int error) {
  ::setsid();
  sigset_t none;
  sigemptyset(&none);
  for (int signal = 1; signal < NSIG; ++signal) (void)::signal(signal, SIG_DFL);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  // Above the standard three first: one of them may be what another is to be.
  const int from[] = {::fcntl(in, F_DUPFD, 3), ::fcntl(out, F_DUPFD, 3), ::fcntl(error, F_DUPFD, 3)};
  for (int fd = 0; fd < 3; ++fd)
    if (from[fd] < 0 || ::dup2(from[fd], fd) < 0) ::_exit(kCannotStart);
  if (::syscall(SYS_close_range, 3u, ~0u, 0u) != 0) ::_exit(kCannotStart);
  if (::geteuid() == 0 && ::setgroups(groups.size(), groups.data()) != 0) ::_exit(kCannotStart);
  if (::setresgid(person.gid, person.gid, person.gid) != 0) ::_exit(kCannotStart);
  if (::setresuid(person.uid, person.uid, person.uid) != 0) ::_exit(kCannotStart);
  if (person.uid != 0 && ::setuid(0) == 0) ::_exit(kCannotStart);
}

std::vector<gid_t> groups_of(const Person& person) {
  int count = 64;
  std::vector<gid_t> out(static_cast<std::size_t>(count));
  if (::getgrouplist(person.name.c_str(), person.gid, out.data(), &count) < 0) {
    out.resize(static_cast<std::size_t>(count));
    if (::getgrouplist(person.name.c_str(), person.gid, out.data(), &count) < 0) count = 0;
  }
  out.resize(static_cast<std::size_t>(count));
  return out;
}

std::vector<char*> pointers(std::vector<std::string>& words) {
  std::vector<char*> out;
  out.reserve(words.size() + 1);
  for (std::string& word : words) out.push_back(word.data());
  out.push_back(nullptr);
  return out;
}

// In the child: everything that allocates was done before the fork.
[[noreturn]] void execute(const Order& order, char* const* arguments, char* const* environment) {
  ::umask(order.umask & 0777);
  if (::chdir(order.directory.c_str()) == 0) ::execve(order.program.c_str(), arguments, environment);
  ::_exit(kCannotStart);
}

Descriptor null_device() { return Descriptor(::open("/dev/null", O_RDWR | O_CLOEXEC)); }

int rest_of(Clock::time_point until) {
  const auto rest = std::chrono::duration_cast<std::chrono::milliseconds>(until - Clock::now()).count();
  return static_cast<int>(std::max<std::int64_t>(0, rest));
}

// Waits for the child alone: what it left running may hold the pipe open. False: it was killed.
bool wait_for(pid_t child, const Descriptor& output, Clock::time_point until, CommandResult& out) {
  const Descriptor handle(static_cast<int>(::syscall(SYS_pidfd_open, child, 0)));
  bool ended = false;
  for (bool open = output.get() >= 0; !ended;) {
    pollfd wake[] = {{handle.get(), POLLIN, 0}, {open ? output.get() : -1, POLLIN, 0}};
    if (::poll(wake, 2, rest_of(until)) <= 0 && errno != EINTR) break;
    ended = wake[0].revents != 0;
    for (std::array<char, 4096> part{}; open && wake[1].revents;) {
      const ssize_t got = ::read(output.get(), part.data(), part.size());
      if (got > 0) {
        out.said.append(part.data(),
                        std::min<std::size_t>(static_cast<std::size_t>(got),
                                              kOutputKept - std::min(kOutputKept, out.said.size())));
        continue;
      }
      open = got < 0 && errno == EAGAIN;
      break;
    }
    if (Clock::now() >= until) break;
  }
  if (!ended) ::kill(child, SIGKILL);  // not waited for yet: the pid is still this child's
  while (::waitpid(child, &out.status, 0) < 0 && errno == EINTR) {
  }
  return ended;
}

}  // namespace

std::optional<Person> person_of(std::uint32_t uid) {
  std::vector<char> buffer(16384);
  passwd record{};
  passwd* found = nullptr;
  if (::getpwuid_r(uid, &record, buffer.data(), buffer.size(), &found) != 0 || !found) return {};
  const std::string shell = found->pw_shell && *found->pw_shell ? found->pw_shell : "/bin/sh";
  return Person{found->pw_name, found->pw_dir, shell, found->pw_uid, found->pw_gid};
}

std::vector<std::string> clean_environment(const Person& person) {
  return {"HOME=" + person.home, "USER=" + person.name, "LOGNAME=" + person.name, "SHELL=" + person.shell,
          "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"};
}

CommandResult run_as(const Person& person, const Order& order, std::chrono::seconds timeout) {
  CommandResult out;
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0) return out;
  Descriptor reading(ends[0]), writing(ends[1]);
  ::fcntl(writing.get(), F_SETFL, 0);
  const Descriptor null = null_device();
  std::vector<std::string> arguments = order.arguments, environment = order.environment;
  const auto argv = pointers(arguments), envp = pointers(environment);
  const auto groups = groups_of(person);
  const pid_t child = ::fork();
  if (child == 0) {
    become(person, groups, null.get(), writing.get(), writing.get());
    execute(order, argv.data(), envp.data());
  }
  writing.reset();
  if (child < 0) return out;
  out.finished = wait_for(child, reading, Clock::now() + timeout, out);
  return out;
}

int start_as(const Person& person, const Order& order, const Descriptor& out, const Descriptor& error) {
  const Descriptor null = null_device();
  std::vector<std::string> arguments = order.arguments, environment = order.environment;
  const auto argv = pointers(arguments), envp = pointers(environment);
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return -1;
  const Descriptor reading(ends[0]);
  Descriptor writing(ends[1]);
  const auto groups = groups_of(person);
  const pid_t child = ::fork();
  if (child == 0) {
    // Forked once more, so that whoever reaps orphans has it, as it had the one before.
    const pid_t pid = ::fork();
    if (pid != 0) {
      (void)!::write(writing.get(), &pid, sizeof pid);
      ::_exit(0);
    }
    become(person, groups, null.get(), out ? out.get() : null.get(), error ? error.get() : null.get());
    execute(order, argv.data(), envp.data());
  }
  writing.reset();
  if (child < 0) return -1;
  pid_t pid = -1;
  if (::read(reading.get(), &pid, sizeof pid) != sizeof pid) pid = -1;
  while (::waitpid(child, nullptr, 0) < 0 && errno == EINTR) {
  }
  return pid;
}

int as_person(const Person& person, std::chrono::seconds timeout, const std::function<int()>& work) {
  const Descriptor null = null_device();
  const auto groups = groups_of(person);
  const pid_t child = ::fork();
  if (child == 0) {
    become(person, groups, null.get(), null.get(), null.get());
    ::umask(077);
    ::_exit(work());
  }
  if (child < 0) return -1;
  CommandResult out;
  if (!wait_for(child, Descriptor(), Clock::now() + timeout, out) || !WIFEXITED(out.status)) return -1;
  return WEXITSTATUS(out.status);
}

}  // namespace stray
