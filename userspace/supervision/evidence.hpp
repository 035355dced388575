// SPDX-License-Identifier: Apache-2.0
// One observed fact behind a verdict or a finding. docs/evidence.md lists the codes.
#pragma once

#include <string>

namespace stray {

struct Evidence {
  std::string code;  // stable, for machines: "A2", "creator", "cgroup"
  std::string text;  // one line, for people; untrusted bytes are not yet escaped
  bool operator==(const Evidence&) const = default;
};

}  // namespace stray
