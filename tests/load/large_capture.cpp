// SPDX-License-Identifier: Apache-2.0
// Writes a capture of a given size, with the checkpoints that a run would have written, from made records.
//
//   large_capture FILE BYTES
//   large_capture FILE --living COUNT
//
// The second one has a snapshot of so many processes, all alive, in a few bytes each: what a hostile file can
// name. Prints the number of records.
#include <charconv>
#include <cstdio>
#include <cstring>
#include <exception>
#include <string_view>

#include "capture/writer.hpp"
#include "load/made_storm.hpp"
#include "pipeline/pipeline.hpp"

namespace {

using namespace stray;

constexpr std::uint64_t kLookEvery = 4096;  // lifecycles between two looks at the size

CaptureHeader made_header() {
  CaptureHeader header;
  header.contract = STRAY_CONTRACT;
  header.host = "made", header.kernel = "none", header.version = "0";
  header.boot_ns = at(10).count(), header.real_ns = 1'700'000'000'000'000'000;
  return header;
}

int finish(CaptureWriter& writer, const char* path, std::uint64_t records) {
  writer.close();
  const CaptureStatus status = writer.status();
  if (status.error || status.dropped) {
    std::fprintf(stderr, "large_capture: %s: %s\n", path, status.text.c_str());
    return 1;
  }
  std::printf("%llu\n", static_cast<unsigned long long>(records));
  return 0;
}

int make_living(const char* path, std::uint64_t count) {
  CaptureWriter writer({.path = path, .flush_ns = 60'000'000'000, .queue_bytes = 1u << 30}, made_header());
  const ProcessKey init = key(1, 0);
  writer.append(session());
  writer.append(seed(init, {}, "/usr/lib/systemd/systemd", at(11), STRAY_SEED_NAMESPACE_INIT));
  for (std::uint32_t i = 0; i < count; ++i) {
    writer.append(seed({at(1) + BootTime(i), 100 + i}, init, "/usr/bin/sleep", at(11)));
    if (i % kLookEvery == 0) writer.flush();
  }
  writer.append(ready(at(12)));
  wire::Record<stray_end> end(wire::head(STRAY_END, at(13)));
  writer.append(end.bytes());
  return finish(writer, path, count + 4);
}

int make(const char* path, std::uint64_t bytes) {
  CaptureWriter writer({.path = path, .flush_ns = 60'000'000'000, .queue_bytes = 1u << 30}, made_header());
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
  return finish(writer, path, records);
}

}  // namespace

int main(int argc, char** argv) {
  std::uint64_t number = 0;
  const bool living = argc == 4 && std::string_view(argv[2]) == "--living";
  const char* last = argv[argc - 1];
  if ((argc != 3 && !living) || std::from_chars(last, last + std::strlen(last), number).ec != std::errc{}) {
    std::fprintf(stderr, "usage: large_capture FILE BYTES | FILE --living COUNT\n");
    return 2;
  }
  try {
    return living ? make_living(argv[1], number) : make(argv[1], number);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "large_capture: %s\n", error.what());
    return 1;
  }
}
