// SPDX-License-Identifier: Apache-2.0
// How node reads its own command line: which word is the script, and which options say what kind of run it is
// (the table of options is that of node 20, 24 and 26 themselves).
#pragma once

#include <cstddef>
#include <string>

#include "base/words.hpp"
#include "program/program.hpp"

namespace stray {

// An inspector as node's options describe it. Only an address that was asked for is open.
struct Inspector {
  bool open = false;
  std::string host;  // empty: the default
  std::string port;

  void set(std::string_view host_port);  // "host:port", "port", "host", "[::1]:9229"
  std::string address(std::string_view default_port = "9229") const;
};

struct NodeCommand {
  EntryKind kind = EntryKind::none;
  std::string_view entry;  // script, or the name of --run
  std::size_t rest = 0;    // index of the first word after the entry
  std::string_view watch;  // the option that makes it a watcher: "--watch", "--watch-path"; or empty
  bool paused = false;     // --inspect-brk, --inspect-wait: runs only with a debugger
  bool debugger = false;   // node inspect
  bool tsx_child = false;  // started by the tsx command with its own loader
  Inspector inspector;
  std::uint32_t heap_limit_mib = 0;
};

// `stdin_terminal`: see ProgramView. words[0] is the program's name.
NodeCommand parse_node(const Words& words, std::optional<bool> stdin_terminal);

// Applies NODE_OPTIONS; what argv says goes before it.
void apply_node_options(NodeCommand& command, std::string_view node_options);

// True for options whose value is the next word when it is not given with "=".
bool node_option_takes_value(std::string_view option);

// The first word from `start` on that is a script and not an option, for tools that pass on node's options
// (tsx, ts-node); words.size() when there is none.
std::size_t loaded_script(const Words& words, std::size_t start);

}  // namespace stray
