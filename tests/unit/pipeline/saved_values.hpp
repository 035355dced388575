// SPDX-License-Identifier: Apache-2.0
// Every field of what a saved state holds, by name and tag, for tests that fill each with a value of its own
// and look for it in the saved bytes and in what was restored from them.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <iterator>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "findings/finding_fields.hpp"
#include "lineage/saved_fields.hpp"
#include "program/supervisors.hpp"
#include "record/host.hpp"
#include "record/tlv.hpp"

namespace stray::saved {

template <typename T>
struct Fields;

using Supervisor = std::optional<SupervisorKind>;  // saved by its name

template <typename T>
inline constexpr bool kIsByKind = false;
template <typename T>
inline constexpr bool kIsByKind<std::map<Kind, T>> = true;

// visit(tag, name, field) of each field with a tag.
template <const auto& kTags>
void visit_each(auto& visit, std::string_view names, auto&... fields) {
  static_assert(std::size(kTags) == sizeof...(fields), "a tag for each field");
  const auto next = [&] {
    const auto comma = names.find(", ");
    const std::string name(names.substr(0, comma));
    names.remove_prefix(comma == std::string_view::npos ? names.size() : comma + 2);
    return name;
  };
  [&]<std::size_t... kIndex>(std::index_sequence<kIndex...>) {
    const auto one = [&]<std::size_t kAt>(std::integral_constant<std::size_t, kAt>, auto& field) {
      const std::string name = next();
      if constexpr (kTags[kAt] != 0) visit(kTags[kAt], name, field);
    };
    (one(std::integral_constant<std::size_t, kIndex>(), fields), ...);
  }
  (std::index_sequence_for<decltype(fields)...>());
}

// Names all fields of T in their order, each with the tag that docs/capture-format.md gives it. 0: it is
// derived, or the test of its own below has it.
#define STRAY_TAGS(...) \
  { __VA_ARGS__ }
#define STRAY_FIELDS(T, tags, ...)                         \
  template <>                                              \
  struct Fields<T> {                                       \
    static constexpr std::uint16_t kTags[] = tags;         \
    static void visit(auto& value, auto&& visit) {         \
      auto& [__VA_ARGS__] = value;                         \
      visit_each<kTags>(visit, #__VA_ARGS__, __VA_ARGS__); \
    }                                                      \
  };

template <typename A, typename B>
struct Fields<std::pair<A, B>> {
  static void visit(auto& value, auto&& visit) {
    visit(std::uint16_t{1}, std::string("first"), value.first);
    visit(std::uint16_t{2}, std::string("second"), value.second);
  }
};

STRAY_FIELDS(Program, STRAY_TAGS(1, 2, 19, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 20),
             runtime, entry_kind, runtime_name, entry, role, name, watcher, data_explorer, ide, shell_c,
             shell, daemon, inspector, inspector_address, runs_runtime, daemonizer, breaker, heap_limit_mib,
             supervisor, desk)
STRAY_FIELDS(Image,
             STRAY_TAGS(2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 22, 23, 27, 24, 25, 26, 18,
                        19, 20, 21, 0),
             time, at_exec, exe, cwd, name, interp, argv, env, env_known, argc, argv_bytes, flags, inode,
             dev_major, dev_minor, nlink, execs, observed, content, owner, owner_uid, owned, comm, tty, sid,
             program, charge)
STRAY_FIELDS(SignalSeen, STRAY_TAGS(1, 2, 3, 4, 5, 6), time, signal, from_kernel, sender, sender_name,
             sender_uid)
STRAY_FIELDS(Ended, STRAY_TAGS(1, 2, 3, 4, 5, 6, 7, 8, 9, 10), time, status, user_ns, system_ns, runtime_ns,
             max_rss, killer, reaper, inferred, oom)
STRAY_FIELDS(ScriptSeen, STRAY_TAGS(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16), time, state,
             entry, path, inode, bytes, mtime_ns, ctime_ns, hash, dev_major, dev_minor, birth_ns,
             link_ctime_ns, link, target, package)
STRAY_FIELDS(MemoryHour, STRAY_TAGS(1, 2, 3), hour, sum, looks)
STRAY_FIELDS(CpuSample, STRAY_TAGS(1, 2), time, ns)
STRAY_FIELDS(ZombieRise, STRAY_TAGS(1, 2), since, from)
STRAY_FIELDS(ShortLife, STRAY_TAGS(1, 2, 3, 4, 5), began, ended, status, what, name)
STRAY_FIELDS(Listening, STRAY_TAGS(1, 2, 3), family, port, address)
STRAY_FIELDS(Observed,
             STRAY_TAGS(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 23, 24, 25, 26, 35, 27, 18,
                        19, 20, 21, 36, 28, 29, 30, 31, 37, 32, 33, 34, 39, 40, 41, 42, 43, 38, 22, 0),
             process_time, usage_time, sockets_time, gone, stdio, flags, stdio_tty, cwd, exe, user, login,
             pidfile, pm2, title, script, script_first, script_missing_since, script_changed_since, exe_state,
             boot, saved, restart, boot_by, rss, anon, swap, cpu_ns, peak, memory_limit, memory_used,
             memory_available, hours, cpu_samples, children_time, children, zombies, zombie_rise, pid_limit,
             pids, host_limit, host_pids, gpu, sockets, charge)
// Its links to others are numbers and keys in a record: the histories of saved_state_test.cpp have them.
STRAY_FIELDS(Process,
             STRAY_TAGS(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 0, 0, 0, 0, 11, 12, 13, 14, 0, 0, 15, 16, 17, 18,
                        19, 20, 32, 36, 21, 22, 23, 34, 35, 0, 0, 0, 0, 0, 0, 0),
             key, ns_pid, pidns, mntns, uid, sid, pgid, loginuid, audit_session, tty, cgroup_id, cgroup_path,
             parent, origin, creator, parent_key, parent_edge, origin_edge, reparented, image, past, images,
             kthread, subreaper, namespace_init, seeded, oom, skeleton, unread, ended, last_signal, seen,
             unreaped_most, short_lives, first_child, last_child, next, previous, live_children, needed_by,
             death)
STRAY_FIELDS(Evidence, STRAY_TAGS(1, 2, 3), code, text, at)
STRAY_FIELDS(Condition, STRAY_TAGS(1, 2, 3, 4, 5, 10, 6, 7, 9, 11), since, wait, human_limit, severity,
             severity_until, claim, message, evidence, members, alike)
STRAY_FIELDS(Finding, STRAY_TAGS(1, 2, 3, 4, 5, 6, 7, 8), action, kind, process, since, raised, time, what,
             reason)
STRAY_FIELDS(Detectors::State, STRAY_TAGS(1, 2, 3, 4, 5, 7, 6), stage, since, raised, reported, human_limit,
             silent, settled_since)
STRAY_FIELDS(PileCount, STRAY_TAGS(1, 2), time, count)
STRAY_FIELDS(Pile, STRAY_TAGS(1, 2), what, counts)
STRAY_FIELDS(Detectors::Watch, STRAY_TAGS(1, 2, 3, 4, 9, 10, 13, 5, 6, 7, 8, 11, 14, 12, 0, 0), states,
             settle, script_next, sample_next, memory_next, children_next, pile_next, asked, asked_fresh,
             wake, judged, speaks, pile, crowd, uid, sid)
STRAY_FIELDS(Detectors::Oom, STRAY_TAGS(1, 2, 3, 4), finding, exe, argv, uid)
STRAY_FIELDS(Host, STRAY_TAGS(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13), boot_id, boot, name, kernel,
             version, machine_id, memory, cpus, real_offset_ns, pidns, missing_kinds, missing_capabilities,
             unwatched_from)

// Gives each field a value that it does not have by itself, and that no field beside it has. Flags have only
// two: they all change in round 0, and in each later one those whose place has a certain bit, so that two of
// them differ in some round.
class Fill {
 public:
  static constexpr unsigned kRounds = 10;
  explicit Fill(unsigned round) : round_(round) {}

