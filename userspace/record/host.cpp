// SPDX-License-Identifier: Apache-2.0
#include "record/host.hpp"

#include <cstring>
#include <ctime>

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

void Host::learn(const Event& event) {
  if (const auto* session = std::get_if<Session>(&event.what)) {
    boot = session->boot_id;
    boot_id.clear();
    static constexpr char kHex[] = "0123456789abcdef";
    for (std::size_t i = 0; i < boot.size(); ++i) {
      if (i == 4 || i == 6 || i == 8 || i == 10) boot_id += '-';
      boot_id += kHex[boot[i] >> 4];
      boot_id += kHex[boot[i] & 15];
    }
    name = session->host, kernel = session->kernel, version = session->version,
    machine_id = session->machine_id;
    memory = session->memory, cpus = session->cpus;
    real_offset_ns = static_cast<std::int64_t>(session->real_ns - event.time.count());
  } else if (const auto* clock = std::get_if<Clock>(&event.what)) {
    real_offset_ns = static_cast<std::int64_t>(clock->real_ns - event.time.count());
  }
}

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

void Rfc3339::append(std::string& out, std::int64_t real_ns) {
  const std::int64_t second = real_ns / 1'000'000'000;
  if (second != second_) {
    const auto time = static_cast<std::time_t>(second);
    std::tm parts{};
    ::gmtime_r(&time, &parts);
    std::strftime(text_, sizeof text_, "%Y-%m-%dT%H:%M:%S", &parts);
    second_ = second;
  }
  char fraction[] = ".000000000Z";
  if (const std::int64_t rest = real_ns % 1'000'000'000; rest > 0) {
    auto ns = static_cast<std::uint32_t>(rest);
    for (int i = 9; i > 0; --i, ns /= 10) fraction[i] = static_cast<char>('0' + ns % 10);
  }
  out += text_;
  out.append(fraction, sizeof fraction - 1);
}

}  // namespace stray
