// SPDX-License-Identifier: Apache-2.0
// The policy file of a command, read with the names that this host and the configuration know.
#pragma once

#include <string>

#include "config/config.hpp"
#include "policy/policy.hpp"

namespace stray {

// `this_host`: users that it names must exist here. Says all that is wrong; throws UsageError with the last.
Policy read_policy_for(const std::string& path, const Config& config, bool this_host);

}  // namespace stray
