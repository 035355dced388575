// SPDX-License-Identifier: Apache-2.0
// Any text as a configuration. One that is valid, printed as `stray config show` does, is valid again and
// prints the same.
#include <cstdint>
#include <string>
#include <string_view>

#include "broken.hpp"
#include "config/config.hpp"

using namespace stray;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Config config;
  if (!read_config_text({reinterpret_cast<const char*>(data), size}, config).empty()) return 0;
  config.origins.clear();  // they name lines of the input
  const std::string shown = config_text(config);
  Config again;
  const auto problems = read_config_text(shown, again);
  if (!problems.empty()) fuzz::broken("refuses its own output", problems[0] + "\n" + shown);
  again.origins.clear();
  if (config_text(again) != shown)
    fuzz::broken("another configuration", shown + "\n---\n" + config_text(again));
  return 0;
}
