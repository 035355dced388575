// SPDX-License-Identifier: Apache-2.0
#include "redact/redact.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <span>

#include "event.h"
#include "redact/command_secrets.hpp"
#include "redact/own_patterns.hpp"
#include "redact/prefilter.hpp"
#include "redact/shapes.hpp"
#include "redact/text_secrets.hpp"

namespace stray {
namespace {

constexpr std::array kExecSpans = {&stray_exec::exe,  &stray_exec::cwd,    &stray_exec::cgroup,
                                   &stray_exec::name, &stray_exec::interp, &stray_exec::argv};
constexpr std::array kSawSpans = {&stray_saw_process::argv,   &stray_saw_process::env,
                                  &stray_saw_process::cwd,    &stray_saw_process::exe,
                                  &stray_saw_process::cgroup, &stray_saw_process::user,
                                  &stray_saw_process::login,  &stray_saw_process::pidfile,
                                  &stray_saw_process::pm2,    &stray_saw_process::boot_by};

// Rewrites the strings of `secret` in a record and moves what stands behind them.
template <typename T>
std::optional<std::string> rewrite(Redactor& redactor, RawRecord raw, std::span<stray_span T::*const> all,
                                   std::initializer_list<stray_span T::*> secret, std::uint32_t flag) {
  T fixed;
  if (raw.size() < sizeof fixed) return std::nullopt;
  std::memcpy(&fixed, raw.data(), sizeof fixed);
  std::optional<std::string> out;
  for (const auto member : secret) {
    const stray_span old = fixed.*member;
    const std::size_t size = out ? out->size() : raw.size();
    if (old.length == 0 || old.offset < sizeof fixed || std::uint64_t{old.offset} + old.length > size)
      continue;
    const char* bytes = out ? out->data() : reinterpret_cast<const char*>(raw.data());
    std::string text(bytes + old.offset, old.length);
    if (!redactor.redact(text)) continue;
    if (!out) out.emplace(bytes, size);
    text.resize(std::min(text.size(), STRAY_RECORD_MAX - (size - old.length)));
    out->replace(old.offset, old.length, text);
    for (const auto other : all) {
      stray_span& span = fixed.*other;
      if (span.offset >= old.offset + old.length) span.offset += static_cast<__u32>(text.size()) - old.length;
    }
    (fixed.*member).length = static_cast<__u32>(text.size());
  }
  if (!out) return out;
  fixed.head.flags |= flag;
  fixed.head.size = static_cast<__u32>(out->size());
  std::memcpy(out->data(), &fixed, sizeof fixed);
  return out;
}

// The patterns of stray take some milliseconds to compile: once, and each when it is needed.
const Prefilter& prefilter() {
  static const Prefilter only;
  return only;
}

const Shapes& shapes() {
  static const Shapes only;
  return only;
}

}  // namespace

struct Redactor::State {
  bool on() const { return builtin || own; }
  void find_builtin(std::string_view strings, Found& found) const;

  bool builtin = false;
  std::optional<OwnPatterns> own;
  std::vector<std::string_view> arguments;
};

Redactor::Redactor(const std::vector<std::string>& patterns, bool builtin)
    : state_(std::make_unique<State>()) {
  state_->builtin = builtin;
  if (!patterns.empty()) state_->own.emplace(patterns);
}

Redactor::~Redactor() = default;
Redactor::Redactor(Redactor&&) noexcept = default;
Redactor& Redactor::operator=(Redactor&&) noexcept = default;

void Redactor::State::find_builtin(std::string_view strings, Found& found) const {
  find_command_secrets(arguments, found);
  for (const std::string_view argument : arguments) {
    find_named_secrets(argument, found);
    find_url_secrets(argument, found);
  }
  shapes().find(strings, found);
}

bool Redactor::redact(std::string& strings) {
  State& s = *state_;
  const bool builtin = s.builtin && prefilter().may_hold_secret(strings);
  if (strings.empty() || (!builtin && !s.own)) return false;
  s.arguments.clear();
  for (std::size_t at = 0; at < strings.size();) {
    const auto end = std::min(strings.find('\0', at), strings.size());
    s.arguments.push_back(std::string_view(strings).substr(at, end - at));
    at = end + 1;
  }
  Found found(strings);
  if (builtin) s.find_builtin(strings, found);
  if (s.own) s.own->find(s.arguments, found);
  if (found.empty()) return false;
  strings = found.replaced();
  return true;
}

std::optional<std::string> Redactor::redact_record(RawRecord raw) {
  if (!state_->on() || raw.size() < sizeof(stray_head)) return std::nullopt;
  stray_head head;
  std::memcpy(&head, raw.data(), sizeof head);
  if (head.kind == STRAY_EXEC)
    return rewrite<stray_exec>(*this, raw, kExecSpans, {&stray_exec::argv}, STRAY_EXEC_REDACTED);
  if (head.kind == STRAY_SAW_PROCESS)
    return rewrite<stray_saw_process>(
        *this, raw, kSawSpans, {&stray_saw_process::argv, &stray_saw_process::env}, STRAY_SAW_REDACTED);
  return std::nullopt;
}

}  // namespace stray
