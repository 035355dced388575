// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>

#include "capture/format.hpp"
#include "unit/capture/capture_file.hpp"

namespace stray {
namespace {

using Status = CaptureReader::Status;
using records::at;

// Seconds 10..69, and a checkpoint of two blocks before the records of each full twenty.
class WithCheckpoints : public ::testing::Test {
 protected:
  WithCheckpoints() {
    CaptureWriter writer({.path = path, .block_bytes = 700, .flush_ns = SmallCapture::kNever}, a_header());
    for (std::uint32_t second = 10; second < 70; ++second) {
      if (second % 20 == 0) checkpoint(writer, second);
      records.push_back(record_at(second));
      writer.append(records.back());
    }
    writer.close();
  }
  static std::vector<records::Bytes> state_at(std::uint32_t second) {
    std::vector<records::Bytes> state;
    for (std::uint32_t i = 0; i < 4; ++i)
      state.push_back(
          records::seed(records::key(i + 1, 1), {}, "/sbin/init" + std::to_string(second), at(second)));
    return state;
  }
  static void checkpoint(CaptureWriter& writer, std::uint32_t second) {
    writer.begin_checkpoint(at(second));
    for (const auto& one : state_at(second)) writer.append(one);
    writer.end_checkpoint();
  }
  std::vector<records::Bytes> from(std::uint32_t second) const {
    return {records.begin() + (second - 10), records.end()};
  }
  static Reading read_from(const std::string& file, double second) {
    Reading reading;
    CaptureReader reader(file, {false, [&](const CaptureDamage& one) { reading.damage.push_back(one); }});
    EXPECT_TRUE(reader.seek(at(second)));
    read_on(reader, reading);
    return reading;
  }

  TemporaryDirectory directory;
  const std::string path = directory.path() + "/capture";
  std::vector<records::Bytes> records;
};

TEST_F(WithCheckpoints, FromTheBeginningTheySayNothing) {
  const Reading reading = read_capture(path);
  EXPECT_EQ(reading.records, records);
  EXPECT_TRUE(reading.checkpoint.empty());
  EXPECT_TRUE(reading.damage.empty());
}

TEST_F(WithCheckpoints, SeekBeginsAtTheNewestBefore) {
  for (std::uint32_t second = 0; second < 100; ++second) {
    SCOPED_TRACE(second);
    const Reading reading = read_from(path, second + 0.5);
    EXPECT_EQ(reading.status, Status::end);
    EXPECT_TRUE(reading.damage.empty());
    if (second < 20) {
      EXPECT_TRUE(reading.checkpoint.empty());
      EXPECT_EQ(reading.records, records);
    } else {
      const std::uint32_t begin = std::min(second / 20 * 20, 60u);
      EXPECT_EQ(reading.checkpoint, state_at(begin));
      EXPECT_EQ(reading.records, from(begin));
    }
  }
}

TEST_F(WithCheckpoints, SeekWorksInATornFileAndBackwards) {
  const std::string bytes = contents(path), torn = directory.path() + "/torn";
  put(torn, bytes.substr(0, bytes.size() - 300));
  CaptureReader reader(torn);
  EXPECT_FALSE(reader.extent()->finished);
  for (const std::uint32_t second : {60, 20, 40}) {
    Reading reading;
    ASSERT_TRUE(reader.seek(at(second)));
    read_on(reader, reading);
    EXPECT_EQ(reading.status, Status::torn);
    EXPECT_EQ(reading.checkpoint, state_at(second));
    ASSERT_FALSE(reading.records.empty());
    EXPECT_EQ(reading.records[0], record_at(second));
  }
}

TEST_F(WithCheckpoints, ACheckpointThatIsNotWholeIsNotUsed) {
  const std::string bytes = contents(path), cut = directory.path() + "/cut";
  const auto starts = frames(bytes);
  std::size_t last = 0;  // the first block of the last checkpoint
  for (std::size_t block = 0; 3 + 2 * block < starts.size() - 1; ++block)
    if (head_of(bytes, block).flags & capture::kCheckpointStart) last = block;
  ASSERT_TRUE(head_of(bytes, last + 1).flags & capture::kCheckpointEnd);
  const std::size_t end = starts[6 + 2 * last];
  for (const std::size_t size : {starts[4 + 2 * last], end - 1}) {
    put(cut, bytes.substr(0, size));
    EXPECT_EQ(read_from(cut, 100).checkpoint, state_at(40));
  }
  put(cut, bytes.substr(0, end));
  EXPECT_EQ(read_from(cut, 100).checkpoint, state_at(60));
}

// A state can hold what is old: it counts from when it was taken.
TEST_F(WithCheckpoints, ACheckpointOfOldRecordsIsAsNewAsItsBeginning) {
  const std::string file = directory.path() + "/old";
  CaptureWriter writer({.path = file}, a_header());
  writer.append(record_at(10));
  writer.begin_checkpoint(at(20));
  writer.append(record_at(1));
  writer.end_checkpoint();
  writer.append(record_at(30));
  writer.close();
  EXPECT_TRUE(read_from(file, 19.5).checkpoint.empty());
  EXPECT_EQ(read_from(file, 19.5).records.size(), 2u);
  EXPECT_EQ(read_from(file, 20).checkpoint, (std::vector<records::Bytes>{record_at(1)}));
}

TEST_F(WithCheckpoints, ACheckpointWithADroppedRecordIsNotUsed) {
  const std::string file = directory.path() + "/dropped";
  CaptureWriter writer({.path = file, .queue_bytes = 700}, a_header());
  writer.append(record_at(10));
  writer.flush();
  checkpoint(writer, 20);
  writer.flush();
  writer.append(record_at(21));
  writer.close();
  ASSERT_GT(writer.status().dropped, 0u);
  const Reading reading = read_from(file, 30);
  EXPECT_TRUE(reading.checkpoint.empty());
  EXPECT_EQ(reading.records, (std::vector<records::Bytes>{record_at(10), record_at(21)}));
}

TEST_F(WithCheckpoints, OnlyTheOneItBeginsWithIsGiven) {
  const std::string file = directory.path() + "/two";
  CaptureWriter writer({.path = file}, a_header());
  for (const std::uint32_t second : {20, 30}) checkpoint(writer, second);
  writer.append(record_at(31));
  writer.close();
  EXPECT_EQ(read_capture(file).checkpoint, state_at(20));
  EXPECT_EQ(read_from(file, 25).checkpoint, state_at(20));
  EXPECT_EQ(read_from(file, 30).checkpoint, state_at(30));
  EXPECT_TRUE(read_capture(file, true).checkpoint.empty());
}

TEST_F(WithCheckpoints, SeekReadsLittle) {
  const std::string big = directory.path() + "/big";
  CaptureWriter writer({.path = big, .block_bytes = 4096, .flush_ns = SmallCapture::kNever}, a_header());
  for (std::uint32_t second = 10; second < 30'000; ++second) {
    if (second % 1000 == 0) checkpoint(writer, second);
    writer.append(record_at(second, 300));
  }
  writer.close();
  CaptureReader reader(big);
  ASSERT_TRUE(reader.seek(at(25'500)));
  RawRecord first;
  ASSERT_EQ(reader.next(first), Status::record);
  EXPECT_TRUE(reader.in_checkpoint());
  EXPECT_EQ(records::Bytes(first.begin(), first.end()), state_at(25'000)[0]);
  EXPECT_EQ(reader.extent()->latest, at(29'999));
  EXPECT_EQ(reader.extent()->records, 29'990u);
}

}  // namespace
}  // namespace stray
