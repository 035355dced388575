// SPDX-License-Identifier: Apache-2.0
// The observer: reads at the edge what the kernel records do not hold (environment, descriptors, scripts,
// sockets, memory) and turns it into records of the same contract. The core asks, the observer answers; in a
// replay the answers come from the capture and nobody asks.
//
// Every answer is about a process, not a pid: the start time is checked after reading, and a process that is
// gone (or a zombie) gives a record with STRAY_SAW_GONE. Without descriptors or memory to look with the
// record has STRAY_SAW_UNREAD and says nothing of the process. Reads never block on the observed process and
// never follow a path out of its own root.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "record/event.hpp"
#include "record/request.hpp"

namespace stray {

class PidFileDirs;

class Observer {
 public:
  Observer();  // keeps the environment variables of environment_allow_list()
  explicit Observer(std::shared_ptr<const PidFileDirs> pidfile_dirs);  // and looks there for pid files too
  explicit Observer(const std::vector<std::string_view>& environment_names);
  ~Observer();
  // Answers with one record; its bytes hold until the next call.
  RawRecord look(const Request& request, BootTime now);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace stray
