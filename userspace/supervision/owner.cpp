// SPDX-License-Identifier: Apache-2.0
#include "supervision/owner.hpp"

namespace stray {
namespace {

// Of the root pid namespace: the kernel started it.
bool is_init(const Process& p) { return p.key.tgid == 1; }

std::string user_text(const Process& p) {
  if (p.uid == 0) return "root";
  return "user " + (p.seen && !p.seen->user.empty() ? p.seen->user : std::to_string(p.uid));
}

}  // namespace

std::string_view to_string(Owner owner) {
  switch (owner) {
    case Owner::system:
      return "system";
    case Owner::user:
      return "user";
    case Owner::unknown:
      return "unknown";
  }
  return "unknown";
}

Owner owner_of(const Process& supervisor) {
  if (is_init(supervisor)) return Owner::system;
  const std::uint32_t seen = supervisor.image ? supervisor.image->owner : std::uint32_t{STRAY_OWNER_UNKNOWN};
  if (supervisor.uid != 0 || seen == STRAY_OWNER_USER) return Owner::user;
  return seen == STRAY_OWNER_ROOT ? Owner::system : Owner::unknown;
}

std::string whose(const Process& supervisor) {
  const Owner owner = owner_of(supervisor);
  if (owner == Owner::system) return {};
  const Image* image = supervisor.image.get();
  const std::string path = !image ? std::string() : image->owned.empty() ? image->exe : image->owned;
  std::string out = "of " + user_text(supervisor) + (path.empty() ? "" : ", from " + path);
  if (owner == Owner::unknown) return out + ", whose owner is unknown";
  if (supervisor.uid != 0) return out;
  return out + (image->owner_uid == kNoLogin
                    ? ", which others may change"
                    : ", which user " + std::to_string(image->owner_uid) + " may change");
}

bool may_supervise(const Process& supervisor, const Process& process) {
  if (supervisor.uid == 0 || supervisor.uid == process.uid || is_init(supervisor)) return true;
  // A container that a user started has uids of its own, which the kernel maps to others of that user.
  const auto& kind = supervisor.program().supervisor;
  return kind && kind->container && process.pidns != supervisor.pidns;
}

}  // namespace stray
