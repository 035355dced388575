// SPDX-License-Identifier: Apache-2.0
// What is kept of children that ended: how many may wait for their parent, and how long those of a supervisor
// lived.
#include <algorithm>

#include "lineage/lineage.hpp"

namespace stray {
namespace {

constexpr BootTime kShort = std::chrono::seconds(30);
constexpr std::size_t kLivesKept = 64;  // of one supervisor: more than any storm needs to be seen
constexpr std::size_t kWhatBytes = 400;

std::string line_of(const Image& image) {
  std::string out = image.argv.substr(0, kWhatBytes) + image.cwd.substr(0, kWhatBytes);
  return out;
}

// A service that the systemd manager itself started. One that ended well is a job of a timer as likely.
bool is_failed_service(const Process& parent, const Process& child) {
  const std::string_view exe = parent.exe();
  const bool manager = exe.ends_with("/systemd") || exe.ends_with("/systemd-executor");
  return manager && child.origin == &parent && child.ended->status != 0;
}

}  // namespace

void Lineage::note_end(Process& parent, const Process& child) {
  ++parent.unreaped_most;
  if (!child.image || child.image == parent.image) return;  // a fork that ran nothing of its own
  const BootTime life = child.ended->time - std::min(child.ended->time, child.key.start);
  if (life >= kShort || child.ended->inferred) return;
  ShortLife one{child.key.start, child.ended->time, child.ended->status, {}, {}};
  const auto& kind = parent.program().supervisor;
  if (kind && kind->restarts_children) {
    // PM2 runs ps and other helpers: apps are runtimes, or lead a session of their own.
    const bool own_session = child.image->sid == child.key.tgid;
    if (kind->name == "pm2" && child.program().runtime == Runtime::none && !own_session) return;
    one.what = line_of(*child.image);
    const auto name = env_value(child.env(), "name");
    one.name = name ? std::string(*name) : child.label();
  } else if (is_failed_service(parent, child)) {
    const CgroupPlace place = place_of(child);
    if (place.kind != CgroupPlace::Kind::service || place.launcher) return;
    one.what = one.name = place.unit;
  } else {
    return;
  }
  if (parent.short_lives.size() == kLivesKept) parent.short_lives.erase(parent.short_lives.begin());
  parent.short_lives.push_back(std::move(one));
}

}  // namespace stray
