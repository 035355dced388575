// SPDX-License-Identifier: Apache-2.0
// What the live view is given to show: values alone, made by the thread of the pipeline and read by that of
// the screen. Every text is escaped.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "findings/kind.hpp"
#include "record/event.hpp"

namespace stray::top {

struct StrayRow {
  ProcessKey key;  // of its topmost process
  std::string id;
  Severity severity = Severity::info;
  std::string title;  // what to do
  std::string found;  // the kinds of its findings
  std::uint32_t pid = 0;
  std::uint64_t alike = 0, memory = 0;
  std::string user, command;
  BootTime age{};
  std::string accept_id;  // of the process that its decisive finding is about
};

struct TreeRow {
  ProcessKey key;
  std::string id;
  std::size_t depth = 0;
  std::string guide, user, supervisor, command;
  std::uint64_t memory = 0;   // 0: not observed
  std::optional<double> cpu;  // of one processor; nothing: not observed
  BootTime age{};
  std::string found;
  Severity severity = Severity::info;
  bool kernel = false, parent = false;  // a thread of the kernel; has children
};

enum class Page : std::uint8_t { explain, plan };

struct Detail {  // a page of text that was asked for
  ProcessKey key;
  Page page = Page::explain;
  std::vector<std::string> lines;
};

// Where a capture is read: CLOCK_REALTIME, ns.
struct Place {
  std::int64_t begin = 0, end = 0, at = 0, step = 0;
  bool playing = false;
  double speed = 1;
};

struct Snapshot {
  std::string host, clock;  // the clock of what is shown, with its zone
  std::string verdict;      // the headline of `stray scan`, or its all-clear
  std::vector<std::string> limits;
  std::array<std::uint64_t, 4> by_severity{};  // strays, from info to critical
  std::string memory;                          // held by strays
  std::uint64_t processes = 0, lost = 0;
  std::optional<double> lives;  // begun a second; nothing: not known yet
  std::vector<StrayRow> strays;
  std::vector<TreeRow> tree;  // only when it is wanted
  std::optional<Detail> detail;
  std::optional<Place> place;  // of a capture
  std::string message;         // the last thing that was warned of, or what is wrong with a time
};

// What the screen wants to be shown.
struct Wanted {
  bool tree = false;
  struct DetailOf {
    ProcessKey key;
    Page page = Page::explain;
    bool operator==(const DetailOf&) const = default;
  };
  std::optional<DetailOf> detail;
  std::vector<ProcessKey> in_view;  // whose memory and CPU are to be fresh
  std::uint64_t reload = 0;         // how often the configuration was changed
  bool operator==(const Wanted&) const = default;
};

}  // namespace stray::top
