// SPDX-License-Identifier: Apache-2.0
// A systemd-journald that the test starts, stops and kills, and what it has stored. Only within with-journald
// --stopped.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "support/native_entry.hpp"

namespace stray {

class Journald {
 public:
  Journald();  // with an empty journal; takes entries when the constructor returns
  ~Journald();
  Journald(const Journald&) = delete;
  Journald& operator=(const Journald&) = delete;

  void stop();       // SIGSTOP; it has stopped on return
  void proceed();    // SIGCONT
  void kill();       // SIGKILL; it is gone on return, its socket file is not
  void start();      // after kill(): the journal is kept
  void terminate();  // SIGTERM; gone on return

  // All entries whose sender is this process (_PID, which no sender can forge), oldest first. What was in
  // journald's queue at the time of the call is among them.
  std::vector<NativeEntry> entries() const;

 private:
  void end(int signal);

  pid_t pid_ = -1;
};

// The output of a shell command; throws when it fails.
std::string output_of(const std::string& command);

}  // namespace stray
