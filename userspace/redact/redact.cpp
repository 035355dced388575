// SPDX-License-Identifier: Apache-2.0
#include "redact/redact.hpp"

#include <re2/re2.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <span>
#include <stdexcept>

#include "event.h"
#include "redact/redact_patterns.hpp"

namespace stray {
namespace {

using Pattern = std::unique_ptr<re2::RE2>;

// Arguments are bytes, not UTF-8: a stray byte in a password must not end the match.
Pattern compile(const std::string& text) {
  RE2::Options options(RE2::Latin1);
  options.set_log_errors(false);
  auto out = std::make_unique<RE2>(text, options);
  if (!out->ok()) throw std::invalid_argument("redaction pattern \"" + text + "\": " + out->error());
  return out;
}

struct ProgramRule {
  Pattern program, secret;
};

struct Range {
  std::size_t start, end;
};

// The value of an option may be its next argument; --no-password has none, and an option is no value.
bool takes_next(std::string_view option, std::string_view next) {
  return option.starts_with('-') && option.find('=') == std::string_view::npos &&
         !option.starts_with("--no-") && !next.empty() && !next.starts_with('-');
}

// Of a shell: -c, -lc. What follows is a text of many words.
bool announces_command(std::string_view option) {
  return option.size() >= 2 && option.size() <= 4 && option.front() == '-' && option[1] != '-' &&
         option.back() == 'c';
}

// Calls visit(offset, argument, next argument or empty).
template <typename F>
void for_each_argument(std::string_view strings, F&& visit) {
  for (std::size_t at = 0; at < strings.size();) {
    const auto end = std::min(strings.find('\0', at), strings.size());
    const auto next = std::min(end + 1, strings.size());
    const std::string_view argument = strings.substr(at, end - at);
    const auto next_end = std::min(strings.find('\0', next), strings.size());
    visit(at, argument, strings.substr(next, next_end - next));
    at = end + 1;
  }
}

// Ranges of secrets in `subject`, shifted by `offset`.
void find_secrets(const RE2& pattern, std::string_view subject, std::size_t offset, std::vector<Range>& out) {
  constexpr int kGroups = 8;
  std::array<re2::StringPiece, kGroups + 1> groups;
  const int count = std::min(pattern.NumberOfCapturingGroups(), kGroups) + 1;
  const re2::StringPiece text(subject.data(), subject.size());
  for (std::size_t at = 0; at <= subject.size();) {
    if (!pattern.Match(text, at, text.size(), RE2::UNANCHORED, groups.data(), count)) return;
    for (int n = count > 1 ? 1 : 0; n < count; ++n) {
      const auto& group = groups[static_cast<std::size_t>(n)];
      if (group.empty() || std::string_view(group.data(), group.size()).starts_with(Redactor::kReplacement))
        continue;
      const auto start = static_cast<std::size_t>(group.data() - text.data());
      out.push_back({offset + start, offset + start + group.size()});
    }
    const auto end = static_cast<std::size_t>(groups[0].data() - text.data()) + groups[0].size();
    at = std::max(end, at + 1);
  }
}

std::string replaced(std::string_view text, std::vector<Range>& ranges) {
  std::ranges::sort(ranges, {}, &Range::start);
  std::string out;
  std::size_t done = 0;
  for (const Range& range : ranges) {
    if (range.end <= done) continue;
    // Overlapping ranges make one replacement.
    if (range.start >= done) out.append(text.substr(done, range.start - done)).append(Redactor::kReplacement);
    done = range.end;
  }
  return out.append(text.substr(done));
}

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

}  // namespace

struct Redactor::State {
  void find(std::size_t offset, std::string_view argument, std::string_view next);

  std::vector<Pattern> patterns;
  std::vector<ProgramRule> programs;
  Pattern any;  // all of them in one: most command lines hold nothing, and are through after one pass
  std::string subjects, pair;
  std::vector<bool> running;  // the programs named so far, one for each rule
  bool command = false;       // the next argument is a command for a shell
  std::vector<Range> ranges;
};

std::vector<std::string> Redactor::default_patterns() { return secret_patterns(); }

Redactor::Redactor(const std::vector<std::string>& patterns) : state_(std::make_unique<State>()) {
  if (patterns.empty()) return;
  std::string any;
  for (const std::string& pattern : patterns) {
    state_->patterns.push_back(compile(pattern));
    any += "(?:" + pattern + ")|";
  }
  std::string names;
  for (const auto& [programs, secret] : program_secrets()) {
    state_->programs.push_back(
        {compile("(?:^|/)(?:" + std::string(programs) + ")$"), compile(std::string(secret))});
    names += (names.empty() ? "" : "|") + std::string(programs);
  }
  // In multi-line mode ^ and $ stand for the ends of each argument, see State::subjects.
  state_->any = compile("(?m:" + any + "(?:^|/)(?:" + names + ")$)");
}

Redactor::~Redactor() = default;
Redactor::Redactor(Redactor&&) noexcept = default;
Redactor& Redactor::operator=(Redactor&&) noexcept = default;

// Holds all patterns against one argument and, where it holds no secret itself and takes the next one as its
// value, against both.
void Redactor::State::find(std::size_t offset, std::string_view argument, std::string_view next) {
  const auto find_all = [this](std::string_view subject, std::size_t at) {
    for (const Pattern& pattern : patterns) find_secrets(*pattern, subject, at, ranges);
    for (std::size_t n = 0; n < programs.size(); ++n)
      if (running[n]) find_secrets(*programs[n].secret, subject, at, ranges);
  };
  const std::size_t known = ranges.size();
  if (command) {
    // A blank before it, so that nothing matches as an argument from end to end.
    pair.assign(1, ' ').append(argument);
    find_all(pair, offset - 1);
    for (std::size_t n = known; n < ranges.size(); ++n) ranges[n].start = std::max(ranges[n].start, offset);
  } else {
    find_all(argument, offset);
  }
  if (ranges.size() == known && takes_next(argument, next)) {
    pair.assign(argument).append(1, '=').append(next);
    find_all(pair, offset);
    // A whole match takes in the option: only its value goes, and the NUL between them stays.
    const std::size_t value = offset + argument.size() + 1;
    for (std::size_t n = known; n < ranges.size(); ++n) ranges[n].start = std::max(ranges[n].start, value);
    std::erase_if(ranges, [](const Range& range) { return range.start >= range.end; });
  }
  command = announces_command(argument);
  for (std::size_t n = 0; n < programs.size(); ++n)
    if (!running[n]) running[n] = RE2::PartialMatch({argument.data(), argument.size()}, *programs[n].program);
}

bool Redactor::redact(std::string& strings) {
  State& s = *state_;
  if (!s.any || strings.empty()) return false;
  s.subjects.clear();
  for_each_argument(strings, [&s](std::size_t, std::string_view argument, std::string_view next) {
    s.subjects.append(argument).push_back('\n');
    if (takes_next(argument, next)) s.subjects.append(argument).append(1, '=').append(next).push_back('\n');
  });
  if (!RE2::PartialMatch(s.subjects, *s.any)) return false;
  s.ranges.clear();
  s.command = false;
  s.running.assign(s.programs.size(), false);
  for_each_argument(strings, [&s](std::size_t offset, std::string_view argument, std::string_view next) {
    s.find(offset, argument, next);
  });
  if (s.ranges.empty()) return false;
  strings = replaced(strings, s.ranges);
  return true;
}

std::optional<std::string> Redactor::redact_record(RawRecord raw) {
  if (!state_->any || raw.size() < sizeof(stray_head)) return std::nullopt;
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
