// SPDX-License-Identifier: Apache-2.0
#include "capture/unpack.hpp"

#include <zstd.h>

#include <cstring>
#include <new>

#include "event.h"

namespace stray::capture {
namespace {

// RFC 8878, 3.1.1.1.1
constexpr unsigned kChecksum = 0x04;
constexpr unsigned kNotOurs = 0x1b;  // a dictionary, the reserved and the unused bit

const char* check_frame(Bytes frame, std::size_t raw) {
  if (frame.size() < 6) return "no zstd frame in a block";
  const auto descriptor = std::to_integer<unsigned>(frame[4]);
  if (!(descriptor & kChecksum)) return "a block without a checksum";
  if (descriptor & kNotOurs) return "a block with unknown flags";
  // Also what makes a decompression bomb harmless: a frame gets no more room than this.
  if (ZSTD_getFrameContentSize(frame.data(), frame.size()) != raw)
    return "a block of another size than it says";
  if (ZSTD_findFrameCompressedSize(frame.data(), frame.size()) != frame.size())
    return "a block whose frame does not fill it";
  return nullptr;
}

bool whole_records(Bytes bytes, std::uint32_t records) {
  std::size_t at = 0;
  for (; records > 0; --records) {
    stray_head head;
    if (bytes.size() - at < sizeof head) return false;
    std::memcpy(&head, bytes.data() + at, sizeof head);
    if (head.size < sizeof head || head.size > bytes.size() - at) return false;
    at += head.size;
  }
  return at == bytes.size();
}

}  // namespace

void Unpacker::Free::operator()(ZSTD_DCtx_s* context) const { ZSTD_freeDCtx(context); }

Unpacker::Unpacker() : zstd_(ZSTD_createDCtx()) {
  if (!zstd_) throw std::bad_alloc();
}

const char* Unpacker::unpack(Bytes frame, const BlockHead& head, std::vector<std::byte>& out) {
  // zstd's checksum is of the content: it does not see a changed bit that no content depends on.
  if (head.packed_crc && *head.packed_crc != crc32(frame)) return "a block whose bytes have changed";
  if (const char* wrong = check_frame(frame, head.raw)) return wrong;
  out.resize(head.raw);
  if (ZSTD_decompressDCtx(zstd_.get(), out.data(), out.size(), frame.data(), frame.size()) != out.size())
    return "a block whose content is not what was written";
  if (!whole_records(out, head.records)) return "a block that does not hold whole records";
  return nullptr;
}

}  // namespace stray::capture
