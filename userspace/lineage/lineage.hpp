// SPDX-License-Identifier: Apache-2.0
// The process table and its family tree, from records alone.
//
// Design: apply() takes one decoded event and changes the table; what changed is returned in Change values
// that detectors and sinks read. A dead process stays while a living one has it as origin or creator, then
// goes with the next event (so that sinks can still describe it in the event of its end). Time: only that of
// the records. Memory: detail is counted; over the bound the oldest dead lose theirs first, then go, then the
// living lose the end of a long argv; a living process is never given up. Ownership: Lineage owns every
// Process; pointers hold until the next apply(), of living processes until their end.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "lineage/process.hpp"
#include "record/event.hpp"
#include "record/saved_state.hpp"

namespace stray {

struct Change {
  enum class Kind : std::uint8_t {
    created,  // fork
    seeded,   // found by a snapshot, not known before
    image,    // exec
    ended,
    reparented,  // from `other` (dead, may be nullptr) to process->parent
    signalled,
    oom,
    listening,
    observed,
    loss,  // records were lost
  } kind;
  Process* process;
  Process* other = nullptr;
};

struct LineageOptions {
  std::size_t memory_bytes = 64u << 20;
};

struct LineageCounts {
  std::uint64_t live = 0, dead = 0, evicted_detail = 0, evicted = 0, broken_edges = 0;
  std::uint64_t cut_argv = 0;  // of living processes, shortened for the memory bound
  std::size_t bytes = 0;
};

class Lineage {
 public:
  explicit Lineage(LineageOptions options = {});
  ~Lineage();
  Lineage(const Lineage&) = delete;
  Lineage& operator=(const Lineage&) = delete;

  // What the configuration says of programs; every live image is recognised anew. nullptr: nothing.
  void set_rules(std::shared_ptr<const ProgramRules> rules);

  // The changes hold until the next call.
  const std::vector<Change>& apply(const Event& event);

  const Process* find(ProcessKey key) const;
  CgroupPlace place_of(const Process& process) const;  // with the rules of the configuration
  const Process* live(std::uint32_t tgid) const;
  LineageCounts counts() const;
  BootTime now() const { return now_; }
  bool ready() const { return ready_; }

  // The last event was the end of a process whose end is known already: no event of its own. Kernels before
  // 6.16 can report a death twice.
  bool repeated() const { return repeated_; }

  // ---- the saved state (saved_lineage.cpp) ----
  // Gives images and processes as items, then save_core() the rest; both between two apply().
  void save(const EmitState& emit) const;
  std::string save_core() const;
  // Take what these gave, into a table that has applied nothing; images before who names them, and processes
  // in the order of their keys. False: refused, or taken without a link to a process that is not there.
  bool restore(const StateItem& item);
  bool restore_core(std::string_view body);
  void end_restore();  // after the last item: from here apply() goes on

  // The terminal of a session, as any of its members showed it; for members that kept none themselves.
  Tty session_tty(std::uint32_t sid) const;

  // Live processes that are supervisors by their program and have this name: by key.
  using Supervisors = std::map<ProcessKey, const Process*>;
  const Supervisors& supervisors(std::string_view name) const;

  // Every live process, in no order: for questions whose answer does not depend on it.
  template <typename F>
  void each_live(F&& f) const {
    for (const auto& [tgid, process] : live_) f(*process);
  }

  // All processes by key order: for output, never on the hot path.
  std::vector<const Process*> live_by_key() const;

  template <typename F>
  static void each_child(const Process& process, F&& f) {
    for (const Process* c = process.first_child; c; c = c->next) f(*c);
  }

  // The way up by current parents: f(ancestor) until it returns false. Ends always: a parent is older than
  // its child. What stands further above than any real process has ancestors is not asked, so that a chain of
  // processes made to be long costs no more for each of them.
  template <typename F>
  static void each_ancestor(const Process& process, F&& f) {
    std::size_t left = kMostAncestors;
    for (const Process* p = process.parent; p && left > 0; p = p->parent, --left)
      if (!f(*p)) return;
  }
  static constexpr std::size_t kMostAncestors = 256;

