// SPDX-License-Identifier: Apache-2.0
#include "capture/block_file.hpp"

#include <cerrno>
#include <span>
#include <stdexcept>
#include <system_error>

namespace stray::capture {

constexpr int kSmallTable = 12;  // 4,096 entries of 4 bytes

static_assert(kHeaderFrame == ZSTD_MAGIC_SKIPPABLE_START);
static_assert(kLargestPacked == ZSTD_COMPRESSBOUND(kLargestRaw));

BlockFile::BlockFile(const std::string& path, std::uint64_t total_bytes,
                     const std::vector<std::string>& earlier, int level)
    : series_(path, total_bytes, earlier), zstd_(ZSTD_createCCtx()) {
  if (!zstd_) throw std::bad_alloc();
  // The content size, which readers insist on, is written by default. Records of one kind follow each other
  // closely, so a table that stays in the first cache finds as much as a large one.
  if (ZSTD_isError(ZSTD_CCtx_setParameter(zstd_.get(), ZSTD_c_checksumFlag, 1)) || level < ZSTD_minCLevel() ||
      level > ZSTD_maxCLevel() ||
      ZSTD_isError(ZSTD_CCtx_setParameter(zstd_.get(), ZSTD_c_compressionLevel, level)) ||
      (level <= 1 && ZSTD_isError(ZSTD_CCtx_setParameter(zstd_.get(), ZSTD_c_hashLog, kSmallTable))))
    throw std::invalid_argument("compression level " + std::to_string(level) + " is none of zstd's");
}

void BlockFile::open(const CaptureHeader& header) {
  series_.open_next();
  sync_ = sync_of(header);
  end_ = {};
  checkpoint_ = checkpoint_start_ = 0;
  const std::string frame = encode(header);
  series_.write(frame + frame);  // twice: no flipped byte takes the boot id and the clocks with it
}

void BlockFile::write(Block& block) {
  BlockHead& head = block.head;
  const std::size_t room = kBlockHeadSize + ZSTD_compressBound(block.records.size());
  if (out_.size() < room) out_.resize(room);  // never smaller again: growing fills it with zeros
  const std::span<std::byte> out(out_);
  const std::size_t packed =
      ZSTD_compress2(zstd_.get(), out_.data() + kBlockHeadSize, out_.size() - kBlockHeadSize,
                     block.records.data(), block.records.size());
  if (ZSTD_isError(packed))
    throw std::system_error(ENOMEM, std::generic_category(),
                            std::string("compress: ") + ZSTD_getErrorName(packed));

  if (head.flags & kCheckpointStart) checkpoint_start_ = series_.size();
  if (head.flags & kCheckpointEnd) checkpoint_ = checkpoint_start_;
  if (!(head.flags & kCheckpoint)) end_.total += head.records;
  head.number = end_.blocks++;
  head.packed = static_cast<std::uint32_t>(packed);
  head.raw = static_cast<std::uint32_t>(block.records.size());
  head.checkpoint = checkpoint_;
  head.total = end_.total;
  end_.latest = head.latest, end_.lost = head.lost;
  encode(head, sync_, out.subspan(kBlockHeadSize, packed), out.first<kBlockHeadSize>());
  series_.write({reinterpret_cast<const char*>(out.data()), kBlockHeadSize + packed});
}

void BlockFile::close(bool series_goes_on, std::uint64_t dropped) {
  end_.flags = series_goes_on ? kSeriesGoesOn : 0;
  end_.dropped = dropped;
  series_.write(encode(end_, sync_));
  series_.sync();
  series_.close();
}

}  // namespace stray::capture
