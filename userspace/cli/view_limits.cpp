// SPDX-License-Identifier: Apache-2.0
#include "cli/view_limits.hpp"

#include <spdlog/spdlog.h>

namespace stray {
namespace {

bool accepted(const ViewLimit& limit, const CommonOptions& common) {
  return common.this_namespace && limit.code == kOwnNamespace;
}

}  // namespace

ViewLimits not_accepted(ViewLimits limits, const CommonOptions& common) {
  std::erase_if(limits, [&](const ViewLimit& limit) { return accepted(limit, common); });
  return limits;
}

void warn_of_limits(const ViewLimits& limits, const CommonOptions& common) {
  for (const ViewLimit& limit : not_accepted(limits, common)) {
    const bool own = limit.code == kOwnNamespace;
    spdlog::warn("limited view: {}{}", limit.text,
                 own ? "; run it on the host, or with --this-namespace if that is meant" : "");
  }
}

int limited_exit(const ViewLimits& limits, const CommonOptions& common, int otherwise) {
  return not_accepted(limits, common).empty() ? otherwise : static_cast<int>(kNotPossible);
}

}  // namespace stray
