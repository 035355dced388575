// SPDX-License-Identifier: Apache-2.0
// The process that sends notifications of findings. It is forked before the tracer gives up what it may do,
// and the tracer never waits for it: what it does not take is dropped and counted.
//
// It ends when the tracer says so or is gone (a death signal). Threads: of the tracer's side, the writer's.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/descriptor.hpp"
#include "config/notify.hpp"
#include "notify/counts.hpp"
#include "notify/sink.hpp"
#include "sinks/metrics.hpp"
#include "sinks/writer.hpp"

namespace stray {

class Notifier {
 public:
  // Forks: no thread may have been made. `state`: the folder of the run, "": none. Throws std::system_error.
  Notifier(std::vector<NotifyTarget> targets, const std::string& state);
  ~Notifier();  // at the latest now it ends; finish() does it in order
  Notifier(const Notifier&) = delete;
  Notifier& operator=(const Notifier&) = delete;

  Sink& begin(const Host& host);  // makes the writer; once

  // Between two rounds of the tracer. Reports once that the notifier takes nothing, or has ended.
  void flush(const View& view, std::chrono::steady_clock::time_point now);
  bool finish();  // false: it did not get everything

  const std::vector<NotifyTarget>& targets() const { return targets_; }
  NotifyTotals totals() const;

 private:
  bool gone();

  const std::vector<NotifyTarget> targets_;
  SharedCounts counts_;
  Descriptor socket_;
  pid_t child_ = -1;
  std::unique_ptr<Writer> writer_;
  std::optional<NotifySink> sink_;
  std::chrono::steady_clock::time_point looked_{}, list_at_{};
  std::chrono::seconds pause_{1};  // before the next list, where that is too much as well
  std::uint64_t dropped_ = 0;      // when the findings were listed last
  bool said_slow_ = false, said_gone_ = false;
};

}  // namespace stray
