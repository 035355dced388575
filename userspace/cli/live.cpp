// SPDX-License-Identifier: Apache-2.0
#include "cli/live.hpp"

#include <poll.h>

#include <algorithm>
#include <cstring>
#include <unordered_set>

#include "event.h"
#include "record/wire.hpp"

namespace stray {
namespace {

constexpr std::size_t kAnswersARound = 16;  // some 100 us each: the ring is looked at in between
// With short waits and thousands of processes answering takes longer than it is until the next looks are due:
// what is asked then must not keep a command, or its end, from ending.
constexpr std::uint64_t kLooksAProcess = 16, kMoreLooks = 1024;
constexpr int kLastPasses = 4;   // a process, what stands above it, a fresh look: three answer each other
constexpr int kQuietRounds = 4;  // empty rounds before the kernel is asked to wake us
constexpr std::chrono::milliseconds kBusyNap{5};
constexpr std::chrono::seconds kLongestSleep{1};
constexpr BootTime kAuditEvery = seconds(2);
constexpr BootTime kLostCheck = seconds(1);
constexpr std::int64_t kClockStep = 10'000'000;  // ns

std::int64_t offset_now(BootTime now) { return static_cast<std::int64_t>(real_now() - now.count()); }

}  // namespace

Live::Live(Pipeline& pipeline, const KernelOptions& options)
    : pipeline_(pipeline), source_(options), sink_([this](RawRecord raw) {
        stray_head head;
        std::memcpy(&head, raw.data(), sizeof head);
        loss_.record(head);
        feed(raw);
      }) {}

// Secrets are taken out before anything else sees the record.
void Live::feed(RawRecord raw) {
  const auto clean = redactor_.redact_record(raw);
  const RawRecord record = clean ? std::as_bytes(std::span(clean->data(), clean->size())) : raw;
  if (tee_) tee_(record);
  pipeline_.feed(record);
}

void Live::start(RawRecord session) {
  feed(session);
  real_offset_ = offset_now(boot_now());
  source_.snapshot(sink_);
  feed(wire::Record<stray_ready>(wire::head(STRAY_READY, boot_now())).bytes());
}

bool Live::round() {
  const std::size_t records = source_.drain(sink_);
  for (Request& request : pipeline_.detectors().take_requests()) asked_.push_back(std::move(request));
  const bool asked = answered_ < asked_.size();
  answer(kAnswersARound);
  tick_if_due();
  clock_if_changed();
  audit_if_lost();
  return records > 0 || asked;
}

void Live::answer(std::size_t at_most) {
  for (; at_most > 0 && answered_ < asked_.size(); --at_most) {
    const Request request = std::move(asked_[answered_++]);
    ++looked_;
    feed(observer_.look(request, boot_now()));
    for (Request& more : pipeline_.detectors().take_requests()) asked_.push_back(std::move(more));
  }
  if (answered_ == asked_.size()) {
    asked_.clear();
    answered_ = 0;
  }
}

void Live::tick_if_due() {
  const auto due = pipeline_.detectors().next_due();
  const BootTime now = boot_now();
  if (!due || *due > now) return;
  stray_head head = wire::head(STRAY_TICK, now);
  head.lost = source_.lost();
  feed(wire::Record<stray_tick>(head).bytes());
}

void Live::clock_if_changed() {
  const BootTime now = boot_now();
  if (now < last_clock_ + seconds(1)) return;
  last_clock_ = now;
  const std::int64_t offset = offset_now(now);
  if (std::abs(offset - real_offset_) < kClockStep) return;
  real_offset_ = offset;
  feed(wire::Record<stray_clock>(wire::head(STRAY_CLOCK, now))
           .set([&](stray_clock& c) { c.real_ns = now.count() + static_cast<std::uint64_t>(offset); })
           .bytes());
}

void Live::audit_if_lost() {
  const BootTime now = boot_now();
  if (now < last_lost_check_ + kLostCheck) return;
  last_lost_check_ = now;
  const std::uint64_t lost = std::max(source_.lost(), pipeline_.lost());
  if (lost == lost_told_) return loss_.nothing_lost();
  if (now < last_audit_ + kAuditEvery) return;
  last_audit_ = now;
  audit(lost);
}

// After a loss the table is held against a snapshot: what is missing is added, what is gone is ended, and a
// gap record says that it was so. The ring is drained on both sides, so that an exit still in it is not
// called inferred.
void Live::audit(std::uint64_t lost) {
  stray_head head = wire::head(STRAY_GAP, boot_now());
  head.lost = lost;
  feed(wire::Record<stray_gap>(head)
           .set([&](stray_gap& gap) {
             gap.count = lost - lost_told_;
             gap.from_ns = loss_.from(gap.count).count();
           })
           .bytes());
  lost_told_ = lost;
  loss_.told();

  source_.drain(sink_);
  const BootTime taken = boot_now();
  std::unordered_set<ProcessKey, ProcessKeyHash> alive;
  source_.snapshot([&](RawRecord raw) {
    stray_head seed;
    std::memcpy(&seed, raw.data(), sizeof seed);
    alive.insert({BootTime{seed.start_ns}, seed.tgid});
    feed(raw);
  });
  source_.drain(sink_);
  for (const Process* process : pipeline_.lineage().live_by_key()) {
    const ProcessKey key = process->key;
    if (alive.contains(key) || key.start >= taken) continue;
    feed(wire::Record<stray_inferred_exit>(wire::head(STRAY_INFERRED_EXIT, boot_now(), key)).bytes());
  }
}

void Live::settle() {
  const std::uint64_t end = looked_ + kLooksAProcess * pipeline_.lineage().counts().live + kMoreLooks;
  while ((round() || answered_ < asked_.size()) && looked_ < end) {
  }
}

void Live::ask_about_all() {
  for (const Process* process : pipeline_.lineage().live_by_key())
    if (!process->kthread) asked_.push_back({process->key, Look::process, {}});
}

void Live::look_at_all() {
  for (const Process* process : pipeline_.lineage().live_by_key()) {
    if (process->kthread) continue;
    for (const Look look : {Look::process, Look::usage, Look::sockets}) asked_.push_back({process->key, look, {}});
  }
  settle();
}

void Live::sleep(bool busy, int wake_fd) {
  quiet_rounds_ = busy ? 0 : quiet_rounds_ + 1;
  if (answered_ < asked_.size()) return;
  const BootTime now = boot_now();
  std::chrono::nanoseconds longest = kLongestSleep;
  if (const auto due = pipeline_.detectors().next_due())
    longest = std::min(longest,
                       *due > now ? std::chrono::nanoseconds(static_cast<std::int64_t>((*due - now).count()))
                                  : std::chrono::nanoseconds(0));
  if (quiet_rounds_ < kQuietRounds) {
    // Records are coming: a nap is cheaper for the host than a wakeup for each of them.
    pollfd wake{wake_fd, POLLIN, 0};
    ::poll(&wake, wake_fd >= 0 ? 1 : 0,
           static_cast<int>(std::min<std::chrono::nanoseconds>(kBusyNap, longest).count() / 1'000'000));
    return;
  }
  source_.wait(longest, wake_fd);
}

void Live::stop() {
  source_.detach();  // else a busy host could keep the last drain going
  while (source_.drain(sink_) > 0) {
  }
  // A loss of the last moments waits for no later look.
  if (const auto lost = std::max(source_.lost(), pipeline_.lost()); lost != lost_told_) audit(lost);
  for (int pass = 0; pass < kLastPasses && answered_ < asked_.size(); ++pass)
    answer(asked_.size() - answered_);
  stray_head head = wire::head(STRAY_END, boot_now());
  head.lost = std::max(source_.lost(), pipeline_.lost());
  feed(wire::Record<stray_end>(head).bytes());
}

}  // namespace stray
