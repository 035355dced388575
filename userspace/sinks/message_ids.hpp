// SPDX-License-Identifier: Apache-2.0
// The journal's MESSAGE_ID of each event action and finding kind. Published in stray.catalog and filtered on
// by others: an id is never changed and never used for another meaning.
#pragma once

#include <string_view>

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
    {"supervisor-change", "7d43e1a89cda4e23952a2c990487ec9f"},
    // Finding kinds: raised and updated.
    {"orphan", "a2db434d2dc24aeda139bfad1622aa46"},
    {"unsupervised-node", "19009459b9df4ba98001595bcdc3c0f9"},
    {"container-unsupervised", "e59cba40b68646159a95efe3087eea77"},
    {"dev-tool", "030786b79e3446a5b50f4ac9caacdacd"},
    {"stale-script", "50fcc64982ec47e6a3bcaaa1c2f6a57c"},
    {"stale-release", "9cdca70da6544ff689ae4d0961950991"},
    {"old-code", "e0223edc8d3844f5b9c8305fe4aab121"},
    {"exe-replaced", "e6ac32d64c8346b79033da3759faaa7a"},
    {"supervisor-lost", "8d484c3a16c6469d95135c56f6c1f5a0"},
    {"duplicate", "1f76e80318e34943ab5be43e0fd05672"},
    {"restart-storm", "43bf21a44f9344f2a6fc0d1e3fd05382"},
    {"memory-high", "82ff8ed3890247a88943d92e47b6321d"},
    {"inspector-open", "23911f1062d449df8e7a1614a803530b"},
    {"oom-kill", "73879670071f459290b67d33d1ed8fb5"},
    {"zombie-leak", "e58bea52f5634af4a1f9faa79078d615"},
    // Any finding, when it stops being true.
    {"finding-cleared", "9ff0684919e44944a0daf13778854d9c"},
};

// Empty for a name that has none.
constexpr std::string_view message_id(std::string_view name) {
  for (const MessageId& entry : kMessageIds)
    if (entry.name == name) return entry.id;
  return {};
}

}  // namespace stray
