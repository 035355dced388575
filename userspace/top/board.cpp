// SPDX-License-Identifier: Apache-2.0
#include "top/board.hpp"

#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <system_error>
#include <utility>

namespace stray::top {
namespace {

constexpr std::size_t kWarningsKept = 20;

void notify(const Descriptor& fd) {
  const std::uint64_t one = 1;
  (void)!::write(fd.get(), &one, sizeof one);
}

void quiet(const Descriptor& fd) {
  std::uint64_t count = 0;
  (void)!::read(fd.get(), &count, sizeof count);
}

}  // namespace

Board::Board()
    : wanted_fd_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)),
      shown_fd_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
  if (!wanted_fd_ || !shown_fd_) throw std::system_error(errno, std::generic_category(), "eventfd");
}

void Board::show(Snapshot snapshot) {
  {
    const std::lock_guard lock(mutex_);
    if (snapshot.message.empty() && !warnings_.empty()) snapshot.message = warnings_.back();
    shown_ = std::make_shared<const Snapshot>(std::move(snapshot));
  }
  notify(shown_fd_);
}

Wanted Board::wanted() const {
  const std::lock_guard lock(mutex_);
  return wanted_;
}

std::vector<Action> Board::take_moves() {
  const std::lock_guard lock(mutex_);
  return std::exchange(moves_, {});
}

void Board::taken() { quiet(wanted_fd_); }

std::shared_ptr<const Snapshot> Board::shown() const {
  const std::lock_guard lock(mutex_);
  return shown_;
}

void Board::seen() { quiet(shown_fd_); }

void Board::want(const Wanted& wanted) {
  {
    const std::lock_guard lock(mutex_);
    if (wanted == wanted_) return;
    wanted_ = wanted;
  }
  notify(wanted_fd_);
}

void Board::move(Action action) {
  {
    const std::lock_guard lock(mutex_);
    moves_.push_back(std::move(action));
  }
  notify(wanted_fd_);
}

void Board::end() {
  ended_ = true;
  notify(wanted_fd_);
  notify(shown_fd_);
}

void Board::warn(std::string text) {
  const std::lock_guard lock(mutex_);
  if (warnings_.size() == kWarningsKept) warnings_.pop_back();
  warnings_.push_back(std::move(text));
}

std::vector<std::string> Board::warnings() const {
  const std::lock_guard lock(mutex_);
  return warnings_;
}

}  // namespace stray::top
