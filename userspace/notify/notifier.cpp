// SPDX-License-Identifier: Apache-2.0
#include "notify/notifier.hpp"

#include <poll.h>
#include <spdlog/spdlog.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

#include "notify/child.hpp"

namespace stray {
namespace {

constexpr std::size_t kBound = std::size_t{16} << 20;  // bytes that wait for the notifier
constexpr std::chrono::seconds kLookEvery{1}, kLongestPause{64};
constexpr std::chrono::milliseconds kPatience{2000};
constexpr int kEndPatience = 6000;  // ms; beyond what the notifier takes for its end

}  // namespace

Notifier::Notifier(std::vector<NotifyTarget> targets, const std::string& state)
    : targets_(std::move(targets)), counts_(targets_.size()) {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
    throw std::system_error(errno, std::generic_category(), "socketpair");
  socket_ = Descriptor(ends[0]);
  Descriptor other(ends[1]);
  const pid_t self = ::getpid();
  child_ = ::fork();
  if (child_ < 0) throw std::system_error(errno, std::generic_category(), "fork");
  if (child_ == 0) notifier_main(targets_, counts_, state, other.get(), self);
}

Notifier::~Notifier() {
  writer_.reset();
  socket_.reset();
}

Sink& Notifier::begin(const Host& host) {
  writer_ = std::make_unique<Writer>(socket_.get(), Writer::Full::drop, kBound);
  return sink_.emplace(*writer_, host);
}

bool Notifier::gone() {
  if (!writer_->error() && !writer_->reader_gone()) return false;
  int status = 0;
  if (child_ > 0 && ::waitpid(child_, &status, WNOHANG) == child_) child_ = -1;
  if (!std::exchange(said_gone_, true))
    spdlog::error("notify: its process has ended; no notifications are sent until stray is restarted");
  return true;
}

void Notifier::flush(const View& view, std::chrono::steady_clock::time_point now) {
  writer_->flush();
  if (now < looked_ + kLookEvery) return;
  looked_ = now;
  if (gone() || writer_->dropped() == dropped_) return;
  if (!std::exchange(said_slow_, true))
    spdlog::warn("notify: its process takes nothing; messages are being dropped");
  if (now < list_at_) return;
  list_at_ = now + pause_;
  pause_ = std::min(2 * pause_, kLongestPause);
  dropped_ = writer_->dropped();
  sink_->list(view);
  writer_->flush();
}

bool Notifier::finish() {
  Message end;
  end.what = Message::What::end;
  writer_->line(line_of(end));
  writer_->finish(kPatience);
  const bool whole = !writer_->dropped() && !writer_->error();
  pollfd one{socket_.get(), 0, 0};
  if (whole && ::poll(&one, 1, kEndPatience) == 0)
    spdlog::warn("notify: its process does not end; it is killed");
  if (!whole) spdlog::error("notify: {} messages were dropped", writer_->dropped());
  return whole;
}

NotifyTotals Notifier::totals() const {
  NotifyTotals out;
  out.lost = writer_ ? writer_->dropped() : 0;
  for (std::size_t i = 0; i < targets_.size(); ++i)
    out.targets.push_back(
        {targets_[i].name, counts_[i].sent, counts_[i].failed, counts_[i].dropped, counts_[i].waiting});
  return out;
}

}  // namespace stray
