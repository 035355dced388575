// SPDX-License-Identifier: Apache-2.0
// What the thread of the pipeline and that of the screen leave for each other. Each takes what is there and
// goes on: neither waits for the other.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/descriptor.hpp"
#include "top/model.hpp"
#include "top/snapshot.hpp"

namespace stray::top {

class Board {
 public:
  Board();  // throws std::system_error

  // ---- the pipeline's side ----
  void show(Snapshot snapshot);
  Wanted wanted() const;
  std::vector<Action> take_moves();                   // through a capture
  int wanted_fd() const { return wanted_fd_.get(); }  // readable when there is something new
  void taken();                                       // not any more
  bool ended() const { return ended_; }

  // ---- the screen's side ----
  std::shared_ptr<const Snapshot> shown() const;
  int shown_fd() const { return shown_fd_.get(); }
  void seen();
  void want(const Wanted& wanted);
  void move(Action action);
  void end();  // from either side: both stop

  // ---- warnings, from any thread ----
  void warn(std::string text);
  std::vector<std::string> warnings() const;  // the first and the latest; for the end

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<const Snapshot> shown_;
  Wanted wanted_;
  std::vector<Action> moves_;
  std::vector<std::string> warnings_;
  std::atomic<bool> ended_{false};
  Descriptor wanted_fd_, shown_fd_;
};

}  // namespace stray::top
