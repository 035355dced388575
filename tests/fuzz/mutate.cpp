// SPDX-License-Identifier: Apache-2.0
#include "mutate.hpp"

#include <algorithm>
#include <cstring>

#include "event.h"
#include "record/wire.hpp"

namespace stray::fuzz {
namespace {

constexpr std::uint16_t kKinds[] = {STRAY_FORK,
                                    STRAY_EXEC,
                                    STRAY_EXIT,
                                    STRAY_OOM,
                                    STRAY_SIGNAL,
                                    STRAY_SEED,
                                    STRAY_LISTEN,
                                    STRAY_SESSION,
                                    STRAY_CLOCK,
                                    STRAY_TICK,
                                    STRAY_READY,
                                    STRAY_END,
                                    STRAY_GAP,
                                    STRAY_SAW_PROCESS,
                                    STRAY_SAW_SCRIPT,
                                    STRAY_SAW_USAGE,
                                    STRAY_SAW_SOCKETS,
                                    STRAY_INFERRED_EXIT,
                                    48,
                                    49,
                                    50,
                                    51,
                                    52,
                                    53};
// What some rule waits for, and what no host lives to see.
constexpr std::uint64_t kSteps[] = {1,           50'000'000,      100'000'000,       1'000'000'000,
                                    60ull << 30, 600'000'000'000, 8ull * 3600 << 30, 8ull * 86400 << 30,
                                    1ull << 61,  (1ull << 62) - 1};

stray_head head_of(const Bytes& record) {
  stray_head head{};
  std::memcpy(&head, record.data(), std::min(sizeof head, record.size()));
  return head;
}

void put_head(Bytes& record, stray_head head) {
  head.size = static_cast<__u32>(record.size());
  std::memcpy(record.data(), &head, std::min(sizeof head, record.size()));
}

void change_head(std::vector<Bytes>& records, Bytes& record, Random& random) {
  stray_head head = head_of(record);
  const stray_head other = head_of(records[below(random, records.size())]);
  const std::uint64_t step = kSteps[below(random, std::size(kSteps))];
  switch (below(random, 7)) {
    case 0:
      head.start_ns = other.start_ns, head.tgid = other.tgid;
      break;
    case 1:
      head.time_ns = other.time_ns;
      break;
    case 2:
      head.time_ns = other.time_ns + step;
      break;
    case 3:
      head.time_ns = other.time_ns - step;
      break;
    case 4:
      head.kind = kKinds[below(random, std::size(kKinds))];
      break;
    case 5:
      head.flags ^= 1u << below(random, 12);
      break;
    default:
      head.lost = other.lost + below(random, 3);
  }
  put_head(record, head);
}

// Somewhere in its fixed part: a parent, a reaper, a sender that is somebody.
void name_another(const std::vector<Bytes>& records, Bytes& record, Random& random) {
  const stray_head other = head_of(records[below(random, records.size())]);
  const stray_id id{.start_ns = other.start_ns, .tgid = other.tgid, .reserved = 0};
  if (record.size() < sizeof(stray_head) + sizeof id) return;
  const std::size_t places =
      (std::min<std::size_t>(record.size(), 128) - sizeof(stray_head) - sizeof id) / 8 + 1;
  std::memcpy(record.data() + sizeof(stray_head) + 8 * below(random, places), &id, sizeof id);
}

Bytes tick_after(const Bytes& record, Random& random) {
  wire::Record<stray_tick> tick(
      wire::head(STRAY_TICK, BootTime{head_of(record).time_ns + kSteps[below(random, std::size(kSteps))]}));
  const RawRecord raw = tick.bytes();
  return {raw.begin(), raw.end()};
}

}  // namespace

std::vector<Bytes> split(std::span<const std::byte> bytes) {
  std::vector<Bytes> out;
  while (!bytes.empty()) {
    std::uint32_t size = 0;
    if (bytes.size() >= sizeof size) std::memcpy(&size, bytes.data(), sizeof size);
    const bool whole = size >= sizeof(stray_head) && size <= bytes.size();
    const auto one = bytes.first(whole ? size : bytes.size());
    out.emplace_back(one.begin(), one.end());
    bytes = bytes.subspan(one.size());
  }
  return out;
}

Bytes join(const std::vector<Bytes>& records) {
  Bytes out;
  for (const Bytes& record : records) out.insert(out.end(), record.begin(), record.end());
  return out;
}

void mutate(Bytes& bytes, std::size_t most) {
  const std::size_t size = bytes.size();
  bytes.resize(std::max(size, most));
  bytes.resize(LLVMFuzzerMutate(reinterpret_cast<std::uint8_t*>(bytes.data()), size, bytes.size()));
}

void mutate(std::vector<Bytes>& records, Random& random) {
  if (records.empty()) return;
  const auto any = [&] {
    return records.begin() + static_cast<std::ptrdiff_t>(below(random, records.size()));
  };
  const auto one = any();
  switch (below(random, 8)) {
    case 0:
    case 1: {
      mutate(*one, one->size() + 64);
      one->resize(std::max(one->size(), sizeof(stray_head)));
      put_head(*one, head_of(*one));
      return;
    }
    case 2: {
      const Bytes copy = *one;
      records.insert(any(), copy);
      return;
    }
    case 3:
      if (records.size() > 1) records.erase(one);
      return;
    case 4:
      return std::swap(*one, *any());
    case 5:
      return name_another(records, *one, random);
    case 6: {
      const Bytes tick = tick_after(*one, random);
      records.insert(one + 1, tick);
      return;
    }
    default:
      return change_head(records, *one, random);
  }
}

}  // namespace stray::fuzz
