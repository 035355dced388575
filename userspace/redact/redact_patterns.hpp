// SPDX-License-Identifier: Apache-2.0
// What secrets look like in a command line.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace stray {

// A program that takes a secret in a short option of its own. The pattern counts for the arguments after its
// name.
struct ProgramSecret {
  std::string_view programs;  // an RE2 alternation of base names
  std::string_view pattern;   // against one argument, or OPTION=VALUE
};

std::vector<std::string> secret_patterns();
const std::vector<ProgramSecret>& program_secrets();

}  // namespace stray
