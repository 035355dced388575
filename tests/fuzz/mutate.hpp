// SPDX-License-Identifier: Apache-2.0
// Records as the fuzzers see them: an input taken apart, changed where it means something, put together
// again.
#pragma once

#include <cstddef>
#include <cstdint>
#include <random>
#include <span>
#include <vector>

// Of libFuzzer: changes `size` bytes in place, to at most `most`, and returns how many there are now.
extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t most);

namespace stray::fuzz {

using Bytes = std::vector<std::byte>;
using Random = std::minstd_rand;  // seeded by libFuzzer, so that a run can be repeated

inline std::size_t below(Random& random, std::size_t bound) { return bound ? random() % bound : 0; }

// Records by the sizes in their heads; what is no whole record is the last.
std::vector<Bytes> split(std::span<const std::byte> bytes);
Bytes join(const std::vector<Bytes>& records);

// Takes one step: other bytes, another order, another time, the identity of another record's process.
void mutate(std::vector<Bytes>& records, Random& random);

// The bytes changed by libFuzzer's own mutations, to at most `most`.
void mutate(Bytes& bytes, std::size_t most);

}  // namespace stray::fuzz
