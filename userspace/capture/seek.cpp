// SPDX-License-Identifier: Apache-2.0
// Finding a time in a capture. There is no table to find it by: every frame of the file bears the same random
// marker, and every block says its time and where the newest checkpoint before it is, so the file is
// bisected. That works as well for one that was never finished, is torn, or grows.
#include "capture/reader.hpp"

namespace stray {

using capture::Bytes;
using capture::kLargestFrame;

// The first whole block that begins in [offset, end).
std::optional<CaptureReader::Found> CaptureReader::block_from(std::uint64_t offset, std::uint64_t end) {
  const std::uint64_t size = source_.size();
  source_.move_to(offset);
  for (;;) {
    const Bytes bytes = source_.peek(2 * kLargestFrame);
    for (std::size_t from = 0;;) {
      const auto hit = capture::find_frame(bytes, from, sync_);
      if (!hit) break;
      const std::uint64_t at = source_.position() + *hit;
      if (at >= end) return std::nullopt;
      const auto start = *capture::frame_start(bytes.subspan(*hit));
      const auto head = capture::decode_block(bytes.subspan(*hit, start.size));
      if (start.magic == capture::kBlockFrame && head && head->packed <= size - at - start.size)
        return Found{at, *head, at + start.size + head->packed};
      from = *hit + 1;
    }
    if (bytes.size() < 2 * kLargestFrame) return std::nullopt;
    source_.skip(bytes.size() - kLargestFrame);
    if (source_.position() >= end) return std::nullopt;
  }
}

std::optional<CaptureReader::Found> CaptureReader::last_block_until(std::uint64_t time_ns) {
  std::optional<Found> best;
  std::uint64_t low = first_frame_, high = source_.size();
  while (low < high) {
    const std::uint64_t middle = low + (high - low) / 2;
    const auto found = block_from(middle, high);
    if (found && found->head.latest <= time_ns) {
      best = found;
      low = found->end;
    } else {
      high = middle;
    }
  }
  return best;
}

std::optional<CaptureReader::Found> CaptureReader::checkpoint_of(const Found& block) {
  const std::uint64_t offset = block.head.checkpoint;
  if (offset < first_frame_ || offset > block.offset) return std::nullopt;
  const auto found = block_from(offset, offset + 1);
  if (!found || !(found->head.flags & capture::kCheckpointStart)) return std::nullopt;
  return found;
}

bool CaptureReader::seek(BootTime time) {
  if (!seekable()) return false;
  const auto block = last_block_until(time.count());
  const auto checkpoint = block ? checkpoint_of(*block) : std::nullopt;
  source_.move_to(checkpoint ? checkpoint->offset : first_frame_);
  block_.clear();
  used_ = 0;
  final_.reset();
  damage_.reset();
  may_use_checkpoint_ = true;
  in_checkpoint_ = goes_on_ = false;
  dropped_ = torn_ = 0;
  next_number_ = total_ = std::nullopt;
  if (checkpoint) {
    next_number_ = checkpoint->head.number;
    total_ = checkpoint->head.total;
  } else {
    next_number_ = total_ = 0;
  }
  return true;
}

std::optional<CaptureExtent> CaptureReader::extent() {
  if (!seekable()) return std::nullopt;
  const std::uint64_t place = source_.position();
  CaptureExtent extent{.latest = BootTime{header_.boot_ns}};
  const auto last = last_block_until(~std::uint64_t{0});
  if (last) {
    extent.latest = BootTime{last->head.latest};
    extent.records = last->head.total;
  }
  extent.finished = ends_after(last ? last->end : first_frame_);
  source_.move_to(place);
  return extent;
}

bool CaptureReader::ends_after(std::uint64_t offset) {
  source_.move_to(offset);
  const Bytes bytes = source_.peek(2 * kLargestFrame);
  for (auto at = capture::find_frame(bytes, 0, sync_); at; at = capture::find_frame(bytes, *at + 1, sync_))
    if (capture::frame_start(bytes.subspan(*at))->magic == capture::kEndFrame) return true;
  return false;
}

}  // namespace stray
