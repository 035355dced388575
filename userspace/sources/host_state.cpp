// SPDX-License-Identifier: Apache-2.0
#include "sources/host_state.hpp"

#include <charconv>

#include "privilege/confine.hpp"

namespace stray {
namespace {

DetectOptions look_options(DetectOptions options, bool live) {
  options.at_once = live;
  return options;
}

}  // namespace

HostLook::HostLook(const Config& config, const CaptureChoice& capture, Then then)
    : pipeline_(look_options(config.detect, capture.files.empty()), {}) {
  if (capture.files.empty()) {
    if (!capture.at.empty()) throw UsageError("--at needs --capture FILE: this host is shown as it is now");
    live_ = std::make_unique<Live>(pipeline_, KernelOptions{.probes = false, .bpf = !capture.no_bpf});
    live_->use(config);
    const std::string session = session_record();
    live_->start(std::as_bytes(std::span(session.data(), session.size())));
    if (then == Then::report) privilege::confine(privilege::Role::pipeline);
    live_->settle();
    live_->say_what_was_skipped();
    return;
  }
  if (capture.no_bpf) throw UsageError("--no-bpf is about this host: leave out --capture");
  privilege::confine(privilege::Role::reader, {.read = capture.files});
  CaptureInput input(capture);
  CaptureHooks hooks;
  hooks.progress = true;
  input.feed(pipeline_, hooks);
  damaged_ = input.damaged();
}

void HostLook::observe_all() {
  if (live_) live_->look_at_all();
}

const Process* HostLook::find(const std::string& who) const {
  if (const auto pid = pid_of(who)) return lineage().live(*pid);
  const std::string id = id_of(who);
  for (const Process* p : lineage().live_by_key())
    if (process_id(pipeline_.host().boot, p->key) == id) return p;
  return nullptr;
}

const Process& HostLook::named(const std::string& who) const {
  if (const Process* p = find(who)) return *p;
  const std::string when = live() ? "now" : "at that time";
  if (pid_of(who)) throw NotFoundError("no process has pid " + who + " " + when);
  throw NotFoundError("no process that is alive " + when + " has the id \"" + who +
                      "\"; stray tree and stray scan show the ids");
}

std::optional<std::uint32_t> pid_of(const std::string& who) {
  std::uint32_t pid = 0;
  const auto [end, error] = std::from_chars(who.data(), who.data() + who.size(), pid);
  if (error == std::errc{} && end == who.data() + who.size()) return pid;
  return {};
}

std::string id_of(const std::string& who) { return who.substr(who.rfind(':') + 1); }

}  // namespace stray
