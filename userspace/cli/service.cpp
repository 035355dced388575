// SPDX-License-Identifier: Apache-2.0
#include "cli/service.hpp"

#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <charconv>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <string_view>

namespace stray {
namespace {

constexpr std::chrono::seconds kStatusEvery{10};
constexpr timeval kPatience{.tv_sec = 2, .tv_usec = 0};

// Its value; the variable is removed: what a run starts is no part of the protocol.
std::string taken(const char* name) {
  const char* value = std::getenv(name);
  std::string out = value ? value : "";
  ::unsetenv(name);
  return out;
}

std::uint64_t number(const std::string& text) {
  std::uint64_t out = 0;
  std::from_chars(text.data(), text.data() + text.size(), out);
  return out;
}

std::uint64_t events_of(const Summary& summary) {
  std::uint64_t out = 0;
  for (const auto& [action, count] : summary.events) out += count;
  return out;
}

std::string plural(std::uint64_t count, const char* one, const char* many) {
  return std::to_string(count) + " " + (count == 1 ? one : many);
}

// Nothing where all is well.
std::string notified(const NotifyTotals& totals) {
  std::uint64_t waiting = 0, failed = totals.lost;
  for (const NotifyTotals::Target& target : totals.targets)
    waiting += target.waiting, failed += target.failed + target.dropped;
  std::string out;
  if (waiting) out += ", " + plural(waiting, "notification", "notifications") + " waiting";
  if (failed) out += ", " + plural(failed, "notification", "notifications") + " not delivered";
  return out;
}

}  // namespace

Service::Service() {
  const std::string path = taken("NOTIFY_SOCKET"), usec = taken("WATCHDOG_USEC"), pid = taken("WATCHDOG_PID");
  if (path.size() < 2 || path.size() >= sizeof address_.sun_path || (path[0] != '/' && path[0] != '@'))
    return;
  address_.sun_family = AF_UNIX;
  std::memcpy(address_.sun_path, path.data(), path.size());
  if (path[0] == '@') address_.sun_path[0] = '\0';  // a name in no directory
  address_size_ = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size());
  socket_ = Descriptor(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (socket_) ::setsockopt(socket_.get(), SOL_SOCKET, SO_SNDTIMEO, &kPatience, sizeof kPatience);
  if (pid.empty() || number(pid) == static_cast<std::uint64_t>(::getpid()))
    ping_every_ = std::chrono::microseconds(number(usec) / 2);
}

void Service::ready(const Pipeline& pipeline, const RunOutputs& outputs) {
  if (!socket_) return;
  send("READY=1\n" + status(pipeline, outputs, Clock::now()), true);
}

void Service::reloading() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  send("RELOADING=1\nMONOTONIC_USEC=" + std::to_string(now.tv_sec * 1'000'000 + now.tv_nsec / 1000), true);
}

void Service::reloaded() { send("READY=1", true); }

void Service::stopping() { send("STOPPING=1", true); }

void Service::alive(const Pipeline& pipeline, const RunOutputs& outputs) {
  if (!socket_) return;
  const auto now = Clock::now();
  if (ping_every_.count() > 0 && now >= pinged_ + ping_every_ && send("WATCHDOG=1", false)) pinged_ = now;
  if (now >= counted_ + kStatusEvery) send(status(pipeline, outputs, now), false);
}

std::string Service::status(const Pipeline& pipeline, const RunOutputs& outputs, Clock::time_point now) {
  const Summary summary = pipeline.summary();
  const std::uint64_t events = events_of(summary);
  const auto passed = std::chrono::duration<double>(now - counted_).count();
  const bool first = counted_ == Clock::time_point{};
  const auto rate = first ? 0 : static_cast<std::uint64_t>(static_cast<double>(events - events_) / passed);
  events_ = events, counted_ = now;
  return "STATUS=" + plural(summary.open.findings, "finding", "findings") + " open, " +
         plural(rate, "event/s", "events/s") + ", " + plural(summary.lost, "record", "records") + " lost" +
         notified(outputs.notified());
}

bool Service::send(const std::string& text, bool patient) {
  return socket_ &&
         ::sendto(socket_.get(), text.data(), text.size(), MSG_NOSIGNAL | (patient ? 0 : MSG_DONTWAIT),
                  reinterpret_cast<const sockaddr*>(&address_), address_size_) >= 0;
}

}  // namespace stray
