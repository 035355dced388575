// SPDX-License-Identifier: Apache-2.0
#include "capture/writer.hpp"

#include <signal.h>
#include <sys/random.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <cstring>
#include <deque>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <system_error>
#include <thread>
#include <utility>
#include <variant>

#include "capture/block_file.hpp"
#include "event.h"
#include "privilege/confine.hpp"

namespace stray {
namespace {

using capture::Block;
using Steady = std::chrono::steady_clock;

constexpr std::size_t kSpareBlocks = 2;  // one is filled while one is written

// What the thread does, in order.
struct Rotate {
  CaptureHeader next;
};
struct Sync {};
struct Close {};
using Job = std::variant<Block, Rotate, Sync, Close>;

std::size_t bytes_of(const Job& job) {
  const auto* block = std::get_if<Block>(&job);
  return block ? block->records.size() : 0;
}

// A thread without signals: they are the pipeline's business, and a write beyond RLIMIT_FSIZE fails with
// EFBIG where SIGXFSZ is blocked, instead of ending the process.
template <typename F>
std::thread quiet_thread(F&& work) {
  sigset_t all, before;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  std::thread thread(std::forward<F>(work));
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return thread;
}

CaptureHeader with_series(CaptureHeader header) {
  auto& id = header.series;
  if (std::all_of(id.begin(), id.end(), [](std::uint8_t byte) { return byte == 0; }) &&
      ::getrandom(id.data(), id.size(), 0) != static_cast<ssize_t>(id.size()))
    throw std::system_error(errno, std::generic_category(), "a random id for the capture");
  return header;
}

CaptureOptions checked(CaptureOptions options) {
  if (options.path.empty()) throw std::invalid_argument("a capture needs a file name");
  if (options.block_bytes == 0 || options.block_bytes > capture::kLargestRaw)
    throw std::invalid_argument("a block of a capture has at most 4 MiB");
  if (const std::uint64_t total = options.total_bytes; total != 0) {
    // The file being written is never deleted, so it must leave room for another.
    if (options.rotate_bytes == 0) options.rotate_bytes = total / 8;
    options.rotate_bytes =
        std::clamp<std::uint64_t>(options.rotate_bytes, 1, std::max<std::uint64_t>(total / 2, 1));
  }
  return options;
}

}  // namespace

// One mutex for all but the file, which is the thread's; no lock is held while it compresses and writes.
struct CaptureWriter::State {
  State(const CaptureOptions& given, CaptureHeader first);
  ~State();

  // The caller's side, with the mutex held.
  void append(RawRecord record);
  void start_block();
  void hand_over(std::uint32_t more_flags = 0);
  void push(Job job);
  bool all_written() const { return queue.empty() && !busy; }
  bool stopped() const { return closed || status.error != 0; }

  // The thread's side.
  void work();
  bool wait_for_job(std::unique_lock<std::mutex>& lock);
  void perform(Job& job, std::uint64_t dropped_so_far);
  void account(Job& job, const std::system_error* error);

  const CaptureOptions options;
  CaptureHeader header;     // of the newest file, which the thread may not have opened yet
  capture::BlockFile file;  // the thread's

  std::mutex mutex;
  std::condition_variable wake, idle;
  Block pending;
  Steady::time_point pending_since{};
  std::uint64_t latest = 0, lost = 0, since_checkpoint = 0;
  bool in_checkpoint = false, checkpoint_whole = false, rotating = false, closed = false;
  std::uint32_t block_flags = 0;  // of blocks begun now

  std::vector<std::vector<std::byte>> spare;  // memory of blocks that were written

  std::deque<Job> queue;
  std::size_t queued_bytes = 0;
  bool busy = false, ending = false, unsynced = false;
  Steady::time_point last_sync = Steady::now();

