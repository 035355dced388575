// SPDX-License-Identifier: Apache-2.0
#include "base/process_id.hpp"

namespace stray {
namespace {

// The finalizer of splitmix64: every input bit reaches every output bit.
std::uint64_t mix(std::uint64_t x) {
  x ^= x >> 30, x *= 0xbf58476d1ce4e5b9ULL;
  x ^= x >> 27, x *= 0x94d049bb133111ebULL;
  return x ^ (x >> 31);
}

std::uint64_t little_endian(const std::uint8_t* bytes) {
  std::uint64_t value = 0;
  for (int i = 7; i >= 0; --i) value = value << 8 | bytes[i];
  return value;
}

}  // namespace

std::uint64_t process_hash(const std::array<std::uint8_t, 16>& boot, ProcessKey key) {
  std::uint64_t hash = mix(little_endian(boot.data()) + 0x9e3779b97f4a7c15ULL);
  hash = mix(hash ^ little_endian(boot.data() + 8));
  hash = mix(hash ^ key.start.count());
  return mix(hash ^ key.tgid);
}

std::string process_id(const std::array<std::uint8_t, 16>& boot, ProcessKey key) {
  static constexpr char kLetters[] =
      "0123456789abcdefghjkmnpqrstvwxyz";  // Crockford's base 32: no i, l, o, u
  std::uint64_t hash = process_hash(boot, key);
  std::string id(12, '0');
  for (char& letter : id) {
    letter = kLetters[hash >> 59];
    hash <<= 5;
  }
  return id;
}

}  // namespace stray
