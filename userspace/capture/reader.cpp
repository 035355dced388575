// SPDX-License-Identifier: Apache-2.0
#include "capture/reader.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

#include "event.h"

namespace stray {
namespace {

using capture::BlockHead;
using capture::Bytes;
using capture::EndMark;
using capture::kLargestFrame;

Descriptor open_capture(const std::string& path) {
  Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY));
  if (!file) throw std::system_error(errno, std::generic_category(), path);
  struct stat status {};
  if (::fstat(file.get(), &status) == 0 && S_ISDIR(status.st_mode))
    throw CaptureError(path + " is a directory");
  return file;
}

std::string why_no_header(Bytes bytes) {
  if (bytes.empty()) return "is empty";
  std::uint32_t magic = 0;
  if (bytes.size() >= sizeof magic) std::memcpy(&magic, bytes.data(), sizeof magic);
  if (magic == 0xFD2FB528) return "is a zstd file, but not a capture of stray";
  if (magic != capture::kHeaderFrame) return "is not a capture of stray";
  const auto start = capture::frame_start(bytes);
  return start && start->size > bytes.size() ? "ends within its header" : "has a damaged header";
}

// What a block says of itself before anything is allocated for it.
bool possible(const BlockHead& head) {
  return head.raw <= capture::kLargestRaw && head.packed <= capture::kLargestPacked && head.records > 0 &&
         head.records <= head.raw / sizeof(stray_head) &&
         ((head.flags & capture::kCheckpoint) != 0 || head.total >= head.records);
}

std::uint64_t total_before(const BlockHead& head) {
  return (head.flags & capture::kCheckpoint) != 0 ? head.total : head.total - head.records;
}

}  // namespace

CaptureReader::CaptureReader(const std::string& path, CaptureReaderOptions options)
    : CaptureReader(open_capture(path), path, std::move(options)) {}

CaptureReader::CaptureReader(Descriptor file, std::string name, CaptureReaderOptions options)
    : options_(std::move(options)),
      name_(std::move(name)),
      source_(std::move(file), name_),
      may_use_checkpoint_(!options_.continued) {
  read_header();
}

void CaptureReader::read_header() {
  const Bytes bytes = source_.peek(2 * kLargestFrame);
  const auto start = capture::frame_start(bytes);
  std::size_t at = 0;
  if (!start || start->size > bytes.size() || !capture::is_header(bytes.first(start->size)) ||
      !capture::intact(bytes.first(start->size))) {
    const auto copy = capture::find_header(bytes, 1);
    if (!copy) throw CaptureError(name_ + " " + why_no_header(bytes));
    at = *copy;
    damage_ = {.offset = 0, .bytes = at, .reason = "the file header; its copy is used", .records = 0};
  }
  const std::size_t size = capture::frame_start(bytes.subspan(at))->size;
  try {
    header_ = capture::decode_header(bytes.subspan(at, size));
  } catch (const CaptureError& error) {
    throw CaptureError(name_ + " " + error.what());
  }
  sync_ = capture::sync_of(header_);
  source_.skip(at + size);
  first_frame_ = source_.position();
}

CaptureReader::Status CaptureReader::next(RawRecord& record) {
  while (used_ == block_.size()) {
    if (final_) return *final_;
    if (const auto status = advance()) return *status;
  }
  stray_head head;
  std::memcpy(&head, block_.data() + used_, sizeof head);
  record = std::span(block_).subspan(used_, head.size);
  used_ += head.size;
  return Status::record;
}

std::optional<CaptureReader::Status> CaptureReader::advance() {
  const Bytes rest = source_.peek(kLargestFrame);
  const auto start = capture::frame_start(rest);
  if (!start) return rest.size() < 8 ? stop(rest.size()) : lose("no frame where one should begin", 1);
  if (start->size > rest.size())  // the end of the file, unless its size is what is damaged
    return capture::find_frame(rest, 1, sync_) ? lose("a damaged frame", 1) : stop(rest.size());
  const Bytes frame = rest.first(start->size);
  if (!capture::intact(frame)) return lose("a damaged frame", 1);
  const bool copy = capture::is_header(frame) && source_.position() == first_frame_;
  if (!copy && !capture::has_sync(frame, sync_)) return lose("a frame of another capture", 1);
  if (start->magic == capture::kBlockFrame) {
    const auto head = capture::decode_block(frame);
    return head && possible(*head) ? read_block(*head, start->size)
                                   : lose("a block larger than the format allows", start->size);
  }
  if (start->magic == capture::kEndFrame)
    if (const auto end = capture::decode_end(frame)) return finish(*end, start->size);
  source_.skip(start->size);  // the header's copy, or something of a newer minor version
  return std::nullopt;
}