  CaptureStatus status;
  std::uint64_t file_bytes = 0;
  std::uint64_t first_checkpoint_end = 0;  // in the open file
  std::thread thread;
};

CaptureWriter::State::State(const CaptureOptions& given, CaptureHeader first)
    : options(checked(given)),
      header(with_series(std::move(first))),
      file(options.path, options.total_bytes, options.earlier, options.level) {
  file.open(header);
  file_bytes = status.bytes = file.series().size();
  status.files = 1;
  thread = quiet_thread([this] { work(); });
}

CaptureWriter::State::~State() {
  {
    const std::lock_guard lock(mutex);
    hand_over();
    ending = true;
  }
  wake.notify_one();
  thread.join();
}

void CaptureWriter::State::append(RawRecord record) {
  stray_head head{};
  const bool whole = record.size() >= sizeof head && record.size() <= capture::kLargestRaw;
  if (whole) std::memcpy(&head, record.data(), sizeof head);
  // A record of another size than it says would take the rest of its block with it.
  if (stopped() || !whole || head.size != record.size() ||
      queued_bytes + pending.records.size() + record.size() > options.queue_bytes) {
    ++status.dropped;
    checkpoint_whole = false;
    return;
  }
  if (!pending.records.empty() && pending.records.size() + record.size() > options.block_bytes) hand_over();
  if (pending.records.empty()) start_block();
  latest = std::max<std::uint64_t>(latest, head.time_ns);
  lost = std::max<std::uint64_t>(lost, head.lost);
  pending.head.earliest = std::min<std::uint64_t>(pending.head.earliest, head.time_ns);
  ++pending.head.records;
  pending.records.insert(pending.records.end(), record.begin(), record.end());
  since_checkpoint += record.size();
}

void CaptureWriter::State::start_block() {
  if (!spare.empty()) {
    pending.records = std::move(spare.back());
    spare.pop_back();
  }
  pending.records.reserve(options.block_bytes);
  pending.head.earliest = ~std::uint64_t{0};
  pending.head.flags = block_flags;
  block_flags &= ~std::uint32_t{capture::kCheckpointStart};
  pending_since = Steady::now();
  if (queue.empty() && !busy) wake.notify_one();  // to note when it must be written at the latest
}

void CaptureWriter::State::hand_over(std::uint32_t more_flags) {
  if (pending.records.empty()) return;
  pending.head.flags |= more_flags;
  pending.head.latest = latest;
  pending.head.lost = lost;
  pending.head.dropped = status.dropped;
  push(std::exchange(pending, {}));
}

void CaptureWriter::State::push(Job job) {
  queued_bytes += bytes_of(job);
  queue.push_back(std::move(job));
  wake.notify_one();
}

void CaptureWriter::State::work() {
  privilege::confine(privilege::Role::capture, {.written = options.path});
  std::unique_lock lock(mutex);
  while (wait_for_job(lock)) {
    Job job = std::move(queue.front());
    queue.pop_front();
    queued_bytes -= bytes_of(job);
    if (status.error != 0) {
      if (const auto* block = std::get_if<Block>(&job)) status.dropped += block->head.records;
    } else {
      busy = true;
      const std::uint64_t dropped_so_far = status.dropped;
      lock.unlock();
      std::optional<std::system_error> error;
      try {
        perform(job, dropped_so_far);
      } catch (const std::system_error& e) {
        error = e;
      } catch (const std::bad_alloc&) {
        error.emplace(ENOMEM, std::generic_category(), "write " + options.path);
      }
      lock.lock();
      busy = false;
      account(job, error ? &*error : nullptr);
    }
    idle.notify_all();
  }
}

// False: everything is done, and the end has come.
bool CaptureWriter::State::wait_for_job(std::unique_lock<std::mutex>& lock) {
  const std::chrono::nanoseconds flush(options.flush_ns), sync(options.sync_ns);
  for (;;) {
    const auto now = Steady::now();
    const bool to_sync = unsynced && options.sync_ns != 0;
    // A checkpoint is short and marked at its last block: it is not cut by the time.
    const bool to_flush = !pending.records.empty() && !in_checkpoint;
    if (to_sync && now >= last_sync + sync) {
      unsynced = false;
      queue.emplace_front(Sync{});
    }
    if (to_flush && queue.empty() && now >= pending_since + flush) hand_over();
    if (!queue.empty()) return true;
    if (ending) return false;
    auto until = Steady::time_point::max();
    if (to_flush) until = pending_since + flush;
    if (to_sync) until = std::min(until, last_sync + sync);
    if (until == Steady::time_point::max())
      wake.wait(lock);
    else
      wake.wait_until(lock, until);
  }
}

void CaptureWriter::State::perform(Job& job, std::uint64_t dropped_so_far) {
  if (auto* block = std::get_if<Block>(&job)) {
    file.write(*block);
  } else if (const auto* rotate = std::get_if<Rotate>(&job)) {
    file.close(true, dropped_so_far);
    file.open(rotate->next);
  } else if (std::holds_alternative<Sync>(job)) {
    file.sync();
  } else {
    file.close(false, dropped_so_far);
  }
}

void CaptureWriter::State::account(Job& job, const std::system_error* error) {
  auto* block = std::get_if<Block>(&job);
  if (error) {
    status.error = error->code().value();
    status.text = error->what();
  }
  if (block) (error ? status.dropped : status.records) += block->head.records;
  status.bytes = file.series().total();
  file_bytes = file.series().size();
  if (block && (block->head.flags & capture::kCheckpointEnd) && first_checkpoint_end == 0)
    first_checkpoint_end = file_bytes;
  if (block) unsynced = true;
  if (block && spare.size() < kSpareBlocks) {
    block->records.clear();
    spare.push_back(std::move(block->records));
  }
  if (std::holds_alternative<Sync>(job)) last_sync = Steady::now();
  if (std::holds_alternative<Close>(job)) unsynced = false;  // closing synced it, and the file is gone
  if (std::holds_alternative<Rotate>(job)) {
    rotating = false;
    first_checkpoint_end = 0;
    if (!error) ++status.files;
  }
}

CaptureWriter::CaptureWriter(const CaptureOptions& options, CaptureHeader header)
    : state_(std::make_unique<State>(options, std::move(header))) {}

CaptureWriter::~CaptureWriter() = default;

void CaptureWriter::append(RawRecord record) {
  const std::lock_guard lock(state_->mutex);
  state_->append(record);
}

void CaptureWriter::flush() {
  std::unique_lock lock(state_->mutex);
  state_->hand_over();
  state_->idle.wait(lock, [this] { return state_->all_written(); });
}

void CaptureWriter::close() {
  std::unique_lock lock(state_->mutex);
  if (!state_->closed) {
    state_->hand_over();
    state_->push(Close{});
    state_->closed = true;
  }
  state_->idle.wait(lock, [this] { return state_->all_written(); });
}

bool CaptureWriter::wants_rotation(BootTime now) const {
  const State& s = *state_;
  const std::lock_guard lock(state_->mutex);
  if (s.stopped() || s.rotating || s.in_checkpoint) return false;
  // A file is at least half filled with news, else a snapshot larger than rotate_bytes would rotate for ever.
  const std::uint64_t enough = std::max(s.options.rotate_bytes, 2 * s.first_checkpoint_end);
  if (s.options.rotate_bytes != 0 && s.file_bytes >= enough) return true;
  return s.options.rotate_age_ns != 0 && now.count() > s.header.boot_ns &&
         now.count() - s.header.boot_ns >= s.options.rotate_age_ns;
}

void CaptureWriter::rotate(CaptureHeader next) {
  const std::lock_guard lock(state_->mutex);
  State& s = *state_;
  if (s.closed) return;
  next.series = s.header.series;
  next.sequence = s.header.sequence + 1;
  s.header = next;
  s.hand_over();
  s.rotating = true;
  s.since_checkpoint = 0;
  s.push(Rotate{std::move(next)});
}

bool CaptureWriter::wants_checkpoint() const {
  const State& s = *state_;
  const std::lock_guard lock(state_->mutex);
  return !s.stopped() && !s.in_checkpoint && s.options.checkpoint_bytes != 0 &&
         s.since_checkpoint >= s.options.checkpoint_bytes;
}

void CaptureWriter::begin_checkpoint(BootTime now) {
  const std::lock_guard lock(state_->mutex);
  State& s = *state_;
  s.hand_over();
  s.latest = std::max<std::uint64_t>(s.latest, now.count());
  s.in_checkpoint = s.checkpoint_whole = true;
  s.block_flags = capture::kCheckpoint | capture::kCheckpointStart;
}

void CaptureWriter::end_checkpoint() {
  const std::lock_guard lock(state_->mutex);
  State& s = *state_;
  s.hand_over(s.checkpoint_whole ? capture::kCheckpointEnd : 0u);
  s.in_checkpoint = false;
  s.block_flags = 0;
  s.since_checkpoint = 0;
}

CaptureStatus CaptureWriter::status() const {
  const std::lock_guard lock(state_->mutex);
  return state_->status;
}

}  // namespace stray
