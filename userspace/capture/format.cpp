// SPDX-License-Identifier: Apache-2.0
#include "capture/format.hpp"

#include <zlib.h>

#include <algorithm>
#include <bit>
#include <concepts>
#include <cstring>
#include <string_view>

namespace stray::capture {
namespace {

constexpr std::string_view kName = "STRAYCAP";
constexpr std::size_t kCrc = 4;
constexpr std::size_t kHeaderFixed = 96;  // up to its strings
constexpr std::uint32_t kHostOrder = std::endian::native == std::endian::big ? kBigEndian : 0;

template <std::unsigned_integral T>
void put(std::string& out, T value) {
  for (std::size_t i = 0; i < sizeof value; ++i) out += static_cast<char>(value >> (8 * i) & 0xff);
}

void put(std::string& out, std::span<const std::uint8_t> bytes) {
  out.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
}

// The caller has checked that it is there.
template <typename T>
T get(Bytes bytes, std::size_t at) {
  T value = 0;
  for (std::size_t i = 0; i < sizeof value; ++i)
    value = static_cast<T>(value | static_cast<T>(std::to_integer<T>(bytes[at + i]) << (8 * i)));
  return value;
}

Bytes bytes_of(std::string_view text) { return std::as_bytes(std::span(text)); }

std::string_view text_of(Bytes bytes) { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }

std::string begin_frame(std::uint32_t magic) {
  std::string out;
  put(out, magic);
  put(out, std::uint32_t{0});  // its size: set at the end
  return out;
}

void end_frame(std::string& out) {
  std::string size;
  put(size, static_cast<std::uint32_t>(out.size() + kCrc - 8));
  out.replace(4, 4, size);
  put(out, crc32(bytes_of(out)));
}

template <typename F>
std::optional<std::size_t> find(Bytes bytes, std::size_t from, std::string_view marker, F&& accepts) {
  const std::string_view text = text_of(bytes);
  for (auto hit = text.find(marker, from + 8); hit != std::string_view::npos;
       hit = text.find(marker, hit + 1)) {
    const Bytes rest = bytes.subspan(hit - 8);
    const auto start = frame_start(rest);
    if (start && start->size <= rest.size() && accepts(rest.first(start->size))) return hit - 8;
  }
  return std::nullopt;
}

}  // namespace

std::uint32_t crc32(Bytes bytes) {
  return static_cast<std::uint32_t>(
      ::crc32_z(0, reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size()));
}

std::string encode(const CaptureHeader& header) {
  const std::string_view texts[] = {header.host, header.kernel, header.version};
  std::string out = begin_frame(kHeaderFrame);
  out += kName;
  put(out, kMajor);
  put(out, kMinor);
  put(out, kHostOrder);
  put(out, header.redacted ? kRedacted : 0u);
  put(out, header.contract);
  put(out, header.boot_id);
  put(out, header.series);
  put(out, header.boot_ns);
  put(out, header.real_ns);
  put(out, header.sequence);
  for (const auto text : texts) put(out, static_cast<std::uint16_t>(std::min(text.size(), kLargestText)));
  put(out, std::uint16_t{0});
  for (const auto text : texts) out += text.substr(0, kLargestText);
  end_frame(out);
  return out;
}

void encode(const BlockHead& head, const Sync& sync, Bytes zstd_frame,
            std::span<std::byte, kBlockHeadSize> to) {
  std::string out = begin_frame(kBlockFrame);
  put(out, sync);
  put(out, head.number);
  put(out, head.flags);
  put(out, head.records);
  put(out, head.packed);
  put(out, head.raw);
  for (const auto value : {head.earliest, head.latest, head.lost, head.dropped, head.checkpoint, head.total})
    put(out, value);
  put(out, crc32(zstd_frame));
  end_frame(out);
  std::memcpy(to.data(), out.data(), to.size());
}

std::string encode(const EndMark& end, const Sync& sync) {
  std::string out = begin_frame(kEndFrame);
  put(out, sync);
  put(out, end.flags);
  put(out, std::uint32_t{0});
  for (const auto value : {end.blocks, end.total, end.latest, end.lost, end.dropped}) put(out, value);
  end_frame(out);
  return out;
}

std::optional<FrameStart> frame_start(Bytes bytes) {
  if (bytes.size() < 8) return std::nullopt;
  const auto magic = get<std::uint32_t>(bytes, 0);
  const auto size = std::size_t{get<std::uint32_t>(bytes, 4)} + 8;
  if ((magic & ~15u) != kHeaderFrame) return std::nullopt;
  if (size < kFrameStart + kCrc || size > kLargestFrame) return std::nullopt;
  return FrameStart{magic, size};
}

bool intact(Bytes frame) {
  return crc32(frame.first(frame.size() - kCrc)) == get<std::uint32_t>(frame, frame.size() - kCrc);
}

bool has_sync(Bytes frame, const Sync& sync) {
  return std::memcmp(frame.data() + 8, sync.data(), sync.size()) == 0;
}

bool is_header(Bytes frame) {
  return get<std::uint32_t>(frame, 0) == kHeaderFrame && text_of(frame.subspan(8, kName.size())) == kName;
}

std::optional<BlockHead> decode_block(Bytes frame) {
  if (frame.size() < kLeastBlockHead) return std::nullopt;
  const auto u32 = [&](std::size_t at) { return get<std::uint32_t>(frame, at); };
  const auto u64 = [&](std::size_t at) { return get<std::uint64_t>(frame, at); };
  return BlockHead{.number = u64(16),
                   .flags = u32(24),
                   .records = u32(28),
                   .packed = u32(32),
                   .raw = u32(36),
                   .earliest = u64(40),
                   .latest = u64(48),
                   .lost = u64(56),
                   .dropped = u64(64),
                   .checkpoint = u64(72),
                   .total = u64(80),
                   .packed_crc = frame.size() < kBlockHeadSize ? std::nullopt : std::optional(u32(88))};
}

std::optional<EndMark> decode_end(Bytes frame) {
  if (frame.size() < 64 + kCrc) return std::nullopt;
  const auto u64 = [&](std::size_t at) { return get<std::uint64_t>(frame, at); };
  return EndMark{get<std::uint32_t>(frame, 16), u64(24), u64(32), u64(40), u64(48), u64(56)};
}

CaptureHeader decode_header(Bytes frame) {
  // These three keep their places in every version to come.
  const auto major = get<std::uint16_t>(frame, 16), minor = get<std::uint16_t>(frame, 18);
  if (major != kMajor || frame.size() < kHeaderFixed + kCrc)
    throw CaptureError("was written in capture format " + std::to_string(major) + '.' +
                       std::to_string(minor) + "; this stray reads " + std::to_string(kMajor) + ".x");
  const auto incompatible = get<std::uint32_t>(frame, 20);
  if ((incompatible ^ kHostOrder) & kBigEndian)
    throw CaptureError("was written on a host of the other byte order");
  if (incompatible & ~kBigEndian)
    throw CaptureError("uses features that this stray does not know (flags " +
                       std::to_string(incompatible & ~kBigEndian) + "); a newer one reads it");
  CaptureHeader header;
  header.redacted = (get<std::uint32_t>(frame, 24) & kRedacted) != 0;
  header.contract = get<std::uint32_t>(frame, 28);
  std::memcpy(header.boot_id.data(), &frame[32], header.boot_id.size());
  std::memcpy(header.series.data(), &frame[48], header.series.size());
  header.boot_ns = get<std::uint64_t>(frame, 64);
  header.real_ns = get<std::uint64_t>(frame, 72);
  header.sequence = get<std::uint64_t>(frame, 80);
  constexpr std::uint64_t kLatest = std::uint64_t{1} << 62;  // 146 years, of uptime and since 1970
  if (header.boot_ns >= kLatest || header.real_ns >= kLatest)
    throw CaptureError("has a header with a time that no clock shows");
  std::size_t length_at = 88, at = kHeaderFixed;
  for (std::string* text : {&header.host, &header.kernel, &header.version}) {
    const std::size_t length = get<std::uint16_t>(frame, length_at);
    if (length > frame.size() - kCrc - at) throw CaptureError("has a header whose texts do not fit");
    *text = text_of(frame.subspan(at, length));
    length_at += 2, at += length;
  }
  return header;
}

Sync sync_of(const CaptureHeader& header) {
  Sync sync;
  std::copy_n(header.series.begin(), sync.size(), sync.begin());
  return sync;
}

std::optional<std::size_t> find_frame(Bytes bytes, std::size_t from, const Sync& sync) {
  const std::string_view marker(reinterpret_cast<const char*>(sync.data()), sync.size());
  return find(bytes, from, marker, [](Bytes frame) { return intact(frame); });
}

std::optional<std::size_t> find_header(Bytes bytes, std::size_t from) {
  return find(bytes, from, kName, [](Bytes frame) { return is_header(frame) && intact(frame); });
}

}  // namespace stray::capture
