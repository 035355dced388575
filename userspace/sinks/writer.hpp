// SPDX-License-Identifier: Apache-2.0
// Writes lines to a descriptor from a thread of its own, so that a slow reader or disk holds up nobody but
// itself.
//
// The queue is bounded. When it is full whole lines are dropped, counted and said, or the caller waits, as it
// was made for; a write that fails for good, or a reader that takes nothing until finish() loses patience,
// stops the writer, and every line from there on is counted as dropped. The descriptor is borrowed.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

namespace stray {

class Writer {
 public:
  enum class Full { drop, wait };  // live, nothing may wait; a replay has all the time
  explicit Writer(int fd, Full full = Full::drop, std::size_t bound = 64u << 20);
  ~Writer();  // finish() with its usual patience
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  void line(std::string_view text);  // one line or several whole ones, with their newlines
  void flush();                      // hands over what was gathered
  // Flush, and wait until all is written, it failed, or the time is over: then the rest is dropped.
  void finish(std::chrono::milliseconds patience = std::chrono::seconds(5));

  bool reader_gone() const;             // nobody has the other end of a pipe or socket open any more
  int error() const { return error_; }  // errno of the write that failed; 0: none
  bool gave_up() const { return giving_up_; }
  std::uint64_t dropped() const { return dropped_; }

 private:
  void work();
  std::size_t write_all(std::string_view text);

  const int fd_;
  const Full full_;
  const std::size_t bound_;
  std::string gathered_;  // of the pipeline's thread
  std::mutex mutex_;
  std::condition_variable wake_, idle_;
  std::string queue_;
  bool ending_ = false, busy_ = false;
  std::atomic<bool> giving_up_{false};
  std::atomic<std::uint64_t> dropped_{0};
  std::atomic<int> error_{0};
  std::thread thread_;
};

}  // namespace stray
