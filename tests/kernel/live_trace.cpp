// SPDX-License-Identifier: Apache-2.0
#include "live_trace.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <climits>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "kernel/programs.hpp"
#include "privilege/capabilities.hpp"

namespace stray::live {

using namespace std::chrono_literals;

Seen::Seen(RawRecord raw) : bytes(raw.begin(), raw.end()) {
  if (raw.empty()) return;
  std::memcpy(&head, bytes.data(), sizeof head);
  auto decoded = decoder->decode(bytes);
  if (const auto* error = std::get_if<DecodeError>(&decoded))
    ADD_FAILURE() << "record of kind " << head.kind << ": " << error->what;
  else
    event = std::get<Event>(std::move(decoded));
}

void Trace::snapshot() {
  source_.snapshot([this](RawRecord raw) { records_.emplace_back(raw); });
}

void Trace::catch_up() {
  const Child fence([] { return 0; });
  const auto give_up = std::chrono::steady_clock::now() + 20s;
  bool seen = false;
  while (!seen && std::chrono::steady_clock::now() < give_up) {
    source_.drain([&](RawRecord raw) {
      const Seen& last = records_.emplace_back(raw);
      seen |= last.head.kind == STRAY_EXIT && last.head.tgid == static_cast<__u32>(fence.pid());
    });
    if (!seen) source_.wait(1s);
  }
  EXPECT_TRUE(seen) << "the exit of a process was never recorded";
}

void LiveTest::SetUp() {
  if (!privilege::missing(privilege::held(), true).empty()) GTEST_SKIP() << "needs root";
  if (!kernel::has_btf()) GTEST_SKIP() << "the kernel has no BTF";
}

void TracedTest::SetUp() {
  LiveTest::SetUp();
  if (!IsSkipped()) trace_.emplace();
}

Child::Child(const std::function<int()>& body) : pid_(::fork()) {
  if (pid_ == 0) ::_exit(body());
}

Child::~Child() {
  if (pid_ <= 0 || waited_) return;
  ::kill(pid_, SIGKILL);
  wait();
}

int Child::wait() {
  int status = -1;
  ::waitpid(pid_, &status, __WALL);
  waited_ = true;
  return status;
}

Gate::Gate() {
  if (::pipe2(fds_, O_CLOEXEC) != 0) throw std::runtime_error("pipe2");
}

Gate::~Gate() {
  ::close(fds_[0]);
  ::close(fds_[1]);
}

void Gate::open() {
  if (::write(fds_[1], "", 1) != 1) std::abort();
}

void Gate::wait() const {
  pollfd fd{fds_[0], POLLIN, 0};
  ::close(fds_[1]);
  while (::poll(&fd, 1, -1) < 0) {
  }
}

void Gate::send(std::int64_t value) const {
  if (::write(fds_[1], &value, sizeof value) != sizeof value) std::abort();
}

std::int64_t Gate::receive() const {
  std::int64_t value = -1;
  return ::read(fds_[0], &value, sizeof value) == sizeof value ? value : -1;
}

TempDir::TempDir() {
  char name[] = "/tmp/stray-kernel-test-XXXXXX";
  if (!::mkdtemp(name)) throw std::runtime_error("mkdtemp");
  path_ = name;
}

TempDir::~TempDir() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

namespace {

// Field `number` of /proc/PID/stat, for numbers after the name (which may hold anything).
std::string stat_field(pid_t pid, int number) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
  std::stringstream all;
  all << file.rdbuf();
  const std::string text = all.str();
  std::istringstream rest(text.substr(text.rfind(')') + 1));
  std::string field;
  for (int i = 2; i < number; ++i) rest >> field;
  return field;
}

}  // namespace

std::uint64_t start_ticks(pid_t pid) { return std::stoull(stat_field(pid, 22)); }

std::uint64_t ticks(BootTime start) {
  return start.count() / (1'000'000'000u / static_cast<std::uint64_t>(::sysconf(_SC_CLK_TCK)));
}

pid_t parent_of(pid_t pid) { return std::stoi(stat_field(pid, 4)); }

std::string real_path(const std::string& path) {
  char resolved[PATH_MAX];
  return ::realpath(path.c_str(), resolved) ? resolved : "";
}

std::string target_program() {
  return std::filesystem::path(real_path("/proc/self/exe")).parent_path() / "kernel_target";
}

void copy_file(const std::string& from, const std::string& to) {
  std::filesystem::copy_file(from, to);
  std::filesystem::permissions(to, std::filesystem::perms::owner_all);
}

std::vector<std::string> list_of(StringList list) {
  std::vector<std::string> out;
  list.each([&](std::string_view item) { out.emplace_back(item); });
  return out;
}

}  // namespace stray::live
