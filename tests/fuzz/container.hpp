// SPDX-License-Identifier: Apache-2.0
// The bytes of a capture taken apart into frames, and put together with every size and checksum right, so
// that what is changed in between gets past them.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "capture/format.hpp"
#include "mutate.hpp"

namespace stray::fuzz {

struct Part {
  std::optional<capture::BlockHead> head;  // a block: this and its records
  std::vector<Bytes> records;
  Bytes bytes;  // all else: a frame of ours, or what is no frame at all
};

struct Container {
  capture::Sync sync{};
  std::vector<Part> parts;
};

Container unpack(std::span<const std::byte> file);
Bytes pack(const Container& container);
void mutate(Container& container, Random& random);

}  // namespace stray::fuzz
