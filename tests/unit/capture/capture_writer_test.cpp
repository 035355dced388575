// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <system_error>
#include <thread>

#include "unit/capture/capture_file.hpp"

namespace stray {
namespace {

using Status = CaptureReader::Status;
using records::at;

TEST(CaptureWriting, IsNobodyElsesAndNeverAnExistingFile) {
  const SmallCapture capture(1);
  struct stat status {};
  ASSERT_EQ(::stat(capture.path().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777, 0600u);
  const auto create = [&](const std::string& path) {
    try {
      CaptureWriter writer({.path = path}, a_header());
    } catch (const std::system_error& error) {
      EXPECT_NE(std::string(error.what()).find("create " + path), std::string::npos) << error.what();
      return error.code().value();
    }
    return 0;
  };
  EXPECT_EQ(create(capture.path()), EEXIST);
  EXPECT_EQ(contents(capture.path()), capture.bytes);
  TemporaryDirectory directory;
  std::filesystem::create_symlink(directory.path() + "/target", directory.path() + "/link");
  EXPECT_EQ(create(directory.path() + "/link"), EEXIST);
  EXPECT_FALSE(std::filesystem::exists(directory.path() + "/target"));
  EXPECT_EQ(create(directory.path() + "/no/such"), ENOENT);
}

TEST(CaptureWriting, WritesWithinTheFlushTimeByItself) {
  TemporaryDirectory directory;
  const std::string path = directory.path() + "/capture";
  CaptureWriter writer({.path = path, .flush_ns = 1}, a_header());
  writer.append(record_at(10));
  Reading reading;
  CaptureReader reader(path);
  while (reading.records.empty()) {  // a writer that forgets it: the test runner's time limit
    read_on(reader, reading);
    std::this_thread::yield();
  }
  EXPECT_EQ(reading.records[0], record_at(10));
}

TEST(CaptureWriting, WithoutCloseAllIsThereButTheEndMark) {
  TemporaryDirectory directory;
  const std::string path = directory.path() + "/capture";
  { CaptureWriter({.path = path}, a_header()).append(record_at(10)); }
  const Reading reading = read_capture(path);
  EXPECT_EQ(reading.status, Status::torn);
  EXPECT_EQ(reading.records.size(), 1u);
}

TEST(CaptureWriting, AKilledWriterLeavesAllThatWasFlushed) {
  TemporaryDirectory directory;
  const std::string path = directory.path() + "/capture";
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    CaptureWriter writer({.path = path, .flush_ns = SmallCapture::kNever}, a_header());
    for (std::uint32_t second = 10; second < 40; ++second) writer.append(record_at(second));
    writer.flush();
    writer.append(record_at(40));
    ::kill(::getpid(), SIGKILL);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFSIGNALED(status));
  const Reading reading = read_capture(path);
  EXPECT_EQ(reading.status, Status::torn);
  EXPECT_TRUE(reading.damage.empty());
  EXPECT_EQ(reading.records.size(), 30u);
}

class Rotated : public ::testing::Test {
 protected:
  std::vector<std::string> names() const {
    std::vector<std::string> out;
    for (const auto& entry : std::filesystem::directory_iterator(directory.path()))
      out.push_back(entry.path().filename());
    std::sort(out.begin(), out.end());
    return out;
  }
  std::string file(const std::string& name) const { return directory.path() + "/" + name; }
  // Appends seconds until the writer wants another file, and gives it one that begins with a checkpoint.
  void fill(CaptureWriter& writer, std::uint32_t files) {
    for (; files > 0; ++second) {
      if (writer.wants_rotation(at(second))) {
        CaptureHeader next = a_header();
        next.boot_ns = at(second).count();
        writer.rotate(next);
        writer.begin_checkpoint(at(second));
        writer.append(records::seed(records::key(1, 1), {}, "/sbin/init", at(second)));
        writer.end_checkpoint();
        --files;
      }
      writer.append(record_at(second));
      writer.flush();
    }
  }
  TemporaryDirectory directory;
  std::uint32_t second = 10;
};

TEST_F(Rotated, FilesStandAloneAndTogether) {
  {
    CaptureWriter writer({.path = file("c"), .rotate_bytes = 3000}, a_header());
    fill(writer, 2);
    writer.close();
    EXPECT_EQ(writer.status().files, 3u);
    EXPECT_EQ(writer.status().dropped, 0u);
  }
  EXPECT_EQ(names(), (std::vector<std::string>{"c", "c.000001", "c.000002"}));
  std::vector<records::Bytes> all;
  std::uint64_t sequence = 0;
  for (const auto& name : names()) {
    const bool first = sequence == 0;
    CaptureReader reader(file(name), {.continued = !first});
    EXPECT_EQ(reader.header().sequence, sequence++);
    EXPECT_EQ(reader.header().series, a_header().series);
    Reading reading;
    read_on(reader, reading);
    EXPECT_EQ(reading.status, Status::end);
    EXPECT_EQ(reader.series_goes_on(), sequence < 3);
    EXPECT_TRUE(reading.checkpoint.empty());
    all.insert(all.end(), reading.records.begin(), reading.records.end());
    EXPECT_EQ(read_capture(file(name)).checkpoint.size(), first ? 0u : 1u);
  }
  ASSERT_EQ(all.size(), second - 10);
  for (std::uint32_t i = 0; i < all.size(); ++i) EXPECT_EQ(all[i], record_at(10 + i));
}

TEST_F(Rotated, TheOldestGoAndNothingElse) {
  put(file("c.other"), "not ours");
  CaptureWriter writer({.path = file("c"), .total_bytes = 20'000}, a_header());
  fill(writer, 20);
  writer.close();
  std::uint64_t sum = 0;
  for (const auto& name : names())
    if (name != "c.other") sum += std::filesystem::file_size(file(name));
  EXPECT_LE(sum, 20'000u);
  EXPECT_GT(sum, 12'000u);
  EXPECT_EQ(writer.status().bytes, sum);
  EXPECT_EQ(contents(file("c.other")), "not ours");
  EXPECT_FALSE(std::filesystem::exists(file("c")));
  EXPECT_TRUE(std::filesystem::exists(file("c.000020")));
}

TEST_F(Rotated, FilesOfEarlierRunsCountAndGoFirst) {
  for (const char* name : {"a1", "a2", "a3"}) put(file(name), std::string(6'000, 'x'));
  std::filesystem::create_symlink(file("a3"), file("link"));
  CaptureWriter writer({.path = file("c"),
                        .total_bytes = 20'000,
                        .earlier = {file("gone"), file("link"), file("a1"), file("a2"), file("a3")}},
                       a_header());
  fill(writer, 3);
  writer.flush();
  EXPECT_FALSE(std::filesystem::exists(file("a1")));
  EXPECT_TRUE(std::filesystem::exists(file("a3")));
  EXPECT_TRUE(std::filesystem::exists(file("link")));
  fill(writer, 20);
  writer.close();
  EXPECT_FALSE(std::filesystem::exists(file("a3")));
  std::uint64_t sum = 0;
  for (const auto& name : names())
    if (name.starts_with("c")) sum += std::filesystem::file_size(file(name));
  EXPECT_LE(sum, 20'000u);
}

// The time of the next sync comes just after the end.
TEST_F(Rotated, NothingIsSyncedAfterTheEnd) {
  constexpr std::chrono::milliseconds kSync{50};
  const auto begin = std::chrono::steady_clock::now();
  CaptureWriter writer(
      {.path = file("c"), .sync_ns = static_cast<std::uint64_t>(std::chrono::nanoseconds(kSync).count())},
      a_header());
  writer.append(record_at(10));
  writer.close();
  while (std::chrono::steady_clock::now() < begin + 2 * kSync) writer.flush();
  EXPECT_EQ(writer.status().error, 0) << writer.status().text;
}

TEST_F(Rotated, AFileThatSomebodyPutInItsPlaceStays) {
  CaptureWriter writer({.path = file("c"), .total_bytes = 10'000}, a_header());
  std::filesystem::rename(file("c"), file("kept"));
  put(file("c"), "mine");
  fill(writer, 15);
  writer.close();
  EXPECT_EQ(contents(file("c")), "mine");
}

TEST_F(Rotated, ANumberThatIsTakenIsLeftOut) {
  put(file("c.000001"), "of an earlier run");
  CaptureWriter writer({.path = file("c"), .rotate_bytes = 1000}, a_header());
  fill(writer, 1);
  writer.close();
  EXPECT_EQ(writer.status().error, 0);
  EXPECT_EQ(contents(file("c.000001")), "of an earlier run");
  EXPECT_EQ(CaptureReader(file("c.000002")).header().sequence, 1u);
}

TEST_F(Rotated, ByAge) {
  CaptureWriter writer({.path = file("c"), .rotate_age_ns = 60'000'000'000},
                       a_header());  // begun at second 1
  EXPECT_FALSE(writer.wants_rotation(at(60.9)));
  EXPECT_TRUE(writer.wants_rotation(at(61)));
}

TEST_F(Rotated, ALargeCheckpointDoesNotRotateForEver) {
  CaptureWriter writer({.path = file("c"), .rotate_bytes = 500}, a_header());
  writer.begin_checkpoint(at(10));
  for (std::uint32_t i = 0; i < 100; ++i) writer.append(record_at(i, 100));
  writer.end_checkpoint();
  writer.flush();
  ASSERT_GT(writer.status().bytes, 500u);
  EXPECT_FALSE(writer.wants_rotation(at(11)));
  for (std::uint32_t i = 100; i < 300; ++i) writer.append(record_at(i, 100));
  writer.flush();
  EXPECT_TRUE(writer.wants_rotation(at(11)));
}

TEST(CaptureWriting, WantsACheckpointAfterSoManyBytes) {
  TemporaryDirectory directory;
  CaptureWriter writer({.path = directory.path() + "/c", .checkpoint_bytes = 1000}, a_header());
  writer.append(record_at(1, 500));
  EXPECT_FALSE(writer.wants_checkpoint());
  writer.append(record_at(2, 500));
  EXPECT_TRUE(writer.wants_checkpoint());
  writer.begin_checkpoint(at(3));
  EXPECT_FALSE(writer.wants_checkpoint());
  writer.append(record_at(3, 2000));
  writer.end_checkpoint();
  EXPECT_FALSE(writer.wants_checkpoint());
}

// Files of this process end at so many bytes, as a full disk would end them.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) {
    ::getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit limit{bytes, before_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FileSizeLimit() { ::setrlimit(RLIMIT_FSIZE, &before_); }

 private:
  rlimit before_{};
};

TEST(CaptureWriting, AFailedWriteStopsTheWriterAndIsCounted) {
  TemporaryDirectory directory;
  const std::string path = directory.path() + "/capture";
  std::uint64_t appended = 0;
  CaptureStatus status;
  {
    CaptureWriter writer({.path = path, .block_bytes = 1000, .flush_ns = SmallCapture::kNever}, a_header());
    {
      const FileSizeLimit limit(4000);
      for (std::uint32_t second = 10; writer.status().error == 0; ++second, ++appended) {
        ASSERT_LT(second, 10'000u);
        writer.append(record_at(second));
        if (second % 5 == 0) writer.flush();
      }
    }
    for (std::uint32_t i = 0; i < 3; ++i, ++appended)
      writer.append(record_at(1));  // there is room again: too late
    writer.close();
    EXPECT_FALSE(writer.wants_rotation(at(1e6)));
    status = writer.status();
  }
  EXPECT_EQ(status.error, EFBIG);
  EXPECT_NE(status.text.find("write " + path), std::string::npos) << status.text;
  EXPECT_EQ(status.records + status.dropped, appended);
  EXPECT_GE(status.dropped, 4u);
  const Reading reading = read_capture(path);
  EXPECT_EQ(reading.status, Status::torn);
  EXPECT_TRUE(reading.damage.empty());
  EXPECT_EQ(reading.records.size(), status.records);
  CaptureReader reader(path);
  Reading again;
  read_on(reader, again);
  EXPECT_EQ(reader.torn_bytes(), 0u);  // the half block was cut off
}

TEST(CaptureWriting, WhatFindsTheQueueFullIsCountedInTheFileToo) {
  TemporaryDirectory directory;
  const std::string path = directory.path() + "/capture";
  CaptureWriter writer({.path = path, .flush_ns = SmallCapture::kNever, .queue_bytes = 1000}, a_header());
  for (std::uint32_t i = 0; i < 100; ++i) writer.append(record_at(i));
  const std::uint64_t dropped = writer.status().dropped;
  EXPECT_GT(dropped, 90u);
  writer.flush();
  writer.append(record_at(100));
  writer.flush();
  for (const bool closed : {false, true}) {
    if (closed) writer.close();
    CaptureReader reader(path);
    Reading reading;
    read_on(reader, reading);
    EXPECT_EQ(reader.dropped(), dropped);
    EXPECT_EQ(reading.records.size(), 101 - dropped);
  }
}

TEST(CaptureWriting, ARecordThatLiesAboutItsSizeIsDropped) {
  TemporaryDirectory directory;
  const std::string path = directory.path() + "/capture";
  CaptureWriter writer({.path = path}, a_header());
  auto longer = record_at(1);
  longer.push_back(std::byte{0});
  writer.append(longer);
  writer.append(RawRecord(longer).first(10));
  writer.append(record_at(2));
  writer.close();
  EXPECT_EQ(writer.status().dropped, 2u);
  EXPECT_EQ(read_capture(path).records, (std::vector<records::Bytes>{record_at(2)}));
}

TEST(CaptureWriting, OptionsThatMakeNoSenseAreRefused) {
  TemporaryDirectory directory;
  const std::string path = directory.path() + "/capture";
  EXPECT_THROW(CaptureWriter({.path = ""}, a_header()), std::invalid_argument);
  EXPECT_THROW(CaptureWriter({.path = path, .level = 99}, a_header()), std::invalid_argument);
  EXPECT_THROW(CaptureWriter({.path = path, .block_bytes = 5 << 20}, a_header()), std::invalid_argument);
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST(CaptureWriting, ASeriesWithoutIdGetsARandomOne) {
  TemporaryDirectory directory;
  CaptureHeader header = a_header();
  header.series.fill(0);
  for (const char* name : {"/a", "/b"}) CaptureWriter({.path = directory.path() + name}, header).close();
  const auto a = CaptureReader(directory.path() + "/a").header().series;
  EXPECT_NE(a, header.series);
  EXPECT_NE(a, CaptureReader(directory.path() + "/b").header().series);
}

}  // namespace
}  // namespace stray
