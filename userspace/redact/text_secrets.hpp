// SPDX-License-Identifier: Apache-2.0
// Secrets that a text names: `name: value`, `name=value`, {"name": "value"}, headers, and in URLs. Each
// function is linear in the text, and knows nothing of programs.
#pragma once

#include <string_view>

#include "redact/found.hpp"

namespace stray {

void find_named_secrets(std::string_view text, Found& found);
void find_url_secrets(std::string_view text, Found& found);

}  // namespace stray
