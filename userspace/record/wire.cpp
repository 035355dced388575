// SPDX-License-Identifier: Apache-2.0
#include "record/wire.hpp"

#include <string>

namespace stray::wire {

std::string leaf_first(std::string_view path) {
  std::string out;
  out.reserve(path.size() + 1);
  while (!path.empty()) {
    const auto slash = path.rfind('/');
    const std::string_view name = slash == std::string_view::npos ? path : path.substr(slash + 1);
    if (!name.empty()) out.append(name).push_back('\0');
    path = path.substr(0, slash == std::string_view::npos ? 0 : slash);
  }
  return out;
}

}  // namespace stray::wire
