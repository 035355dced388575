// SPDX-License-Identifier: Apache-2.0
// The only code that interprets record bytes. Everything in a record is hostile: every offset and length is
// checked.
#pragma once

#include <cstdint>
#include <string>
#include <variant>

#include "record/event.hpp"

namespace stray {

// Records of this boot time or later are refused, 146 years after boot: in sums such times would overflow.
inline constexpr std::uint64_t kLatestTime = std::uint64_t{1} << 62;

struct DecodeError {
  const char* what;  // static text
};

// Decodes one record. Reads nothing but the record; keeps no state between records but the buffer that paths
// are turned round in, so the event's views hold until the next call.
class Decoder {
 public:
  std::variant<Event, DecodeError> decode(RawRecord raw);

 private:
  std::string paths_;
};

}  // namespace stray
