// SPDX-License-Identifier: Apache-2.0
// Reads a capture: a file, also one that is being written, or a pipe. The bytes are hostile: nothing read
// decides how much memory is taken (at most some 16 MiB), no record is given out of a block whose checksum is
// wrong, and after damage reading goes on at the next whole block.
//
// Records come as they were appended; only their sizes were checked. Decoding is the Decoder's.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/descriptor.hpp"
#include "capture/byte_source.hpp"
#include "capture/capture.hpp"
#include "capture/format.hpp"
#include "capture/unpack.hpp"
#include "record/event.hpp"

namespace stray {

struct CaptureDamage {
  std::uint64_t offset = 0, bytes = 0;  // of what could not be used
  std::string reason;
  std::optional<std::uint64_t> records;  // lost with it; nothing: not known
};

struct CaptureReaderOptions {
  // The file before of the same series was read to its end: its successor's checkpoints say nothing new.
  // Otherwise the checkpoint at the head of the file is the start.
  bool continued = false;
  std::function<void(const CaptureDamage&)> damaged;  // called by next()
};

struct CaptureExtent {  // of what is in the file now
  BootTime latest{};
  std::uint64_t records = 0;  // checkpoints not counted
  bool finished = false;      // it has its end mark
};

class CaptureReader {
 public:
  enum class Status {
    record,
    end,      // the writer's own end mark
    torn,     // the file ends without one: the writer was killed, the disk was full, the file was cut
    growing,  // as torn, but the writer is at work; next() may give more later
  };

  // Both read the header. Throw CaptureError (not a capture, not readable by this version, empty, a
  // directory) and std::system_error (cannot be opened or read), each with the name.
  explicit CaptureReader(const std::string& path, CaptureReaderOptions options = {});
  CaptureReader(Descriptor file, std::string name, CaptureReaderOptions options = {});
  CaptureReader(const CaptureReader&) = delete;
  CaptureReader& operator=(const CaptureReader&) = delete;

  const CaptureHeader& header() const { return header_; }

  Status next(RawRecord& record);  // valid until the next call
  // The record last given belongs to the checkpoint from which reading began: it tells a state, it did not
  // happen.
  bool in_checkpoint() const { return in_checkpoint_; }

  std::uint64_t dropped() const {
    return dropped_;
  }  // by the writer, up to here: a replay differs from the run
  std::uint64_t position() const { return source_.position(); }  // in the file, for progress
  std::uint64_t torn_bytes() const { return torn_; }             // at the end, of a block that was not whole
  bool series_goes_on() const { return goes_on_; }  // at Status::end: the run went on in another file

  // What follows needs a file, not a pipe: else false or nothing, and nothing changes.
  bool seekable() const { return source_.seekable(); }
  // Goes to the newest checkpoint that was complete at that time, or to the start of the file, without
  // reading what lies before. next() gives the checkpoint's records first.
  bool seek(BootTime time);
  std::optional<CaptureExtent> extent();  // keeps the place

 private:
  struct Found {
    std::uint64_t offset;
    capture::BlockHead head;
    std::uint64_t end;
  };

  void read_header();
  // Each takes one step; a status ends reading for now.
  std::optional<Status> advance();
  std::optional<Status> read_block(const capture::BlockHead& head, std::size_t head_size);
  std::optional<Status> lose(std::string reason, std::size_t from, std::optional<std::uint64_t> records = {});
  std::optional<Status> stop(std::size_t tail);
  Status finish(const capture::EndMark& end, std::size_t size);
  void settle(std::uint64_t number, std::uint64_t total_before);
  void report();

  std::optional<Found> block_from(std::uint64_t offset, std::uint64_t end);
  std::optional<Found> last_block_until(std::uint64_t time_ns);
  std::optional<Found> checkpoint_of(const Found& block);
  bool ends_after(std::uint64_t offset);

  CaptureReaderOptions options_;
  std::string name_;
  capture::ByteSource source_;
  capture::Unpacker unpacker_;
  CaptureHeader header_;
  capture::Sync sync_{};
  std::uint64_t first_frame_ = 0;

  std::vector<std::byte> block_;
  std::size_t used_ = 0;  // of it, given out
  std::optional<Status> final_;
  bool may_use_checkpoint_, in_checkpoint_ = false, goes_on_ = false;
  std::optional<CaptureDamage>
      damage_;  // found, not yet reported: what follows shows how many records it took
  std::optional<std::uint64_t> next_number_ = 0, total_ = 0;  // nothing: just after a seek
  std::uint64_t dropped_ = 0, torn_ = 0;
};

}  // namespace stray
