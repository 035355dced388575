// SPDX-License-Identifier: Apache-2.0
// What every output of the table says in the same words. Not escaped: that is for the medium.
#pragma once

#include <string>
#include <string_view>

#include "fleet/table.hpp"

namespace stray {

std::string counted(std::size_t count, std::string_view one, std::string_view many);  // "1 host", "7 hosts"
std::string hosts_text(std::size_t count);

// "3 of 4 hosts answered; 5 strays: 4 to stop, 1 to move under a supervisor; 2 groups on 2 hosts"
std::string headline_of(const FleetTable& table);

// By name, one with several strays with their number: "web01 (2), web02 and 40 more".
std::string names_of(const StrayGroup& group);
std::string names_of(const RuleGroup& group);  // with what is there instead
std::string kinds_text(const StrayGroup& group);
std::string rule_text(const HostRule& rule);

}  // namespace stray
