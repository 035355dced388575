// SPDX-License-Identifier: Apache-2.0
// What a run reports to the service manager that started it (the protocol of sd_notify(3)): ready, reloading,
// stopping, a line of status, and that its loop is alive. Nothing, where no NOTIFY_SOCKET is set.
//
// By hand, because sd_notify() opens a socket at each call, which the filter of a confined thread refuses.
#pragma once

#include <sys/un.h>

#include <chrono>
#include <cstdint>
#include <string>

#include "base/descriptor.hpp"
#include "cli/run_outputs.hpp"
#include "pipeline/pipeline.hpp"

namespace stray {

class Service {
 public:
  Service();  // takes NOTIFY_SOCKET and WATCHDOG_USEC out of the environment; before the thread is confined

  void ready(const Pipeline& pipeline,
             const RunOutputs& outputs);  // the programs are attached, the snapshot is in
  void reloading();
  void reloaded();
  void stopping();
  // In each round of the loop: status and watchdog, when they are due.
  void alive(const Pipeline& pipeline, const RunOutputs& outputs);

 private:
  using Clock = std::chrono::steady_clock;
  std::string status(const Pipeline& pipeline, const RunOutputs& outputs, Clock::time_point now);
  // False: the manager takes nothing now. `patient`: waits a moment for it.
  bool send(const std::string& text, bool patient);

  Descriptor socket_;
  sockaddr_un address_{};
  socklen_t address_size_ = 0;
  std::chrono::microseconds ping_every_{};  // 0: no watchdog
  Clock::time_point pinged_{}, counted_{};
  std::uint64_t events_ = 0;  // when they were counted
};

}  // namespace stray
