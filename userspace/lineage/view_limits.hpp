// SPDX-License-Identifier: Apache-2.0
// What a view of the host does not cover. While there is such a limit, no output may say that all is well.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.hpp"
#include "lineage/lineage.hpp"
#include "record/host.hpp"

namespace stray {

struct ViewLimit {
  std::string_view
      code;  // for programs: "pid-namespace", "missing-events", "missing-capability", "lost-records", …
  std::string text;  // a sentence for people, without its full stop
};
using ViewLimits = std::vector<ViewLimit>;

inline constexpr std::string_view kOwnNamespace = "pid-namespace";

// `lost`: records, since the trace began. Linear in the processes that are alive.
ViewLimits view_limits(const Host& host, const Lineage& lineage, std::uint64_t lost);

// As the member "limits" of the object that is open; nothing when there are none.
void put_limits(Json& json, const ViewLimits& limits);

}  // namespace stray
