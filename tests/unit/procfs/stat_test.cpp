// SPDX-License-Identifier: Apache-2.0
#include "procfs/stat.hpp"

#include <gtest/gtest.h>

#include <string>

#include "event.h"
#include "observe/probes/process_probe.hpp"

namespace stray::proc {
namespace {

std::string stat_line(const std::string& name) {
  return "77 (" + name +
         ") S 1 70 60 34817 -1 4194560 9 9 9 9 150 25 0 0 20 0 3 0 804040 4096 1 18446744073709551615";
}

TEST(ParseStat, NameMayHoldAnything) {
  for (const std::string name : {"node", "", "a) Z 9 9 9 (b", ") R 2", "x\ny"}) {
    const auto stat = parse_stat(stat_line(name));
    ASSERT_TRUE(stat) << name;
    EXPECT_EQ(stat->state, 'S');
    EXPECT_EQ(stat->ppid, 1u);
    EXPECT_EQ(stat->pgid, 70u);
    EXPECT_EQ(stat->sid, 60u);
    EXPECT_EQ(stat->tty, (Tty{136, 1}));
    EXPECT_EQ(stat->user_ticks, 150u);
    EXPECT_EQ(stat->system_ticks, 25u);
    EXPECT_EQ(stat->threads, 3u);
    EXPECT_EQ(stat->start_ticks, 804040u);
  }
}

TEST(ParseStat, CutTextIsNone) {
  const std::string line = stat_line("node");
  const auto start = line.find("804040");
  for (std::size_t size = 0; size < start; ++size) EXPECT_FALSE(parse_stat(line.substr(0, size))) << size;
  EXPECT_FALSE(parse_stat("77 (node) S one 2 3"));
}

TEST(ParseStat, EndedProcesses) {
  Stat stat;
  for (const auto& [state, flags, ended] : {std::tuple{'S', 0u, false},
                                            {'Z', 0u, true},
                                            {'X', 0u, true},
                                            {'R', 0x4u, true},
                                            {'R', 0x400100u, false}}) {
    stat.state = state, stat.flags = flags;
    EXPECT_EQ(stat.ended(), ended) << state << flags;
  }
}

TEST(ParseStat, TheNameIsWhatItIs) {
  for (const std::string name : {"node", "", "a) Z 9 9 9 (b", ") R 2", "x\ny"})
    EXPECT_EQ(stat_name(stat_line(name)), name);
  EXPECT_EQ(stat_name("77"), "");
  EXPECT_EQ(stat_name(")("), "");
}

TEST(ReadStat, OfAProcessThatIsThereAndOfOneThatIsNot) {
  FileReader reader;
  const auto self = read_stat(reader, static_cast<std::uint32_t>(::getpid()));
  ASSERT_TRUE(self);
  EXPECT_EQ(self->ppid, static_cast<std::uint32_t>(::getppid()));
  EXPECT_FALSE(self->kernel_thread());
  EXPECT_FALSE(read_stat(reader, "/proc/none/stat"));
}

TEST(StatusField, TheInnermostPidIsTheLast) {
  EXPECT_EQ(innermost_pid("Name:\tx\nNSpid:\t4711\t17\t3\n"), 3u);
  EXPECT_EQ(innermost_pid("NSpid:\t4711\n"), 4711u);
  EXPECT_FALSE(innermost_pid("Name:\tx\n"));
}

TEST(StatusField, IsFoundByItsWholeName) {
  const std::string status = "Name:\tVmRSS:\nUid:\t1\t2\t3\t4\nFooVmRSS:\t1 kB\nVmRSS:\t   77 kB\nLast:\t5";
  EXPECT_EQ(status_field(status, "VmRSS"), "77 kB");
  EXPECT_EQ(number_at(status_field(status, "Uid"), 1), 2u);
  EXPECT_EQ(status_field(status, "Last"), "5");
  EXPECT_EQ(status_field(status, "Vm"), "");
  EXPECT_FALSE(number_at(status_field(status, "Uid"), 4));
}

TEST(CgroupPath, UnifiedElseSystemd) {
  EXPECT_EQ(cgroup_path("0::/system.slice/a.service\n"), "/system.slice/a.service");
  EXPECT_EQ(cgroup_path("9:name=systemd:/user.slice\n8:pids:/p\n0::/\n"), "/user.slice");
  EXPECT_EQ(cgroup_path("9:name=systemd:/x\n0::/y"), "/y");
  EXPECT_EQ(cgroup_path("9:name=systemd:/\n0::/\n"), "/");
  EXPECT_EQ(cgroup_path("9:name=systemd:/only\n"), "/only");
  EXPECT_EQ(cgroup_path("8:pids:/p\n"), "");
}

TEST(StdioKind, ByLinkAndFile) {
  EXPECT_EQ(stdio_kind("/dev/pts/0", S_IFCHR, {136, 0}), STRAY_STDIO_TTY);
  EXPECT_EQ(stdio_kind("/0", S_IFCHR, {136, 0}), STRAY_STDIO_TTY) << "of a container's devpts";
  EXPECT_EQ(stdio_kind("/dev/pts/0 (deleted)", S_IFCHR, {136, 0}), STRAY_STDIO_TTY_GONE);
  EXPECT_EQ(stdio_kind("/dev/ttyS0", S_IFCHR, {4, 64}), STRAY_STDIO_TTY);
  EXPECT_EQ(stdio_kind("/dev/console", S_IFCHR, {5, 1}), STRAY_STDIO_TTY);
  EXPECT_EQ(stdio_kind("/dev/ptmx", S_IFCHR, {5, 2}), STRAY_STDIO_OTHER);
  EXPECT_EQ(stdio_kind("/dev/null", S_IFCHR, {1, 3}), STRAY_STDIO_NULL);
  EXPECT_EQ(stdio_kind("/srv/nohup.out (deleted)", S_IFREG, {}), STRAY_STDIO_NOHUP);
  EXPECT_EQ(stdio_kind("/srv/not-nohup.out", S_IFREG, {}), STRAY_STDIO_FILE);
  EXPECT_EQ(stdio_kind("/srv", S_IFDIR, {}), STRAY_STDIO_OTHER);
  EXPECT_EQ(stdio_kind("anon_inode:[eventfd]", 0, {}), STRAY_STDIO_OTHER);
}

}  // namespace
}  // namespace stray::proc
