// SPDX-License-Identifier: Apache-2.0
#include "notify/program.hpp"

#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <pwd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>

#include "base/descriptor.hpp"
#include "base/layout.hpp"
#include "base/printable.hpp"
#include "base/units.hpp"
#include "base/write_all.hpp"

namespace stray {
namespace {

using Clock = std::chrono::steady_clock;
constexpr std::size_t kMostSaid = 1024;
constexpr std::chrono::milliseconds kAskEvery{200}, kLastWords{2000};
constexpr const char* kPath = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

// All that the child needs, made before the fork: behind it nothing is allocated.
struct Prepared {
  explicit Prepared(const NotifyProgram& program)
      : words(program.arguments),
        environment{kPath, "LANG=C.UTF-8", "HOME=" + program.user.home, "USER=" + program.user.name,
                    "LOGNAME=" + program.user.name} {
    for (std::string& word : words) argv.push_back(word.data());
    for (std::string& word : environment) envp.push_back(word.data());
    argv.push_back(nullptr), envp.push_back(nullptr);
  }
  std::vector<std::string> words, environment;
  std::vector<char*> argv, envp;
};

// A file without a name: the program reads it at its own pace, and nobody waits for that.
Descriptor file_of(std::string_view input) {
  Descriptor out(::memfd_create("notification", MFD_CLOEXEC));
  if (out && (write_all(out.get(), input) != input.size() || ::lseek(out.get(), 0, SEEK_SET) != 0))
    out.reset();
  return out;
}

bool become(const ProgramUser& user) {
  if (::geteuid() == 0 && ::setgroups(user.groups.size(), user.groups.data()) != 0) return false;
  if (::setresgid(user.gid, user.gid, user.gid) != 0 || ::setresuid(user.uid, user.uid, user.uid) != 0)
    return false;
  return user.uid == 0 || ::setuid(0) != 0;
}

// The child. Returns to nobody: what fails goes through `failed`, as an errno.
[[noreturn]] void execute(const NotifyProgram& program, const Prepared& prepared, int in, int out, int error,
                          int failed, pid_t parent) {
  const auto fail = [&] {
    const int code = errno;
    (void)!::write(failed, &code, sizeof code);
    ::_exit(126);
  };
  ::setsid();
  for (int signal = 1; signal < NSIG; ++signal) (void)::signal(signal, SIG_DFL);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  const int last = ::fcntl(failed, F_DUPFD_CLOEXEC, 100);  // above those that are replaced
  const int from[] = {::fcntl(in, F_DUPFD, 10), ::fcntl(out, F_DUPFD, 10), ::fcntl(error, F_DUPFD, 10)};
  if (last < 0) fail();
  failed = last;
  for (int fd = 0; fd < 3; ++fd)
    if (from[fd] < 0 || ::dup2(from[fd], fd) < 0) fail();
  if (::syscall(SYS_close_range, 3u, static_cast<unsigned>(failed) - 1, 0u) != 0 ||
      ::syscall(SYS_close_range, static_cast<unsigned>(failed) + 1, ~0u, 0u) != 0)
    fail();
  ::umask(077);
  if (::chdir("/") != 0 || !become(program.user)) fail();
  // Behind the change of user, which would take it back.
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(126);
  if (program.no_new_privs) ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  ::execve(prepared.argv[0], prepared.argv.data(), prepared.envp.data());
  fail();
  ::_exit(126);
}

struct Pipe {
  Descriptor reading, writing;
  explicit Pipe(int flags) {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC | flags) == 0) reading = Descriptor(ends[0]), writing = Descriptor(ends[1]);
  }
};

// False: nothing more will come.
bool read_some(int fd, std::string& said) {
  std::array<char, 4096> part{};
  const ssize_t got = ::read(fd, part.data(), part.size());
  if (got > 0)
    said.append(part.data(),
                std::min(static_cast<std::size_t>(got), kMostSaid - std::min(kMostSaid, said.size())));
  return got > 0 || (got < 0 && (errno == EAGAIN || errno == EINTR));
}

