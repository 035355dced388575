// SPDX-License-Identifier: Apache-2.0
// Unpacks the zstd frame of one block and checks that it holds whole records.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "capture/format.hpp"

struct ZSTD_DCtx_s;

namespace stray::capture {

class Unpacker {
 public:
  Unpacker();

  // Makes `out` the records of the block. Returns why it cannot (then `out` has no meaning), or nullptr.
  // Takes no more memory than head.raw, which the caller has bounded.
  const char* unpack(Bytes frame, const BlockHead& head, std::vector<std::byte>& out);

 private:
  struct Free {
    void operator()(ZSTD_DCtx_s* context) const;
  };
  std::unique_ptr<ZSTD_DCtx_s, Free> zstd_;
};

}  // namespace stray::capture
