// SPDX-License-Identifier: Apache-2.0
// What a capture says about itself, given to the writer and by the reader. docs/capture-format.md has
// the bytes.
#pragma once

#include <array>
#include <cstdint>
#include <stdexcept>
#include <string>

#include "record/event.hpp"

namespace stray {

struct CaptureHeader {
  std::array<std::uint8_t, 16> boot_id{};
  std::uint64_t boot_ns = 0,
                real_ns = 0;   // CLOCK_BOOTTIME and CLOCK_REALTIME at the same moment: the file's start
  std::uint32_t contract = 0;  // STRAY_CONTRACT of the records
  std::string host, kernel, version;      // at most 1024 bytes of each are kept
  std::uint64_t sequence = 0;             // of the file in a rotated series, from 0
  std::array<std::uint8_t, 16> series{};  // random, the same in all files of one run
  bool redacted = false;                  // secrets were taken out of the records
};

// The file cannot be read as a capture at all: one line for a person, with the file's name.
struct CaptureError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

}  // namespace stray
