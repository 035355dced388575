// SPDX-License-Identifier: Apache-2.0
#include "sinks/writer.hpp"

#include <pthread.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <utility>

#include "base/write_all.hpp"
#include "privilege/confine.hpp"

namespace stray {
namespace {

constexpr std::size_t kHandOver = 64u << 10;
constexpr std::chrono::milliseconds kInterruptEvery{10};
constexpr int kInterrupt = SIGURG;  // ignored by default, and nobody else's business here

std::uint64_t lines_in(std::string_view text) {
  return static_cast<std::uint64_t>(std::count(text.begin(), text.end(), '\n'));
}

// Ends a write that blocks: only a signal with a handler, and one without SA_RESTART, does that.
void install_interrupt() {
  struct sigaction action {};
  action.sa_handler = [](int) {};
  ::sigaction(kInterrupt, &action, nullptr);
}

void unblock_interrupt() {
  sigset_t set;
  ::sigemptyset(&set);
  ::sigaddset(&set, kInterrupt);
  ::pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
}

}  // namespace

Writer::Writer(int fd, Full full, std::size_t bound) : Writer(fd, full, bound, nullptr) {}

Writer::Writer(OutputFiles& files, Full full) : Writer(files.fd(), full, 64u << 20, &files) {}

Writer::Writer(int fd, Full full, std::size_t bound, OutputFiles* files)
    : fd_(fd), files_(files), full_(full), bound_(bound) {
  install_interrupt();
  thread_ = std::thread([this] { work(); });
}

Writer::~Writer() {
  finish();
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

void Writer::line(std::string_view text) {
  gathered_ += text;
  taken_ += text.size();
  if (gathered_.size() >= kHandOver) flush();
}

void Writer::flush() {
  if (gathered_.empty()) return;
  {
    std::unique_lock lock(mutex_);
    if (full_ == Full::wait)
      idle_.wait(lock, [&] { return error_ || giving_up_ || queue_.size() + gathered_.size() <= bound_; });
    if (error_ || giving_up_ || queue_.size() + gathered_.size() > bound_)
      dropped_ += lines_in(gathered_);
    else if (queue_.empty())
      queue_.swap(gathered_);
    else
      queue_ += gathered_;
  }
  gathered_.clear();
  wake_.notify_one();
}

bool Writer::next_file() {
  flush();
  {
    const std::lock_guard lock(mutex_);
    if (!files_ || next_file_at_ != kNowhere) return false;
    next_file_at_ = queue_.size();
  }
  wake_.notify_one();
  return true;
}

void Writer::finish(std::chrono::milliseconds patience) {
  flush();
  std::unique_lock lock(mutex_);
  const auto idle = [&] { return queue_.empty() && next_file_at_ == kNowhere && !busy_; };
  if (idle_.wait_for(lock, patience, idle)) return;
  giving_up_ = true;
  // A write that had not begun when the signal came is ended by the next one.
  while (!idle_.wait_for(lock, kInterruptEvery, idle)) ::pthread_kill(thread_.native_handle(), kInterrupt);
}

bool Writer::reader_gone() const {
  pollfd one{fd_, 0, 0};
  return ::poll(&one, 1, 0) == 1 && (one.revents & (POLLERR | POLLHUP)) != 0;
}

void Writer::work() {
  if (files_)
    privilege::confine(privilege::Role::files, {.written = files_->path()});
  else
    privilege::confine(privilege::Role::output);
  unblock_interrupt();
  std::string mine;
  std::unique_lock lock(mutex_);
  for (;;) {
    wake_.wait(lock, [&] { return !queue_.empty() || next_file_at_ != kNowhere || ending_; });
    if (queue_.empty() && next_file_at_ == kNowhere) return;
    mine.clear();
    mine.swap(queue_);
    const std::size_t cut = std::exchange(next_file_at_, kNowhere);
    busy_ = true;
    lock.unlock();
    std::size_t done = write_all(std::string_view(mine).substr(0, cut));
    if (cut != kNowhere && done == cut) {
      fd_ = files_->advance();
      done += write_all(std::string_view(mine).substr(cut));
    }
    lock.lock();
    busy_ = false;
    if (done < mine.size()) {
      dropped_ += lines_in(std::string_view(mine).substr(done)) + lines_in(queue_);
      queue_.clear();
    }
    idle_.notify_all();
  }
}

// Returns how much was written: all, unless it failed or is given up.
std::size_t Writer::write_all(std::string_view text) {
  const std::size_t done = stray::write_all(fd_, text, [&] { return giving_up_.load(); });
  if (done < text.size() && !giving_up_) error_ = errno;
  return done;
}

}  // namespace stray