std::optional<CaptureReader::Status> CaptureReader::read_block(const BlockHead& head, std::size_t head_size) {
  const Bytes bytes = source_.peek(head_size + head.packed);
  if (bytes.size() < head_size + head.packed) return stop(bytes.size());
  if (next_number_ && head.number < *next_number_) return lose("a block out of its order", head_size);
  settle(head.number, total_before(head));
  next_number_ = head.number + 1;
  dropped_ = head.dropped;

  in_checkpoint_ = (head.flags & capture::kCheckpoint) != 0;
  if (!in_checkpoint_) may_use_checkpoint_ = false;
  const bool wanted = !in_checkpoint_ || may_use_checkpoint_;
  if (head.flags & capture::kCheckpointEnd) may_use_checkpoint_ = false;
  used_ = block_.size();
  if (wanted) {
    if (const char* wrong = unpacker_.unpack(bytes.subspan(head_size, head.packed), head, block_)) {
      block_.clear();
      used_ = 0;
      return lose(wrong, head_size, in_checkpoint_ ? 0 : head.records);
    }
    used_ = 0;
  }
  total_ = head.total;
  source_.skip(head_size + head.packed);
  return std::nullopt;
}

// Something here cannot be used: goes to the next frame of this capture that begins `from` bytes on or later.
// Its marker is random, so that nobody can place such a frame in what a process is called.
std::optional<CaptureReader::Status> CaptureReader::lose(std::string reason, std::size_t from,
                                                         std::optional<std::uint64_t> records) {
  if (!damage_) damage_ = {source_.position(), 0, std::move(reason), records};
  for (;;) {
    const Bytes bytes = source_.peek(2 * kLargestFrame);
    if (const auto at = capture::find_frame(bytes, from, sync_)) {
      source_.skip(*at);
      return std::nullopt;
    }
    const bool last = bytes.size() < 2 * kLargestFrame;
    source_.skip(last ? bytes.size() : bytes.size() - kLargestFrame);  // a frame may begin in the rest
    if (last) return stop(0);
    from = 0;
  }
}

// The bytes are at their end, `tail` of them left over.
std::optional<CaptureReader::Status> CaptureReader::stop(std::size_t tail) {
  const bool growing = source_.being_written();
  // The writer may have finished after the last read and before it was asked about.
  if (!growing && source_.peek(tail + 1).size() > tail) return std::nullopt;
  if (damage_) report();
  torn_ = tail;
  if (growing) return Status::growing;
  final_ = Status::torn;
  return final_;
}

CaptureReader::Status CaptureReader::finish(const EndMark& end, std::size_t size) {
  settle(end.blocks, end.total);
  dropped_ = end.dropped;
  goes_on_ = (end.flags & capture::kSeriesGoesOn) != 0;
  source_.skip(size);
  if (const std::size_t more = source_.peek(kLargestFrame).size(); more > 0) {
    const bool another = capture::frame_start(source_.peek(kLargestFrame)).has_value();
    damage_ = {source_.position(), source_.seekable() ? source_.size() - source_.position() : more,
               another ? "more after the end mark: give each capture by itself" : "bytes after the end mark",
               0};
    report();
  }
  final_ = Status::end;
  return *final_;
}

// A frame is good: what was lost before it is known from its counts.
void CaptureReader::settle(std::uint64_t number, std::uint64_t total) {
  if (!damage_ && next_number_ && number > *next_number_)
    damage_ = {source_.position(), 0, "blocks are missing", std::nullopt};
  if (damage_) {
    damage_->records = total_ && total >= *total_ ? std::optional(total - *total_) : std::nullopt;
    report();
  }
}

void CaptureReader::report() {
  CaptureDamage damage = *std::exchange(damage_, std::nullopt);
  if (damage.bytes == 0) damage.bytes = source_.position() - damage.offset;
  if (options_.damaged) options_.damaged(damage);
}

}  // namespace stray
