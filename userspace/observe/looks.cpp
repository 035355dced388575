// SPDX-License-Identifier: Apache-2.0
#include "observe/looks.hpp"

#include <fcntl.h>
#include <poll.h>
#include <spdlog/spdlog.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <iterator>
#include <system_error>
#include <utility>

#include "base/printable.hpp"
#include "event.h"
#include "privilege/confine.hpp"
#include "procfs/read.hpp"
#include "record/wire.hpp"

namespace stray {
namespace {

using Bytes = std::vector<std::byte>;

constexpr std::size_t kSentAhead = 64;       // the helper has the next one there when it is done with one
constexpr int kNap = 1;                      // ms: some ten answers, which wake us once
constexpr std::size_t kLargest = 256 << 10;  // bytes of a message: more than any record has
constexpr std::size_t kMostHangingKept = 4096;
constexpr std::chrono::hours kLongestWait{1};
constexpr int kWorkingTimes = 10;  // as long as one that hangs

struct Asked {
  std::uint64_t start = 0;
  std::uint32_t tgid = 0, look = 0;
};

// The record of the look, with nothing in it.
template <wire::RecordHead T>
Bytes nothing(stray_kind kind, ProcessKey process, BootTime now) {
  wire::Record<T> record(wire::head(kind, now, process, STRAY_SAW_UNREAD));
  const RawRecord bytes = record.bytes();
  return {bytes.begin(), bytes.end()};
}

Bytes nothing_read(const Request& request, BootTime now) {
  switch (request.look) {
    case Look::process:
      return nothing<stray_saw_process>(STRAY_SAW_PROCESS, request.process, now);
    case Look::script:
      return nothing<stray_saw_script>(STRAY_SAW_SCRIPT, request.process, now);
    case Look::usage:
      return nothing<stray_saw_usage>(STRAY_SAW_USAGE, request.process, now);
    case Look::children:
      return nothing<stray_saw_children>(STRAY_SAW_CHILDREN, request.process, now);
    case Look::sockets:
      break;
  }
  return nothing<stray_saw_sockets>(STRAY_SAW_SOCKETS, request.process, now);
}

// The helper: looks at what it is asked, until the other end is closed. It keeps nothing of stray open, so
// that one that hangs holds up nobody who waits for an end of stray's output.
[[noreturn]] void serve(int socket, const Looks::Make& make) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);  // with the starter's thread
  const int null = ::open("/dev/null", O_RDWR | O_CLOEXEC);
  constexpr int kSocket = 3;
  if (socket != kSocket) ::dup2(socket, kSocket);
  for (int fd = 0; fd < kSocket && null >= 0; ++fd) ::dup2(null, fd);
  ::syscall(SYS_close_range, kSocket + 1, ~0u, 0);
  privilege::confine(privilege::Role::observer);
  const Looks::Look look = make();
  Bytes message(kLargest);
  for (;;) {
    const ssize_t got = ::recv(kSocket, message.data(), message.size(), 0);
    if (got < static_cast<ssize_t>(sizeof(Asked))) {
      if (got < 0 && errno == EINTR) continue;
      ::_exit(0);
    }
    Asked asked;
    std::memcpy(&asked, message.data(), sizeof asked);
    const Request request{{BootTime{asked.start}, asked.tgid},
                          static_cast<Look>(asked.look),
                          {reinterpret_cast<const char*>(message.data()) + sizeof asked,
                           static_cast<std::size_t>(got) - sizeof asked}};
    const RawRecord answer = look(request);
    while (::send(kSocket, answer.data(), answer.size(), MSG_NOSIGNAL) < 0)
      if (errno != EINTR) ::_exit(1);
  }
}

}  // namespace

Looks::Looks(Clock clock, std::shared_ptr<const PidFileDirs> dirs)
    : Looks(
          clock,
          [clock, dirs = std::move(dirs)]() -> Look {
            return [clock, observer = std::make_shared<Observer>(dirs)](const Request& request) {
              return observer->look(request, clock());
            };
          },
          [](const Request& request) {
            return foreign_mounts_of(request.process.tgid,
                                     request.look == stray::Look::script ? request.entry : std::string());
          },
          Patience{}) {}

