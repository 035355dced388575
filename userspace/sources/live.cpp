// SPDX-License-Identifier: Apache-2.0
#include "sources/live.hpp"

#include <malloc.h>
#include <poll.h>
#include <spdlog/spdlog.h>
#include <sys/epoll.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <system_error>

#include "base/printable.hpp"
#include "event.h"
#include "privilege/capabilities.hpp"
#include "record/wire.hpp"
#include "sources/audit.hpp"

namespace stray {
namespace {

constexpr std::size_t kAnswersARound = 16;  // some 100 us each: the ring is looked at in between
// With short waits and thousands of processes answering takes longer than it is until the next looks are due:
// what is asked then must not keep a command, or its end, from ending.
constexpr std::uint64_t kLooksAProcess = 16, kMoreLooks = 1024;
constexpr std::size_t kLastPasses =
    4;  // a process, what stands above it, a fresh look: three answer each other
constexpr BootTime kLastLooks = seconds(1);  // an end that was asked for comes within two seconds
constexpr int kQuietRounds = 4;              // empty rounds before the kernel is asked to wake us
constexpr std::chrono::milliseconds kBusyNap{5};
constexpr std::chrono::seconds kLongestSleep{1};
constexpr BootTime kAuditEvery = seconds(2);
constexpr BootTime kLostCheck = seconds(1);
constexpr std::size_t kManyProcesses = 4096;     // some 10 MB
constexpr std::int64_t kClockStep = 10'000'000;  // ns

// Those of the observer: without the others there is no trace.
std::uint32_t missing_capabilities() {
  std::uint32_t out = 0;
  for (const auto& one : privilege::missing(privilege::held(), false))
    out |= static_cast<std::uint32_t>(privilege::bit(one.number));
  return out;
}

std::int64_t offset_now(BootTime now) { return static_cast<std::int64_t>(real_now() - now.count()); }

}  // namespace

Live::Live(Pipeline& pipeline, const KernelOptions& options)
    : pipeline_(pipeline),
      source_(options),
      sink_([this](RawRecord raw) {
        stray_head head;
        std::memcpy(&head, raw.data(), sizeof head);
        loss_.record(head);
        feed(raw);
      }),
      looks_(boot_now, pidfile_dirs_),
      wake_(::epoll_create1(EPOLL_CLOEXEC)) {
  epoll_event event{.events = EPOLLIN, .data = {}};
  if (!wake_ || ::epoll_ctl(wake_.get(), EPOLL_CTL_ADD, looks_.fd(), &event) != 0)
    throw std::system_error(errno, std::generic_category(), "epoll");
}

void Live::use(const Config& config) {
  for (const std::string& text : config.expired(static_cast<std::int64_t>(real_now())))
    spdlog::warn("{}", printable(text));
  redactor_ = Redactor(config.redact, config.redact_builtin);
  pidfile_dirs_->set(config.pidfile_dirs);
  looks_.renew();
}

// Secrets are taken out before anything else sees the record.
void Live::feed(RawRecord raw) {
  const auto clean = redactor_.redact_record(raw);
  const RawRecord record = clean ? std::as_bytes(std::span(clean->data(), clean->size())) : raw;
  if (tee_) tee_(record);
  pipeline_.feed(record);
}

void Live::start(RawRecord session, std::span<const std::vector<std::byte>> carried,
                 BootTime unwatched_from) {
  looks_.start();
  feed(session);
  for (const auto& record : carried) feed(record);
  real_offset_ = offset_now(boot_now());
  source_.snapshot(sink_);
  feed(wire::Record<stray_ready>(wire::head(STRAY_READY, boot_now()))
           .set([&](stray_ready& ready) {
             ready.missing_kinds = source_.missing_kinds();
             ready.missing_capabilities = missing_capabilities();
             ready.unwatched_from_ns = unwatched_from.count();
           })
           .bytes());
}

bool Live::round() {
  const std::size_t records = source_.drain(sink_);
  ask();
  const std::size_t answers = answer(kAnswersARound);
  tick_if_due();
  clock_if_changed();
  audit_if_lost();
  return records > 0 || answers > 0;
}

void Live::ask() {
  for (Request& request : pipeline_.detectors().take_requests()) looks_.ask(std::move(request));
}

std::size_t Live::answer(std::size_t at_most) {
  const std::size_t answers = looks_.take(at_most, [this](RawRecord raw) {
    feed(raw);
    ask();
  });
  looked_ += answers;
  return answers;
}

void Live::tick_if_due() {
  const auto due = pipeline_.detectors().next_due();
  const BootTime now = boot_now();
  if (due && *due <= now) tick();
}

void Live::tick() {
  stray_head head = wire::head(STRAY_TICK, boot_now());
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
  if (lost == lost_reported_) return loss_.nothing_lost();
  if (now < last_audit_ + kAuditEvery) return;
  last_audit_ = now;
  audit(lost);
}

// A gap record says that records were lost; the table is held against a snapshot.
void Live::audit(std::uint64_t lost) {
  stray_head head = wire::head(STRAY_GAP, boot_now());
  head.lost = lost;
  feed(wire::Record<stray_gap>(head)
           .set([&](stray_gap& gap) {
             gap.count = lost - lost_reported_;
             gap.from_ns = loss_.from(gap.count).count();
           })
           .bytes());
  lost_reported_ = lost;
  loss_.reported();

  audit_table(pipeline_.lineage(), {.feed = [this](RawRecord raw) { feed(raw); },
                                    .drain = [this] { source_.drain(sink_); },
                                    .snapshot = [this](const RecordSink& sink) { source_.snapshot(sink); },
                                    .now = boot_now});
}

void Live::settle() {
  const std::uint64_t end = looked_ + kLooksAProcess * pipeline_.lineage().counts().live + kMoreLooks;
  while (looked_ < end) {
    if (round()) continue;
    if (looks_.open() == 0) break;
    looks_.wait(kBusyNap);
  }
}

void Live::ask_about_all() {
  for (const Process* process : pipeline_.lineage().live_by_key())
    if (!process->kthread) looks_.ask({process->key, Look::process, {}});
}

void Live::look_at(std::span<const ProcessKey> keys) {
  for (const ProcessKey& key : keys)
    for (const Look look : {Look::process, Look::usage}) looks_.ask({key, look, {}});
}

void Live::look_at_all() {
  for (const Process* process : pipeline_.lineage().live_by_key()) {
    if (process->kthread) continue;
    for (const Look look : {Look::process, Look::usage, Look::sockets}) looks_.ask({process->key, look, {}});
  }
  settle();
}

int Live::wake(int wake_fd) {
  if (wake_fd >= 0 && wake_fd != woken_by_) {
    epoll_event event{.events = EPOLLIN, .data = {}};
    ::epoll_ctl(wake_.get(), EPOLL_CTL_ADD, wake_fd, &event);
    woken_by_ = wake_fd;
  }
  return wake_.get();
}

// What a storm of processes took lies in the allocator in pieces between what is still used: it does not go
// back to the host by itself.
void Live::return_memory() {
  const LineageCounts counts = pipeline_.lineage().counts();
  const std::size_t held = counts.live + counts.dead;
  most_held_ = std::max(most_held_, held);
  if (most_held_ < kManyProcesses || held > most_held_ / 2) return;
  ::malloc_trim(0);
  most_held_ = held;
}

void Live::sleep(bool busy, int wake_fd) {
  return_memory();
  quiet_rounds_ = busy ? 0 : quiet_rounds_ + 1;
  const BootTime now = boot_now();
  std::chrono::nanoseconds longest = kLongestSleep;
  if (const auto due = pipeline_.detectors().next_due())
    longest = std::min(longest,
                       *due > now ? std::chrono::nanoseconds(static_cast<std::int64_t>((*due - now).count()))
                                  : std::chrono::nanoseconds(0));
  if (quiet_rounds_ < kQuietRounds) {
    // Records are coming: a nap is cheaper for the host than a wakeup for each of them.
    pollfd one{wake(wake_fd), POLLIN, 0};
    ::poll(&one, 1,
           static_cast<int>(std::min<std::chrono::nanoseconds>(kBusyNap, longest).count() / 1'000'000));
    return;
  }
  source_.wait(longest, wake(wake_fd));
}

void Live::stop() {
  source_.detach();  // else a busy host could keep the last drain going
  while (source_.drain(sink_) > 0) {
  }
  // A loss of the last moments waits for no later look.
  if (const auto lost = std::max(source_.lost(), pipeline_.lost()); lost != lost_reported_) audit(lost);
  const BootTime end = boot_now() + kLastLooks;
  std::size_t left = kLastPasses * looks_.open();
  while (left > 0 && looks_.open() > 0 && boot_now() < end) {
    looks_.wait(kBusyNap);
    left -= answer(left);
  }
  stray_head head = wire::head(STRAY_END, boot_now());
  head.lost = std::max(source_.lost(), pipeline_.lost());
  feed(wire::Record<stray_end>(head).bytes());
}

}  // namespace stray
