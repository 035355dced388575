// SPDX-License-Identifier: Apache-2.0
// Writes lines to a descriptor from a thread of its own, so that a slow reader or disk holds up nobody but
// itself.
//
// The queue is bounded. When it is full whole lines are dropped, counted and said, or the caller waits, as it
// was made for; a write that fails for good, or a reader that takes nothing until finish() loses patience,
// stops the writer, and every line from there on is counted as dropped. The descriptor, or the files that it
// is of, are borrowed.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

#include "sinks/output_files.hpp"

namespace stray {

class Writer {
 public:
  enum class Full { drop, wait };  // live, nothing may wait; a replay has all the time
  explicit Writer(int fd, Full full = Full::drop, std::size_t bound = 64u << 20);
  Writer(OutputFiles& files, Full full);
  ~Writer();  // finish() with its usual patience
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  void line(std::string_view text);  // one line or several whole ones, with their newlines
  void flush();                      // hands over what was gathered
  // What follows goes into another file: the next one, or the one that is opened again. False: that is still
  // to be done since the last time.
  bool next_file();
  // Flush, and wait until all is written, it failed, or the time is over: then the rest is dropped.
  void finish(std::chrono::milliseconds patience = std::chrono::seconds(5));

  std::uint64_t taken() const { return taken_; }  // bytes
  bool reader_gone() const;             // nobody has the other end of a pipe or socket open any more
  int error() const { return error_; }  // errno of the write that failed; 0: none
  bool gave_up() const { return giving_up_; }
  std::uint64_t dropped() const { return dropped_; }

 private:
  Writer(int fd, Full full, std::size_t bound, OutputFiles* files);
  void work();
  std::size_t write_all(std::string_view text);

  static constexpr std::size_t kNowhere = ~std::size_t{0};

  std::atomic<int> fd_;
  OutputFiles* const files_;
  const Full full_;
  const std::size_t bound_;
  std::string gathered_;  // of the pipeline's thread
  std::uint64_t taken_ = 0;
  std::mutex mutex_;
  std::condition_variable wake_, idle_;
  std::string queue_;
  std::size_t next_file_at_ = kNowhere;  // in the queue
  bool ending_ = false, busy_ = false;
  std::atomic<bool> giving_up_{false};
  std::atomic<std::uint64_t> dropped_{0};
  std::atomic<int> error_{0};
  std::thread thread_;
};

}  // namespace stray
