// SPDX-License-Identifier: Apache-2.0
// Waits, raises, updates and clears: the life of findings over the rules.
//
// Design: processes that some rule may speak of are watched. A watched process is judged when something about
// it changed and when a time it waits for has come. A condition that holds for its waiting time is raised,
// but only on fresh observations, which are asked for when the time comes; it is updated when what it says
// changed, and cleared when it stops holding. Time: that of the records alone. Order: watched processes and
// timers are kept by key, so a replay is the same.
#pragma once

#include <array>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "findings/copies.hpp"
#include "findings/crowds.hpp"
#include "findings/finding.hpp"
#include "findings/kinds.hpp"
#include "findings/options.hpp"
#include "findings/piles.hpp"
#include "findings/scene.hpp"
#include "findings/stray.hpp"
#include "lineage/lineage.hpp"
#include "record/request.hpp"
#include "record/saved_state.hpp"

namespace stray {

class Detectors {
 public:
  Detectors(DetectOptions options, const Lineage& lineage);

  void apply(const Event& event, const std::vector<Change>& changes);

  std::vector<Finding> take_findings();      // since the last call, in order
  std::vector<Request> take_requests();      // for the observer, in order
  std::optional<BootTime> next_due() const;  // a record (a tick will do) is wanted at this time

  // ---- the saved state (saved_findings.cpp), without what take_…() would give now: take that first ----
  void save(const EmitState& emit) const;
  std::string save_core() const;
  // Into detectors that have applied nothing, when the lineage has its processes again. False: refused.
  bool restore(const StateItem& item);
  bool restore_core(std::string_view body);
  void end_restore();  // when all of the lineage is there

  // ---- what a run before left open (carried_findings.cpp) ----
  // Gives what is open as items for the next run of this boot, which takes each by carry() before its
  // snapshot is in. False: refused.
  void save_open(const EmitState& emit) const;
  bool carry(const StateItem& item);

  // By process, then kind: those that are told, with what was carried and may still hold, and of this process
  // the silent ones too (crowds.hpp).
  std::vector<Finding> open(ProcessKey also = {}) const;
  // What an open finding about this process belongs to, with what is to be done about all of it.
  Stray stray_of(const Finding& finding) const;
  Scene scene() const;  // holds until the next record
  const DetectOptions& options() const { return options_; }
  void replace_options(DetectOptions options);  // keeps what is open; judges all anew
  std::uint64_t visited() const { return copies_.visited() + judged_; }  // what it has cost: for tests

 private:
  // Every field of these and of the class is saved in saved_findings.cpp: a new one needs a line there.
  struct State {
    enum class Stage : std::uint8_t { off, pending, open } stage = Stage::off;
    BootTime since{}, raised{};
    Condition reported;        // as last raised or updated
    bool human_limit = false;  // the wait counted so far was one for people
    bool silent = false;       // open, and counted with its crowd
    BootTime
        settled_since{};  // open, and its condition has not held since; some must stay so before they end
  };
  // Of most processes none is on: those that are off take no room.
  using States = std::map<Kind, State>;
  static const State& state_of(const States& states, Kind kind) {
    static const State off;
    const auto it = states.find(kind);
    return it == states.end() ? off : it->second;
  }
  struct Watch {
    States states;
    BootTime settle{};  // not looked at before: most processes are gone by then
    BootTime script_next{}, sample_next{}, memory_next{}, children_next{}, pile_next{};
    BootTime asked{};        // when its own identity was last asked for
    BootTime asked_fresh{};  // when a whole fresh look was
    BootTime wake{};         // its place in timers_; 0: none
    bool judged = false;
    bool speaks = false;  // for its crowd
    Pile pile;
    std::optional<Crowd::Key> crowd;  // while it has a finding, or will have one
    std::uint32_t uid = 0, sid = 0;   // as it is counted
  };
  struct Oom {
    Finding finding;
    std::string exe, argv;
    std::uint32_t uid = 0;
  };
  template <typename T>
  friend struct tlv::Saved;
  template <typename E>
  friend struct tlv::LastOf;
  using Timer = std::pair<BootTime, ProcessKey>;
  using Carried = std::map<std::pair<ProcessKey, Kind>, Finding>;
  static constexpr BootTime kAskAgain = seconds(1);  // when no answer came
  std::vector<Timer> other_timers() const;           // of neither a watch nor an OOM kill

