// SPDX-License-Identifier: Apache-2.0
// Records of any bytes through decoder, lineage, detectors and an output, or from the middle on a second
// time, from the saved state. An input is a byte that chooses options, then records one after the other.
#include <algorithm>
#include <cstring>
#include <optional>

#include "mutate.hpp"
#include "session.hpp"

using namespace stray;

static constexpr std::uint8_t kRestores = 8;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const bool restores = data[0] & kRestores;
  fuzz::Session session(data[0]);
  std::optional<fuzz::Session> restored;
  const auto records = fuzz::split(std::as_bytes(std::span(data + 1, size - 1)));
  for (std::size_t i = 0; i < records.size(); ++i) {
    if (restores && i == records.size() / 2) session.continue_in(restored.emplace(data[0]));
    session.feed(records[i]);
    if (restored) restored->feed(records[i]);
  }
  session.end();
  if (restored) restored->end();
  return 0;
}

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t most,
                                               unsigned seed) {
  fuzz::Random random(seed);
  if (size < 2 || fuzz::below(random, 16) == 0) return LLVMFuzzerMutate(data, size, most);
  if (fuzz::below(random, 8) == 0) data[0] ^= static_cast<std::uint8_t>(1u << fuzz::below(random, 6));
  auto records = fuzz::split(std::as_bytes(std::span(data + 1, size - 1)));
  fuzz::mutate(records, random);
  const fuzz::Bytes out = fuzz::join(records);
  const std::size_t kept = std::min(out.size(), most - 1);
  std::memcpy(data + 1, out.data(), kept);
  return kept + 1;
}

// Records of one input among those of another: their processes meet.
extern "C" std::size_t LLVMFuzzerCustomCrossOver(const std::uint8_t* one, std::size_t one_size,
                                                 const std::uint8_t* two, std::size_t two_size,
                                                 std::uint8_t* out, std::size_t most, unsigned seed) {
  if (one_size < 2 || two_size < 2) return 0;
  fuzz::Random random(seed);
  const auto a = fuzz::split(std::as_bytes(std::span(one + 1, one_size - 1)));
  const auto b = fuzz::split(std::as_bytes(std::span(two + 1, two_size - 1)));
  std::vector<fuzz::Bytes> records;
  for (std::size_t i = 0, j = 0; i < a.size() || j < b.size();) {
    const bool first = j == b.size() || (i < a.size() && fuzz::below(random, 2) == 0);
    records.push_back(first ? a[i++] : b[j++]);
  }
  const fuzz::Bytes all = fuzz::join(records);
  const std::size_t kept = std::min(all.size(), most - 1);
  out[0] = one[0];
  std::memcpy(out + 1, all.data(), kept);
  return kept + 1;
}
