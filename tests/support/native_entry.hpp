// SPDX-License-Identifier: Apache-2.0
// The reader's side of journald's native format, written from systemd's JOURNAL_NATIVE_PROTOCOL: what a test
// receives or what `journalctl -o export` prints. Both forms of a field: NAME=value, and NAME, length, bytes.
#pragma once

#include <cstdint>
#include <cstring>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace stray {

using NativeEntry = std::multimap<std::string, std::string, std::less<>>;

// Entries are parted by an empty line.
inline std::vector<NativeEntry> parse_native(std::string_view bytes) {
  const auto take = [&bytes](std::size_t size) {
    if (bytes.size() <= size || bytes[size] != '\n')
      throw std::runtime_error("a native field that does not end");
    const std::string part(bytes.substr(0, size));
    bytes.remove_prefix(size + 1);
    return part;
  };
  std::vector<NativeEntry> entries;
  for (bool within = false; !bytes.empty();) {
    const std::string line = take(bytes.find('\n'));
    if (line.empty()) {
      within = false;
      continue;
    }
    if (!std::exchange(within, true)) entries.emplace_back();
    if (const auto equals = line.find('='); equals != std::string::npos) {
      entries.back().emplace(line.substr(0, equals), line.substr(equals + 1));
      continue;
    }
    std::uint64_t size = 0;  // little endian, as the hosts that stray runs on
    if (bytes.size() < sizeof size) throw std::runtime_error("a native field without its length");
    std::memcpy(&size, bytes.data(), sizeof size);
    bytes.remove_prefix(sizeof size);
    entries.back().emplace(line, take(size));
  }
  return entries;
}

// The one value of a field; throws when it is there more often or not at all.
inline const std::string& only(const NativeEntry& entry, std::string_view name) {
  if (entry.count(name) != 1)
    throw std::runtime_error(std::string(name) + " is there " + std::to_string(entry.count(name)) + " times");
  return entry.find(name)->second;
}

}  // namespace stray
