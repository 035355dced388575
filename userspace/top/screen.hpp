// SPDX-License-Identifier: Apache-2.0
// The terminal of the live view: draws the lines of the model and reads keys, in a thread of its own.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "top/board.hpp"
#include "top/model.hpp"

namespace stray::top {

struct ScreenOptions {
  bool capture = false, color = false;
  // Runs `stray stop` or `stray allow` on the terminal, which is given back for that time; false: it failed.
  std::function<bool(const Action&)> act;
};

class Screen {
 public:
  // Takes the terminal of standard input and output. Signals are blocked in the calling thread, and so in all
  // that it starts later: SIGINT, SIGTERM and SIGHUP end the view, SIGTSTP stops it. Throws UsageError where
  // that is no terminal it can draw on.
  Screen(Board& board, ScreenOptions options);
  ~Screen();  // ends the view, if it has not ended; the terminal is as it was before
  Screen(const Screen&) = delete;
  Screen& operator=(const Screen&) = delete;

 private:
  class Work;
  Board& board_;
  std::unique_ptr<Work> work_;
  std::thread thread_;
};

}  // namespace stray::top
