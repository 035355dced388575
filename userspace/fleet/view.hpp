// SPDX-License-Identifier: Apache-2.0
// The table of many hosts as text, documents, Markdown and HTML. No text of a host becomes markup, a control
// character or an end of line in any of them.
#pragma once

#include <string>
#include <string_view>

#include "fleet/table.hpp"

namespace stray {

std::string fleet_text(const FleetTable& table);
// One object a group of strays, one a line of a policy that is not met, and at the end the summary.
std::string fleet_documents(const FleetTable& table);
std::string fleet_markdown(const FleetTable& table);
std::string fleet_html(const FleetTable& table);  // one file that loads nothing

// & < > " ' as entities, after printable().
std::string html_escape(std::string_view text);

}  // namespace stray
