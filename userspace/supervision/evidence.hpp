// SPDX-License-Identifier: Apache-2.0
// One observed fact behind a verdict or a finding. docs/evidence.md lists the codes.
#pragma once

#include <string>

#include "base/time_text.hpp"

namespace stray {

struct Evidence {
  std::string code;  // stable, for machines: "A2", "creator", "cgroup"
  std::string text;  // one line, for people; untrusted bytes are not yet escaped
  BootTime at{};     // when that was; the outputs put it before the text, in their time zone
  bool operator==(const Evidence&) const = default;
};

// Its time, if it has one, and its text.
inline std::string text_of(const Evidence& evidence, std::int64_t real_offset_ns, TimeStyle style) {
  if (evidence.at == BootTime{}) return evidence.text;
  return date_text(real_time(evidence.at, real_offset_ns), style) + ", " + evidence.text;
}

}  // namespace stray
