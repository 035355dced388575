// SPDX-License-Identifier: Apache-2.0
// Random lives of processes with random loss of their records, on a small host of its own: after each audit
// the table is what the host is. Deterministic: a failure names its seed. STRAY_PROPERTY_SECONDS=600 goes on
// with new seeds for so long.
#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <map>
#include <random>
#include <set>
#include <string>

#include "pipeline/pipeline.hpp"
#include "sources/audit.hpp"
#include "support/records.hpp"

namespace stray {
namespace {

using namespace records;

constexpr std::uint32_t kMostPid = 40;  // few, so that pids come back soon
constexpr std::size_t kMostAlive = 24;
constexpr int kRounds = 60, kSeeds = 40;

struct Task {
  ProcessKey key, parent;
  std::uint32_t execs = 1, program = 0;
  bool subreaper = false;
  std::string exe() const { return "/bin/program" + std::to_string(program); }
  Who who() const { return {.execs = execs, .inode = 100 + program}; }
};

// The truth, and the ring that tells of it.
class World {
 public:
  explicit World(std::uint64_t seed) : random_(seed) { tasks_[1] = {.key = {BootTime{1}, 1}, .parent = {}}; }

  // One step of somebody's life; its record finds room in the ring or not.
  void step() {
    const Task& actor = any();
    switch (below(8)) {
      case 0:
      case 1:
      case 2:
        return fork_by(actor);
      case 3:
      case 4:
        return exec_by(actor.key.tgid);
      case 5:
        tasks_[actor.key.tgid].subreaper = chance(50);
        return;
      default:
        return exit_of(actor.key.tgid);
    }
  }
  void lose(bool losing) { losing_ = losing; }
  bool chance(unsigned percent) { return below(100) < percent; }
  unsigned below(unsigned end) { return static_cast<unsigned>(random_() % end); }
  BootTime now() { return BootTime{++clock_}; }
  std::uint64_t lost() const { return lost_; }
  const std::map<std::uint32_t, Task>& tasks() const { return tasks_; }

  void drain(const AuditSteps::Feed& feed) {
    for (; !ring_.empty(); ring_.pop_front()) feed(ring_.front());
  }

  void snapshot(const AuditSteps::Feed& feed) {
    for (std::uint32_t pid = 1; pid <= kMostPid; ++pid) {
      const auto it = tasks_.find(pid);
      if (it == tasks_.end()) continue;
      const Task& task = it->second;
      const std::uint32_t flags =
          (task.subreaper ? STRAY_SEED_SUBREAPER : 0) | (pid == 1 ? STRAY_SEED_NAMESPACE_INIT : 0);
      feed(seed(task.key, task.parent, task.exe(), now(), flags, task.who()));
    }
  }

 private:
  const Task& any() {
    auto it = tasks_.begin();
    std::advance(it, below(static_cast<unsigned>(tasks_.size())));
    return it->second;
  }

  void fork_by(const Task& creator) {
    if (tasks_.size() >= kMostAlive) return;
    while (tasks_.contains(last_pid_ = last_pid_ % kMostPid + 1)) {
    }
    const bool beside = creator.parent && chance(10);  // CLONE_PARENT
    Task child = creator;
    child.key = {now(), last_pid_};
    child.parent = beside ? creator.parent : creator.key;
    child.subreaper = false;
    const ProcessKey maker = creator.key;
    tasks_[last_pid_] = child;
    put(fork(child.key, child.parent, now(), maker));
  }

  void exec_by(std::uint32_t pid) {
    Task& task = tasks_[pid];
    ++task.execs;
    task.program = below(4);  // often the same file again
    put(exec(task.key, now(), task.exe(), {task.exe(), std::to_string(task.execs)}, task.who()));
  }

  void exit_of(std::uint32_t pid) {
    if (pid == 1) return;
    const Task gone = tasks_[pid];
    ProcessKey reaper = gone.parent;
    while (reaper.tgid != 1 && !tasks_[reaper.tgid].subreaper) reaper = tasks_[reaper.tgid].parent;
    tasks_.erase(pid);
    for (auto& [child, task] : tasks_)
      if (task.parent == gone.key) task.parent = reaper;
    put(exit(gone.key, now(), 0, reaper));
  }

  void put(Bytes record) {
    if (losing_ && chance(80)) {
      ++lost_;
      return;
    }
    stray_head head;
    std::memcpy(&head, record.data(), sizeof head);
    head.lost = lost_;
    std::memcpy(record.data(), &head, sizeof head);
    ring_.push_back(std::move(record));
  }

  std::mt19937_64 random_;
  std::map<std::uint32_t, Task> tasks_;  // alive
  std::deque<Bytes> ring_;
  std::uint64_t clock_ = 1000, lost_ = 0;
  std::uint32_t last_pid_ = 1;
  bool losing_ = false;
};

std::string difference(const World& world, const Lineage& table) {
  if (table.counts().live != world.tasks().size())
    return std::to_string(table.counts().live) + " alive in the table, " +
           std::to_string(world.tasks().size()) + " in truth";
  for (const auto& [pid, task] : world.tasks()) {
    const Process* process = table.live(pid);
    const std::string name = "pid " + std::to_string(pid) + ": ";
    if (!process || process->key != task.key) return name + "another process";
    if (process->parent_key != task.parent) return name + "another parent";
    if (task.parent && (!process->parent || process->parent->key != task.parent)) return name + "no link";
    if (!process->image || process->image->exe != task.exe()) return name + "another program";
    if (process->image->execs != task.execs) return name + "an exec is missing";
  }
  return {};
}

// Lives and losses from one seed; what differs after an audit, or nothing.
std::string play(std::uint64_t seed, std::uint64_t& audits) {
  World world(seed);
  Pipeline pipeline({}, {});
  const AuditSteps::Feed feed = [&](RawRecord raw) {
    pipeline.feed(raw);
    pipeline.detectors().take_requests();
  };
  feed(session(BootTime{1}));
  world.snapshot(feed);
  feed(ready(world.now()));
  std::uint64_t audited = 0;
  for (int round = 0; round < kRounds; ++round) {
    world.lose(world.chance(40));
    for (unsigned steps = world.below(30); steps > 0; --steps) world.step();
    world.drain(feed);
    if (audited != world.lost()) {
      world.lose(false);
      feed(wire::Record<stray_gap>(wire::head(STRAY_GAP, world.now())).bytes());
      audit_table(pipeline.lineage(), {.feed = feed,
                                       .drain = [&] { world.drain(feed); },
                                       .snapshot = [&](const auto& sink) { world.snapshot(sink); },
                                       .now = [&] { return world.now(); }});
      audited = world.lost();
      ++audits;
    }
    if (const std::string text = difference(world, pipeline.lineage()); !text.empty())
      return "round " + std::to_string(round) + ": " + text;
  }
  return {};
}

std::chrono::seconds longer() {
  const char* text = std::getenv("STRAY_PROPERTY_SECONDS");
  return std::chrono::seconds(text ? std::strtoll(text, nullptr, 10) : 0);
}

TEST(LossProperty, AfterAnAuditTheTableIsTheHost) {
  const auto end = std::chrono::steady_clock::now() + longer();
  std::uint64_t audits = 0, seed = 1;
  for (; seed <= kSeeds || std::chrono::steady_clock::now() < end; ++seed) {
    const std::string text = play(seed, audits);
    ASSERT_TRUE(text.empty()) << "seed " << seed << ", " << text;
  }
  EXPECT_GT(audits, seed) << "hardly anything was lost";
  ::testing::Test::RecordProperty("audits", std::to_string(audits));
}

}  // namespace
}  // namespace stray
