// SPDX-License-Identifier: Apache-2.0
// What waits for a target: bounded, first in, first out, the oldest dropped for the newest. In a folder it
// outlives a crash: a file a message, which appears as a whole and goes when it was dealt with.
//
// Threads: any may call anything. The folder is locked: one process has it.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>

#include "base/descriptor.hpp"
#include "notify/counts.hpp"
#include "notify/message.hpp"

namespace stray {

class NotifyQueue {
 public:
  using Clock = std::chrono::steady_clock;
  struct Bound {
    std::size_t messages = 10'000;
    std::uint64_t bytes = std::uint64_t{16} << 20;
  };
  struct Entry {
    std::uint64_t number = 0;
    Message message;
  };

  explicit NotifyQueue(NotifyCounts& counts) : NotifyQueue(counts, Bound()) {}
  NotifyQueue(NotifyCounts& counts, Bound bound) : counts_(counts), bound_(bound) {}

  // Keeps what waits in this folder below `parent`, which must be there, and goes on with what is in it.
  // Throws std::runtime_error that says why not: then it is kept in memory alone.
  void keep_in(const std::string& parent, const std::string& name);

  void push(const Message& message);
  // The oldest that nobody else has taken; waits for one. Nothing: the end.
  std::optional<Entry> take();
  void done(std::uint64_t number);  // it is dealt with
  // Waits so long, or until the end. False: that has come.
  bool pause(std::chrono::milliseconds time);
  // No one waits any more; what was taken may be finished until then.
  void end(Clock::time_point until);
  bool over() const;  // the end came, and what was taken must be given up
  // What is left in memory is lost with it.
  void count_the_rest();

 private:
  struct Waiting {
    std::uint64_t bytes = 0;
    std::string line;  // empty: in the folder
    bool taken = false;
  };
  void load();
  bool write(std::uint64_t number, const std::string& line);
  std::optional<std::string> read(std::uint64_t number) const;
  void remove(std::map<std::uint64_t, Waiting>::iterator at);
  void make_room();

  NotifyCounts& counts_;
  const Bound bound_;
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  Descriptor folder_;
  std::map<std::uint64_t, Waiting> waiting_;
  std::uint64_t next_ = 1, bytes_ = 0;
  bool ending_ = false;
  Clock::time_point until_{};
};

}  // namespace stray
