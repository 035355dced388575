// SPDX-License-Identifier: Apache-2.0
// What one line says of a stray, and of a process in the tree: for every output that lists them. Texts are
// escaped (base/printable.hpp).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "findings/stray.hpp"

namespace stray {

struct StrayLine {
  Severity severity = Severity::info;
  std::string title;  // what to do: "stop it"
  std::uint32_t pid = 0;
  std::uint64_t memory = 0;  // bytes of all its processes
  // Of the process that it is about; empty, and gone, where that has exited.
  bool gone = false;
  std::string user, command;
  BootTime age{};
};
StrayLine line_of(const Stray& stray, const Scene& scene);

struct TreeLine {
  const Process* process = nullptr;  // holds until the next record
  std::size_t depth = 0;
  std::string guide;  // what draws its place: "│  ├─ "
  std::string user, supervisor, command;
  BootTime age{};
  std::string found;  // "orphan, dev-tool: stop it"; empty: nothing
  Severity severity = Severity::info;
};
// Below this process, or of all (nullptr); with the threads of the kernel only where they are asked for. A
// parent comes before its children, which follow in the order of their keys.
std::vector<TreeLine> tree_lines(const Scene& scene, const Process* root, const std::vector<Stray>& strays,
                                 bool kernel_threads);

// The kinds of its findings, each once.
std::string kinds_of(const Stray& stray);

// The place for a command, with the mark of what is found behind it: a mark is worth more than the end of a
// long command.
struct MarkedCommand {
  std::string command, mark;
};
MarkedCommand marked(const std::string& command, const std::string& found, std::size_t columns);

// By name where any process of the same user above it was observed.
std::string account_of(const Process& process);

}  // namespace stray
