// SPDX-License-Identifier: Apache-2.0
// The observer against real processes.
#include <fcntl.h>
#include <pwd.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>

#include <algorithm>
#include <map>

#include "observe/probes/process_probe.hpp"
#include "program/program.hpp"
#include "unit/observe/observer_fixture.hpp"

namespace stray::test {
namespace {

const std::vector<std::string> kSleep = {"/bin/sleep", "1000"};

std::string bytes(StringList list) { return std::string(list.bytes()); }

TEST_F(ObserverTest, ProcessIsDescribedAsItIs) {
  const Child child(kSleep, {}, [] { ::setpgid(0, 0); });
  const SawProcess saw = process(child);
  EXPECT_EQ(flags_ & STRAY_SAW_GONE, 0u);
  EXPECT_EQ(saw.ppid, static_cast<std::uint32_t>(::getpid()));
  EXPECT_EQ(saw.pgid, static_cast<std::uint32_t>(child.pid()));
  EXPECT_EQ(saw.sid, static_cast<std::uint32_t>(::getsid(0)));
  EXPECT_EQ(saw.uid, ::getuid());
  EXPECT_EQ(std::to_string(saw.loginuid), read_text("/proc/self/loginuid"));
  EXPECT_EQ(bytes(saw.argv), std::string("/bin/sleep\0"
                                         "1000\0",
                                         16));
  EXPECT_EQ(saw.exe, std::filesystem::canonical("/bin/sleep").string());
  EXPECT_EQ(saw.cwd, std::filesystem::current_path().string());
  EXPECT_EQ(flags_ & (STRAY_SAW_CWD_DELETED | STRAY_SAW_EXE_DELETED), 0u);
  const passwd* user = ::getpwuid(::getuid());
  EXPECT_EQ(saw.user, user ? user->pw_name : "");
  EXPECT_NE(read_text("/proc/" + std::to_string(child.pid()) + "/cgroup").find(saw.cgroup),
            std::string::npos);
}

TEST_F(ObserverTest, EnvironmentIsFiltered) {
  const Child child(kSleep,
                    {"PM2_HOME=/x", "PASSWORD=secret", "NAME=no", "name=web=1", "named=no", "name", "=odd"});
  EXPECT_EQ(bytes(process(child).env), std::string("PM2_HOME=/x\0name=web=1\0", 23));
  EXPECT_TRUE(flags_ & STRAY_SAW_ENVIRON);
}

TEST_F(ObserverTest, WithoutAListTheNamesOfTheDetectorsAreKept) {
  const auto& names = environment_allow_list();
  ASSERT_FALSE(names.empty());
  const std::string listed = std::string(names.front()) + "=1";
  const Child child(kSleep, {"STRAY_TEST_NOT_LISTED=1", listed});
  Observer observer;
  const auto decoded = decoder_.decode(observer.look({child.key(), Look::process, {}}, now_));
  ASSERT_TRUE(std::holds_alternative<Event>(decoded));
  EXPECT_EQ(bytes(std::get<SawProcess>(std::get<Event>(decoded).what).env), listed + '\0');
}

TEST_F(ObserverTest, HugeEnvironmentFitsTheRecord) {
  std::vector<std::string> variables(20, "name=" + std::string(100'000, 'v'));
  const Child child(kSleep, variables);
  const std::string env = bytes(process(child).env);
  EXPECT_LT(env.size(), STRAY_RECORD_MAX / 2);
  StringList(env).each([](std::string_view variable) { EXPECT_EQ(variable.substr(0, 6), "name=v"); });
}

TEST_F(ObserverTest, HugeCommandLineIsCut) {
  std::vector<std::string> argv = {"/bin/sh", "-c", "read x"};
  for (int n = 0; n < 10; ++n) argv.push_back(std::string(110'000, 'a'));
  int pipe[2];
  ASSERT_EQ(::pipe2(pipe, O_CLOEXEC), 0);
  const Child child(argv, {}, [&pipe] { ::dup2(pipe[0], 0); });
  const std::string seen = bytes(process(child).argv);
  EXPECT_EQ(seen.size(), STRAY_ARGV_MAX);
  EXPECT_TRUE(seen.starts_with(std::string("/bin/sh\0-c\0read x\0aaa", 20)));
  ::close(pipe[0]), ::close(pipe[1]);
}

TEST(Argv, PaddingOfATitleIsTakenOff) {
  using namespace std::string_view_literals;
  EXPECT_EQ(without_padding("npm run dev\0\0\0\0"sv), "npm run dev\0"sv);
  EXPECT_EQ(without_padding("a\0\0b\0"sv), "a\0\0b\0"sv);
  EXPECT_EQ(without_padding("cut"sv), "cut"sv);
  EXPECT_EQ(without_padding("\0\0"sv), ""sv);
}

TEST_F(ObserverTest, StdioKinds) {
  const auto kinds = [this](int in, int out, int err) {
    const Child child([=] {
      const int given[] = {in, out, err};
      for (int n = 0; n < 3; ++n)
        if (given[n] < 0)
          ::close(n);
        else
          ::dup2(given[n], n);
    });
    const auto saw = process(child).stdio;
    EXPECT_TRUE(flags_ & STRAY_SAW_STDIO);
    return std::vector<int>(saw.begin(), saw.end());
  };
  const auto open = [](const std::string& name, int flags) {
    return ::open(name.c_str(), flags | O_CLOEXEC, 0600);
  };
  int pipe[2], sockets[2];
  ASSERT_EQ(::pipe2(pipe, O_CLOEXEC), 0);
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets), 0);
  ASSERT_EQ(::mkfifo(path("fifo").c_str(), 0600), 0);
  const int null = open("/dev/null", O_RDWR), zero = open("/dev/zero", O_RDONLY),
            fifo = open(path("fifo"), O_RDWR);
  const int log = open(path("app.log"), O_CREAT | O_WRONLY),
            nohup = open(path("nohup.out"), O_CREAT | O_WRONLY);
  const int gone = open(path("gone.log"), O_CREAT | O_WRONLY);
  ::unlink(path("gone.log").c_str());
  EXPECT_EQ(kinds(null, log, nohup),
            (std::vector<int>{STRAY_STDIO_NULL, STRAY_STDIO_FILE, STRAY_STDIO_NOHUP}));
  EXPECT_EQ(kinds(pipe[0], sockets[0], -1),
            (std::vector<int>{STRAY_STDIO_PIPE, STRAY_STDIO_SOCKET, STRAY_STDIO_CLOSED}));
  EXPECT_EQ(kinds(zero, gone, fifo),
            (std::vector<int>{STRAY_STDIO_OTHER, STRAY_STDIO_FILE, STRAY_STDIO_PIPE}));
  for (const int fd : {pipe[0], pipe[1], sockets[0], sockets[1], null, zero, fifo, log, nohup, gone})
    ::close(fd);
}

TEST_F(ObserverTest, TerminalAndItsLoss) {
  const int master = ::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
  ASSERT_GE(master, 0);
  ASSERT_EQ(::unlockpt(master), 0);
  const std::string name = ::ptsname(master);
  const Child child([&] {
    ::signal(SIGHUP, SIG_IGN);
    ::setsid();
    const int terminal = ::open(name.c_str(), O_RDWR);  // becomes the controlling terminal
    ::dup2(terminal, 0), ::dup2(terminal, 1);
    ::close(master);
  });
  const SawProcess before = process(child);
  struct stat device {};
  ASSERT_EQ(::stat(name.c_str(), &device), 0);
  const Tty expected{major(device.st_rdev), minor(device.st_rdev)};
  EXPECT_EQ(before.stdio[0], STRAY_STDIO_TTY);
  EXPECT_EQ(before.stdio[1], STRAY_STDIO_TTY);
  EXPECT_EQ(before.tty, expected);
  EXPECT_EQ(before.stdio_tty, expected);

  ::close(master);
  const SawProcess after = process(child);
  EXPECT_EQ(after.stdio[0], STRAY_STDIO_TTY_GONE);
  EXPECT_EQ(after.stdio_tty, expected);
  EXPECT_EQ(after.tty, Tty{});
}

TEST_F(ObserverTest, DeletedDirectory) {
  const Child child = child_in(make_directory("app"));
  EXPECT_EQ(process(child).cwd, path("app"));
  std::filesystem::remove(path("app"));
  EXPECT_EQ(process(child).cwd, path("app"));
  EXPECT_TRUE(flags_ & STRAY_SAW_CWD_DELETED);
  make_directory("app");  // another one: the process is not in it
  process(child);
  EXPECT_TRUE(flags_ & STRAY_SAW_CWD_DELETED);
}

TEST_F(ObserverTest, DirectoryOnlyNamedDeletedIsThere) {
  const Child child = child_in(make_directory("app (deleted)"));
  EXPECT_EQ(process(child).cwd, path("app (deleted)"));
  EXPECT_FALSE(flags_ & STRAY_SAW_CWD_DELETED);
}

TEST_F(ObserverTest, ReplacedExecutable) {
  const auto flags_of = [this](const std::string& name, bool unlink, bool keep_link) {
    std::filesystem::copy_file("/bin/sleep", path(name));
    if (keep_link) std::filesystem::create_hard_link(path(name), path("link"));
    const Child child({path(name), "1000"}, {});
    if (unlink) std::filesystem::remove(path(name));
    EXPECT_EQ(process(child).exe, path(name));
    return flags_ & STRAY_SAW_EXE_DELETED;
  };
  EXPECT_FALSE(flags_of("kept", false, false));
  EXPECT_TRUE(flags_of("removed", true, false));
  EXPECT_TRUE(flags_of("removed-with-link", true, true));
  EXPECT_FALSE(flags_of("odd (deleted)", false, false));
}

class Gone : public ObserverTest, public testing::WithParamInterface<Look> {
 protected:
  bool gone(ProcessKey key) {
    switch (GetParam()) {
      case Look::process:
        look<SawProcess>(GetParam(), key);
        break;
      case Look::script:
        look<SawScript>(GetParam(), key, "/bin/sleep");
        break;
      case Look::usage:
        look<SawUsage>(GetParam(), key);
        break;
      case Look::sockets:
        look<SawSockets>(GetParam(), key);
        break;
      case Look::children:
        look<SawChildren>(GetParam(), key);
        break;
    }
    EXPECT_TRUE(flags_ == 0 || flags_ == STRAY_SAW_GONE || GetParam() == Look::process);
    return flags_ & STRAY_SAW_GONE;
  }
};

TEST_P(Gone, IsSaidOfZombiesTheDeadAndOthers) {
  Child child(kSleep, {});
  const auto second = std::chrono::seconds(1);
  EXPECT_FALSE(gone(child.key()));
  EXPECT_TRUE(gone({child.key().start + second, child.key().tgid})) << "the pid of another process";
  EXPECT_TRUE(gone({child.key().start - second, child.key().tgid}));
  child.kill();
  EXPECT_TRUE(gone(child.key())) << "a zombie";
  child.reap();
  EXPECT_TRUE(gone(child.key()));
}
INSTANTIATE_TEST_SUITE_P(, Gone, testing::Values(Look::process, Look::script, Look::usage, Look::sockets));

// With few descriptors left the process may be found and its files not, which must not look like its end.
TEST_F(ObserverTest, WithoutDescriptorsNothingIsSaid) {
  const Child child(kSleep, {"name=x"});
  process(child);
  rlimit before;
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  const int lowest = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  ASSERT_GE(lowest, 0);
  ::close(lowest);
  bool starved = false;
  for (rlim_t left = 0; left < 4; ++left) {
    const rlimit few{static_cast<rlim_t>(lowest) + left, before.rlim_max};
    ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &few), 0);
    for (const Look what : {Look::process, Look::usage}) {
      const bool read = what == Look::process ? !look<SawProcess>(what, child.key()).exe.empty()
                                              : look<SawUsage>(what, child.key()).rss != 0;
      EXPECT_FALSE(flags_ & STRAY_SAW_GONE) << left << " left";
      EXPECT_NE(read, (flags_ & STRAY_SAW_UNREAD) != 0) << left << " left";
      starved |= !read;
    }
    ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
  }
  EXPECT_TRUE(starved);
  EXPECT_FALSE(process(child).exe.empty()) << "and it goes on as before";
}

TEST_F(ObserverTest, NoHalfAnswerOfAProcessThatEnds) {
  for (int round = 0; round < 100; ++round) {
    Child child(kSleep, {"name=x"});
    std::thread killer([&child] { child.kill(); });  // in the midst of one of the looks
    do {
      const SawProcess saw = process(child);
      const bool whole = !saw.exe.empty() && !saw.cwd.empty() && !saw.argv.empty() && !saw.env.empty();
      EXPECT_TRUE(flags_ == STRAY_SAW_GONE || whole);
    } while (flags_ != STRAY_SAW_GONE);
    killer.join();
  }
}

TEST_F(ObserverTest, ProcessLivesOnInItsThreads) {
  int ready[2];
  ASSERT_EQ(::pipe2(ready, O_CLOEXEC), 0);
  const pid_t pid = ::fork();
  if (pid == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    std::thread([&ready] {
      ::close(ready[1]);
      for (;;) ::pause();
    }).detach();
    ::syscall(SYS_exit, 0);  // this thread only
  }
  ::close(ready[0]), ::close(ready[1]);
  const std::string stat = "/proc/" + std::to_string(pid) + "/stat";
  ASSERT_TRUE(wait_until([&] { return read_text(stat).find(") Z ") != std::string::npos; }));
  const SawProcess saw = look<SawProcess>(Look::process, key_of(pid));
  EXPECT_FALSE(flags_ & STRAY_SAW_GONE);
  EXPECT_NE(saw.state, 'Z');
  EXPECT_EQ(saw.cwd, std::filesystem::current_path().string());
  EXPECT_TRUE(flags_ & STRAY_SAW_ENVIRON);
  ::kill(pid, SIGKILL);
  ::waitpid(pid, nullptr, 0);
}

TEST_F(ObserverTest, UsageIsThatOfTheKernel) {
  constexpr std::size_t kTouched = 8 << 20;
  const Child child([] {
    void* memory =
        ::mmap(nullptr, kTouched, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
    if (memory == MAP_FAILED) ::_exit(2);
    rusage used{};
    while (used.ru_utime.tv_usec + used.ru_stime.tv_usec < 60'000) ::getrusage(RUSAGE_SELF, &used);
  });
  const SawUsage saw = look<SawUsage>(Look::usage, child.key());
  std::ifstream status("/proc/" + std::to_string(child.pid()) + "/status");
  std::map<std::string, std::uint64_t> expected;
  for (std::string line; std::getline(status, line);)
    if (line.ends_with(" kB"))
      expected[line.substr(0, line.find(':'))] = std::stoull(line.substr(line.find(':') + 1));
  EXPECT_EQ(saw.rss, expected["VmRSS"] * 1024);
  EXPECT_EQ(saw.anon, expected["RssAnon"] * 1024);
  EXPECT_EQ(saw.swap, expected["VmSwap"] * 1024);
  EXPECT_GE(saw.anon, kTouched);
  EXPECT_GE(saw.cpu_ns, 40'000'000u);
  EXPECT_LT(saw.cpu_ns, 20'000'000'000u);
}

}  // namespace
}  // namespace stray::test
