// SPDX-License-Identifier: Apache-2.0
// The observer at work in a thread of its own. A look goes to the files of the process: where these are on a
// file system that does not answer (a network mount whose server is gone), the look waits, and the kernel's
// records must not wait with it.
//
// A look that takes longer than `longest` is answered by a record with STRAY_SAW_UNREAD, the others go on in
// another thread, and the process is not looked at again until the thread that hangs comes back; then its
// answer is given too. A warning names it after five times as long (a host may be merely slow) or at the end.
// All that are asked while sixteen hang are answered so without a look.
//
// Used from one thread. What was asked is answered once, in any order, unless it is destroyed before.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <vector>

#include "observe/observer.hpp"
#include "privilege/starter.hpp"

namespace stray {

class Looks {
 public:
  using Clock = BootTime (*)();
  using Look = std::function<RawRecord(const Request&)>;  // its bytes hold until the next call
  using Make = std::function<Look()>;                     // one for each thread

  // Looks by Observer, for pid files in these directories too. Throws std::system_error without descriptors
  // or threads.
  explicit Looks(Clock clock, std::shared_ptr<const PidFileDirs> pidfile_dirs = {});
  Looks(Clock clock, Make maker, std::chrono::milliseconds longest = std::chrono::seconds(1));
  ~Looks();  // does not wait for a look that hangs
  Looks(const Looks&) = delete;
  Looks& operator=(const Looks&) = delete;

  void ask(Request request);
  // Gives answers that are there to `sink`, at most so many; returns how many. The sink may ask.
  std::size_t take(std::size_t at_most, const std::function<void(RawRecord)>& sink);
  std::size_t open() const { return open_; }           // asked, and not taken yet
  int fd() const;                                      // readable while answers wait to be taken
  void wait(std::chrono::milliseconds longest) const;  // for an answer

 private:
  struct Worker;

  bool hangs(ProcessKey key) const;
  void replace_if_hanging();
  void return_of_hanging();
  void tell_hanging(Worker& worker, std::chrono::milliseconds after) const;
  void start();
  void unread(const Request& request);

  const Clock clock_;
  const Make maker_;
  const std::chrono::milliseconds longest_;
  privilege::Starter starter_;                    // this thread may have no capabilities any more
  std::shared_ptr<Worker> worker_;                // none while too many hang
  std::vector<std::shared_ptr<Worker>> hanging_;  // in the order they were given up
  std::vector<std::vector<std::byte>> ready_;     // answers that no longer belong to a worker
  std::size_t open_ = 0;
  struct Event;
  std::shared_ptr<Event> event_;
};

}  // namespace stray
