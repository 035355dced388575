// SPDX-License-Identifier: Apache-2.0
#include "findings/copies.hpp"

#include <algorithm>

#include "base/words.hpp"
#include "findings/piles.hpp"
#include "findings/rules.hpp"

namespace stray {
namespace {

enum Question : std::uint64_t { kCode = 1, kExecutable, kSiblings, kLeftovers };

}  // namespace

std::uint64_t number_of(std::string_view text, std::uint64_t seed) {
  for (const char c : text) seed = (seed ^ static_cast<std::uint8_t>(c)) * 0x100000001b3;  // FNV-1a
  return seed;
}

std::string code_of(const Process& p) {
  if (p.program().entry_kind != EntryKind::file) return {};
  if (p.seen && p.seen->script_first.entry == p.program().entry && !p.seen->script_first.path.empty())
    return p.seen->script_first.path;
  const std::string& entry = p.program().entry;
  if (entry.starts_with('/')) return entry;
  const std::string cwd = p.seen && !p.seen->cwd.empty() ? p.seen->cwd
                          : p.image                      ? p.image->cwd
                                                         : std::string();
  return cwd.empty() ? std::string() : cwd + "/" + entry.substr(entry.starts_with("./") ? 2 : 0);
}

std::optional<std::vector<std::string_view>> arguments_of(const Process& p) {
  if (!p.image || !p.image->at_exec) return {};
  const Words words = words_of(p.argv());
  const auto entry = std::find(words.begin(), words.end(), std::string_view(p.program().entry));
  if (entry == words.end()) return {};  // PM2's container: its arguments are not in argv
  return Words(entry + 1, words.end());
}

// The last number is that of the arguments; 0: not known.
Copies::Key Copies::code_key(const Process& p) {
  if (p.program().role != Role::app) return {};
  const std::string code = code_of(p);
  if (code.empty()) return {};
  std::uint64_t words = 0;
  if (const auto arguments = arguments_of(p)) {
    words = number_of({});
    for (const std::string_view word : *arguments) words = number_of({"", 1}, number_of(word, words));
    words = std::max<std::uint64_t>(words, 1);
  }
  return {kCode, std::uint64_t{p.uid} << 32 | p.mntns, number_of(code), words};
}

Copies::Key Copies::executable_of(const Process& p) {
  const bool other =
      p.seen && (p.seen->exe_state == STRAY_EXE_GONE || p.seen->exe_state == STRAY_EXE_REPLACED);
  return other ? Key{kExecutable, p.mntns, number_of(p.exe()), 0} : Key{};
}

Copies::Key Copies::siblings_of(const Process& p) {
  if (!p.parent || p.program().entry_kind != EntryKind::file) return {};
  return {kSiblings, p.parent->key.start.count(), p.parent->key.tgid, number_of(p.program().entry)};
}

Copies::Key Copies::leftovers_of(const Process& p) {
  if (!left_by_unit(p)) return {};
  return {kLeftovers, p.uid, number_of(p.cgroup()), number_of_program(p)};
}

const Copies::Group* Copies::group(const Key& key) const {
  const auto it = groups_.find(key);
  return it == groups_.end() ? nullptr : &it->second;
}

// Words that are not known may be any.
std::vector<const Copies::Group*> Copies::code_groups(const Process& p) const {
  Key key = code_key(p);
  std::vector<const Group*> out;
  if (key == Key{}) return out;
  if (key.back() != 0) {
    out.push_back(group(key));
    key.back() = 0;
    out.push_back(group(key));
    return out;
  }
  for (auto it = groups_.lower_bound(key); it != groups_.end() && out.size() < kMostCompared; ++it) {
    if (!std::equal(key.begin(), key.end() - 1, it->first.begin())) break;
    out.push_back(&it->second);
  }
  return out;
}

void Copies::update(const Process& p) {
  if (!p.alive()) return remove(p.key);
  const Keys now{code_key(p), executable_of(p), siblings_of(p), leftovers_of(p)};
  const bool none = now == Keys{};
  const auto it = keys_.find(p.key);
  if (it == keys_.end() ? none : it->second == now) return;
  remove(p.key);
  if (none) return;
  keys_.emplace(p.key, now);
  for (const Key& key : now)
    if (key != Key{}) groups_[key].insert(p.key);
}

void Copies::remove(ProcessKey key) {
  const auto it = keys_.find(key);
  if (it == keys_.end()) return;
  for (const Key& of : it->second)
    if (const auto all = groups_.find(of); all != groups_.end()) {
      all->second.erase(key);
      if (all->second.empty()) groups_.erase(all);
    }
  keys_.erase(it);
}

}  // namespace stray
