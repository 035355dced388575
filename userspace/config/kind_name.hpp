// SPDX-License-Identifier: Apache-2.0
// Kinds of findings as people write them.
#pragma once

#include <string>
#include <string_view>

#include "findings/finding.hpp"

namespace stray {

// Throws UsageError that begins with `where` and names the kinds.
Kind parse_kind(std::string_view name, std::string_view where);
Severity parse_severity(std::string_view name, std::string_view where);

// What is wrong with such a name, and what it could be.
std::string not_a_kind(std::string_view name);

std::string kind_names();  // "orphan, unsupervised-node, ..."

}  // namespace stray
