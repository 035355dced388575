// SPDX-License-Identifier: Apache-2.0
// A report as Markdown (CommonMark with GitHub's tables). No text of a process becomes markup: see escape.
#pragma once

#include <string>
#include <string_view>

#include "report/report.hpp"

namespace stray {

std::string markdown(const Report& report);

// A text for a line of Markdown: first printable() (control characters, line ends and bytes that are no UTF-8
// become visible escapes), then everything that Markdown could read is escaped.
std::string markdown_escape(std::string_view text);

}  // namespace stray