Looks::Looks(Clock clock, Make maker, FindMounts mounts, Patience patience)
    : clock_(clock),
      maker_(std::move(maker)),
      find_mounts_(std::move(mounts)),
      patience_(patience),
      wake_(::epoll_create1(EPOLL_CLOEXEC)),
      event_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      buffer_(kLargest) {
  epoll_event event{.events = EPOLLIN, .data = {}};
  if (!wake_ || !event_ || ::epoll_ctl(wake_.get(), EPOLL_CTL_ADD, event_.get(), &event) != 0)
    throw std::system_error(errno, std::generic_category(), "eventfd");
}

Looks::~Looks() {
  abandon();
  constexpr int kPatience = 20;  // one that does not hang is gone at once
  for (int n = 0; n < kPatience && !abandoned_.empty(); ++n) {
    reap();
    if (!abandoned_.empty()) ::poll(nullptr, 0, 1);
  }
}

void Looks::start() {
  if (socket_) return;
  Descriptor mine;
  pid_t pid = -1;
  starter_.run([&] {
    int ends[2];
    if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) return;
    mine = Descriptor(ends[0]);
    const Descriptor its(ends[1]);
    pid = ::fork();
    if (pid == 0) serve(its.get(), maker_);
  });
  if (pid < 0) return;
  epoll_event event{.events = EPOLLIN, .data = {}};
  ::epoll_ctl(wake_.get(), EPOLL_CTL_ADD, mine.get(), &event);
  socket_ = std::move(mine);
  helper_ = pid;
}

void Looks::abandon() {
  if (!socket_) return;
  socket_.reset();
  starter_.run([this] { ::kill(helper_, SIGKILL); });
  abandoned_.push_back(std::exchange(helper_, 0));
}

void Looks::reap() {
  std::erase_if(abandoned_, [](pid_t pid) { return ::waitpid(pid, nullptr, WNOHANG) != 0; });
}

// What the old one was asked is asked again.
void Looks::renew() {
  if (!socket_) return;
  abandon();
  asked_.insert(asked_.begin(), std::make_move_iterator(sent_.begin()), std::make_move_iterator(sent_.end()));
  sent_.clear();
  start();
  send();
}

void Looks::wait(std::chrono::milliseconds longest) const {
  if (sent_.size() == kSentAhead) {
    ::poll(nullptr, 0, kNap);
    return;
  }
  pollfd one{wake_.get(), POLLIN, 0};
  ::poll(&one, 1, static_cast<int>(longest.count()));
}

void Looks::signal_ready() const { (void)!::eventfd_write(event_.get(), 1); }

void Looks::unread(const Request& request) {
  ready_.push_back(nothing_read(request, clock_()));
  signal_ready();
}

// The core asks again when no answer came; one that is still to come will do.
void Looks::ask(Request request) {
  if (!waiting_.insert({request.process, request.look, request.entry}).second) return;
  asked_.push_back(std::move(request));
  if (sent_.size() < kSentAhead) send();
}

void Looks::send() {
  start();
  while (!asked_.empty() && sent_.size() < kSentAhead) {
    Request& request = asked_.front();
    const bool without = !socket_ || is_hanging(request);
    if (!without) {
      const Asked asked{request.process.start.count(), request.process.tgid,
                        static_cast<std::uint32_t>(request.look)};
      Bytes message(sizeof asked + request.entry.size());
      std::memcpy(message.data(), &asked, sizeof asked);
      std::memcpy(message.data() + sizeof asked, request.entry.data(), request.entry.size());
      if (::send(socket_.get(), message.data(), message.size(), MSG_DONTWAIT | MSG_NOSIGNAL) < 0) {
        if (!sent_.empty()) return;  // full, or it has ended: its answers, or their end, come first
        abandon();
        start();
        continue;
      }
    }
    waiting_.erase({request.process, request.look, request.entry});
    if (without) {
      unread(request);
    } else {
      if (sent_.empty()) begin_to_wait();
      sent_.push_back(std::move(request));
    }
    asked_.pop_front();
  }
}

void Looks::receive() {
  while (socket_ && !sent_.empty()) {
    const ssize_t got = ::recv(socket_.get(), buffer_.data(), buffer_.size(), MSG_DONTWAIT);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
    const Request request = std::move(sent_.front());
    sent_.pop_front();
    begin_to_wait();
    if (got > 0) {
      ready_.emplace_back(buffer_.begin(), buffer_.begin() + got);
      continue;
    }
    unread(request);  // the helper has ended at it: of memory, or of a mistake
    renew();
  }
}

