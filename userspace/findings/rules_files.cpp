// SPDX-License-Identifier: Apache-2.0
// What runs against what is on disk: another release, other code, another executable.
#include "base/words.hpp"
#include "findings/rules.hpp"

namespace stray {
namespace {

constexpr std::uint64_t kStartSlack = 2'000'000'000;  // boot time against wall time is known to a second

std::uint64_t started_real(const Scene& scene, const Process& p) {
  return since_exec(p).count() + static_cast<std::uint64_t>(scene.real_offset_ns);
}

// Runs code of its own from a file that is still there, and nothing above it starts it anew by itself.
bool runs_file(const Process& p) {
  return p.seen && p.program().runtime != Runtime::none && p.program().entry_kind == EntryKind::file &&
         is_app(p) && !parent_answers(p) && !covered_by_above(p) &&
         p.seen->script.state == STRAY_SCRIPT_PRESENT;
}

// Workers of one parent that run the same: the oldest speaks for all.
bool older_twin(const Process& p, std::vector<ProcessKey>& younger) {
  bool older = false;
  if (p.parent && !p.parent->namespace_init && !p.parent->subreaper)
    Lineage::each_child(*p.parent, [&](const Process& other) {
      if (&other == &p || other.program().entry != p.program().entry || !is_app(other)) return;
      older |= other.key < p.key;
      if (p.key < other.key) younger.push_back(other.key);
    });
  return older;
}

std::string_view directory_of(std::string_view path) { return path.substr(0, path.rfind('/')); }

struct Release {
  std::string runs, now;
  bool recorded = true;  // where it led at the start is known
};

std::optional<Release> other_release(const Scene& scene, const Process& p) {
  const ScriptSeen& now = p.seen->script;
  const ScriptSeen& first = p.seen->script_first;
  if (now.link.empty() || now.target.empty()) return {};
  const std::string_view entry = p.program().entry;
  if (entry.starts_with('/') || entry.starts_with("file:")) {
    const bool other =
        first.path != now.path && first.entry == now.entry &&
        (first.inode != now.inode || first.dev_major != now.dev_major || first.dev_minor != now.dev_minor);
    if (other && !first.path.empty()) return Release{first.path, now.path};
    const bool link_moved = now.link_ctime_ns > started_real(scene, p) + kStartSlack;
    if (p.image && !p.image->at_exec && link_moved) return Release{{}, now.path, false};
    return {};
  }
  // The directory stays what it was when the process entered it; PWD is the name it was entered by.
  const auto pwd = env_value(p.env(), "PWD");
  if (!pwd || !pwd->starts_with(now.link)) return {};
  const std::string_view tail = pwd->substr(now.link.size());
  const std::string& cwd = p.seen->cwd;
  if (cwd == now.target + std::string(tail) || !cwd.ends_with(tail)) return {};
  // Releases stand beside each other. Without that PWD may be the caller's and have nothing to do with cwd.
  const std::string_view base = std::string_view(cwd).substr(0, cwd.size() - tail.size());
  if (directory_of(base) != directory_of(now.target)) return {};
  return Release{cwd, now.target + std::string(tail)};
}

// Without a record of what was started: a file that was written since tells that something else runs.
bool written_since(const Scene& scene, const Process& p) {
  const ScriptSeen& now = p.seen->script;
  const std::uint64_t start = started_real(scene, p) + kStartSlack;
  return p.image && !p.image->at_exec && (now.mtime_ns > start || now.birth_ns > start);
}

void tell_young(Condition& out, std::vector<ProcessKey> younger) {
  if (younger.empty()) return;
  out.evidence.push_back({"members", std::to_string(younger.size()) + " more of the same run it too"});
  out.members = std::move(younger);
}

// What may be left running on another executable after an upgrade: what lasts.
bool lasts_on_its_executable(const Process& p) {
  const Program& program = p.program();
  const bool kept = is_app(p) || program.role == Role::supervisor;
  if (!p.alive() || !p.seen || program.runtime == Runtime::none || !kept || program.ide) return false;
  if (p.seen->exe_state != STRAY_EXE_GONE && p.seen->exe_state != STRAY_EXE_REPLACED) return false;
  const bool so_from_the_start =
      p.image && p.image->at_exec && (p.image->flags & (STRAY_EXEC_EXE_DELETED | STRAY_EXEC_MEMFD));
  return !so_from_the_start && !parent_answers(p) && !covered_by_above(p);
}

}  // namespace

std::optional<Condition> judge_stale_release(const Scene& scene, const Process& p) {
  if (!runs_file(p)) return {};
  const auto release = other_release(scene, p);
  std::vector<ProcessKey> younger;
  if (!release || older_twin(p, younger)) return {};
  const ScriptSeen& now = p.seen->script;
  Condition out;
  out.wait = scene.options.at_once ? BootTime{} : scene.options.stale_debounce;
  out.severity = release->recorded ? Severity::warning : Severity::notice;
  out.message = role_word(p) + " " + quoted(p) + " (pid " + std::to_string(p.key.tgid) + ") runs " +
                (release->runs.empty() ? "what " + now.link + " led to before" : release->runs) + ", but " +
                now.link + " now leads to " + now.target + used_memory(scene, p);
  if (!release->runs.empty()) out.evidence.push_back({"release-runs", "it runs " + release->runs});
  out.evidence.push_back({"release-now", "a start would run " + release->now});
  if (!release->recorded)
    out.evidence.push_back(
        {"low-confidence", "the link is younger than the process; where it led before is not known"});
  tell_young(out, std::move(younger));
  append(out.evidence, origin_evidence(scene, p));
  cost_evidence(scene, p, out);
  return out;
}

std::optional<Condition> judge_old_code(const Scene& scene, const Process& p) {
  if (!runs_file(p) || other_release(scene, p)) return {};
  const bool recorded = p.seen->script_changed_since != BootTime{};
  std::vector<ProcessKey> younger;
  if ((!recorded && !written_since(scene, p)) || older_twin(p, younger)) return {};
  const ScriptSeen& now = p.seen->script;
  Condition out;
  out.wait = scene.options.at_once ? BootTime{} : scene.options.stale_debounce;
  out.severity = recorded ? Severity::notice : Severity::info;
  if (recorded) {
    out.since = p.seen->script_changed_since;
    const BootTime warn = out.since + scene.options.old_code_warn_age;
    if (scene.now >= warn)
      out.severity = Severity::warning;
    else
      out.severity_until = warn;
  }
  out.message = role_word(p) + " " + quoted(p) + " (pid " + std::to_string(p.key.tgid) +
                ") runs older code than " + now.path + " now holds: it was not restarted after a change" +
                used_memory(scene, p);
  out.evidence.push_back(
      recorded ? Evidence{"code-changed", now.path + " is not what it was when stray first looked"}
               : Evidence{"low-confidence", now.path + " was written after the process started"});
  tell_young(out, std::move(younger));
  append(out.evidence, origin_evidence(scene, p));
  cost_evidence(scene, p, out);
  return out;
}

// After an upgrade of the runtime this is so of everything that runs on it: told once, of the oldest.
std::optional<Condition> judge_exe_replaced(const Scene& scene, const Process& p) {
  if (!lasts_on_its_executable(p)) return {};
  bool older = false;
  std::vector<ProcessKey> others;
  scene.lineage.each_live([&](const Process& other) {
    if (older || &other == &p || other.exe() != p.exe() || other.mntns != p.mntns) return;
    if (!lasts_on_its_executable(other)) return;
    if (other.key < p.key)
      older = true;
    else
      others.push_back(other.key);
  });
  if (older) return {};
  std::sort(others.begin(), others.end());
  const bool gone = p.seen->exe_state == STRAY_EXE_GONE;
  Condition out;
  out.wait = scene.options.at_once ? BootTime{} : scene.options.stale_debounce;
  out.message = role_word(p) + " " + quoted(p) + " (pid " + std::to_string(p.key.tgid) + ") " +
                (others.empty() ? "runs" : "and " + std::to_string(others.size()) + " more run") +
                " an executable that is no longer on disk: " + std::string(p.exe()) +
                (gone ? " was removed" : " was replaced");
  out.evidence.push_back({gone ? "exe-gone" : "exe-other",
                          std::string(p.exe()) + (gone ? " does not exist any more"
                                                       : " is another file now, as after an upgrade")});
  if (!others.empty())
    out.evidence.push_back({"members", std::to_string(others.size()) + " more processes run the old one"});
  out.members = std::move(others);
  append(out.evidence, origin_evidence(scene, p));
  return out;
}

}  // namespace stray
