// SPDX-License-Identifier: Apache-2.0
#include "pipeline/writer.hpp"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace stray {
namespace {

constexpr std::size_t kHandOver = 64u << 10;

std::uint64_t lines_in(std::string_view text) {
  return static_cast<std::uint64_t>(std::count(text.begin(), text.end(), '\n'));
}

}  // namespace

Writer::Writer(int fd, std::size_t bound) : fd_(fd), bound_(bound), thread_([this] { work(); }) {}

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
  if (gathered_.size() >= kHandOver) flush();
}

void Writer::flush() {
  if (gathered_.empty()) return;
  {
    const std::lock_guard lock(mutex_);
    if (error_ || queue_.size() + gathered_.size() > bound_)
      dropped_ += lines_in(gathered_);
    else if (queue_.empty())
      queue_.swap(gathered_);
    else
      queue_ += gathered_;
  }
  gathered_.clear();
  wake_.notify_one();
}

void Writer::finish() {
  flush();
  std::unique_lock lock(mutex_);
  idle_.wait(lock, [&] { return (queue_.empty() && !busy_) || error_; });
}

void Writer::work() {
  std::string mine;
  std::unique_lock lock(mutex_);
  for (;;) {
    wake_.wait(lock, [&] { return !queue_.empty() || ending_; });
    if (queue_.empty()) return;
    mine.clear();
    mine.swap(queue_);
    busy_ = true;
    lock.unlock();
    const bool written = write_all(mine);
    lock.lock();
    busy_ = false;
    if (!written) {
      dropped_ += lines_in(queue_);
      queue_.clear();
    }
    idle_.notify_all();
  }
}

bool Writer::write_all(const std::string& text) {
  for (std::size_t done = 0; done < text.size();) {
    const ssize_t n = ::write(fd_, text.data() + done, text.size() - done);
    if (n > 0) {
      done += static_cast<std::size_t>(n);
    } else if (n < 0 && errno == EAGAIN) {
      // Somebody else made this open file non-blocking: its reader still sets the pace.
      pollfd one{fd_, POLLOUT, 0};
      ::poll(&one, 1, -1);
    } else if (n < 0 && errno != EINTR) {
      error_ = errno;
      const std::lock_guard lock(mutex_);
      dropped_ += lines_in(std::string_view(text).substr(done));
      return false;
    }
  }
  return true;
}

}  // namespace stray
