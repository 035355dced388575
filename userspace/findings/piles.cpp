// SPDX-License-Identifier: Apache-2.0
#include "findings/piles.hpp"

#include <algorithm>
#include <map>

#include "base/words.hpp"
#include "findings/copies.hpp"
#include "findings/rules.hpp"
#include "record/request.hpp"

namespace stray {
namespace {

constexpr std::size_t kCountsKept = 8;
constexpr std::size_t kChildrenCounted = 4096;
constexpr std::size_t kChildrenLookedAt = 64, kOldestLookedAt = 8;
constexpr BootTime kIdleWindow = std::chrono::minutes(10);
constexpr std::uint64_t kIdlePermille = 10, kIdleNs = 1'000'000'000;  // a start costs up to a second
constexpr BootTime kShortestInterval = std::chrono::milliseconds(200);

bool runs_others(const Process& p) {
  const Program& program = p.program();
  return program.runtime != Runtime::none || program.role == Role::wrapper || program.shell ||
         program.shell_c || is_interpreter(p.exe());
}

// Alive before stray, and not looked at: which script it runs is not known.
bool unknown_arguments(const Process& p) {
  return p.image && !p.image->at_exec && p.image->argv.empty() && runs_others(p);
}

// What is counted as hoarded: a program of its own that its parent started, without a terminal, and that is
// no session, service or daemon.
bool counts(const Process& parent, const Process& child) {
  const Program& program = child.program();
  if (!child.image || child.image == parent.image || child.tty || child.kthread || left_behind(child))
    return false;
  if (unknown_arguments(child)) return false;
  return !program.daemon && !program.supervisor && program.breaker == Breaker::none;
}

// The script, module or command of what runs others.
std::string_view first_word(const Process& p) {
  std::string_view found;
  bool first = true;
  p.argv().each([&](std::string_view word) {
    if (!first && found.empty() && !word.starts_with('-')) found = word;
    first = false;
  });
  return found;
}

void by_start(Members& members) {
  std::sort(members.begin(), members.end(),
            [](const Process* a, const Process* b) { return a->key < b->key; });
}

bool is_idle(const Process& p) {
  const auto use = cpu_use(p, kIdleWindow);
  return use && (use->permille() <= kIdlePermille || use->ns <= kIdleNs);
}

}  // namespace

void Pile::add(std::uint64_t program, PileCount now) {
  if (what != program) counts.clear();
  what = program;
  if (!counts.empty() && counts.back().count == now.count) return;
  if (!counts.empty() && now.count < counts.back().count) counts.clear();
  if (counts.size() == kCountsKept) counts.erase(counts.begin() + 1);
  counts.push_back(now);
}

std::uint64_t number_of_program(const Process& p) {
  const Program& program = p.program();
  const std::uint64_t number = number_of(p.exe());
  if (!runs_others(p)) return number;
  const std::string_view entry = program.entry.empty() ? first_word(p) : std::string_view(program.entry);
  return number_of(program.name, number_of({"", 1}, number_of(entry, number_of({"", 1}, number))));
}

Children hoarded_children(const Process& parent, std::uint64_t kept, std::size_t at_least) {
  if (parent.live_children < at_least) return {};
  const std::uint64_t own = number_of_program(parent);
  std::map<std::uint64_t, Members> programs;
  std::size_t counted = 0;
  Lineage::each_child(parent, [&](const Process& child) {
    if (counted++ >= kChildrenCounted || !counts(parent, child)) return;
    if (const std::uint64_t number = number_of_program(child); number != own)
      programs[number].push_back(&child);
  });
  auto most = programs.find(kept);
  if (most == programs.end() || most->second.size() < at_least)
    most = std::max_element(programs.begin(), programs.end(),
                            [](const auto& a, const auto& b) { return a.second.size() < b.second.size(); });
  if (most == programs.end() || most->second.size() < at_least) return {};
  Children out{most->first, std::move(most->second)};
  by_start(out.all);
  return out;
}

Members unknown_children(const Process& parent) {
  Members out;
  std::size_t looked_at = 0;
  Lineage::each_child(parent, [&](const Process& child) {
    constexpr auto look = static_cast<unsigned>(Look::process);
    if (looked_at++ < kChildrenLookedAt && unknown_arguments(child) && !child.seen &&
        !(child.unread >> look & 1))
      out.push_back(&child);
  });
  return out;
}

bool left_by_unit(const Process& p) {
  if (!left_behind(p) || p.tty || !p.image || p.program().daemon || p.program().supervisor) return false;
  // Asked at each event of a process: most stand in a session, which needs no parsing.
  return contains(p.cgroup(), ".service") && place_in_cgroup(p.cgroup()).kind == CgroupPlace::Kind::service;
}

Members unit_leftovers(const Scene& scene, const Process& p) {
  if (!left_by_unit(p)) return {};
  const auto younger =
      scene.copies.if_oldest(scene.lineage, p, Copies::Of::leftovers, [](const Process&) { return true; });
  if (!younger) return {};
  Members out{&p};
  for (const ProcessKey& key : younger->some)
    if (const Process* other = scene.lineage.find(key)) out.push_back(other);
  by_start(out);
  return out;
}

std::size_t runs_of(const Members& leftovers, BootTime apart) {
  std::size_t runs = 0;
  BootTime last{};
  for (const Process* p : leftovers) {
    if (runs == 0 || p->key.start >= last + apart) ++runs;
    last = p->key.start;
  }
  return runs;
}

Members oldest_of(const Members& members) {
  const auto half = std::max<std::size_t>(members.size() / 2, 1);
  return {members.begin(),
          members.begin() + static_cast<std::ptrdiff_t>(std::min({half, kOldestLookedAt, members.size()}))};
}

bool idle(const Members& members) {
  const Members oldest = oldest_of(members);
  const auto count =
      std::count_if(oldest.begin(), oldest.end(), [](const Process* p) { return is_idle(*p); });
  return !oldest.empty() && static_cast<std::size_t>(count) * 4 >= oldest.size() * 3;
}

BootTime pile_interval(const DetectOptions& options) {
  const auto& after = options.after[Kind::child_hoard];
  if (!after) return options.hoard_interval;
  return std::clamp(*after / 2, kShortestInterval, std::max(options.hoard_interval, kShortestInterval));
}

}  // namespace stray
