// SPDX-License-Identifier: Apache-2.0
// Captures of the tests: small, with known records, and read whole.
#pragma once

#include <fcntl.h>
#include <unistd.h>
#include <zstd.h>

#include <cstring>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <vector>

#include "capture/format.hpp"
#include "capture/reader.hpp"
#include "capture/writer.hpp"
#include "support/records.hpp"
#include "support/temporary_directory.hpp"

namespace stray {

inline CaptureHeader a_header() {
  CaptureHeader header{.boot_ns = 1'000'000'000, .real_ns = 1'700'000'000'000'000'000, .contract = 1};
  header.host = "testhost", header.kernel = "6.1.0", header.version = "0.1.0", header.redacted = true;
  for (std::uint8_t i = 0; i < 16; ++i) {
    header.boot_id[i] = i;
    header.series[i] = static_cast<std::uint8_t>(0xa0 + i);
  }
  return header;
}

// An exec in the given second, with something that does not compress away.
inline records::Bytes record_at(std::uint32_t second, std::size_t argument = 20) {
  std::string text;
  for (std::uint32_t seed = second + 1; text.size() < argument; seed = seed * 1664525 + 1013904223)
    text += static_cast<char>('a' + (seed >> 24) % 26);
  return records::exec(records::key(1000 + second, second), records::at(second), "/usr/bin/node",
                       {"node", text, std::to_string(second)});
}

inline std::string contents(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

inline void put(const std::string& path, std::string_view bytes) {
  std::ofstream out(path, std::ios::binary | std::ios::trunc);
  out << bytes;
  if (!out.flush()) throw std::runtime_error("cannot write " + path);
}

// What a reader gave until it had no more.
struct Reading {
  std::vector<records::Bytes> records;
  std::vector<records::Bytes> checkpoint;  // those of them that belong to the checkpoint it began with
  std::vector<CaptureDamage> damage;
  CaptureReader::Status status = CaptureReader::Status::record;
};

inline void read_on(CaptureReader& reader, Reading& into) {
  for (RawRecord raw; (into.status = reader.next(raw)) == CaptureReader::Status::record;)
    (reader.in_checkpoint() ? into.checkpoint : into.records).emplace_back(raw.begin(), raw.end());
}

inline Reading read_capture(const std::string& path, bool continued = false) {
  Reading reading;
  CaptureReader reader(path, {continued, [&](const CaptureDamage& one) { reading.damage.push_back(one); }});
  read_on(reader, reading);
  return reading;
}

// Bytes given through a file without a name.
inline Reading read_bytes(std::string_view bytes) {
  const int fd = ::open("/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
  if (fd < 0 || ::pwrite(fd, bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size()))
    throw std::runtime_error("a temporary file");
  Reading reading;
  CaptureReader reader(Descriptor(fd), "bytes",
                       {false, [&](const CaptureDamage& one) { reading.damage.push_back(one); }});
  read_on(reader, reading);
  return reading;
}

// A file with `records` records, a second apart from second 10, about two to a block, closed.
class SmallCapture {
 public:
  explicit SmallCapture(std::uint32_t count, std::size_t block_bytes = 700) {
    CaptureWriter writer({.path = path(), .block_bytes = block_bytes, .flush_ns = kNever}, a_header());
    for (std::uint32_t i = 0; i < count; ++i) {
      records.push_back(record_at(10 + i));
      writer.append(records.back());
    }
    writer.close();
    bytes = contents(path());
  }
  std::string path() const { return directory_.path() + "/capture"; }

  static constexpr std::uint64_t kNever = 1'000'000'000'000'000;  // a flush by time would move block borders
  std::vector<records::Bytes> records;
  std::string bytes;

 private:
  TemporaryDirectory directory_;
};

// ---- its bytes ----

inline std::string unzstd(std::string_view bytes) {
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
inline std::vector<std::size_t> frames(std::string_view bytes) {
  std::vector<std::size_t> starts;
  for (std::size_t offset = 0; offset < bytes.size();) {
    starts.push_back(offset);
    offset += ZSTD_findFrameCompressedSize(bytes.data() + offset, bytes.size() - offset);
  }
  starts.push_back(bytes.size());
  return starts;
}

inline capture::Bytes raw(std::string_view bytes) { return std::as_bytes(std::span(bytes)); }

// The head of the n-th block: two header frames, then head and content in turn.
inline capture::BlockHead head_of(const std::string& bytes, std::size_t block) {
  const auto starts = frames(bytes);
  const std::size_t frame = 2 + 2 * block;
  return *capture::decode_block(raw(bytes).subspan(starts[frame], starts[frame + 1] - starts[frame]));
}

// Sets the CRC of the frame at `offset` right again after it was changed.
inline void seal(std::string& bytes, std::size_t offset) {
  const auto size = capture::frame_start(raw(bytes).subspan(offset))->size;
  const std::uint32_t crc = capture::crc32(raw(bytes).subspan(offset, size - 4));
  for (int i = 0; i < 4; ++i) bytes[offset + size - 4 + i] = static_cast<char>(crc >> (8 * i) & 0xff);
}

// Changes one byte in both copies of the file header.
inline std::string with_header_byte(std::string bytes, std::size_t offset, char value) {
  const auto starts = frames(bytes);
  for (const std::size_t start : {starts[0], starts[1]}) {
    bytes[start + offset] = value;
    seal(bytes, start);
  }
  return bytes;
}

}  // namespace stray
