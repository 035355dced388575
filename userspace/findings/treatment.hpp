// SPDX-License-Identifier: Apache-2.0
// What to do about a stray. Decided once, here, from all open findings about it, from who supervises it and
// from whether it serves anybody; every output prints this decision, none makes another.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "findings/kinds.hpp"
#include "supervision/supervision.hpp"

namespace stray {

struct Stray;

enum class When : std::uint8_t { now, maintenance_window, optional };
std::string_view to_string(When when);  // "now", "maintenance-window", "optional"
std::string_view words_of(When when);   // "now", "in the next maintenance window", "optional"

enum class Confidence : std::uint8_t { unsure, likely, certain };
std::string_view to_string(Confidence confidence);

// One step. A command is one complete line for a shell, every name in it quoted, or empty where only a person
// can act; text and expected result are for people and not yet escaped.
struct Step {
  When when = When::now;
  std::string text;     // "stop 3 processes"
  std::string command;  // "stray stop 0x57tfs8nw1c"
  std::string expect;   // "pid 21334 has exited, 127.0.0.1:5555 is free"
};

struct Treatment {
  Remedy action = Remedy::note;
  Kind decided_by = Kind::orphan;  // the kind of the decisive finding
  std::string title;               // "stop it", "move it under PM2"
  std::string why;                 // one sentence
  std::string under;               // move: "pm2" or "systemd"
  std::vector<Step> steps;         // in order
  std::string expected;            // the state afterwards: one sentence
  std::uint64_t frees = 0;         // bytes of memory, at most
  std::uint64_t frees_cpu = 0;     // permille of one CPU, as used lately
  Confidence confidence = Confidence::likely;
  std::string confidence_reason;  // one sentence
  std::vector<std::string> keep;  // what must be kept when it is moved: address, folder, environment
};

// The stray without its treatment is complete.
Treatment treatment_of(const Scene& scene, const Stray& stray);

// The steps as lines for a shell: a command with its comment behind it, or the comment alone. No byte of a
// process ends a comment.
std::vector<std::string> lines_of(const Treatment& treatment);

// The memory limit to propose for something that used this much at its peak: twice that, or what its heap
// option needs; at least 512 MiB, in steps of 64 MiB. Bytes. Every file and text that proposes a limit uses
// this one.
std::uint64_t proposed_memory_limit(std::uint64_t peak, std::uint32_t heap_limit_mib);

}  // namespace stray
