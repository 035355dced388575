// SPDX-License-Identifier: Apache-2.0
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstring>

#include "live_trace.hpp"

namespace stray::live {
namespace {

class ListenTest : public LiveTest {};

TEST_F(ListenTest, AddressAndPortOfAServer) {
  Trace trace;
  const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  ASSERT_EQ(::bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  ASSERT_EQ(::listen(fd, 1), 0);
  ASSERT_EQ(::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size), 0);
  const int client = ::socket(AF_INET, SOCK_STREAM, 0);  // changes states too, and listens on nothing
  ::connect(client, reinterpret_cast<sockaddr*>(&address), sizeof address);
  trace.catch_up();
  ::close(client);
  ::close(fd);
  const auto& listen = std::get<Listen>(trace.only<Listen>(::getpid()).event.what);
  EXPECT_EQ(listen.family, AF_INET);
  EXPECT_EQ(listen.port, ntohs(address.sin_port));
  EXPECT_EQ(std::memcmp(listen.address.data(), &address.sin_addr, 4), 0);
}

TEST_F(ListenTest, Version6) {
  Trace trace;
  const int fd = ::socket(AF_INET6, SOCK_STREAM, 0);
  if (fd < 0) GTEST_SKIP() << "no IPv6";
  sockaddr_in6 address{};
  address.sin6_family = AF_INET6;
  address.sin6_addr = in6addr_any;
  socklen_t size = sizeof address;
  ASSERT_EQ(::bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  ASSERT_EQ(::listen(fd, 1), 0);
  ASSERT_EQ(::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size), 0);
  trace.catch_up();
  ::close(fd);
  const Seen& seen = trace.only<Listen>(::getpid());
  const auto& listen = std::get<Listen>(seen.event.what);
  EXPECT_EQ(listen.family, AF_INET6);
  EXPECT_EQ(listen.port, ntohs(address.sin6_port));
  EXPECT_EQ(std::memcmp(listen.address.data(), &address.sin6_addr, 16), 0);
  EXPECT_EQ(ticks(seen.event.process.start), start_ticks(::getpid()));
}

}  // namespace
}  // namespace stray::live
