// SPDX-License-Identifier: Apache-2.0
// The live edge: the kernel's records, ticks and the observer's answers, fed to one pipeline.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "base/descriptor.hpp"
#include "config/config.hpp"
#include "kernel/kernel_source.hpp"
#include "kernel/loss.hpp"
#include "observe/looks.hpp"
#include "observe/probes/evidence_files.hpp"
#include "pipeline/pipeline.hpp"
#include "redact/redact.hpp"

namespace stray {

class Live {
 public:
  Live(Pipeline& pipeline, const KernelOptions& options);

  // Every record goes there too, from the first on. Borrowed; before start().
  void record_to(RecordSink tee) { tee_ = std::move(tee); }

  // What the configuration says of the edge, from now on: what is taken out of command lines (default:
  // Redactor's own patterns), and where pid files may be.
  void use(const Config& config);

  // The session record, what the run before left open (Pipeline::save_open), snapshot, ready. After it this
  // thread may be confined (privilege/confine.hpp).
  // `unwatched_from`: when that run ended.
  void start(RawRecord session, std::span<const std::vector<std::byte>> carried = {},
             BootTime unwatched_from = {});
  // One round: everything in the ring, what the core wants observed, ticks that are due. True when there was
  // work.
  bool round();
  void settle();  // rounds until nothing is asked any more: for a look at the host as it is now
  void sleep(bool busy, int wake_fd);
  void stop();           // the rest of the ring, then the end record
  void ask_about_all();  // has every process observed in the rounds to come: for who asks a capture later
  void look_at_all();    // the same, with memory and sockets, before it returns
  void look_at(std::span<const ProcessKey> keys);  // who these are and what they use, in the rounds to come
  void tick();                                     // a record that says what time it is
  void say_what_was_skipped() const { looks_.say_what_was_skipped(); }  // warnings: what did not answer

 private:
  void feed(RawRecord raw);
  void ask();  // what the core wants observed
  std::size_t answer(std::size_t at_most);
  int wake(int wake_fd);  // readable when that is, or an answer is there
  void tick_if_due();
  void clock_if_changed();
  void audit_if_lost();
  void audit(std::uint64_t lost);  // the new total
  void return_memory();

  Pipeline& pipeline_;
  KernelSource source_;
  Redactor redactor_;
  RecordSink sink_, tee_;
  const std::shared_ptr<PidFileDirs> pidfile_dirs_ = std::make_shared<PidFileDirs>();
  Looks looks_;
  Descriptor wake_;
  int woken_by_ = -1;         // the caller's part of wake_
  std::uint64_t looked_ = 0;  // in all
  LossSpan loss_;
  std::uint64_t lost_reported_ = 0;
  BootTime last_clock_{}, last_audit_{}, last_lost_check_{};
  std::int64_t real_offset_ = 0;
  int quiet_rounds_ = 0;
  std::size_t most_held_ = 0;  // processes in the table since memory was returned
};

}  // namespace stray
