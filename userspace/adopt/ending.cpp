// SPDX-License-Identifier: Apache-2.0
#include "adopt/ending.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>

#include "procfs/process.hpp"
#include "procfs/stat.hpp"

namespace stray {
namespace {

using SteadyClock = std::chrono::steady_clock;

// Field 22 of /proc/PID/stat, or 0.
std::uint64_t start_ticks_now(std::uint32_t pid) {
  proc::FileReader reader;
  const auto stat = proc::parse_stat(
      reader.read(AT_FDCWD, ("/proc/" + std::to_string(pid) + "/stat").c_str()).value_or(""));
  return stat ? stat->start_ticks : 0;
}

void wait_for(std::vector<Held>& stage, SteadyClock::time_point until, const std::string& how) {
  for (Held& one : stage) {
    if (!one.how.empty()) continue;
    const auto rest =
        std::chrono::duration_cast<std::chrono::milliseconds>(until - SteadyClock::now()).count();
    pollfd wake{one.fd.get(), POLLIN, 0};
    if (::poll(&wake, 1, static_cast<int>(std::max<std::int64_t>(0, rest))) == 1) one.how = how;
  }
}

}  // namespace

void Held::hold() {
  const auto pid = ending.process.tgid;
  fd = Descriptor(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  if (!fd && errno != ESRCH) return fail(std::string("cannot be held: ") + std::strerror(errno));
  if (!fd || start_ticks_now(pid) != start_ticks(ending.process)) how = "had ended already";
}

bool Held::ended() const {
  pollfd one{fd.get(), POLLIN, 0};
  return ::poll(&one, 1, 0) == 1;
}

void Held::send(int signal) {
  if (!how.empty() || ended()) return;
  if (::syscall(SYS_pidfd_send_signal, fd.get(), signal, nullptr, 0) != 0 && errno != ESRCH)
    fail(std::string("cannot be signalled: ") + std::strerror(errno));
}

void end_stage(std::vector<Held>& stage, std::chrono::nanoseconds timeout, bool force) {
  for (Held& one : stage)
    if (one.how.empty() && one.ended()) one.how = "ended by itself, with the others";
  for (Held& one : stage) one.send(SIGTERM);
  wait_for(stage, SteadyClock::now() + timeout, "ended on SIGTERM");
  if (force) {
    for (Held& one : stage) one.send(SIGKILL);
    wait_for(stage, SteadyClock::now() + timeout, "ended on SIGKILL");
  }
  for (Held& one : stage)
    if (one.how.empty())
      one.fail(force ? "did not end, not even on SIGKILL: it waits in the kernel"
                     : "did not end on SIGTERM in time: --force sends SIGKILL");
}

std::vector<Held> end_all(const EndGroup& group, std::chrono::nanoseconds timeout, bool force) {
  std::vector<Held> all;
  for (const auto& endings : group.stages) {
    std::vector<Held> stage;
    for (const Ending& e : endings) stage.emplace_back().ending = e;
    for (Held& one : stage) one.hold();
    end_stage(stage, timeout, force);
    std::move(stage.begin(), stage.end(), std::back_inserter(all));
  }
  return all;
}

bool any_left(const std::vector<Held>& all) {
  return std::any_of(all.begin(), all.end(), [](const Held& one) { return one.left; });
}

}  // namespace stray
