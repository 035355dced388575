// SPDX-License-Identifier: Apache-2.0
// Writes a capture of a given size, with the checkpoints that a run would have written, from made records.
//
//   large_capture FILE BYTES
//
// Prints the number of records.
#include <charconv>
#include <cstdio>
#include <cstring>
#include <exception>

#include "capture/writer.hpp"
#include "load/made_storm.hpp"
#include "pipeline/pipeline.hpp"

namespace {

using namespace stray;

constexpr std::uint64_t kLookEvery = 4096;  // lifecycles between two looks at the size

int make(const char* path, std::uint64_t bytes) {
  CaptureHeader header;
  header.contract = STRAY_CONTRACT;
  header.host = "made", header.kernel = "none", header.version = "0";
  header.boot_ns = at(10).count(), header.real_ns = 1'700'000'000'000'000'000;
  CaptureWriter writer({.path = path, .flush_ns = 60'000'000'000, .queue_bytes = 1u << 30}, header);
  Pipeline pipeline({}, {});
  std::uint64_t records = 0;
  const auto put = [&](RawRecord record) {
    writer.append(record);
    pipeline.feed(record);
    pipeline.detectors().take_requests();
    ++records;
  };
  MadeStorm storm(put, true);
  storm.begin();
  for (std::uint64_t i = 0;; ++i) {
    storm.one(i);
    if (i % kLookEvery != 0) continue;
    writer.flush();
    if (writer.status().bytes >= bytes) break;
    if (!writer.wants_checkpoint()) continue;
    writer.begin_checkpoint(pipeline.time());
    pipeline.save_state([&](RawRecord record) { writer.append(record); }, pipeline.time());
    writer.end_checkpoint();
  }
  storm.end();
  writer.close();
  const CaptureStatus status = writer.status();
  if (status.error || status.dropped) {
    std::fprintf(stderr, "large_capture: %s: %s\n", path, status.text.c_str());
    return 1;
  }
  std::printf("%llu\n", static_cast<unsigned long long>(records));
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  std::uint64_t bytes = 0;
  if (argc != 3 || std::from_chars(argv[2], argv[2] + std::strlen(argv[2]), bytes).ec != std::errc{}) {
    std::fprintf(stderr, "usage: large_capture FILE BYTES\n");
    return 2;
  }
  try {
    return make(argv[1], bytes);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "large_capture: %s\n", error.what());
    return 1;
  }
}
