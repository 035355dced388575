// SPDX-License-Identifier: Apache-2.0
// Turns blocks of records into the bytes of capture files. The writer's thread is its only user.
//
// Errors: std::system_error, saying what was being done.
#pragma once

#include <zstd.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "capture/format.hpp"
#include "capture/series.hpp"

namespace stray::capture {

// Records that go into one frame. The head has what the front of the writer knows; place and sizes are set
// here.
struct Block {
  BlockHead head;
  std::vector<std::byte> records;
};

class BlockFile {
 public:
  BlockFile(const std::string& path, std::uint64_t total_bytes, const std::vector<std::string>& earlier,
            int level);

  void open(const CaptureHeader& header);
  void write(Block& block);
  void sync() { series_.sync(); }
  void close(bool series_goes_on, std::uint64_t dropped);  // end mark, sync

  const Series& series() const { return series_; }

 private:
  struct FreeContext {
    void operator()(ZSTD_CCtx* context) const { ZSTD_freeCCtx(context); }
  };

  Series series_;
  std::unique_ptr<ZSTD_CCtx, FreeContext> zstd_;
  Sync sync_{};
  EndMark end_;                                          // of what is in the file so far
  std::uint64_t checkpoint_ = 0, checkpoint_start_ = 0;  // the complete one, and the one being written
  std::vector<std::byte> out_;
};

}  // namespace stray::capture
