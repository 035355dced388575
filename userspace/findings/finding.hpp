// SPDX-License-Identifier: Apache-2.0
// Findings: what detectors say and sinks show.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "record/event.hpp"

namespace stray {

// Kinds in the order they are told. The names are part of what others see (rule.name): never renamed.
enum class Kind : std::uint8_t {
  orphan,
  unsupervised_node,
  container_unsupervised,
  dev_tool,
  stale_script,
  supervisor_lost,
  oom_kill,
  stale_release,
  old_code,
  exe_replaced,
  duplicate,
  restart_storm,
  memory_high,
  inspector_open,
  zombie_leak,
};
inline constexpr std::array kKinds{Kind::orphan,       Kind::unsupervised_node, Kind::container_unsupervised,
                                   Kind::dev_tool,     Kind::stale_script,      Kind::supervisor_lost,
                                   Kind::oom_kill,     Kind::stale_release,     Kind::old_code,
                                   Kind::exe_replaced, Kind::duplicate,         Kind::restart_storm,
                                   Kind::memory_high,  Kind::inspector_open,    Kind::zombie_leak};
std::string_view to_string(Kind kind);
std::optional<Kind> kind_of(std::string_view name);

enum class Severity : std::uint8_t { info, notice, warning, critical };
std::string_view to_string(Severity severity);

struct Evidence {
  std::string code;  // stable, for machines: "A2", "creator", "cgroup"
  std::string text;  // one line, for people; untrusted bytes are not yet escaped
  bool operator==(const Evidence&) const = default;
};

// What a detector judged of one process at one moment: the condition holds. Every field of it and of Finding
// is saved in state.cpp: a new one needs a line there.
struct Condition {
  BootTime since{};          // 0: since it was first judged
  BootTime wait{};           // how long it must hold; kNever: this kind is off by default
  bool human_limit = false;  // the wait is for who acts first, a person at a live terminal or PM2's own
                             // check of memory: --after does not replace it
  Severity severity = Severity::notice;
  BootTime severity_until{};  // when age alone will change the severity; 0: never
  std::string message;        // one plain sentence
  std::vector<Evidence> evidence;
  std::vector<std::string> remedy;  // lines: shell commands, or # comments
  std::vector<ProcessKey> members;  // of the group below the subject, without it
};

struct Finding {
  enum class Action : std::uint8_t { raised, updated, cleared } action = Action::raised;
  Kind kind = Kind::orphan;
  ProcessKey process;
  BootTime since{}, raised{}, time{};  // time: of this action
  Condition what;
  std::string reason;  // of the clearing
};
std::string_view to_string(Finding::Action action);

}  // namespace stray
