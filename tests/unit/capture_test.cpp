// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zstd.h>

#include <filesystem>
#include <system_error>
#include <thread>

#include "capture/format.hpp"
#include "capture_file.hpp"

namespace stray {
namespace {

using Status = CaptureReader::Status;
using records::at;

std::string error_of(const std::string& path) {
  try {
    CaptureReader reader(path);
  } catch (const CaptureError& error) {
    return error.what();
  }
  return "no error";
}

std::string unzstd(std::string_view bytes) {
  std::string out;
  while (!bytes.empty()) {
    const std::size_t frame = ZSTD_findFrameCompressedSize(bytes.data(), bytes.size());
    if (ZSTD_isError(frame)) throw std::runtime_error(ZSTD_getErrorName(frame));
    std::string part(1 << 20, '\0');
    const std::size_t size = ZSTD_decompress(part.data(), part.size(), bytes.data(), frame);
    if (ZSTD_isError(size)) throw std::runtime_error(ZSTD_getErrorName(size));
    out += part.substr(0, size);
    bytes.remove_prefix(frame);
  }
  return out;
}

// Where the frames of a sound capture begin, headers and end mark included; then its size.
std::vector<std::size_t> frames(std::string_view bytes) {
  std::vector<std::size_t> starts;
  for (std::size_t offset = 0; offset < bytes.size();) {
    starts.push_back(offset);
    offset += ZSTD_findFrameCompressedSize(bytes.data() + offset, bytes.size() - offset);
  }
  starts.push_back(bytes.size());
  return starts;
}

capture::Bytes raw(std::string_view bytes) { return std::as_bytes(std::span(bytes)); }

// The head of the n-th block: two header frames, then head and content in turn.
capture::BlockHead head_of(const std::string& bytes, std::size_t block) {
  const auto starts = frames(bytes);
  const std::size_t frame = 2 + 2 * block;
  return *capture::decode_block(raw(bytes).subspan(starts[frame], starts[frame + 1] - starts[frame]));
}

// Sets the CRC of the frame at `offset` right again after it was changed.
void seal(std::string& bytes, std::size_t offset) {
  const auto size = capture::frame_start(raw(bytes).subspan(offset))->size;
  const std::uint32_t crc = capture::crc32(raw(bytes).subspan(offset, size - 4));
  for (int i = 0; i < 4; ++i) bytes[offset + size - 4 + i] = static_cast<char>(crc >> (8 * i) & 0xff);
}

// Changes one byte in both copies of the file header.
std::string with_header_byte(std::string bytes, std::size_t offset, char value) {
  const auto starts = frames(bytes);
  for (const std::size_t start : {starts[0], starts[1]}) {
    bytes[start + offset] = value;
    seal(bytes, start);
  }
  return bytes;
}

TEST(Capture, GivesBackExactlyWhatWasWritten) {
  const SmallCapture capture(50);
  const Reading reading = read_capture(capture.path());
  EXPECT_EQ(reading.status, Status::end);
  EXPECT_EQ(reading.records, capture.records);
  EXPECT_TRUE(reading.damage.empty());
}

TEST(Capture, HeaderComesBack) {
  const SmallCapture capture(1);
  const CaptureHeader header = CaptureReader(capture.path()).header(), wrote = a_header();
  EXPECT_EQ(header.boot_id, wrote.boot_id);
  EXPECT_EQ(header.series, wrote.series);
  EXPECT_EQ(header.boot_ns, wrote.boot_ns);
  EXPECT_EQ(header.real_ns, wrote.real_ns);
  EXPECT_EQ(header.contract, wrote.contract);
  EXPECT_EQ(header.host, wrote.host);
  EXPECT_EQ(header.kernel, wrote.kernel);
  EXPECT_EQ(header.version, wrote.version);
  EXPECT_EQ(header.sequence, 0u);
  EXPECT_TRUE(header.redacted);
}

TEST(Capture, IsAZstdFileOfTheRecords) {
  const SmallCapture capture(20);
  std::string all;
  for (const auto& one : capture.records) all.append(reinterpret_cast<const char*>(one.data()), one.size());
  EXPECT_EQ(unzstd(capture.bytes), all);
}

// The format does not change by accident: a tiny capture, byte for byte. The content of its one zstd frame is
// zstd's business, all else is ours.
TEST(Capture, FirstBytesArePinned) {
  TemporaryDirectory directory;
  const std::string path = directory.path() + "/capture";
  {
    CaptureWriter writer({.path = path}, a_header());
    writer.append(records::tick(at(2), 7));
    writer.close();
  }
  const std::string bytes = contents(path);
  const auto starts = frames(bytes);
  ASSERT_EQ(starts.size(), 6u);
  const auto hex = [&](std::size_t frame) {
    std::string out;
    for (std::size_t i = starts[frame]; i < starts[frame + 1]; ++i) {
      char two[3];
      std::snprintf(two, sizeof two, "%02x", static_cast<unsigned char>(bytes[i]));
      out += two;
    }
    return out;
  };
  EXPECT_EQ(hex(0),
            "502a4d18"
            "6e000000"
            "5354524159434150"
            "0100"
            "0000"
            "00000000"
            "01000000"
            "01000000"
            "000102030405060708090a0b0c0d0e0f"
            "a0a1a2a3a4a5a6a7a8a9aaabacadaeaf"
            "00ca9a3b00000000"
            "00002a36fe9c9717"
            "0000000000000000"
            "0800"
            "0500"
            "0500"
            "0000"
            "74657374686f7374"
            "362e312e30"
            "302e312e30"
            "66b8dd7a");
  EXPECT_EQ(hex(1), hex(0));
  std::string head = hex(2);
  head.replace(64, 8, "packed..");
  head.resize(head.size() - 8);
  EXPECT_EQ(head,
            "512a4d18"
            "54000000"
            "a0a1a2a3a4a5a6a7"
            "0000000000000000"
            "00000000"
            "01000000"
            "packed.."
            "28000000"
            "0094357700000000"
            "0094357700000000"
            "0700000000000000"
            "0000000000000000"
            "0000000000000000"
            "0100000000000000");
  EXPECT_EQ(hex(4),
            "522a4d18"
            "3c000000"
            "a0a1a2a3a4a5a6a7"
            "00000000"
            "00000000"
            "0100000000000000"
            "0100000000000000"
            "0094357700000000"
            "0700000000000000"
            "0000000000000000"
            "ca9b9767");
}

TEST(Capture, CrcIsTheCommonOne) { EXPECT_EQ(capture::crc32(raw("123456789")), 0xcbf43926u); }

TEST(Capture, IsNobodyElsesAndNeverAnExistingFile) {
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

TEST(Capture, CutAnywhereGivesTheWholeBlocksBefore) {
  const SmallCapture capture(12);
  const auto starts = frames(capture.bytes);
  for (std::size_t cut = 0; cut < capture.bytes.size(); ++cut) {
    SCOPED_TRACE(cut);
    const std::string_view bytes = std::string_view(capture.bytes).substr(0, cut);
    if (cut < starts[1]) {
      EXPECT_THROW(read_bytes(bytes), CaptureError);
      continue;
    }
    std::size_t whole = 0, border = starts[1];
    for (std::size_t block = 0; 4 + 2 * block < starts.size() && starts[4 + 2 * block] <= cut; ++block) {
      whole += head_of(capture.bytes, block).records;
      border = starts[4 + 2 * block];
    }
    if (border == starts[1] && cut >= starts[2]) border = starts[2];
    const Reading reading = read_bytes(bytes);
    EXPECT_EQ(reading.status, Status::torn);
    EXPECT_TRUE(reading.damage.empty()) << reading.damage[0].reason;
    ASSERT_EQ(reading.records.size(), whole);
    EXPECT_TRUE(std::equal(reading.records.begin(), reading.records.end(), capture.records.begin()));
  }
}

TEST(Capture, AFlippedBitCostsAtMostItsBlockAndIsSaid) {
  const SmallCapture capture(12);
  std::size_t largest = 0;
  for (std::size_t block = 0; 4 + 2 * block < frames(capture.bytes).size() - 1; ++block)
    largest = std::max<std::size_t>(largest, head_of(capture.bytes, block).records);
  ASSERT_LT(largest, 4u);
  for (std::size_t offset = 0; offset < capture.bytes.size(); ++offset) {
    for (int bit = 0; bit < 8; ++bit) {
      SCOPED_TRACE(std::to_string(offset) + " bit " + std::to_string(bit));
      std::string bytes = capture.bytes;
      bytes[offset] = static_cast<char>(bytes[offset] ^ (1 << bit));
      const Reading reading = read_bytes(bytes);
      const std::size_t missing = capture.records.size() - reading.records.size();
      ASSERT_LE(missing, largest);
      // What is there is in order and unchanged.
      auto from = capture.records.begin();
      for (const auto& one : reading.records) {
        from = std::find(from, capture.records.end(), one);
        ASSERT_NE(from, capture.records.end());
        ++from;
      }
      if (reading.damage.empty()) {
        // Only a bit that means nothing to zstd, or the end mark's, may go without.
        EXPECT_EQ(missing, 0u);
      } else if (reading.status == Status::end) {
        ASSERT_EQ(reading.damage.size(), 1u);
        EXPECT_EQ(reading.damage[0].records, missing) << reading.damage[0].reason;
      }
    }
  }
}

TEST(Capture, EveryFrameOfOursIsGuardedByItsOwnChecksum) {
  const SmallCapture capture(4);
  const auto starts = frames(capture.bytes);
  for (std::size_t frame = 0; frame + 1 < starts.size(); ++frame) {
    if (capture.bytes[starts[frame] + 3] != 0x18) continue;  // zstd's own
    for (std::size_t offset = starts[frame]; offset < starts[frame + 1]; ++offset) {
      std::string bytes = capture.bytes;
      bytes[offset] = static_cast<char>(bytes[offset] ^ 1);
      const Reading reading = read_bytes(bytes);
      EXPECT_TRUE(!reading.damage.empty() || reading.status == Status::torn) << offset;
    }
  }
}

TEST(Capture, SaysWhichBlocksAreMissingOrDouble) {
  const SmallCapture capture(12);
  const auto starts = frames(capture.bytes);
  const std::size_t begin = starts[4], size = starts[6] - begin;  // the second block
  std::string without = capture.bytes;
  without.erase(begin, size);
  Reading reading = read_bytes(without);
  EXPECT_EQ(reading.status, Status::end);
  ASSERT_EQ(reading.damage.size(), 1u);
  EXPECT_EQ(reading.damage[0].reason, "blocks are missing");
  EXPECT_EQ(reading.damage[0].records, head_of(capture.bytes, 1).records);

  std::string twice = capture.bytes;
  twice.insert(begin, capture.bytes.substr(begin, size));
  reading = read_bytes(twice);
  EXPECT_EQ(reading.records, capture.records);
  ASSERT_EQ(reading.damage.size(), 1u);
  EXPECT_EQ(reading.damage[0].bytes, size);
  EXPECT_EQ(reading.damage[0].records, 0u);
}

// What somebody puts into an argument looks like a block, but cannot know the marker.
TEST(Capture, AForeignBlockIsNotTaken) {
  const SmallCapture capture(4);
  const auto starts = frames(capture.bytes);
  CaptureHeader other = a_header();
  other.series.fill(7);
  TemporaryDirectory directory;
  {
    CaptureWriter writer({.path = directory.path() + "/other"}, other);
    writer.append(record_at(99));
    writer.close();
  }
  const std::string foreign = contents(directory.path() + "/other");
  const auto theirs = frames(foreign);
  std::string bytes = capture.bytes;
  bytes.insert(starts[4], foreign.substr(theirs[2], theirs[4] - theirs[2]));
  const Reading reading = read_bytes(bytes);
  EXPECT_EQ(reading.records, capture.records);
  ASSERT_EQ(reading.damage.size(), 1u);
  EXPECT_EQ(reading.damage[0].offset, starts[4]);
  EXPECT_EQ(reading.damage[0].bytes, theirs[4] - theirs[2]);
  EXPECT_EQ(reading.damage[0].records, 0u);
}

TEST(Capture, ReadsOnWhatANewerMinorVersionAdds) {
  const SmallCapture capture(4);
  const auto starts = frames(capture.bytes);
  EXPECT_EQ(read_bytes(with_header_byte(capture.bytes, 18, 9)).records, capture.records);  // minor version
  EXPECT_EQ(read_bytes(with_header_byte(capture.bytes, 27, 0x55)).records,
            capture.records);  // compatible flags
  // A block head with one more field, and a frame of a kind that is not known.
  std::string bytes = capture.bytes;
  std::string longer = bytes.substr(starts[2], starts[3] - starts[2]);
  longer.insert(longer.size() - 4, "8 bytes!");
  longer[4] = static_cast<char>(longer[4] + 8);
  seal(longer, 0);
  std::string unknown = bytes.substr(starts[2], starts[3] - starts[2]);
  unknown[0] = 0x59;
  seal(unknown, 0);
  bytes.replace(starts[2], starts[3] - starts[2], unknown + longer);
  const Reading reading = read_bytes(bytes);
  EXPECT_EQ(reading.status, Status::end);
  EXPECT_EQ(reading.records, capture.records);
  EXPECT_TRUE(reading.damage.empty());
}

TEST(Capture, RefusesWhatItCannotRead) {
  const SmallCapture capture(2);
  TemporaryDirectory directory;
  const std::string path = directory.path() + "/x";
  const auto refusal = [&](std::string_view bytes) {
    put(path, bytes);
    const std::string error = error_of(path);
    return error.starts_with(path + " ") ? error.substr(path.size() + 1) : error;
  };
  EXPECT_EQ(refusal(""), "is empty");
  EXPECT_EQ(refusal("{\"@timestamp\":1}\n"), "is not a capture of stray");
  EXPECT_EQ(refusal(std::string(100'000, '\0')), "is not a capture of stray");
  EXPECT_EQ(refusal(capture.bytes.substr(frames(capture.bytes)[3])),
            "is a zstd file, but not a capture of stray");
  EXPECT_EQ(refusal(capture.bytes.substr(0, 60)), "ends within its header");
  EXPECT_EQ(refusal(with_header_byte(capture.bytes, 16, 2)),
            "was written in capture format 2.0; this stray reads 1.x");
  EXPECT_EQ(refusal(with_header_byte(capture.bytes, 20, 1)), "was written on a host of the other byte order");
  EXPECT_EQ(refusal(with_header_byte(capture.bytes, 20, 4)),
            "uses features that this stray does not know (flags 4); a newer one reads it");
  EXPECT_EQ(refusal(with_header_byte(capture.bytes, 89, 1)), "has a header whose texts do not fit");
  std::string both = capture.bytes;
  both[30] ^= 1;
  both[frames(capture.bytes)[1] + 30] ^= 1;
  EXPECT_EQ(refusal(both), "has a damaged header");
  EXPECT_EQ(error_of(directory.path()), directory.path() + " is a directory");
  EXPECT_THROW(CaptureReader(directory.path() + "/none"), std::system_error);
}

// A head that is sound and lies: the frame unpacks to far more than it says, or says nothing, or too much.
TEST(Capture, ABombIsRefused) {
  const SmallCapture capture(6);
  const auto starts = frames(capture.bytes);
  const auto with_frame = [&](const std::string& frame, std::uint32_t raw_size) {
    capture::BlockHead head = head_of(capture.bytes, 1);
    head.packed = static_cast<std::uint32_t>(frame.size());
    head.raw = raw_size;
    std::array<std::byte, capture::kBlockHeadSize> bytes;
    capture::encode(head, capture::sync_of(a_header()), bytes);
    std::string out = capture.bytes;
    return out.replace(starts[4], starts[6] - starts[4],
                       std::string(reinterpret_cast<char*>(bytes.data()), bytes.size()) + frame);
  };
  const auto frame_of = [](std::size_t size, bool checksum, bool content_size) {
    const std::string zeros(size, '\0');
    std::string out(ZSTD_compressBound(size), '\0');
    ZSTD_CCtx* context = ZSTD_createCCtx();
    ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, checksum);
    ZSTD_CCtx_setParameter(context, ZSTD_c_contentSizeFlag, content_size);
    out.resize(ZSTD_compress2(context, out.data(), out.size(), zeros.data(), zeros.size()));
    ZSTD_freeCCtx(context);
    return out;
  };
  const std::size_t bomb = 256u << 20;
  std::string lying = frame_of(bomb, true, true);
  lying.replace(6, 4, std::string("\0\x10\0\0", 4));  // its content size: 4096
  const std::pair<std::string, std::string> cases[] = {
      {with_frame(frame_of(bomb, true, true), 4096), "a block of another size than it says"},
      {with_frame(frame_of(bomb, true, true), bomb), "a block larger than the format allows"},
      {with_frame(frame_of(bomb, true, false), 4096), "a block of another size than it says"},
      {with_frame(lying, 4096), "a block whose content is not what was written"},
      {with_frame(frame_of(4096, false, true), 4096), "a block without a checksum"},
      {with_frame(frame_of(4096, true, true) + "more", 4096), "a block whose frame does not fill it"},
      {with_frame(frame_of(4096, true, true), 4096), "a block that does not hold whole records"},
      {with_frame("tiny", 4096), "no zstd frame in a block"},
  };
  for (const auto& [bytes, reason] : cases) {
    const Reading reading = read_bytes(bytes);
    ASSERT_EQ(reading.damage.size(), 1u) << reason;
    EXPECT_EQ(reading.damage[0].reason, reason);
    EXPECT_EQ(reading.records.size(), 6u - head_of(capture.bytes, 1).records);
  }
}

TEST(Capture, ReadsFromAPipe) {
  const SmallCapture capture(300);
  int ends[2];
  ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
  std::thread feeder([&] {
    // In pieces that fit no border.
    for (std::size_t offset = 0; offset < capture.bytes.size(); offset += 977) {
      const std::string piece = capture.bytes.substr(offset, 977);
      if (::write(ends[1], piece.data(), piece.size()) != static_cast<ssize_t>(piece.size())) break;
    }
    ::close(ends[1]);
  });
  Reading reading;
  CaptureReader reader(Descriptor(ends[0]), "pipe");
  EXPECT_FALSE(reader.seekable());
  EXPECT_FALSE(reader.seek(at(20)));
  EXPECT_FALSE(reader.extent());
  read_on(reader, reading);
  feeder.join();
  EXPECT_EQ(reading.status, Status::end);
  EXPECT_EQ(reading.records, capture.records);
}

TEST(Capture, AFileThatGrowsIsReadAsFarAsItIsAndOn) {
  TemporaryDirectory directory;
  const std::string path = directory.path() + "/capture";
  CaptureWriter writer({.path = path, .flush_ns = SmallCapture::kNever}, a_header());
  Reading reading;
  CaptureReader reader(path);
  read_on(reader, reading);
  EXPECT_EQ(reading.status, Status::growing);
  writer.append(record_at(10));
  writer.flush();
  EXPECT_EQ(read_capture(path).status, Status::growing);
  EXPECT_FALSE(reader.extent()->finished);
  EXPECT_EQ(reader.extent()->latest, at(10));
  read_on(reader, reading);
  EXPECT_EQ(reading.status, Status::growing);
  EXPECT_EQ(reading.records, (std::vector<records::Bytes>{record_at(10)}));
  writer.append(record_at(11));
  writer.close();
  read_on(reader, reading);
  EXPECT_EQ(reading.status, Status::end);
  EXPECT_EQ(reading.records.size(), 2u);
  EXPECT_TRUE(reader.extent()->finished);
}

TEST(Capture, WritesWithinTheFlushTimeByItself) {
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

TEST(Capture, WithoutCloseAllIsThereButTheEndMark) {
  TemporaryDirectory directory;
  const std::string path = directory.path() + "/capture";
  { CaptureWriter({.path = path}, a_header()).append(record_at(10)); }
  const Reading reading = read_capture(path);
  EXPECT_EQ(reading.status, Status::torn);
  EXPECT_EQ(reading.records.size(), 1u);
}

TEST(Capture, SaysWhatFollowsTheEnd) {
  const SmallCapture capture(4);
  Reading reading = read_bytes(capture.bytes + capture.bytes);
  EXPECT_EQ(reading.status, Status::end);
  EXPECT_EQ(reading.records, capture.records);
  ASSERT_EQ(reading.damage.size(), 1u);
  EXPECT_EQ(reading.damage[0].bytes, capture.bytes.size());
  EXPECT_NE(reading.damage[0].reason.find("by itself"), std::string::npos);
  reading = read_bytes(capture.bytes + "x");
  ASSERT_EQ(reading.damage.size(), 1u);
  EXPECT_EQ(reading.damage[0].bytes, 1u);
}

// ---- checkpoints and time ----

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
  ASSERT_FALSE(head_of(bytes, last).flags & capture::kCheckpointEnd);
  put(cut, bytes.substr(0, starts[4 + 2 * last]));
  const Reading reading = read_from(cut, 100);
  EXPECT_EQ(reading.checkpoint, state_at(40));
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

// ---- rotation ----

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

TEST(Capture, WantsACheckpointAfterSoManyBytes) {
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

// ---- failure ----

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

TEST(Capture, AFailedWriteStopsTheWriterAndIsCounted) {
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
}

TEST(Capture, WhatFindsTheQueueFullIsCountedInTheFileToo) {
  TemporaryDirectory directory;
  const std::string path = directory.path() + "/capture";
  CaptureWriter writer({.path = path, .flush_ns = SmallCapture::kNever, .queue_bytes = 1000}, a_header());
  for (std::uint32_t i = 0; i < 100; ++i) writer.append(record_at(i));
  const std::uint64_t dropped = writer.status().dropped;
  EXPECT_GT(dropped, 90u);
  writer.close();
  CaptureReader reader(path);
  Reading reading;
  read_on(reader, reading);
  EXPECT_EQ(reader.dropped(), dropped);
  EXPECT_EQ(reading.records.size(), 100 - dropped);
}

TEST(Capture, ARecordThatLiesAboutItsSizeIsDropped) {
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

TEST(Capture, OptionsThatMakeNoSenseAreRefused) {
  TemporaryDirectory directory;
  const std::string path = directory.path() + "/capture";
  EXPECT_THROW(CaptureWriter({.path = ""}, a_header()), std::invalid_argument);
  EXPECT_THROW(CaptureWriter({.path = path, .level = 99}, a_header()), std::invalid_argument);
  EXPECT_THROW(CaptureWriter({.path = path, .block_bytes = 5 << 20}, a_header()), std::invalid_argument);
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST(Capture, ASeriesWithoutIdGetsARandomOne) {
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
