// SPDX-License-Identifier: Apache-2.0
// Any text as a policy: read, or refused with a place and a reason.
#include <cstdint>
#include <string>
#include <string_view>

#include "broken.hpp"
#include "policy/policy.hpp"

using namespace stray;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Policy policy;
  for (const std::string& problem : read_policy_text({reinterpret_cast<const char*>(data), size}, policy))
    if (problem.empty()) fuzz::broken("refused", "without a reason");
  return 0;
}