  template <typename T>
  void operator()(T& value) {
    if constexpr (std::is_same_v<T, bool>) {
      ++place_;
      if (round_ == 0 || place_ >> (round_ - 1) & 1) value = !value;
    } else if constexpr (std::is_same_v<T, Kind>) {
      value = Kind::duplicate;
    } else if constexpr (std::is_same_v<T, Supervisor>) {
      value = *find_supervisor("pm2");
    } else if constexpr (std::is_enum_v<T>) {
      // The last enumerators of a program's are known to saved_program.cpp: all have more than three.
      const T before = value;
      do value = static_cast<T>(1 + ++place_ % 2);
      while (value == before);
    } else if constexpr (std::is_integral_v<T>) {
      value = static_cast<T>(sizeof(T) == 1 ? 1 + ++place_ % 250 : 1000 + ++place_);
    } else if constexpr (std::is_same_v<T, BootTime>) {
      value = BootTime{5'000'000'000 + ++place_};
    } else if constexpr (std::is_same_v<T, std::string>) {
      value = "text " + std::to_string(++place_);
    } else if constexpr (std::is_same_v<T, ProcessKey>) {
      value = {BootTime{7'000'000'000 + ++place_}, static_cast<std::uint32_t>(place_)};
    } else if constexpr (std::is_same_v<T, Tty>) {
      value.major = ++place_, value.minor = ++place_;
    } else if constexpr (kIsByKind<T>) {
      for (const Kind kind : kKinds) (*this)(value[kind]);
    } else if constexpr (tlv::kIsBytes<T>) {
      for (auto& one : value) (*this)(one);
    } else if constexpr (tlv::kIsHeld<T>) {
      if constexpr (requires { value.emplace(); })
        (*this)(value.emplace());
      else
        (*this)(*(value = std::make_unique<typename T::element_type>()));
    } else if constexpr (tlv::kIsList<T>) {
      for (int i = 0; i < 2; ++i) (*this)(value.emplace_back());
    } else {
      Fields<T>::visit(value, [&](std::uint16_t, const std::string&, auto& field) { (*this)(field); });
    }
  }

 private:
  unsigned round_;
  unsigned place_ = 0;
};

// The values of all fields by their paths ("seen.script.entry"), as the bytes that they are saved as.
using Values = std::map<std::string, std::string>;

template <typename T>
std::string encoded(const T& value) {
  if constexpr (std::is_same_v<T, Kind>) {
    return std::string(to_string(value));
  } else if constexpr (std::is_same_v<T, Supervisor>) {
    return std::string(value ? value->name : "");
  } else {
    constexpr std::size_t kHead = 8;
    std::string out;
    tlv::Writer writer(out);
    writer(1, std::optional(value));  // so that no value is the usual one
    return out.substr(kHead);
  }
}

template <typename T>
inline constexpr bool kIsLeaf = tlv::Flat<T> || std::is_same_v<T, Kind> || std::is_same_v<T, Supervisor>;

template <typename T>
void flatten(const T& value, const std::string& path, Values& out) {
  if constexpr (kIsLeaf<T>) {
    out[path] = encoded(value);
  } else if constexpr (tlv::kIsHeld<T>) {
    if (value) flatten(*value, path, out);
  } else if constexpr (tlv::kIsList<T>) {
    for (std::size_t i = 0; i < value.size(); ++i) flatten(value[i], path + "." + std::to_string(i), out);
  } else if constexpr (kIsByKind<T>) {
    for (const auto& [kind, one] : value) flatten(one, path + "." + std::string(to_string(kind)), out);
  } else {
    Fields<T>::visit(value, [&](std::uint16_t, const std::string& name, const auto& field) {
      flatten(field, path + "." + name, out);
    });
  }
}

template <typename T>
Values values_of(const T& value) {
  Values out;
  flatten(value, "", out);
  return out;
}

using Items = std::multimap<std::uint16_t, std::string_view>;

inline Items items_of(std::string_view body) {
  constexpr std::size_t kHead = 8;
  Items out;
  while (body.size() >= kHead) {
    std::uint16_t tag = 0;
    std::uint32_t length = 0;
    std::memcpy(&tag, body.data(), sizeof tag);
    std::memcpy(&length, body.data() + 4, sizeof length);
    out.emplace(tag, body.substr(kHead, length));
    body.remove_prefix(std::min<std::size_t>(kHead + length, body.size()));
  }
  return out;
}

// The same of saved bytes: what stands under each tag that a field has. What does not stand there is what a
// new T has. `others`: tags of `body` itself that no field has.
template <typename T>
void flatten_saved(std::string_view body, const std::string& path, Values& out,
                   const std::set<std::uint16_t>& others = {}) {
  if constexpr (kIsLeaf<T>) {
    out[path] = body;
  } else if constexpr (tlv::kIsHeld<T>) {
    flatten_saved<std::remove_cvref_t<decltype(*std::declval<T&>())>>(body, path, out);
  } else {
    const Items items = items_of(body);
    std::set<std::uint16_t> known = others;
    const T fresh{};
    Fields<T>::visit(fresh, [&](std::uint16_t tag, const std::string& name, const auto& field) {
      using F = std::remove_cvref_t<decltype(field)>;
      const std::string at = path + "." + name;
      known.insert(tag);
      auto [item, end] = items.equal_range(tag);
      if (item == end) return flatten(field, at, out);
      if constexpr (kIsByKind<F>) {
        for (; item != end; ++item) {
          const Items entry = items_of(item->second);
          flatten_saved<typename F::mapped_type>(entry.find(2)->second,
                                                 at + "." + std::string(entry.find(1)->second), out);
        }
      } else if constexpr (tlv::kIsList<F>) {
        for (std::size_t i = 0; item != end; ++item)
          flatten_saved<typename F::value_type>(item->second, at + "." + std::to_string(i++), out);
      } else {
        flatten_saved<F>(item->second, at, out);
      }
    });
    for (const auto& [tag, bytes] : items) EXPECT_TRUE(known.contains(tag)) << path << " has a tag " << tag;
  }
}

inline void expect_same(const Values& expected, const Values& got, const char* where) {
  for (const auto& [path, bytes] : expected) {
    const auto other = got.find(path);
    EXPECT_TRUE(other != got.end() && other->second == bytes) << path << " is another " << where;
  }
  EXPECT_EQ(expected.size(), got.size()) << where;
}

}  // namespace stray::saved
