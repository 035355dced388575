// SPDX-License-Identifier: Apache-2.0
#include "findings/releases.hpp"

#include "base/words.hpp"

namespace stray {
namespace {

constexpr std::uint64_t kStartSlack = 2'000'000'000;  // boot time against wall time is known to a second

std::string_view directory_of(std::string_view path) { return path.substr(0, path.rfind('/')); }

}  // namespace

std::uint64_t surely_after_start(const Scene& scene, const Process& p) {
  return since_exec(p).count() + static_cast<std::uint64_t>(scene.real_offset_ns) + kStartSlack;
}

// Runs code of its own from a file that is still there, and nothing above it starts it anew by itself.
bool runs_file(const Process& p) {
  return p.seen && p.program().runtime != Runtime::none && p.program().entry_kind == EntryKind::file &&
         is_app(p) && p.program().desk == Desk::none && !parent_answers(p) && !covered_by_above(p) &&
         p.seen->script.state == STRAY_SCRIPT_PRESENT;
}

// Workers of one parent that run the same: the oldest speaks for all.
std::optional<Copies::Younger> if_oldest_twin(const Scene& scene, const Process& p) {
  if (!p.parent || p.parent->namespace_init || p.parent->subreaper) return Copies::Younger{};
  return scene.copies.if_oldest(scene.lineage, p, Copies::Of::siblings, [&](const Process& other) {
    return other.parent == p.parent && other.program().entry == p.program().entry && is_app(other);
  });
}

std::optional<Release> other_release(const Scene& scene, const Process& p) {
  const ScriptSeen& now = p.seen->script;
  const ScriptSeen& first = p.seen->script_first;
  if (now.link.empty() || now.target.empty()) return {};
  const std::string_view entry = p.program().entry;
  const auto pwd = env_value(p.env(), "PWD");
  const bool entered_by_link = pwd && (*pwd == now.link || pwd->starts_with(now.link + "/"));
  // `node current/server.js`: the link stands on the way that the entry itself names.
  const bool through_link =
      !entered_by_link && now.path.starts_with(now.target + "/") && !contains(now.link, "/node_modules/");
  if (entry.starts_with('/') || entry.starts_with("file:") || through_link) {
    const bool other =
        first.path != now.path && first.entry == now.entry &&
        (first.inode != now.inode || first.dev_major != now.dev_major || first.dev_minor != now.dev_minor);
    if (other && !first.path.empty()) return Release{first.path, now.path};
    const bool link_moved = now.link_ctime_ns > surely_after_start(scene, p);
    if (p.image && !p.image->at_exec && link_moved) return Release{{}, now.path, false};
    return {};
  }
  // The directory stays what it was when the process entered it; PWD is the name it was entered by.
  if (!entered_by_link) return {};
  const std::string_view tail = pwd->substr(now.link.size());
  const std::string& cwd = p.seen->cwd;
  if (cwd == now.target + std::string(tail) || !cwd.ends_with(tail)) return {};
  // Releases stand beside each other. Without that PWD may be the caller's and have nothing to do with cwd.
  const std::string_view base = std::string_view(cwd).substr(0, cwd.size() - tail.size());
  if (directory_of(base) != directory_of(now.target)) return {};
  return Release{cwd, now.target + std::string(tail)};
}

void add_younger(Condition& out, Copies::Younger younger) {
  if (younger.all == 0) return;
  out.evidence.push_back({"members", std::to_string(younger.all) + " more processes run the same"});
  out.members = std::move(younger.some);
}

}  // namespace stray
