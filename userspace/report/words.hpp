// SPDX-License-Identifier: Apache-2.0
// Words and figures of a report that Markdown and HTML share.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "report/advice.hpp"

namespace stray {

std::string time_text(const Report& report, BootTime time);            // "2026-10-21 06:05:06 CEST"
std::string cpu_text(std::uint64_t ns);                                // "3 min 12 s", "0.04 s"; "" for 0
std::string supervisor_label(const Report& report, const Life& life);  // "systemd nginx.service", "nobody"
std::string end_text(const Report& report, const Life& life);      // "killed by SIGTERM from bash (pid 7)"
std::string command_text(const Report& report, const Life& life);  // as run, "..." where it was cut

// Evidence of where a process comes from: the situation table has it, once.
bool is_origin(const Evidence& evidence);
std::vector<std::string> lines_in(std::string_view text);  // without their line ends

// "vm: 1 critical, 22 notices; 5 strays to stop, 1 server to move": the headline.
std::string headline_text(const Report& report, const Advice& advice);
// What the headline means in processes and memory.
std::string verdict_text(const Report& report, const Advice& advice);
// What the report rests on, and what it could not see: a sentence each.
std::vector<std::string> coverage(const Report& report);

inline constexpr std::string_view kMemoryNote =
    "Memory is resident memory (RSS); pages that processes share are counted with each of them, so that less "
    "may come free.";

}  // namespace stray