 private:
  Process* get(ProcessKey key);
  Process& create(ProcessKey key);
  Process* live_now(std::uint32_t tgid);
  void set_parent(Process& child, Process* parent, ProcessKey parent_key, Edge edge);
  void set_origin(Process& child, Process* origin, Process* creator, Edge edge);
  void unlink_from_parent(Process& child);
  void resolve_waiting(Process& parent);
  void end(Process& process, Ended ended, Process* reaper, bool reaper_known);
  void reparent_children(Process& from, Process* to, bool known);
  void note_end(Process& parent, const Process& child);  // short_lives.cpp
  void new_image(Process& process, std::shared_ptr<Image> image);
  std::shared_ptr<Image> make_image(const Image& image);
  void recount(Image& image);
  void recount(Observed& seen);
  Observed& seen_of(Process& process);
  void recognise_image(Image& image, const Observed* seen);
  void note_file(Process& process, const SawProcess& saw);
  void program_changed(const Process& process);
  void forget_supervisor(const Process& process);
  std::shared_ptr<const std::string> share(std::string_view cgroup, const Process* relative);
  void release_unneeded();
  void erase(Process& dead);
  void remember_gone();
  void enforce_bound();
  void drop_detail(Process& dead);
  void give_up_oldest();
  void cut_living(std::size_t target);
  void cut_argv(Process& process, std::size_t most);

  void on(const Event& event, const Fork& fork);
  void on(const Event& event, const Exec& exec);
  void on(const Event& event, const Exit& exit);
  void on(const Event& event, const Oom& oom);
  void on(const Event& event, const Signal& signal);
  void on(const Event& event, const Listen& listen);
  void on(const Event& event, const Seed& seed);
  void on(const Event& event, const SawProcess& saw);
  void on(const Event& event, const SawScript& saw);
  void on(const Event& event, const SawUsage& saw);
  void on(const Event& event, const SawSockets& saw);
  void on(const Event& event, const SawChildren& saw);
  void on(const Event& event, const InferredExit& exit);
  void on(const Event& event, const Gap& gap);
  void on(const Event& event, const Ready& ready);
  template <typename T>
  void on(const Event&, const T&) {}

  Process& subject(const Event& event);  // found, or made with a broken edge: its fork was lost

  struct Death {
    std::uint64_t number;
    ProcessKey key;
  };
  Process* get(const Death& death);  // nullptr: released
  const Process* find(const Death& death) const;

  friend struct tlv::Saved<Lineage>;
  struct Links;
  struct Restoring;
  bool restore_image(std::string_view body);
  bool restore_process(ProcessKey key, std::string_view body);
  bool restore_links(Process& process, const Links& links);
  static void sort_children(Process& parent, const std::unordered_map<const Process*, std::uint32_t>& places);

  static constexpr std::size_t kProcessBytes = sizeof(Process) + 128;  // and its places in the tables
  static constexpr std::size_t kPastImages = 8;
  static constexpr std::size_t kMostRuntimes = 1024;
  static constexpr std::size_t kMostSessions = 4096;
  static constexpr std::size_t kGoneKept = 1024;

  // What is not derived from the processes is saved in saved_fields.hpp: a new field needs a line there.
  LineageOptions options_;
  std::unique_ptr<Account> account_;  // before what is charged to it
  BootTime now_{};
  bool ready_ = false, repeated_ = false;
  std::unordered_map<ProcessKey, Process, ProcessKeyHash> table_;  // its nodes stay where they are
  std::unordered_map<std::uint32_t, Process*> live_;
  std::map<ProcessKey, std::vector<ProcessKey>> waiting_;   // seeds before their parents
  std::map<std::string_view, Supervisors> supervisors_;     // by name
  std::map<Image::File, Runtime> runtimes_;                 // a hard link's name proves nothing
  std::vector<std::shared_ptr<const ProgramRules>> rules_;  // the last is in force; images borrow from all
  std::map<std::uint32_t, Tty> session_ttys_;
  std::uint64_t deaths_ = 0;
  std::deque<Death> dead_;          // in order of death; may name some already released
  std::deque<Death> skeletons_;     // of those, the ones whose detail was dropped
  std::size_t skeletons_held_ = 0;  // of these, not yet released
  std::vector<ProcessKey>
      gone_;                   // the last released, a ring once full: a second report of their end may come
  std::size_t next_gone_ = 0;  // the oldest of a full ring
  std::vector<ProcessKey> erased_;   // since remember_gone()
  std::vector<ProcessKey> release_;  // dead and needed by nobody: goes with the next event
  std::unique_ptr<Restoring> restoring_;
  std::vector<Change> changes_;
  std::size_t cut_again_ = 0;  // bytes from which another look at the living pays
  LineageCounts counts_;
};

}  // namespace stray
