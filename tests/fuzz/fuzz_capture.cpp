// SPDX-License-Identifier: Apache-2.0
// Any bytes as a capture: read as a file, from several times, every record through the pipeline; or as a
// pipe, which must give what the file gives.
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstring>
#include <string_view>

#include "broken.hpp"
#include "capture/reader.hpp"
#include "container.hpp"
#include "session.hpp"

using namespace stray;

namespace {

struct Reading {
  std::uint64_t hash = 1469598103934665603u, records = 0;
  CaptureReader::Status status{};
  bool operator==(const Reading&) const = default;
};

[[noreturn]] void broken(const char* what) { fuzz::broken("capture", what); }

// One file for all runs: its pages stay.
Descriptor file_of(std::span<const std::byte> bytes) {
  static const Descriptor kFile(::memfd_create("capture", MFD_CLOEXEC));
  const auto size = static_cast<off_t>(bytes.size());
  if (::pwrite(kFile.get(), bytes.data(), bytes.size(), 0) != size || ::ftruncate(kFile.get(), size) != 0 ||
      ::lseek(kFile.get(), 0, SEEK_SET) != 0)
    broken("a memfd");
  return Descriptor(::fcntl(kFile.get(), F_DUPFD_CLOEXEC, 0));
}

Descriptor pipe_of(std::span<const std::byte> bytes) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0) broken("a pipe");
  const Descriptor in(ends[1]);
  if (::write(in.get(), bytes.data(), bytes.size()) != static_cast<ssize_t>(bytes.size()))
    broken("a pipe takes 64 KiB without a reader");
  return Descriptor(ends[0]);
}

Reading read_all(CaptureReader& reader, fuzz::Session* session) {
  Reading out;
  for (RawRecord record; (out.status = reader.next(record)) == CaptureReader::Status::record; ++out.records) {
    for (const std::byte byte : record)
      out.hash = (out.hash ^ std::to_integer<unsigned>(byte)) * 1099511628211u;
    if (session) session->feed(record);
  }
  if (session) session->end();
  return out;
}

CaptureReaderOptions counting(std::uint64_t& told) {
  CaptureReaderOptions options;
  options.damaged = [&told](const CaptureDamage& damage) {
    if (damage.reason.empty()) broken("damage without a reason");
    ++told;
  };
  return options;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const auto bytes = std::as_bytes(std::span(data, size));
  // What is done with it, and which output is made, is chosen by a byte of it: each run is one reading.
  const auto choice = std::to_integer<std::uint8_t>(bytes.back());
  std::uint64_t told = 0, told_of_pipe = 0;
  try {
    CaptureReader reader(file_of(bytes), "fuzz", counting(told));
    switch (choice & 3) {
      case 0: {
        const Reading whole = read_all(reader, nullptr);
        CaptureReader piped(pipe_of(bytes), "fuzz", counting(told_of_pipe));
        if (!(read_all(piped, nullptr) == whole) || told != told_of_pipe)
          broken("a pipe gives something else");
        break;
      }
      case 1: {
        const std::uint64_t begin = reader.header().boot_ns, end = reader.extent()->latest.count();
        const std::uint64_t times[] = {begin, begin / 2 + end / 2, end};
        if (!reader.seek(BootTime{times[choice / 4 % 3]})) broken("cannot seek in a file");
        fuzz::Session from_there(1);
        from_there.mute();
        read_all(reader, &from_there);
        break;
      }
      default: {
        fuzz::Session session(choice & 0x30);
        read_all(reader, &session);
      }
    }
  } catch (const CaptureError&) {
  }
  return 0;
}

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t most,
                                               unsigned seed) {
  fuzz::Random random(seed);
  if (size == 0 || fuzz::below(random, 16) == 0) return LLVMFuzzerMutate(data, size, most);
  auto container = fuzz::unpack(std::as_bytes(std::span(data, size)));
  for (std::size_t n = 1 + fuzz::below(random, 3); n > 0; --n) fuzz::mutate(container, random);
  const fuzz::Bytes out = fuzz::pack(container);
  const std::size_t kept = std::min(out.size(), most);
  std::memcpy(data, out.data(), kept);
  return kept;
}
