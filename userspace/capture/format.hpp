// SPDX-License-Identifier: Apache-2.0
// The bytes of a capture's own frames (docs/capture-format.md). Nothing here reads or writes a file.
//
// Every frame of ours is a zstd skippable frame that ends with a CRC-32 of all its bytes before. Fields are
// little endian and only ever added at the end, before the CRC: a longer frame of a newer minor version
// decodes.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "capture/capture.hpp"

namespace stray::capture {

using Bytes = std::span<const std::byte>;
using Sync = std::array<std::uint8_t, 8>;  // start of the series id: marks each frame as one of this file

inline constexpr std::uint32_t kHeaderFrame = 0x184D2A50;  // the first of zstd's sixteen skippable magics
inline constexpr std::uint32_t kBlockFrame = kHeaderFrame + 1;
inline constexpr std::uint32_t kEndFrame = kHeaderFrame + 2;

inline constexpr std::uint16_t kMajor = 1, kMinor = 1;
inline constexpr std::uint32_t kBigEndian = 1u << 0;  // incompatible: records of a big endian host
inline constexpr std::uint32_t kRedacted = 1u << 0;   // compatible

inline constexpr std::size_t kFrameStart = 16;  // magic, size, sync marker (or "STRAYCAP")
inline constexpr std::size_t kLargestFrame = 4096;
inline constexpr std::size_t kLargestText = 1024;
inline constexpr std::size_t kLargestRaw = 4u << 20;                             // of one block, unpacked
inline constexpr std::size_t kLargestPacked = kLargestRaw + (kLargestRaw >> 8);  // zstd's bound for it

enum BlockFlag : std::uint32_t {
  kCheckpoint = 1u << 0,       // repeats what a reader that comes from before knows already
  kCheckpointStart = 1u << 1,  // its first block
  kCheckpointEnd = 1u << 2,    // its last block
};

struct BlockHead {
  std::uint64_t number = 0;  // of the block in its file
  std::uint32_t flags = 0;
  std::uint32_t records = 0;
  std::uint32_t packed = 0, raw = 0;    // bytes of the zstd frame that follows, and of what it unpacks to
  std::uint64_t earliest = 0;           // time of a record in it
  std::uint64_t latest = 0;             // time of a record up to here, never less than in the block before
  std::uint64_t lost = 0, dropped = 0;  // by the kernel, by the writer: totals up to here
  std::uint64_t checkpoint = 0;         // offset of the newest complete checkpoint; 0: none
  std::uint64_t total = 0;              // records of the file up to here, checkpoints not counted
  std::optional<std::uint32_t> packed_crc;  // of the zstd frame; from version 1.1 on, set by encode()
};

inline constexpr std::uint32_t kSeriesGoesOn = 1u << 0;  // the run went on in another file

struct EndMark {
  std::uint32_t flags = 0;
  std::uint64_t blocks = 0, total = 0, latest = 0, lost = 0, dropped = 0;
};

inline constexpr std::size_t kBlockHeadSize = 96;
inline constexpr std::size_t kLeastBlockHead = 92;  // version 1.0

std::uint32_t crc32(Bytes bytes);  // as in zlib, PNG and Ethernet

std::string encode(const CaptureHeader& header);
void encode(const BlockHead& head, const Sync& sync, Bytes zstd_frame,
            std::span<std::byte, kBlockHeadSize> out);
std::string encode(const EndMark& end, const Sync& sync);

struct FrameStart {
  std::uint32_t magic;
  std::size_t size;  // of the whole frame
};
std::optional<FrameStart> frame_start(Bytes bytes);  // nothing: not the start of a frame of ours
bool intact(Bytes frame);                            // its CRC; exactly one whole frame
bool has_sync(Bytes frame, const Sync& sync);
bool is_header(Bytes frame);

// Each wants an intact frame. Nothing: too short for what it says it is.
std::optional<BlockHead> decode_block(Bytes frame);
std::optional<EndMark> decode_end(Bytes frame);
CaptureHeader decode_header(
    Bytes frame);  // throws CaptureError: a version, flag or length this program cannot read

Sync sync_of(const CaptureHeader& header);
// Offset of the first intact frame with this marker that starts at or after `from`, if there is one.
std::optional<std::size_t> find_frame(Bytes bytes, std::size_t from, const Sync& sync);
// The same for the file header, which has no marker yet.
std::optional<std::size_t> find_header(Bytes bytes, std::size_t from);

}  // namespace stray::capture
