// SPDX-License-Identifier: Apache-2.0
// A bar on standard error for what takes long; nothing when that is not a terminal.
#pragma once

#include <chrono>
#include <cstdint>

namespace stray {

class Progress {
 public:
  Progress(bool wanted, std::uint64_t whole);
  ~Progress() { clear(); }
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  void show(std::uint64_t done);  // draws at most ten times a second, and not in the first half second
  void clear();

 private:
  using Clock = std::chrono::steady_clock;
  const bool shown_;
  const std::uint64_t whole_;
  Clock::time_point next_;
  bool drawn_ = false;
};

}  // namespace stray