std::size_t Looks::take(std::size_t at_most, const std::function<void(RawRecord)>& sink) {
  if (open() == 0) return 0;
  eventfd_t count;
  (void)!::eventfd_read(event_.get(), &count);
  receive();
  give_up_if_hanging();
  send();
  const auto end = ready_.begin() + static_cast<std::ptrdiff_t>(std::min(at_most, ready_.size()));
  const std::vector<Bytes> now(std::make_move_iterator(ready_.begin()), std::make_move_iterator(end));
  ready_.erase(ready_.begin(), end);
  if (!ready_.empty()) signal_ready();
  for (const Bytes& answer : now) sink(answer);
  return now.size();
}

void Looks::begin_to_wait() {
  begun_ = checked_ = Steady::now();
  switches_.clear();
}

// Whoever waits for a file system that does not answer is not runnable, and is switched away from once: at
// its last system call (proc(5): State and the context switches of status).
bool Looks::helper_is_at_work() {
  proc::FileReader reader;
  const auto status = reader.read(AT_FDCWD, ("/proc/" + std::to_string(helper_) + "/status").c_str());
  if (!status) return false;
  const auto at = status->find("voluntary_ctxt_switches:");
  std::string switches(at == std::string_view::npos ? std::string_view() : status->substr(at));
  const bool working = status->find("\nState:\tR") != std::string_view::npos || switches != switches_;
  switches_ = std::move(switches);
  return working;
}

void Looks::give_up_if_hanging() {
  if (!abandoned_.empty()) reap();
  const auto now = Steady::now();
  if (!socket_ || sent_.empty() || now - checked_ < patience_.longest) return;
  checked_ = now;
  if (now - begun_ < kWorkingTimes * patience_.longest && helper_is_at_work()) return;
  const Request request = std::move(sent_.front());
  sent_.pop_front();
  note_hang(request);
  unread(request);
  renew();
}

// The links of other users' processes are for who may trace them.
std::vector<Mount> Looks::mounts_of(const Request& request) {
  std::vector<Mount> out;
  starter_.run([&] { out = find_mounts_(request); });
  return out;
}

void Looks::extend(Hang& hang) const {
  hang.wait = hang.wait.count() == 0 ? patience_.again
                                     : std::min<std::chrono::milliseconds>(2 * hang.wait, kLongestWait);
  hang.until = Steady::now() + hang.wait;
}

// With two of them it is not known which one hangs: another process will show it.
void Looks::note_hang(const Request& request) {
  const std::vector<Mount> mounts = mounts_of(request);
  if (mounts.size() != 1) {
    if (processes_.size() >= kMostHangingKept) processes_.clear();
    extend(processes_[request.process]);
    spdlog::warn("pid {}: its files do not answer: it is not looked at", request.process.tgid);
    return;
  }
  const Mount& mount = mounts.front();
  HangingMount& known = mounts_.try_emplace(mount.device, HangingMount{mount, {}, {}}).first->second;
  if (known.hang.wait.count() == 0)
    spdlog::warn("{} ({}, {}) does not answer: processes with files there are not looked at",
                 printable(mount.point), printable(mount.type), printable(mount.source));
  known.processes.insert(request.process);
  extend(known.hang);
}

bool Looks::is_hanging(const Request& request) {
  const auto now = Steady::now();
  if (const auto it = processes_.find(request.process); it != processes_.end() && now < it->second.until)
    return true;
  if (mounts_.empty()) return false;
  for (const Mount& mount : mounts_of(request)) {
    const auto it = mounts_.find(mount.device);
    if (it == mounts_.end() || now >= it->second.hang.until) continue;
    if (it->second.processes.size() < kMostHangingKept) it->second.processes.insert(request.process);
    return true;
  }
  return false;
}

void Looks::say_what_was_skipped() const {
  for (const auto& [device, hanging] : mounts_)
    spdlog::warn("{} does not answer: {} could not be looked at", printable(hanging.mount.point),
                 std::to_string(hanging.processes.size()) +
                     (hanging.processes.size() == 1 ? " process" : " processes"));
}

}  // namespace stray
