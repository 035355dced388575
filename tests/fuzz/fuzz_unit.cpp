// SPDX-License-Identifier: Apache-2.0
// Any text as a unit file; its first line is the unit's name.
#include <cstdint>
#include <string>
#include <string_view>

#include "broken.hpp"
#include "observe/systemd/unit_file.hpp"

using namespace stray;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view all(reinterpret_cast<const char*>(data), size);
  const std::string unit(all.substr(0, all.find('\n')));
  UnitFile file;
  read_unit_text(all, file);
  template_of(unit);
  const std::string path = unit_path(file.pidfile, unit, {});
  if (!path.empty() && path[0] != '/') fuzz::broken("no whole path", path);
  return 0;
}
