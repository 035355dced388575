// SPDX-License-Identifier: Apache-2.0
#include "observe/probes/cgroup_levels.hpp"

#include "base/words.hpp"

namespace stray {
namespace {

constexpr int kMostLevels = 32;

struct Hierarchy {
  std::string_view path;
  bool v1 = false;
};

// "4:memory:/system.slice/x", else "0::/system.slice/x".
Hierarchy hierarchy_of(std::string_view text, std::string_view controller) {
  Hierarchy out;
  any_part(text, '\n', [&](std::string_view line) {
    const auto first = line.find(':');
    const auto second = first == std::string_view::npos ? first : line.find(':', first + 1);
    if (second == std::string_view::npos) return false;
    const std::string_view controllers = line.substr(first + 1, second - first - 1);
    if (controllers.empty() && out.path.empty()) out.path = line.substr(second + 1);
    const bool here = any_part(controllers, ',', [&](std::string_view name) { return name == controller; });
    if (here) out = {line.substr(second + 1), true};
    return here;
  });
  return out;
}

}  // namespace

void each_cgroup_level(const std::string& root, std::string_view cgroup, std::string_view controller,
                       const std::function<void(const std::string& folder, bool v1)>& f) {
  const Hierarchy place = hierarchy_of(cgroup, controller);
  if (!place.path.starts_with('/') || contains(place.path, "/..")) return;
  const std::string base = root + (place.v1 ? "/" + std::string(controller) : "");
  std::string path(place.path);
  for (int level = 0; level < kMostLevels && path.size() > 1; ++level) {
    f(base + path, place.v1);
    path.resize(path.rfind('/'));
  }
}

}  // namespace stray
