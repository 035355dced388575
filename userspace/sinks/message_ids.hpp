// SPDX-License-Identifier: Apache-2.0
// The journal's MESSAGE_ID of each event action; that of a finding kind stands in its row
// (findings/kinds.hpp). Published in stray.catalog and filtered on by others: an id is never changed and
// never used for another meaning.
#pragma once

#include <string_view>

#include "findings/kinds.hpp"

namespace stray {

struct MessageId {
  std::string_view name;  // event.action, finding kind, or "finding-cleared"
  std::string_view id;
};

inline constexpr MessageId kMessageIds[] = {
    // Event actions.
    {"ready", "39057e8f9c884e3396f7954734ef876a"},
    {"summary", "8710148740b14e86a2376fcfd23e01cd"},
    {"fork", "37566ae7c8ed4dde8459b5f7de31d977"},
    {"exec", "afd364d7347848959543b95f1ded05d4"},
    {"exit", "f9a9a476c5b74bd785dda5d0339d9737"},
    {"oom", "1061b96fd4da470d81b6bc337fa54012"},
    {"signal", "96b6f879f1fa46448df8627a9370f444"},
    {"reparent", "c2970d427513481b95ba298891cd3b44"},
    {"seed", "b8167b82e2d046e99d7b23eaf3694775"},
    {"gap", "0eace77772284ce9850d76b72356aca1"},
    {"listen", "33a8236855ba4d2badfbfa19444efaa6"},
    // Any finding, when it stops being true.
    {"finding-cleared", "9ff0684919e44944a0daf13778854d9c"},
};

// Empty for a name that has none.
inline std::string_view message_id(std::string_view name) {
  if (const auto kind = kind_of(name)) return row_of(*kind).message_id;
  for (const MessageId& entry : kMessageIds)
    if (entry.name == name) return entry.id;
  return {};
}

}  // namespace stray
