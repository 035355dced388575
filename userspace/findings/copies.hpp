// SPDX-License-Identifier: Apache-2.0
// Which live processes run the same, kept as the table changes. A rule that holds a process against others of
// its kind asks here for those few, so that no rule walks the processes of the host.
//
// Design: a process belongs to groups, which are found by numbers of what it runs. A question visits a
// group from its oldest member on, and at most so many: what is asked of each of n copies costs n in all,
// however many they are. Two names may give one number; who asks compares what was found. Derived from the
// lineage alone: nothing of it is saved.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "lineage/lineage.hpp"

namespace stray {

class Copies {
 public:
  static constexpr std::size_t kMostCompared = 16, kMostListed = 256;

  void update(const Process& process);  // after each change of it; one that has ended is removed
  void remove(ProcessKey key);

  // Live processes of the same user that run the same file with the same words after it, as far as these are
  // known: f(process) until it returns false. A few that started just after the moment, a few that started
  // just before the process itself, and a few of the oldest: together all, where there are few. Some come
  // twice.
  template <typename F>
  void each_after(const Lineage& lineage, const Process& process, BootTime moment, F&& f) const {
    std::size_t left = kMostCompared;
    for (const Group* one : code_groups(process))
      visit(lineage, one, std::max(process.key, ProcessKey{moment, 0}), left, f);
  }
  template <typename F>
  void each_before(const Lineage& lineage, const Process& process, F&& f) const {
    std::size_t left = kMostCompared;
    for (const Group* one : code_groups(process))
      for (auto it = one ? one->lower_bound(process.key) : Group::iterator();
           one && it != one->begin() && left > 0; --left) {
        ++visited_;
        if (const Process* other = live(lineage, *--it); other && !f(*other)) return;
      }
  }
  template <typename F>
  void each_oldest(const Lineage& lineage, const Process& process, F&& f) const {
    std::size_t left = kMostCompared;
    for (const Group* one : code_groups(process)) visit(lineage, one, {}, left, f);
  }

  // Of what the runs of one unit left, as the process: from the oldest on.
  template <typename F>
  void each_leftover(const Lineage& lineage, const Process& process, F&& f) const {
    std::size_t left = kMostCompared;
    visit(lineage, group(leftovers_of(process)), {}, left, f);
  }

  // Where the oldest speaks for all: whether an older one is there for which `speaks` holds; if there is
  // none, the younger ones for which it holds, and how many they are in all.
  enum class Of {
    executable,
    siblings,
    leftovers
  };  // on the same executable that was replaced; of one parent and entry; of one unit and program
  struct Younger {
    std::vector<ProcessKey> some;  // the oldest of them
    std::size_t all = 0;           // beyond these counted without asking `speaks`
  };
  template <typename F>
  std::optional<Younger> if_oldest(const Lineage& lineage, const Process& process, Of of, F&& speaks) const {
    const Group* all = group(of == Of::executable ? executable_of(process)
                             : of == Of::siblings ? siblings_of(process)
                                                  : leftovers_of(process));
    Younger out;
    if (!all) return out;
    bool older = false;
    std::size_t left = kMostCompared;
    visit(lineage, all, {}, left, [&](const Process& other) {
      if (!(other.key < process.key)) return false;
      return !(older = speaks(other));
    });
    if (older) return {};
    std::size_t seen = 0;
    left = kMostListed;
    visit(lineage, all, process.key, left, [&](const Process& other) {
      ++seen;
      if (speaks(other)) out.some.push_back(other.key);
      return true;
    });
    out.all = out.some.size();
    if (left == 0) out.all += all->size() - std::min(all->size(), seen + 1);
    return out;
  }

  std::uint64_t visited() const { return visited_; }  // in all: what the questions have cost

 private:
  using Key = std::array<std::uint64_t, 4>;  // of what, and three numbers of it; all zero: none
  using Group = std::set<ProcessKey>;        // by their start
  static constexpr std::size_t kQuestions = 4;
  using Keys = std::array<Key, kQuestions>;

  // A record that came late makes a process that has no end, and whose pid is another's.
  static const Process* live(const Lineage& lineage, ProcessKey key) {
    const Process* process = lineage.live(key.tgid);
    return process && process->key == key ? process : nullptr;
  }
  static Key code_key(const Process& process);
  static Key executable_of(const Process& process);
  static Key siblings_of(const Process& process);
  static Key leftovers_of(const Process& process);
  const Group* group(const Key& key) const;
  std::vector<const Group*> code_groups(const Process& process) const;

  template <typename F>
  void visit(const Lineage& lineage, const Group* group, std::optional<ProcessKey> after, std::size_t& left,
             F&& f) const {
    if (!group) return;
    for (auto it = after ? group->upper_bound(*after) : group->begin(); it != group->end() && left > 0;
         ++it) {
      --left;
      ++visited_;
      if (const Process* process = live(lineage, *it); process && !f(*process)) return;
    }
  }

  std::map<Key, Group> groups_;
  std::unordered_map<ProcessKey, Keys, ProcessKeyHash> keys_;
  mutable std::uint64_t visited_ = 0;
};

// The file it runs, as far as it is known: by what it resolved to, else by its name.
std::string code_of(const Process& process);

// The words after the entry: `worker.js mails` and `worker.js images` are two services. Nothing: not known.
std::optional<std::vector<std::string_view>> arguments_of(const Process& process);

// A number of a text, the same in every run.
std::uint64_t number_of(std::string_view text, std::uint64_t seed = 0xcbf29ce484222325);

}  // namespace stray
