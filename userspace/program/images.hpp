// SPDX-License-Identifier: Apache-2.0
// The binaries stray knows by the base name of their resolved path. Everything else is nothing to it, and is
// decided here without an allocation.
#pragma once

#include <string_view>

#include "program/program.hpp"

namespace stray {

enum class ImageClass : std::uint8_t {
  node,
  bun,
  deno,
  electron,
  package_manager,  // a package manager built as a binary of its own
  tool,             // a binary that is judged by its arguments, as rows of the tool table
  interpreter,      // python, ruby: the script's name decides
  shell,
  busybox,  // the applet decides
  wrapper,
  supervisor,
  daemon,
  daemon_by_word,  // only where a word of its command line or title ends in `detail`
  daemonizer,      // a supervisor, of the row `detail`, where it is told to respawn
  breaker,         // nothing but a Breaker
  mcp_server,
  language_server,
  browser,  // counts where it shows nothing
  editor,
};

struct ImageRow {
  std::string_view name;
  ImageClass what;
  std::string_view detail =
      {};  // the row of the supervisor table; the shown name of a wrapper; a daemon's word
  Breaker breaker = Breaker::none;
};

// nullptr: not known.
const ImageRow* find_image(std::string_view base_name);

// The row of a script run by python or ruby, by its base name; or nullptr.
const ImageRow* find_interpreted(std::string_view script);

}  // namespace stray
