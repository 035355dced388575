// SPDX-License-Identifier: Apache-2.0
// What becomes of entries while journald is stopped, dead or not there yet. That no call waits for it needs
// no clock: a send that blocked would block for ever, journald being stopped by this very process.
#include <gtest/gtest.h>
#include <sys/mount.h>

#include <iostream>

#include "journald.hpp"
#include "sinks/journal_client.hpp"
#include "support/temporary_directory.hpp"

namespace stray {
namespace {

constexpr int kPatience = 120'000;  // milliseconds; a bound for a broken client, not a measure

void send_numbers(JournalClient& client, int from, int to) {
  JournalEntry entry;
  for (int i = from; i < to; ++i) {
    entry.clear();
    entry.add("MESSAGE", "entry");
    entry.add("NUMBER", std::to_string(i));
    client.send(entry);
  }
}

// Sends until so many wait; gives back the next number. How many fit into the queue of a stopped journald is
// the host's matter (net.unix.max_dgram_qlen: 10 by the kernel, 512 by systemd).
int send_until_waiting(JournalClient& client, int from, std::uint64_t count) {
  for (const int bound = from + 100'000; client.waiting() < count && from < bound; ++from)
    send_numbers(client, from, from + 1);
  return from;
}

std::vector<int> numbers(const Journald& journald) {
  std::vector<int> out;
  for (const NativeEntry& entry : journald.entries()) out.push_back(std::stoi(only(entry, "NUMBER")));
  return out;
}

void append_range(std::vector<int>& out, int from, int to) {
  for (; from < to; ++from) out.push_back(from);
}

std::vector<int> range(int from, int to) {
  std::vector<int> out;
  append_range(out, from, to);
  return out;
}

TEST(Outage, AStoppedJournaldGetsAllInOrderWhenItGoesOn) {
  Journald journald;
  JournalClient client;
  send_numbers(client, 0, 5);
  journald.stop();
  const int all = send_until_waiting(client, 5, 2000);
  EXPECT_EQ(client.sent(), static_cast<std::uint64_t>(all) - 2000);
  EXPECT_FALSE(client.drain(0));
  EXPECT_EQ(client.waiting(), 2000u);
  journald.proceed();
  EXPECT_TRUE(client.drain(kPatience));
  EXPECT_EQ(client.sent(), static_cast<std::uint64_t>(all));
  EXPECT_EQ(client.dropped(), 0u);
  EXPECT_EQ(numbers(journald), range(0, all));
}

TEST(Outage, NewEntriesStayBehindTheWaitingOnes) {
  Journald journald;
  JournalClient client;
  journald.stop();
  const int waiting = send_until_waiting(client, 0, 1000);
  journald.proceed();
  for (int i = waiting; i < waiting + 500; ++i) {
    send_numbers(client, i, i + 1);
    client.pump(3);
  }
  EXPECT_TRUE(client.drain(kPatience));
  EXPECT_EQ(numbers(journald), range(0, waiting + 500));
}

// What a killed journald had in its queue is lost with it, and only that: a run of entries that were sent,
// never one that waited.
TEST(Outage, AKilledJournaldLosesItsQueueAndNothingElse) {
  Journald journald;
  JournalClient client;
  send_numbers(client, 0, 100);
  ASSERT_TRUE(client.drain(kPatience));
  ASSERT_EQ(numbers(journald), range(0, 100));
  journald.stop();
  const int next = send_until_waiting(client, 100, 500);
  const int queued = static_cast<int>(client.sent()) - 100;
  ASSERT_GT(queued, 0);
  journald.kill();
  send_numbers(client, next, next + 100);  // its socket file refuses now
  EXPECT_EQ(client.waiting(), 600u);

  journald.start();
  EXPECT_TRUE(client.drain(kPatience));
  send_numbers(client, next + 100, next + 110);
  EXPECT_TRUE(client.drain(kPatience));
  EXPECT_EQ(client.sent(), static_cast<std::uint64_t>(next) + 110);
  EXPECT_EQ(client.dropped(), 0u);
  std::vector<int> expected = range(0, 100);
  append_range(expected, 100 + queued, next + 110);
  EXPECT_EQ(numbers(journald), expected);
  std::cout << "lost with journald's queue: " << queued << '\n';
}

TEST(Outage, AJournaldThatEndsInOrderLosesNothingThatItHasRead) {
  Journald journald;
  JournalClient client;
  send_numbers(client, 0, 300);
  ASSERT_TRUE(client.drain(kPatience));
  ASSERT_EQ(numbers(journald).size(), 300u);
  journald.terminate();
  send_numbers(client, 300, 600);
  EXPECT_EQ(client.waiting(), 300u);
  journald.start();
  EXPECT_TRUE(client.drain(kPatience));
  EXPECT_EQ(numbers(journald), range(0, 600));
}

TEST(Outage, WithoutASocketFromTheStartEverythingArrivesLater) {
  JournalClient client;
  send_numbers(client, 0, 500);
  EXPECT_EQ(client.waiting(), 500u);
  EXPECT_EQ(client.sent(), 0u);
  Journald journald;
  EXPECT_TRUE(client.drain(kPatience));
  EXPECT_EQ(numbers(journald), range(0, 500));
}

TEST(Outage, LargeEntriesWaitInTheirPlace) {
  Journald journald;
  JournalClient client;
  journald.stop();
  std::vector<std::string> values;
  for (std::size_t i = 0; client.waiting() < 100; ++i) {
    values.emplace_back(i % 10 == 0 ? 200'000 : 100, static_cast<char>('a' + i % 26));
    JournalEntry entry;
    entry.add("MESSAGE", "entry");
    entry.add("VALUE", values.back());
    client.send(entry);
  }
  journald.proceed();
  EXPECT_TRUE(client.drain(kPatience));
  const auto entries = journald.entries();
  ASSERT_EQ(entries.size(), values.size());
  for (std::size_t i = 0; i < values.size(); ++i) EXPECT_TRUE(only(entries[i], "VALUE") == values[i]) << i;
}

// The size of entry number 1000 to 9999 in the spool: its length, and the entry.
std::uint64_t spooled_size() {
  JournalEntry entry;
  entry.add("MESSAGE", "entry");
  entry.add("NUMBER", "1000");
  return 8 + entry.bytes().size();
}

TEST(Outage, AFullSpoolDropsTheNewestAndCountsThem) {
  Journald journald;
  JournalOptions options;
  options.spool_bytes = 300 * spooled_size();
  JournalClient client(options);
  journald.stop();
  const int next = send_until_waiting(client, 1000, 300);
  const int queued = static_cast<int>(client.sent());
  send_numbers(client, next, next + 700);
  EXPECT_EQ(client.waiting(), 300u);
  EXPECT_EQ(client.dropped(), 700u);
  journald.proceed();
  EXPECT_TRUE(client.drain(kPatience));
  EXPECT_EQ(client.sent(), 300u + static_cast<unsigned>(queued));
  EXPECT_EQ(numbers(journald), range(1000, next));
}

class SmallDisk {
 public:
  SmallDisk() {
    if (::mount("tmpfs", directory_.path().c_str(), "tmpfs", 0, "size=16k") != 0)
      throw std::runtime_error("mount");
  }
  ~SmallDisk() { ::umount2(directory_.path().c_str(), MNT_DETACH); }
  const std::string& path() const { return directory_.path(); }

 private:
  TemporaryDirectory directory_;
};

TEST(Outage, AFullDiskDropsTheNewestAndCountsThem) {
  SmallDisk disk;
  JournalOptions options;
  options.spool_directory = disk.path();
  JournalClient client(options);
  send_numbers(client, 1000, 2000);
  const std::uint64_t fits = (16u << 10) / spooled_size();
  EXPECT_EQ(client.waiting(), fits);
  EXPECT_EQ(client.dropped(), 1000u - fits);
  Journald journald;
  EXPECT_TRUE(client.drain(kPatience));
  send_numbers(client, 2000, 2001);
  std::vector<int> expected = range(1000, 1000 + static_cast<int>(fits));
  expected.push_back(2000);
  EXPECT_EQ(numbers(journald), expected);
}

}  // namespace
}  // namespace stray
