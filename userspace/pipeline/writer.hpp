// SPDX-License-Identifier: Apache-2.0
// Writes lines to a descriptor from a thread of its own, so that a slow reader or disk holds up nobody but
// itself.
//
// The queue is bounded. When it is full whole lines are dropped, counted and said; a write that fails for
// good stops the writer (error()), and every line after it is counted as dropped. The descriptor is borrowed.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <string>
#include <thread>

namespace stray {

class Writer {
 public:
  explicit Writer(int fd, std::size_t bound = 64u << 20);
  ~Writer();  // writes what is queued, then ends
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  void line(std::string_view text);  // one line or several whole ones, with their newlines
  void flush();                      // hands over what was gathered
  void finish();                     // flush, and wait until all is written or it failed

  int error() const { return error_.load(); }  // errno of the write that failed; 0: none
  std::uint64_t dropped() const { return dropped_; }

 private:
  void work();
  bool write_all(const std::string& text);

  const int fd_;
  const std::size_t bound_;
  std::string gathered_;  // of the pipeline's thread
  std::mutex mutex_;
  std::condition_variable wake_, idle_;
  std::string queue_;
  bool ending_ = false, busy_ = false;
  std::uint64_t dropped_ = 0;
  std::atomic<int> error_{0};
  std::thread thread_;
};

}  // namespace stray
