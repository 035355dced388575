// SPDX-License-Identifier: Apache-2.0
#include "container.hpp"

#include <zstd.h>

#include <algorithm>
#include <cstring>

namespace stray::fuzz {
namespace {

// Of the block whose head is at the front; nothing when it cannot be unpacked.
std::optional<Part> block_at(std::span<const std::byte> file, std::size_t head_size) {
  const auto head = capture::decode_block(file.first(head_size));
  if (!head || head->packed > file.size() - head_size || head->raw > capture::kLargestRaw) return {};
  Bytes raw(head->raw);
  const auto packed = file.subspan(head_size, head->packed);
  static ZSTD_DCtx* const kZstd = ZSTD_createDCtx();  // for all runs
  const std::size_t got = ZSTD_decompressDCtx(kZstd, raw.data(), raw.size(), packed.data(), packed.size());
  if (got != raw.size()) return {};
  Part part;
  part.head = head;
  part.records = split(raw);
  return part;
}

Bytes compressed(const Bytes& raw) {
  static ZSTD_CCtx* const kZstd = [] {  // for all runs
    ZSTD_CCtx* made = ZSTD_createCCtx();
    ZSTD_CCtx_setParameter(made, ZSTD_c_compressionLevel, 1);
    ZSTD_CCtx_setParameter(made, ZSTD_c_checksumFlag, 1);
    return made;
  }();
  Bytes out(ZSTD_compressBound(raw.size()));
  out.resize(ZSTD_compress2(kZstd, out.data(), out.size(), raw.data(), raw.size()));
  return out;
}

void put_number(Bytes& bytes, std::size_t at, std::size_t value) {
  for (std::size_t i = 0; i < 4; ++i) bytes[at + i] = static_cast<std::byte>(value >> (8 * i) & 0xff);
}

// Its own size and checksum, whatever is in it.
void seal(Bytes& frame) {
  frame.resize(std::clamp<std::size_t>(frame.size(), capture::kFrameStart + 4, capture::kLargestFrame));
  put_number(frame, 4, frame.size() - 8);
  put_number(frame, frame.size() - 4, capture::crc32(std::span(frame).first(frame.size() - 4)));
}

bool is_ours(const Bytes& bytes) { return capture::frame_start(bytes).has_value(); }

void change_head(capture::BlockHead& head, Random& random) {
  std::uint64_t* const wide[] = {&head.number,  &head.earliest,   &head.latest, &head.lost,
                                 &head.dropped, &head.checkpoint, &head.total};
  std::uint64_t& value = *wide[below(random, std::size(wide))];
  switch (below(random, 6)) {
    case 0:
      head.flags ^= 1u << below(random, 4);
      break;
    case 1:
      value = ~std::uint64_t{0} >> below(random, 64);
      break;
    case 2:
      value = *wide[below(random, std::size(wide))];
      break;
    case 3:
      value = 0;
      break;
    default:
      value += below(random, 5) - 2;
  }
}

}  // namespace

Container unpack(std::span<const std::byte> file) {
  Container out;
  while (!file.empty()) {
    const auto start = capture::frame_start(file);
    if (!start || start->size > file.size()) {
      out.parts.push_back({{}, {}, {file.begin(), file.end()}});
      break;
    }
    const auto frame = file.first(start->size);
    if (start->magic == capture::kBlockFrame)
      if (auto block = block_at(file, start->size)) {
        std::memcpy(out.sync.data(), frame.data() + 8, out.sync.size());
        file = file.subspan(start->size + block->head->packed);
        out.parts.push_back(std::move(*block));
        continue;
      }
    out.parts.push_back({{}, {}, {frame.begin(), frame.end()}});
    file = file.subspan(start->size);
  }
  return out;
}

Bytes pack(const Container& container) {
  Bytes out;
  for (const Part& part : container.parts) {
    if (!part.head) {
      out.insert(out.end(), part.bytes.begin(), part.bytes.end());
      continue;
    }
    const Bytes raw = join(part.records), packed = compressed(raw);
    capture::BlockHead head = *part.head;
    head.records = static_cast<std::uint32_t>(part.records.size());
    head.raw = static_cast<std::uint32_t>(raw.size()),
    head.packed = static_cast<std::uint32_t>(packed.size());
    std::array<std::byte, capture::kBlockHeadSize> bytes;
    capture::encode(head, container.sync, packed, bytes);
    out.insert(out.end(), bytes.begin(), bytes.end());
    out.insert(out.end(), packed.begin(), packed.end());
  }
  return out;
}

void mutate(Container& container, Random& random) {
  auto& parts = container.parts;
  if (parts.empty()) return;
  const auto any = [&] { return parts.begin() + static_cast<std::ptrdiff_t>(below(random, parts.size())); };
  const auto one = any();
  switch (below(random, 8)) {
    case 0: {
      const Part copy = *one;
      parts.insert(any(), copy);
      return;
    }
    case 1:
      if (parts.size() > 1) parts.erase(one);
      return;
    case 2:
      return std::swap(*one, *any());
    default:
      break;
  }
  if (one->head)
    return below(random, 3) == 0 ? change_head(*one->head, random) : mutate(one->records, random);
  mutate(one->bytes, one->bytes.size() + 64);
  if (is_ours(one->bytes)) seal(one->bytes);
}

}  // namespace stray::fuzz
