// SPDX-License-Identifier: Apache-2.0
// Captures of the tests: small, with known records, and read whole.
#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <cstring>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <vector>

#include "capture/reader.hpp"
#include "capture/writer.hpp"
#include "records.hpp"
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

}  // namespace stray
