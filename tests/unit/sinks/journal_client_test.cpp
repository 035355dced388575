// SPDX-License-Identifier: Apache-2.0
// The client against a socket of the test: what goes over it, and what happens when nobody reads.
// What a real journald makes of it: tests/journal.
#include "sinks/journal_client.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <optional>
#include <set>

#include "base/descriptor.hpp"
#include "support/native_entry.hpp"
#include "support/temporary_directory.hpp"

namespace stray {
namespace {

// Stands where journald's socket would.
class Receiver {
 public:
  explicit Receiver(const std::string& path) : socket_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    if (::bind(socket_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
      throw std::runtime_error("bind " + path);
  }

  struct Datagram {
    std::string bytes;
    Descriptor memfd;
  };

  std::optional<Datagram> receive() {
    std::string buffer(1 << 20, '\0');
    iovec part{buffer.data(), buffer.size()};
    alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control;
    message.msg_controllen = sizeof control;
    const ssize_t size = ::recvmsg(socket_.get(), &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    if (size < 0) return std::nullopt;
    buffer.resize(static_cast<std::size_t>(size));
    int fd = -1;
    if (const cmsghdr* header = CMSG_FIRSTHDR(&message)) std::memcpy(&fd, CMSG_DATA(header), sizeof fd);
    return Datagram{std::move(buffer), Descriptor(fd)};
  }

  // The numbers (see numbered()) of all entries that are there.
  std::vector<int> numbers() {
    std::vector<int> out;
    while (const auto datagram = receive())
      out.push_back(std::stoi(only(parse_native(datagram->bytes).at(0), "NUMBER")));
    return out;
  }

 private:
  Descriptor socket_;
};

JournalEntry numbered(int number, std::size_t padding = 0) {
  JournalEntry entry;
  entry.add("NUMBER", std::to_string(number));
  if (padding > 0) entry.add("PADDING", std::string(padding, 'x'));
  return entry;
}

std::vector<int> range(int from, int to) {
  std::vector<int> out;
  for (; from < to; ++from) out.push_back(from);
  return out;
}

class JournalClientTest : public testing::Test {
 protected:
  JournalOptions options(std::uint64_t spool_bytes = 1 << 20) const {
    return {socket_path(), spool_directory_.path(), spool_bytes};
  }
  std::string socket_path() const { return directory_.path() + "/socket"; }

  TemporaryDirectory directory_, spool_directory_;
};

TEST(JournalEntryTest, EveryFieldIsNameLengthBytes) {
  JournalEntry entry;
  EXPECT_TRUE(entry.empty());
  entry.add("A", "b\nC=d");
  const char expected[] = "A\n\5\0\0\0\0\0\0\0b\nC=d\n";
  EXPECT_EQ(entry.bytes(), std::string_view(expected, sizeof expected - 1));
  entry.clear();
  EXPECT_TRUE(entry.empty());
  entry.add("EMPTY", "");
  EXPECT_EQ(only(parse_native(entry.bytes()).at(0), "EMPTY"), "");
}

TEST(JournalEntryTest, ANameThatJournaldWouldDropIsAnError) {
  JournalEntry entry;
  for (const char* bad : {"", "_PID", "lower", "1ST", "A B", "A=B", "A\n"})
    EXPECT_THROW(entry.add(bad, "x"), std::invalid_argument) << bad;
  EXPECT_THROW(entry.add(std::string(65, 'A'), "x"), std::invalid_argument);
  EXPECT_TRUE(entry.empty());
  EXPECT_NO_THROW(entry.add(std::string(64, 'A'), "x"));
  EXPECT_NO_THROW(entry.add("STRAY_PID_2", "x"));
}

TEST_F(JournalClientTest, SendsAnEntryAsOneDatagram) {
  Receiver journald(socket_path());
  JournalClient client(options());
  client.send(JournalEntry());
  client.send(numbered(7));
  const auto datagram = journald.receive();
  ASSERT_TRUE(datagram);
  EXPECT_EQ(datagram->bytes, numbered(7).bytes());
  EXPECT_FALSE(datagram->memfd);
  EXPECT_FALSE(journald.receive());
  EXPECT_EQ(client.sent(), 1u);
  EXPECT_EQ(client.waiting() + client.dropped(), 0u);
}

void expect_sealed_memfd(const std::optional<Receiver::Datagram>& datagram, std::string_view bytes) {
  ASSERT_TRUE(datagram);
  EXPECT_TRUE(datagram->bytes.empty());
  ASSERT_TRUE(datagram->memfd);
  EXPECT_EQ(::fcntl(datagram->memfd.get(), F_GET_SEALS),
            F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL);
  std::string content(bytes.size() + 1, '\0');
  ASSERT_EQ(::pread(datagram->memfd.get(), content.data(), content.size(), 0),
            static_cast<ssize_t>(bytes.size()));
  content.pop_back();
  EXPECT_TRUE(content == bytes);
}

TEST_F(JournalClientTest, SendsALargeEntryAsASealedMemfd) {
  Receiver journald(socket_path());
  JournalClient client(options());
  const JournalEntry large = numbered(1, 1 << 20);
  client.send(large);
  expect_sealed_memfd(journald.receive(), large.bytes());
  EXPECT_EQ(client.sent(), 1u);
}

std::set<int> open_sockets() {
  std::set<int> out;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
    std::error_code error;
    if (std::filesystem::read_symlink(entry.path(), error).string().starts_with("socket:"))
      out.insert(std::stoi(entry.path().filename()));
  }
  return out;
}

TEST_F(JournalClientTest, SendsAMemfdWhenTheSendBufferIsTooSmallForADatagram) {
  Receiver journald(socket_path());
  const std::set<int> before = open_sockets();
  JournalClient client(options());
  const int smallest = 1;  // the kernel makes a few kilobytes of it
  int shrunk = 0;
  for (const int fd : open_sockets())
    if (!before.contains(fd))
      shrunk += ::setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &smallest, sizeof smallest) == 0;
  ASSERT_EQ(shrunk, 1);
  const JournalEntry entry = numbered(1, 32 << 10);
  client.send(entry);
  expect_sealed_memfd(journald.receive(), entry.bytes());
  EXPECT_EQ(client.sent(), 1u);
}

TEST_F(JournalClientTest, KeepsTheOrderWhileTheReceiverTrails) {
  Receiver journald(socket_path());
  JournalClient client(options());
  std::vector<int> seen;
  for (int i = 0; i < 1000; ++i) {
    client.send(numbered(i, i % 100 == 99 ? 100'000 : 0));
    if (i % 3 == 0) {
      if (const auto datagram = journald.receive()) {
        std::string bytes = datagram->bytes;
        if (datagram->memfd) {
          bytes.resize(200'000);
          bytes.resize(
              static_cast<std::size_t>(::pread(datagram->memfd.get(), bytes.data(), bytes.size(), 0)));
        }
        seen.push_back(std::stoi(only(parse_native(bytes).at(0), "NUMBER")));
      }
    }
  }
  EXPECT_GT(client.waiting(), 500u);
  EXPECT_EQ(client.sent() + client.waiting(), 1000u);
  EXPECT_EQ(seen, range(0, static_cast<int>(seen.size())));
  EXPECT_EQ(client.dropped(), 0u);
}

TEST_F(JournalClientTest, WithoutASocketEverythingWaitsAndIsSentLaterInOrder) {
  JournalClient client(options());
  for (int i = 0; i < 5; ++i) client.send(numbered(i));
  EXPECT_EQ(client.waiting(), 5u);
  EXPECT_FALSE(client.drain(0));
  Receiver journald(socket_path());
  EXPECT_TRUE(client.drain(0));
  client.send(numbered(5));
  EXPECT_EQ(journald.numbers(), range(0, 6));
  EXPECT_EQ(client.sent(), 6u);
  EXPECT_EQ(client.dropped(), 0u);
}

TEST_F(JournalClientTest, SendAloneCatchesUp) {
  JournalClient client(options());
  for (int i = 0; i < 5; ++i) client.send(numbered(i));
  Receiver journald(socket_path());
  for (int i = 5; i < 11; ++i) client.send(numbered(i));
  EXPECT_EQ(client.waiting(), 0u);
  EXPECT_EQ(journald.numbers(), range(0, 11));
}

TEST_F(JournalClientTest, AReceiverThatWasReplacedIsFoundAgain) {
  JournalClient client(options());
  {
    Receiver first(socket_path());
    client.send(numbered(0));
  }
  client.send(numbered(1));  // ECONNREFUSED
  EXPECT_EQ(client.waiting(), 1u);
  std::filesystem::remove(socket_path());
  Receiver second(socket_path());
  client.send(numbered(2));
  EXPECT_EQ(second.numbers(), range(1, 3));
}

TEST_F(JournalClientTest, PumpSendsNoMoreThanItWasTold) {
  JournalClient client(options());
  for (int i = 0; i < 5; ++i) client.send(numbered(i));
  Receiver journald(socket_path());
  client.pump(3);
  EXPECT_EQ(journald.numbers(), range(0, 3));
  EXPECT_EQ(client.waiting(), 2u);
}

TEST_F(JournalClientTest, DropsAndCountsTheNewestWhenTheSpoolIsFull) {
  const std::uint64_t each = 8 + numbered(10).bytes().size();
  JournalClient client(options(20 * each));
  for (int i = 10; i < 60; ++i) client.send(numbered(i));
  EXPECT_EQ(client.waiting(), 20u);
  EXPECT_EQ(client.dropped(), 30u);
  Receiver journald(socket_path());
  while (client.waiting() > 0) {
    client.pump(5);
    ASSERT_EQ(journald.numbers().size(), 5u);
  }
  EXPECT_EQ(client.sent(), 20u);
}

TEST_F(JournalClientTest, DropsAndCountsWhatTheSpoolsFileLost) {
  JournalClient client(options());
  for (int i = 0; i < 3; ++i) client.send(numbered(i));
  Receiver journald(socket_path());
  // Cut within the second entry; the first is in memory already.
  ASSERT_EQ(::ftruncate(spool_directory_.open_file(), static_cast<off_t>(8 + numbered(0).bytes().size() + 1)),
            0);
  EXPECT_TRUE(client.drain(0));
  EXPECT_EQ(journald.numbers(), range(0, 1));
  EXPECT_EQ(client.sent(), 1u);
  EXPECT_EQ(client.dropped(), 2u);
}

TEST_F(JournalClientTest, ASocketPathThatFitsNoAddressIsAnError) {
  JournalOptions bad = options();
  bad.socket = "/" + std::string(107, 'x');
  EXPECT_THROW(JournalClient{bad}, std::invalid_argument);
}

}  // namespace
}  // namespace stray
