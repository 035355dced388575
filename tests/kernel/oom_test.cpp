// SPDX-License-Identifier: Apache-2.0
// A real kill by the OOM killer in a memory cgroup of its own.
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "live_trace.hpp"

namespace stray::live {
namespace {

constexpr std::uint64_t kLimit = 32u << 20;

// A memory cgroup with a limit, under whichever version of the controller is mounted.
class MemoryCgroup {
 public:
  MemoryCgroup() {
    const std::string name = "/stray-test-" + std::to_string(::getpid());
    if (::access("/sys/fs/cgroup/memory/cgroup.procs", W_OK) == 0) {
      path_ = "/sys/fs/cgroup/memory" + name;
      ready_ = ::mkdir(path_.c_str(), 0755) == 0 && write("memory.limit_in_bytes", std::to_string(kLimit));
    } else {
      std::ofstream("/sys/fs/cgroup/cgroup.subtree_control") << "+memory";
      path_ = "/sys/fs/cgroup" + name;
      ready_ = ::mkdir(path_.c_str(), 0755) == 0 && write("memory.max", std::to_string(kLimit));
    }
  }
  ~MemoryCgroup() { ::rmdir(path_.c_str()); }
  bool ready() const { return ready_; }
  bool enter() const { return write("cgroup.procs", "0"); }

 private:
  bool write(const char* file, const std::string& text) const {
    std::ofstream out(path_ + "/" + file);
    return static_cast<bool>(out << text << std::flush);
  }
  std::string path_;
  bool ready_ = false;
};

class OomTest : public LiveTest {};

TEST_F(OomTest, VictimLimitAndCgroupAreNamed) {
  const MemoryCgroup cgroup;
  if (!cgroup.ready()) GTEST_SKIP() << "no memory cgroup can be made";
  Trace trace;
  Child child([&] {
    if (!cgroup.enter()) return 1;
    std::ofstream("/proc/self/oom_score_adj") << 500;
    void* memory = ::mmap(nullptr, 4 * kLimit, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    std::memset(memory, 1, 4 * kLimit);
    return 0;
  });
  const int status = child.wait();
  ASSERT_TRUE(WIFSIGNALED(status));
  trace.catch_up();
  const Seen& seen = trace.only<Oom>(child.pid());
  const Oom& oom = std::get<Oom>(seen.event.what);
  EXPECT_EQ(seen.event.process, trace.only<Fork>(child.pid()).event.process);
  EXPECT_TRUE(seen.event.flags & STRAY_OOM_MEMCG);
  EXPECT_EQ(oom.limit, kLimit);
  EXPECT_EQ(oom.cgroup, "/stray-test-" + std::to_string(::getpid()));
  EXPECT_EQ(oom.trigger.tgid, static_cast<unsigned>(child.pid()));
  EXPECT_EQ(oom.score_adj, 500);
  EXPECT_EQ(oom.uid, ::getuid());
  EXPECT_GE(oom.total_vm, 4 * kLimit);
  EXPECT_GT(oom.anon_rss, kLimit / 2);
  EXPECT_LT(oom.anon_rss, oom.total_vm);
  EXPECT_GT(oom.page_tables, 0u);
  const auto& exit = std::get<stray::Exit>(trace.only<stray::Exit>(child.pid()).event.what);
  EXPECT_EQ(exit.status, static_cast<unsigned>(SIGKILL));
  // The kill itself came from the kernel.
  const Seen& kill = trace.only<Signal>(child.pid());
  EXPECT_TRUE(kill.event.flags & STRAY_SIGNAL_FROM_KERNEL);
}

}  // namespace
}  // namespace stray::live
