// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <zstd.h>

#include <algorithm>
#include <array>

#include "capture/format.hpp"
#include "unit/capture/capture_file.hpp"
#include "unit/pipeline/state_history.hpp"

namespace stray {
namespace {

using Status = CaptureReader::Status;

TEST(CaptureDamaged, CutAnywhereGivesTheWholeBlocksBefore) {
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

TEST(CaptureDamaged, AFlippedBitCostsAtMostItsBlockAndIsSaid) {
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
        // Only where the rest of the file seems to be the torn end of it, and then nothing else is missing.
        EXPECT_EQ(reading.status, Status::torn);
        EXPECT_EQ(missing, 0u);
      } else if (reading.status == Status::end) {
        ASSERT_EQ(reading.damage.size(), 1u);
        EXPECT_EQ(reading.damage[0].records, missing) << reading.damage[0].reason;
      }
    }
  }
}

// What a run writes: forks, execs, observations, losses, the clock, ends. All that is read goes through the
// core too.
TEST(CaptureDamaged, AMixedStreamCutOrFlippedAnywhere) {
  auto history = state_test::told_history({});
  ASSERT_GT(history.size(), 80u);
  history.resize(80);
  TemporaryDirectory directory;
  const std::string path = directory.path() + "/capture";
  CaptureWriter writer({.path = path, .block_bytes = 1500, .flush_ns = SmallCapture::kNever}, a_header());
  for (const auto& record : history) writer.append(record);
  writer.close();
  const std::string whole = contents(path);
  const auto starts = frames(whole);
  std::size_t largest = 0;
  for (std::size_t block = 0; 4 + 2 * block < starts.size() - 1; ++block)
    largest = std::max<std::size_t>(largest, head_of(whole, block).records);
  const auto follow = [](const Reading& reading) {
    Pipeline pipeline({}, {});
    for (const auto& record : reading.records) pipeline.feed(record);
  };
  for (std::size_t at = starts[1]; at < whole.size(); ++at) {
    SCOPED_TRACE(at);
    const Reading cut = read_bytes(std::string_view(whole).substr(0, at));
    EXPECT_EQ(cut.status, Status::torn);
    ASSERT_LE(cut.records.size(), history.size());
    ASSERT_TRUE(std::equal(cut.records.begin(), cut.records.end(), history.begin()));
    std::string bytes = whole;
    bytes[at] = static_cast<char>(bytes[at] ^ (1 << at % 8));
    const Reading flipped = read_bytes(bytes);
    const std::size_t missing = history.size() - flipped.records.size();
    ASSERT_LE(missing, largest);
    if (missing > 0 && flipped.status == Status::end) {
      ASSERT_EQ(flipped.damage.size(), 1u);
      EXPECT_EQ(flipped.damage[0].records, missing);
      follow(flipped);
    }
  }
}

TEST(CaptureDamaged, EveryFrameOfOursIsGuardedByItsOwnChecksum) {
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

// What a file system may leave after a power failure: the size is there, the bytes are not.
TEST(CaptureDamaged, ATailOfZerosIsSaid) {
  const SmallCapture capture(12);
  const std::size_t border = frames(capture.bytes)[6];
  for (const std::size_t zeros : {20u, 5000u, 50'000u}) {
    const Reading reading = read_bytes(capture.bytes.substr(0, border) + std::string(zeros, '\0'));
    EXPECT_EQ(reading.status, Status::torn);
    EXPECT_EQ(reading.records.size(), head_of(capture.bytes, 1).total);
    ASSERT_EQ(reading.damage.size(), 1u);
    EXPECT_EQ(reading.damage[0].offset, border);
    EXPECT_EQ(reading.damage[0].bytes, zeros);
    EXPECT_EQ(reading.damage[0].records, std::nullopt);
  }
}

TEST(CaptureDamaged, SaysWhichBlocksAreMissingOrDouble) {
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
TEST(CaptureDamaged, AForeignBlockIsNotTaken) {
  const SmallCapture capture(4);
  const auto starts = frames(capture.bytes);
  CaptureHeader other = a_header();
  other.series.fill(7);
  TemporaryDirectory directory;
  {
    CaptureWriter writer({.path = directory.path() + "/other", .block_bytes = 1}, other);
    for (const std::uint32_t second : {98, 99}) writer.append(record_at(second));
    writer.close();
  }
  const std::string foreign = contents(directory.path() + "/other");
  const auto theirs = frames(foreign);
  std::string bytes = capture.bytes;  // our first block, then their second
  bytes.insert(starts[4], foreign.substr(theirs[4], theirs[6] - theirs[4]));
  const Reading reading = read_bytes(bytes);
  EXPECT_EQ(reading.records, capture.records);
  ASSERT_EQ(reading.damage.size(), 1u);
  EXPECT_EQ(reading.damage[0].reason, "a frame of another capture");
  EXPECT_EQ(reading.damage[0].offset, starts[4]);
  EXPECT_EQ(reading.damage[0].bytes, theirs[6] - theirs[4]);
  EXPECT_EQ(reading.damage[0].records, 0u);
}

// A head that is sound and lies: the frame unpacks to far more than it says, or says nothing, or too much.
TEST(CaptureDamaged, ABombIsRefused) {
  const SmallCapture capture(6);
  const auto starts = frames(capture.bytes);
  const auto with_frame = [&](const std::string& frame, std::uint32_t raw_size, std::uint32_t packed = 0) {
    capture::BlockHead head = head_of(capture.bytes, 1);
    head.packed = packed != 0 ? packed : static_cast<std::uint32_t>(frame.size());
    head.raw = raw_size;
    std::array<std::byte, capture::kBlockHeadSize> bytes;
    capture::encode(head, capture::sync_of(a_header()), raw(frame), bytes);
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
  const std::size_t bomb = 64u << 20;
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
      {with_frame("tiny", 4096, 0xfffffff0), "a block larger than the format allows"},
  };
  for (const auto& [bytes, reason] : cases) {
    const Reading reading = read_bytes(bytes);
    ASSERT_EQ(reading.damage.size(), 1u) << reason;
    EXPECT_EQ(reading.damage[0].reason, reason);
    EXPECT_EQ(reading.records.size(), 6u - head_of(capture.bytes, 1).records);
  }
}

TEST(CaptureDamaged, SaysWhatFollowsTheEnd) {
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

}  // namespace
}  // namespace stray
