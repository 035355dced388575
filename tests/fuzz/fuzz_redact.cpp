// SPDX-License-Identifier: Apache-2.0
// Any command line through redaction, by itself and as the arguments of an exec record. An argument with a
// secret stands behind it: it is never kept, and no argument appears or disappears.
#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "broken.hpp"
#include "record/decode.hpp"
#include "redact/redact.hpp"
#include "support/records.hpp"

using namespace stray;

namespace {

constexpr std::string_view kSecret = "Tr0ub4dor3";

std::ptrdiff_t arguments(const std::string& text) { return std::count(text.begin(), text.end(), '\0'); }

void check_strings(Redactor& redactor, std::string text) {
  text.append("\0--password=", 12).append(kSecret).push_back('\0');
  const std::ptrdiff_t before = arguments(text);
  redactor.redact(text);
  if (text.find(kSecret) != std::string::npos) fuzz::broken("kept a secret", text);
  if (arguments(text) != before) fuzz::broken("another number of arguments", text);
}

void check_record(Redactor& redactor, std::string_view bytes) {
  static constexpr ProcessKey kProcess{BootTime{7}, 7};
  auto record = records::exec(kProcess, BootTime{9}, "/usr/bin/program", {});
  const std::size_t behind = std::min(record.size(), bytes.size());
  // Everything but its kind, the spans too.
  const auto* from = reinterpret_cast<const std::byte*>(bytes.data());
  std::copy_n(from, behind > sizeof(stray_head) ? behind - sizeof(stray_head) : 0,
              record.begin() + sizeof(stray_head));
  record.insert(record.end(), from + behind, from + bytes.size());
  if (const auto redacted = redactor.redact_record(record))
    Decoder().decode(std::as_bytes(std::span(*redacted)));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static Redactor redactor({"--pin=(\\d+)"});
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data + 1), size - 1);
  if (text.find(kSecret) != std::string_view::npos) return 0;  // libFuzzer learns it
  if (data[0] & 1)
    check_record(redactor, text);
  else
    check_strings(redactor, std::string(text));
  return 0;
}
