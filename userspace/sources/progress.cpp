// SPDX-License-Identifier: Apache-2.0
#include "sources/progress.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <string>

namespace stray {
namespace {

constexpr std::chrono::milliseconds kFirst{500}, kEvery{100};
constexpr std::size_t kWidth = 30;

void put(const std::string& text) {
  [[maybe_unused]] const auto n = ::write(STDERR_FILENO, text.data(), text.size());  // only for the eye
}

}  // namespace

Progress::Progress(bool wanted, std::uint64_t whole)
    : shown_(wanted && whole > 0 && ::isatty(STDERR_FILENO) == 1),
      whole_(whole),
      next_(Clock::now() + kFirst) {}

void Progress::show(std::uint64_t done) {
  if (!shown_) return;
  const auto now = Clock::now();
  if (now < next_) return;
  next_ = now + kEvery;
  done = std::min(done, whole_);
  const std::size_t filled = static_cast<std::size_t>(done * kWidth / whole_);
  char numbers[64];
  std::snprintf(numbers, sizeof numbers, "] %3u %% of %.1f MiB", static_cast<unsigned>(done * 100 / whole_),
                static_cast<double>(whole_) / (1 << 20));
  put("\r[" + std::string(filled, '#') + std::string(kWidth - filled, ' ') + numbers);
  drawn_ = true;
}

void Progress::clear() {
  if (drawn_) put("\r\033[K");
  drawn_ = false;
}

}  // namespace stray