// Waits until the process has ended, without taking its end: its group cannot be another's before that.
bool wait_until(int handle, int error, Clock::time_point end, std::string& said,
                const std::function<bool()>& give_up) {
  for (bool open = true;;) {
    pollfd wake[] = {{handle, POLLIN, 0}, {open ? error : -1, POLLIN, 0}};
    const auto rest = std::chrono::duration_cast<std::chrono::milliseconds>(end - Clock::now());
    ::poll(wake, 2, static_cast<int>(std::clamp(rest, std::chrono::milliseconds(0), kAskEvery).count()));
    if (open && wake[1].revents) open = read_some(error, said);
    if (wake[0].revents) return true;
    if (Clock::now() >= end || (give_up && give_up())) return false;
  }
}

}  // namespace

std::optional<ProgramUser> program_user(const std::string& name) {
  std::vector<char> buffer(16384);
  passwd record{};
  passwd* found = nullptr;
  const int error = name.empty() ? ::getpwuid_r(::geteuid(), &record, buffer.data(), buffer.size(), &found)
                                 : ::getpwnam_r(name.c_str(), &record, buffer.data(), buffer.size(), &found);
  if (error != 0 || !found) return {};
  ProgramUser out{found->pw_name, found->pw_dir, found->pw_uid, found->pw_gid, {}};
  int count = 64;
  out.groups.resize(static_cast<std::size_t>(count));
  if (::getgrouplist(out.name.c_str(), out.gid, out.groups.data(), &count) < 0) {
    out.groups.resize(static_cast<std::size_t>(count));
    if (::getgrouplist(out.name.c_str(), out.gid, out.groups.data(), &count) < 0) count = 0;
  }
  out.groups.resize(static_cast<std::size_t>(count));
  return out;
}

ProgramEnd run_program(const NotifyProgram& program, std::string_view input,
                       const std::function<bool()>& give_up) {
  using How = ProgramEnd::How;
  const auto failed = [](int error) { return ProgramEnd{How::not_started, error, {}}; };
  const Prepared prepared(program);
  const Descriptor in = file_of(input), null(::open("/dev/null", O_WRONLY | O_CLOEXEC));
  Pipe error(0), failure(0);
  if (!in || !null || !error.reading || !failure.reading) return failed(errno);
  ::fcntl(error.reading.get(), F_SETFL, O_NONBLOCK);  // its own end: the program's blocks
  const pid_t self = ::getpid();
  const pid_t child = ::fork();
  if (child == 0)
    execute(program, prepared, in.get(), null.get(), error.writing.get(), failure.writing.get(), self);
  if (child < 0) return failed(errno);
  error.writing.reset(), failure.writing.reset();
  int code = 0;
  const bool not_started = ::read(failure.reading.get(), &code, sizeof code) == sizeof code;
  const Descriptor handle(static_cast<int>(::syscall(SYS_pidfd_open, child, 0)));
  ProgramEnd out;
  if (!not_started &&
      !wait_until(handle.get(), error.reading.get(), Clock::now() + program.timeout, out.said, give_up)) {
    out.how = How::timed_out;
    ::kill(-child, SIGTERM);
    wait_until(handle.get(), error.reading.get(), Clock::now() + kLastWords, out.said, {});
    ::kill(-child, SIGKILL);
  } else if (program.ends_group) {
    ::kill(-child, SIGKILL);
  }
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  errno = 0;
  while (out.said.size() < kMostSaid && read_some(error.reading.get(), out.said) && errno != EAGAIN)
    errno = 0;
  if (not_started) return failed(code);
  if (out.how == How::timed_out) return out;
  out.how = WIFEXITED(status) ? How::exited : How::killed;
  out.code = WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status);
  return out;
}

std::string text_of(const ProgramEnd& end, const NotifyProgram& program) {
  std::string out;
  switch (end.how) {
    case ProgramEnd::How::exited:
      out = "exited with " + std::to_string(end.code);
      break;
    case ProgramEnd::How::killed:
      out = "was ended by signal " + std::to_string(end.code);
      break;
    case ProgramEnd::How::timed_out:
      out = "took longer than " +
            duration_text(milliseconds(static_cast<std::uint64_t>(program.timeout.count()))) +
            " and was ended";
      break;
    case ProgramEnd::How::not_started:
      out = std::string("could not be started: ") + std::strerror(end.code);
      break;
  }
  std::string_view said = end.said;
  said = said.substr(0, said.find('\n'));
  if (!said.empty()) out += ": " + shortened(printable(said), 200);
  return printable(program.arguments.front()) + " " + out;
}

}  // namespace stray
