// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <unistd.h>

#include <system_error>
#include <thread>

#include "capture/format.hpp"
#include "unit/capture/capture_file.hpp"

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
            "502a4d186e000000535452415943415001000100000000000100000001000000000102030405060708090a0b0c0d0e0f"
            "a0a1a2a3a4a5a6a7a8a9aaabacadaeaf00ca9a3b0000000000002a36fe9c971700000000000000000800050005000000"
            "74657374686f7374362e312e30302e312e30a435dba5");
  EXPECT_EQ(hex(1), hex(0));
  std::string head = hex(2);
  head.replace(64, 8, "packed..");
  head.resize(head.size() - 16);  // the checksums of what is zstd's, and of the head
  EXPECT_EQ(head,
            "512a4d1858000000a0a1a2a3a4a5a6a700000000000000000000000001000000packed..280000000094357700000000"
            "00943577000000000700000000000000000000000000000000000000000000000100000000000000");
  EXPECT_EQ(hex(4),
            "522a4d183c000000a0a1a2a3a4a5a6a70000000000000000010000000000000001000000000000000094357700000000"
            "07000000000000000000000000000000ca9b9767");
}

TEST(Capture, CrcIsTheCommonOne) { EXPECT_EQ(capture::crc32(raw("123456789")), 0xcbf43926u); }

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

// A block head of version 1.0 ends before the checksum of the zstd frame.
TEST(Capture, ReadsVersion10) {
  const SmallCapture capture(4);
  const auto starts = frames(capture.bytes);
  std::string bytes = with_header_byte(capture.bytes, 18, 0);
  for (std::size_t frame = starts.size() - 2; frame-- > 2;) {
    if (bytes[starts[frame] + 3] != 0x18) continue;  // zstd's own
    ASSERT_EQ(starts[frame + 1] - starts[frame], capture::kBlockHeadSize);
    bytes.erase(starts[frame] + 88, 4);
    bytes[starts[frame] + 4] = static_cast<char>(bytes[starts[frame] + 4] - 4);
    seal(bytes, starts[frame]);
  }
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
            "was written in capture format 2.1; this stray reads 1.x");
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

}  // namespace
}  // namespace stray
