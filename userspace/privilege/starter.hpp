// SPDX-License-Identifier: Apache-2.0
// A thread that keeps what observers need after its owner has given it up: observers are started anew while
// the trace runs, and inherit from who starts them.
#pragma once

#include <condition_variable>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>

namespace stray::privilege {

class Starter {
 public:
  Starter();  // throws std::system_error without threads
  ~Starter();
  Starter(const Starter&) = delete;
  Starter& operator=(const Starter&) = delete;

  // Has the thread do it, and waits until it is done: short work that starts a thread or a process. Throws
  // what that throws.
  void run(std::function<void()> work);

 private:
  void work();

  std::mutex mutex_;
  std::condition_variable changed_;
  std::function<void()> task_;
  std::exception_ptr thrown_;
  bool ending_ = false;
  std::thread thread_;
};

}  // namespace stray::privilege
