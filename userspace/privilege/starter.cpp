// SPDX-License-Identifier: Apache-2.0
#include "privilege/starter.hpp"

#include <signal.h>

#include <exception>
#include <utility>

#include "privilege/confine.hpp"

namespace stray::privilege {

// Without signals, as all that it starts: they are the business of who runs this.
Starter::Starter() {
  sigset_t all, before;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  try {
    thread_ = std::thread([this] { work(); });
  } catch (...) {
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
    throw;
  }
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

Starter::~Starter() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void Starter::run(std::function<void()> work) {
  std::unique_lock lock(mutex_);
  task_ = std::move(work);
  changed_.notify_all();
  changed_.wait(lock, [this] { return !task_; });
  if (thrown_) std::rethrow_exception(std::exchange(thrown_, nullptr));
}

void Starter::work() {
  confine(Role::starter);
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return ending_ || task_; });
    if (!task_) return;
    try {
      task_();
    } catch (...) {
      thrown_ = std::current_exception();
    }
    task_ = nullptr;
    changed_.notify_all();
  }
}

}  // namespace stray::privilege
