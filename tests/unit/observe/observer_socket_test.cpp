// SPDX-License-Identifier: Apache-2.0
// Listening sockets, and the files that say how a process is looked after.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <algorithm>
#include <cstring>

#include "observe/probes/socket_probe.hpp"
#include "unit/observe/observer_fixture.hpp"

namespace stray::test {
namespace {

// "127.0.0.1:80", "[::1]:80", "unix"
std::vector<std::string> shown(SawSockets saw) {
  std::vector<std::string> out;
  for (; saw.raw.size() >= sizeof(stray_socket); saw.raw = saw.raw.subspan(sizeof(stray_socket))) {
    stray_socket socket;
    std::memcpy(&socket, saw.raw.data(), sizeof socket);
    char text[INET6_ADDRSTRLEN] = "";
    if (socket.family != AF_UNIX) ::inet_ntop(socket.family, socket.address, text, sizeof text);
    const std::string port = ':' + std::to_string(socket.port);
    out.push_back(socket.family == AF_UNIX    ? "unix"
                  : socket.family == AF_INET6 ? '[' + std::string(text) + ']' + port
                                              : text + port);
  }
  return out;
}

// A socket that listens (or is only bound) on an address, and how shown() shows it. fd -1: not to be had
// here.
struct Listener {
  int fd = -1;
  std::string name;
};
Listener listen_on(int family, const std::string& address, bool listening = true, int type = SOCK_STREAM) {
  sockaddr_storage storage{};
  auto* v4 = reinterpret_cast<sockaddr_in*>(&storage);
  auto* v6 = reinterpret_cast<sockaddr_in6*>(&storage);
  storage.ss_family = static_cast<sa_family_t>(family);
  void* where = family == AF_INET ? static_cast<void*>(&v4->sin_addr) : &v6->sin6_addr;
  ::inet_pton(family, address.c_str(), where);
  socklen_t size = family == AF_INET ? sizeof *v4 : sizeof *v6;
  Listener out{::socket(family, type | SOCK_CLOEXEC, 0), {}};
  auto* any = reinterpret_cast<sockaddr*>(&storage);
  if (out.fd < 0 || ::bind(out.fd, any, size) != 0 || (listening && ::listen(out.fd, 1) != 0)) return {};
  ::getsockname(out.fd, any, &size);
  const std::string port = ':' + std::to_string(ntohs(family == AF_INET ? v4->sin_port : v6->sin6_port));
  out.name = (family == AF_INET ? address : '[' + address + ']') + port;
  return out;
}

int listen_on_unix(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (::bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 || ::listen(fd, 1) != 0)
    ::_exit(2);
  return fd;
}

using SocketTest = ObserverTest;

TEST_F(SocketTest, ListeningOnesAreFound) {
  const Listener v4 = listen_on(AF_INET, "127.0.0.1"), v6 = listen_on(AF_INET6, "::1");
  const Listener all = listen_on(AF_INET, "0.0.0.0"), quiet = listen_on(AF_INET, "127.0.0.1", false);
  const Listener udp = listen_on(AF_INET, "127.0.0.1", false, SOCK_DGRAM);
  ASSERT_GE(v4.fd, 0);
  const Child child([&] {
    ::dup(v4.fd);  // twice the same socket
    listen_on_unix(path("s"));
  });
  for (const int fd : {v4.fd, v6.fd, all.fd, quiet.fd, udp.fd}) ::close(fd);
  std::vector<std::string> expected = {"unix", v4.name, all.name};
  if (v6.fd >= 0) expected.push_back(v6.name);
  auto seen = shown(look<SawSockets>(Look::sockets, child.key()));
  std::ranges::sort(seen), std::ranges::sort(expected);
  EXPECT_EQ(seen, expected);
}

TEST_F(SocketTest, NoneIsAnEmptyList) {
  const Child child([] {});
  EXPECT_TRUE(shown(look<SawSockets>(Look::sockets, child.key())).empty());
  EXPECT_EQ(flags_, 0u);
}

TEST_F(SocketTest, LaterLookSeesLaterSockets) {
  const Listener first = listen_on(AF_INET, "127.0.0.1");
  const Child one([] {});
  EXPECT_EQ(shown(look<SawSockets>(Look::sockets, one.key())), std::vector{first.name});
  ::close(first.fd);
  const Listener second = listen_on(AF_INET, "127.0.0.1");
  const Child two([] {});
  now_ += std::chrono::seconds(1);
  EXPECT_EQ(shown(look<SawSockets>(Look::sockets, two.key())), std::vector{second.name});
  ::close(second.fd);
}

TEST_F(SocketTest, OtherNetworkNamespace) {
  const auto in_namespace = [this](const std::string& socket, bool& isolated) {
    int pipe[2];
    EXPECT_EQ(::pipe2(pipe, O_CLOEXEC), 0);
    const Child child([&] {
      std::string said = "-";
      if (::unshare(CLONE_NEWNET) == 0) {
        const Listener v4 = listen_on(AF_INET, "0.0.0.0"), v6 = listen_on(AF_INET6, "::");
        listen_on(AF_INET, "0.0.0.0", false);
        listen_on_unix(path(socket));
        said = v4.name + ' ' + v6.name;
      }
      if (::write(pipe[1], said.data(), said.size()) < 0) ::_exit(2);
    });
    std::string said(200, '\0');
    said.resize(static_cast<std::size_t>(::read(pipe[0], said.data(), said.size())));
    ::close(pipe[0]), ::close(pipe[1]);
    isolated = said != "-";
    std::vector<std::string> expected = {"unix", said.substr(0, said.find(' '))};
    if (!said.ends_with(' ')) expected.push_back(said.substr(said.find(' ') + 1));
    auto seen = shown(look<SawSockets>(Look::sockets, child.key()));
    std::ranges::sort(seen), std::ranges::sort(expected);
    EXPECT_TRUE(!isolated || seen == expected) << testing::PrintToString(seen) << " for " << said;
  };
  bool isolated = false;
  in_namespace("one", isolated);
  if (!isolated) GTEST_SKIP() << "no network namespace to be had";
  in_namespace("two", isolated);  // at the same moment: the tables of two namespaces are not mixed up
}

TEST_F(ObserverTest, PidFileBesideTheProcess) {
  const Child child = child_in(make_directory("app/run"));
  const std::string pid = std::to_string(child.pid());
  const auto seen = [&] {
    now_ += std::chrono::seconds(1);  // in another pass over the host
    const std::string found(process(child).pidfile);
    EXPECT_EQ(!found.empty(), (flags_ & STRAY_SAW_PIDFILE) != 0);
    return found;
  };
  write("app/run/other.pid", pid + "1\n"), write("app/run/text.pid", "pid " + pid),
      write("app/run/name", pid);
  write("app/run/long.pid", pid + std::string(100, ' ')), write("app/run/empty.pid", "");
  ::symlink(write("target", pid).c_str(), path("app/run/link.pid").c_str());
  ASSERT_EQ(::mkfifo(path("app/run/fifo.pid").c_str(), 0600), 0);
  make_directory("app/run/directory.pid");
  EXPECT_EQ(seen(), "");
  write("app/above.pid", pid + '\n');
  EXPECT_EQ(seen(), path("app/above.pid"));
  write("app/run/x.pid", ' ' + pid + "\r\n");
  EXPECT_EQ(seen(), path("app/run/x.pid"));
  if (::geteuid() != 0) return;
  for (const auto* name : {"app/run/x.pid", "app/above.pid"})
    ASSERT_EQ(::chown(path(name).c_str(), 12345, 0), 0);
  EXPECT_EQ(seen(), "") << "anybody may write a number";
}

TEST_F(ObserverTest, PidFileInTheTemporaryDirectory) {
  const Child child([] {
    if (::chdir("/") != 0) ::_exit(2);
  });
  EXPECT_EQ(process(child).pidfile, "");
  const std::string name = "/tmp/stray-test-" + std::to_string(child.pid()) + ".pid";
  std::ofstream(name) << child.pid();
  now_ += std::chrono::seconds(1);
  EXPECT_EQ(process(child).pidfile, name);
  std::filesystem::remove(name);
}

TEST_F(ObserverTest, EcosystemFileOfPm2) {
  const Child child = child_in(make_directory("a/b/c/d/e"));
  write("ecosystem.config.js");
  EXPECT_EQ(process(child).pm2, "") << "five levels up is too far";
  write("a/process.json");
  now_ += std::chrono::seconds(1);
  EXPECT_EQ(process(child).pm2, path("a/process.json"));
  write("a/b/c/d/e/ecosystem.config.cjs");
  now_ += std::chrono::seconds(1);
  EXPECT_EQ(process(child).pm2, path("a/b/c/d/e/ecosystem.config.cjs"));
}

TEST(GpuDevices, AreKnownByTheirPaths) {
  for (const char* path : {"/dev/nvidia0", "/dev/nvidia12", "/dev/dri/renderD128"})
    EXPECT_TRUE(is_gpu_device(path));
  for (const char* path : {"/dev/nvidiactl", "/dev/nvidia", "/dev/dri/card0", "/dev/null", "/tmp/dev/nvidia0",
                           "/dev/nvidia0 (deleted)"})
    EXPECT_FALSE(is_gpu_device(path)) << path;
}

}  // namespace
}  // namespace stray::test
