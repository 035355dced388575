// SPDX-License-Identifier: Apache-2.0
#include "notify/child.hpp"

#include <fcntl.h>
#include <linux/capability.h>
#include <poll.h>
#include <pthread.h>
#include <spdlog/spdlog.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <exception>
#include <memory>

#include "notify/courier.hpp"
#include "notify/http.hpp"
#include "notify/message.hpp"
#include "notify/program.hpp"
#include "privilege/confine.hpp"

namespace stray {
namespace {

using Clock = Courier::Clock;
using Couriers = std::vector<std::unique_ptr<Courier>>;
constexpr std::size_t kLongestLine = std::size_t{8} << 20;
constexpr std::chrono::seconds kLastTries{3};

// Nothing of the tracer is left but the socket and standard error. No terminal, and no signal of one: the
// tracer says when this ends.
void detach(int& socket, pid_t parent) {
  ::setsid();
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(0);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGPIPE}) ::signal(signal, SIG_IGN);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  const int null = ::open("/dev/null", O_RDWR | O_CLOEXEC);
  ::dup2(null, STDIN_FILENO), ::dup2(null, STDOUT_FILENO);
  if (socket != 3) socket = ::dup3(socket, 3, O_CLOEXEC);
  ::syscall(SYS_close_range, 4u, ~0u, 0u);
  ::pthread_setname_np(::pthread_self(), "stray-notify");
}

// Those to start a program as another user, and to end it.
privilege::CapabilitySet needed_for(const std::vector<NotifyTarget>& targets) {
  const bool others = std::any_of(targets.begin(), targets.end(), [](const NotifyTarget& target) {
    const auto user = target.runs_program() ? program_user(target.user) : std::nullopt;
    return user && user->uid != ::geteuid();
  });
  using privilege::bit;
  return others ? bit(CAP_SETUID) | bit(CAP_SETGID) | bit(CAP_KILL) : 0;
}

// Messages until the tracer ends. A line too long to be one is left out.
class Lines {
 public:
  explicit Lines(int socket) : socket_(socket) {}
  // False: there will be no more.
  template <typename F>
  bool read(F&& each) {
    std::array<char, 64u << 10> part;
    const ssize_t got = ::recv(socket_, part.data(), part.size(), MSG_DONTWAIT);
    if (got < 0) return errno == EAGAIN || errno == EINTR;
    if (got == 0) return false;
    for (std::string_view rest(part.data(), static_cast<std::size_t>(got)); !rest.empty();) {
      const auto end = rest.find('\n');
      if (line_.size() <= kLongestLine) line_ += rest.substr(0, end);
      if (end == std::string_view::npos) break;
      rest.remove_prefix(end + 1);
      const auto message = message_of(line_);
      line_.clear();
      if (message && message->what == Message::What::end) return false;
      if (message) each(*message);
    }
    return true;
  }

 private:
  int socket_;
  std::string line_;
};

int milliseconds_to(const Couriers& couriers) {
  int out = -1;
  for (const auto& courier : couriers)
    if (const auto due = courier->due()) {
      const auto rest =
          std::chrono::duration_cast<std::chrono::milliseconds>(*due - Clock::now()).count() + 1;
      const int wait = static_cast<int>(std::clamp<std::int64_t>(rest, 0, 60'000));
      out = out < 0 ? wait : std::min(out, wait);
    }
  return out;
}

void serve(const std::vector<NotifyTarget>& targets, SharedCounts& counts, const std::string& state,
           int socket) {
  Couriers couriers;
  for (std::size_t i = 0; i < targets.size(); ++i)
    couriers.push_back(courier_for(targets[i], counts[i], state));
  http_init();
  const bool programs =
      std::any_of(targets.begin(), targets.end(), [](const auto& target) { return target.runs_program(); });
  privilege::keep_only(needed_for(targets), programs);
  for (const auto& courier : couriers) courier->begin();
  Lines lines(socket);
  for (bool more = true; more;) {
    pollfd one{socket, POLLIN, 0};
    ::poll(&one, 1, milliseconds_to(couriers));
    for (const auto& courier : couriers) courier->tick();
    if (one.revents)
      more = lines.read([&](const Message& message) {
        for (const auto& courier : couriers) courier->take(message);
      });
  }
  for (const auto& courier : couriers) courier->end(Clock::now() + kLastTries);
  for (const auto& courier : couriers) courier->join();
}

}  // namespace

void notifier_main(const std::vector<NotifyTarget>& targets, SharedCounts& counts, const std::string& state,
                   int socket, pid_t parent) {
  try {
    detach(socket, parent);
    serve(targets, counts, state, socket);
  } catch (const std::exception& error) {
    spdlog::error("notify: {}", error.what());
  }
  ::_exit(0);
}

}  // namespace stray
