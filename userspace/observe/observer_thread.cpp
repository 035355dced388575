// SPDX-License-Identifier: Apache-2.0
#include "observe/observer_thread.hpp"

#include <poll.h>
#include <spdlog/spdlog.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <condition_variable>
#include <deque>
#include <iterator>
#include <mutex>
#include <optional>
#include <system_error>
#include <thread>
#include <utility>

#include "event.h"
#include "privilege/confine.hpp"
#include "record/wire.hpp"

namespace stray {
namespace {

using Steady = std::chrono::steady_clock;
using Bytes = std::vector<std::byte>;

constexpr std::size_t kMostHanging = 16;

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

}  // namespace

// Says that an answer is there. Threads that were given up have it too.
struct Looks::Event {
  Event() : fd(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    if (fd < 0) throw std::system_error(errno, std::generic_category(), "eventfd");
  }
  ~Event() { ::close(fd); }
  Event(const Event&) = delete;
  Event& operator=(const Event&) = delete;
  void set() const { (void)!::eventfd_write(fd, 1); }
  void clear() const {
    eventfd_t count;
    (void)!::eventfd_read(fd, &count);
  }
  const int fd;
};

// What a thread and its owner share; the thread holds it too, since it may outlive the owner.
struct Looks::Worker {
  void work(const Make& make, const Event& event);

  std::mutex mutex;
  std::condition_variable wake;
  std::deque<Request> asked;
  std::vector<Bytes> answers;
  std::optional<Request> at;  // what it looks at
  Steady::time_point begun{};
  bool ending = false;  // no more looks after this one
  bool finished = false;
  bool warned = false;  // its owner has said that it hangs
  std::thread thread;
};

void Looks::Worker::work(const Make& make, const Event& event) {
  privilege::confine(privilege::Role::observer);
  const stray::Looks::Look look = make();
  std::unique_lock lock(mutex);
  for (;;) {
    wake.wait(lock, [this] { return ending || !asked.empty(); });
    if (ending) break;
    at = std::move(asked.front());
    asked.pop_front();
    begun = Steady::now();
    const Request request = *at;
    lock.unlock();
    const RawRecord bytes = look(request);
    lock.lock();
    at.reset();
    answers.emplace_back(bytes.begin(), bytes.end());
    if (answers.size() == 1) event.set();
  }
  finished = true;
  event.set();
}

Looks::Looks(Clock clock, std::shared_ptr<const PidFileDirs> dirs)
    : Looks(clock, [clock, dirs = std::move(dirs)]() -> Look {
        return [clock, observer = std::make_shared<Observer>(dirs)](const Request& request) {
          return observer->look(request, clock());
        };
      }) {}

Looks::Looks(Clock clock, Make maker, std::chrono::milliseconds longest)
    : clock_(clock), maker_(std::move(maker)), longest_(longest), event_(std::make_shared<Event>()) {
  start();
}

Looks::~Looks() {
  for (const auto& worker : hanging_) {
    const std::lock_guard lock(worker->mutex);
    if (!worker->finished) tell_hanging(*worker, {});
  }
  if (!worker_) return;
  std::unique_lock lock(worker_->mutex);
  worker_->ending = true;
  worker_->wake.notify_one();
  const bool idle = !worker_->at;
  lock.unlock();
  if (idle)
    worker_->thread.join();
  else
    worker_->thread.detach();
}

void Looks::start() {
  worker_ = std::make_shared<Worker>();
  starter_.run([this] {
    worker_->thread =
        std::thread([worker = worker_, maker = maker_, event = event_] { worker->work(maker, *event); });
  });
}

int Looks::fd() const { return event_->fd; }

void Looks::wait(std::chrono::milliseconds longest) const {
  pollfd one{event_->fd, POLLIN, 0};
  ::poll(&one, 1, static_cast<int>(longest.count()));
}

bool Looks::hangs(ProcessKey key) const {
  return std::any_of(hanging_.begin(), hanging_.end(), [&](const auto& worker) {
    const std::lock_guard lock(worker->mutex);
    return worker->at && worker->at->process == key;
  });
}

void Looks::unread(const Request& request) {
  ready_.push_back(nothing_read(request, clock_()));
  event_->set();
}

void Looks::ask(Request request) {
  ++open_;
  if (!worker_ || hangs(request.process)) return unread(request);
  const std::lock_guard lock(worker_->mutex);
  worker_->asked.push_back(std::move(request));
  if (worker_->asked.size() == 1) worker_->wake.notify_one();
}

std::size_t Looks::take(std::size_t at_most, const std::function<void(RawRecord)>& sink) {
  if (open_ == 0 && hanging_.empty()) return 0;
  replace_if_hanging();
  return_of_hanging();
  event_->clear();
  if (worker_) {
    const std::lock_guard lock(worker_->mutex);
    std::move(worker_->answers.begin(), worker_->answers.end(), std::back_inserter(ready_));
    worker_->answers.clear();
  }
  const std::size_t count = std::min(at_most, ready_.size());
  std::vector<Bytes> now(std::make_move_iterator(ready_.begin()),
                         std::make_move_iterator(ready_.begin() + static_cast<std::ptrdiff_t>(count)));
  ready_.erase(ready_.begin(), ready_.begin() + static_cast<std::ptrdiff_t>(count));
  if (!ready_.empty()) event_->set();
  open_ -= std::min(open_, count);
  for (const Bytes& answer : now) sink(answer);
  return count;
}

void Looks::replace_if_hanging() {
  if (!worker_) return;
  std::unique_lock lock(worker_->mutex);
  if (!worker_->at || Steady::now() - worker_->begun < longest_) return;
  const Request request = *worker_->at;
  worker_->ending = true;
  std::deque<Request> left = std::exchange(worker_->asked, {});
  std::move(worker_->answers.begin(), worker_->answers.end(), std::back_inserter(ready_));
  worker_->answers.clear();
  lock.unlock();
  worker_->thread.detach();
  hanging_.push_back(std::exchange(worker_, nullptr));
  unread(request);
  if (hanging_.size() < kMostHanging) start();
  open_ -= left.size();
  for (Request& one : left) ask(std::move(one));
}

// Once, and not at once: on a host that is merely slow it comes back.
void Looks::tell_hanging(Worker& worker, std::chrono::milliseconds after) const {
  if (worker.warned || !worker.at || Steady::now() - worker.begun < after) return;
  worker.warned = true;
  spdlog::warn(
      "pid {}: its files do not answer (a file system that hangs?); what they would tell is not known",
      worker.at->process.tgid);
}

// A thread that hung has come back: its answer is late, but it is one.
void Looks::return_of_hanging() {
  std::erase_if(hanging_, [this](const std::shared_ptr<Worker>& worker) {
    const std::lock_guard lock(worker->mutex);
    if (!worker->finished) {
      tell_hanging(*worker, 5 * longest_);
      return false;
    }
    open_ += worker->answers.size();
    std::move(worker->answers.begin(), worker->answers.end(), std::back_inserter(ready_));
    return true;
  });
  if (!worker_ && hanging_.size() < kMostHanging) start();
}

}  // namespace stray