  void consider(const Process& process);  // watch it if a rule may speak of it, and judge it
  void refresh(const Process& process);
  Watch& watch_of(const Process& process);
  void count(ProcessKey key, Watch& watch, const Process& process);
  void discount(ProcessKey key, const Watch& watch);
  void restore_counts(Watch& watch, const Process& process);
  BootTime stretched(BootTime interval, const Watch& watch) const;
  bool stays_silent(Kind kind, const Process& process, Watch& watch, const Condition& condition);
  void place_in_crowd(ProcessKey key, Watch& watch);
  void wake_in(ProcessKey key, BootTime time);
  std::optional<std::pair<ProcessKey, Kind>> voice_of(const Crowd& crowd) const;
  void announce(const Crowd& crowd);
  static void set_alike(Condition& condition, std::uint64_t alike);
  void judge(const Process& process);
  bool known_enough(const Process& process);
  void judge_kind(const KindRow& row, const Process& process, Watch& watch, BootTime& wake);
  bool fresh(Kind kind, const Process& process) const;
  void ask_fresh(const Process& process, Watch& watch);
  void plan_looks(const Process& process, Watch& watch, BootTime& wake);
  void plan_memory(const Process& process, Watch& watch, BootTime& wake);
  BootTime script_interval() const;
  void plan_children(const Process& process, Watch& watch, BootTime& wake);
  void plan_pile(const Process& process, Watch& watch, BootTime& wake);
  bool may_pile(const Process& process) const;
  void one_more_child(const Process& child);
  void one_more_leftover(const Process& process);
  bool still_open(Kind kind, State& state, BootTime& wake) const;
  void add_open(ProcessKey key, std::vector<Finding>& out) const;
  void add_silent(ProcessKey key, const Watch& watch, std::vector<Finding>& out) const;
  void child_ended(const Process& parent, const Process& child);
  void judge_twins(const Process& ended);
  void raise(Kind kind, const Process& process, State& state, Condition condition);
  void update(Kind kind, const Process& process, State& state, Condition condition);
  void clear(Kind kind, ProcessKey key, const State& state, std::string reason);
  void forget(ProcessKey key, const std::string& reason);
  static void soonest(BootTime& wake, BootTime when);  // 0: no wake yet
  void set_wake(ProcessKey key, Watch& watch, BootTime when);
  void run_timers();
  void judge_below(const Process& process);
  void judge_shell_above(const Process& process);
  void judge_session(std::uint32_t sid);
  void on_ready();
  void begin_carried();
  bool restore_carried(const StateItem& item);
  bool may_hold(const Finding& carried) const;
  void go_on(Carried::iterator carried, const Process& process, State& state, Condition condition);
  Carried::iterator resolve(Carried::iterator carried, std::string reason);
  void resolve_carried(ProcessKey key, const std::string& reason, std::optional<Kind> kind = {});
  void resolve_all_carried(const std::string& reason);
  void look_at_newcomer(const Process& process);
  void look_at_files();
  void on_oom(const Event& event, const Process& victim);
  void oom_back(const Process& process);
  void clear_oom(ProcessKey key, std::string reason);
  // By the configuration, at this moment. Sets the wake to when that ends.
  bool allowed(Kind kind, const Process& process, BootTime& wake) const;
  void set_severity(Kind kind, Condition& condition) const;
  void ask(ProcessKey key, Look look, std::string entry = {});

  DetectOptions options_;
  const Lineage& lineage_;
  BootTime now_{};
  std::uint64_t host_memory_ = 0;
  std::int64_t real_offset_ns_ = 0;
  std::array<std::uint8_t, 16> boot_{};
  std::map<ProcessKey, Watch> watched_;
  // Derived from the lineage and from watched_, not saved:
  Copies copies_;
  std::map<Crowd::Key, Crowd> crowds_;
  std::map<std::uint32_t, std::size_t> of_user_;               // how many of it are watched
  std::set<std::pair<std::uint32_t, ProcessKey>> of_session_;  // those of watched_, by session
  std::uint64_t judged_ = 0;
  std::set<Timer> timers_;
  std::map<ProcessKey, Oom> ooms_;                                     // bounded: the oldest makes room
  std::map<std::string, std::set<ProcessKey>, std::less<>> oom_exes_;  // of ooms_: each exec asks for its own
  Carried carried_;           // of the run before: their processes may live, and their conditions may hold
  BootTime carried_until_{};  // what was not found to hold by then does not; 0: the snapshot is not in
  std::map<Image::File, ProcessKey> newcomers_;         // a process of each file that is to be looked at
  std::set<std::pair<BootTime, Image::File>> look_at_;  // when
  std::vector<Finding> findings_;
  std::vector<Request> requests_;
};

// The processes that open findings name, each once, and the memory they use.
struct Totals {
  std::size_t findings = 0, processes = 0;
  std::size_t alike = 0;  // of these processes: like a named one, counted (crowds.hpp); not in the memory
  std::uint64_t memory = 0;
};
Totals totals_of(const std::vector<Finding>& open, const Lineage& lineage);

}  // namespace stray
