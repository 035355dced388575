// SPDX-License-Identifier: Apache-2.0
// Builds records: used wherever user space makes one (observer, ticks) and by the tests.
#pragma once

#include <cstring>
#include <span>
#include <string_view>
#include <type_traits>
#include <vector>

#include "event.h"
#include "record/event.hpp"

namespace stray::wire {

template <typename T>
concept RecordHead = std::is_trivially_copyable_v<T> && std::has_unique_object_representations_v<T> &&
    requires(T t) {
  { t.head } -> std::same_as<stray_head&>;
};

inline stray_id id(ProcessKey key) {
  return {.start_ns = key.start.count(), .tgid = key.tgid, .reserved = 0};
}

inline stray_head head(stray_kind kind, BootTime time, ProcessKey subject = {}, std::uint32_t flags = 0) {
  stray_head h{};
  h.kind = static_cast<__u16>(kind);
  h.time_ns = time.count();
  h.start_ns = subject.start.count();
  h.tgid = subject.tgid;
  h.flags = flags;
  return h;
}

// A record of type T under construction: set fields through ->, add variable data with add(), read it with
// bytes().
template <RecordHead T>
class Record {
 public:
  explicit Record(stray_head h) : data_(sizeof(T)) {
    T fixed{};
    fixed.head = h;
    put(fixed);
  }

  template <typename F>
  Record& set(F&& f) {  // f(T&) changes the fixed part
    T fixed = get();
    f(fixed);
    put(fixed);
    return *this;
  }

  // Appends bytes and points the span at them. Cuts what would make the record larger than STRAY_RECORD_MAX.
  Record& add(stray_span T::*where, std::string_view bytes) {
    const std::size_t room = STRAY_RECORD_MAX - data_.size();
    if (bytes.size() > room) bytes = bytes.substr(0, room);
    T fixed = get();
    fixed.*where = {static_cast<__u32>(data_.size()), static_cast<__u32>(bytes.size())};
    const auto old = data_.size();
    data_.resize(old + bytes.size());
    if (!bytes.empty()) std::memcpy(data_.data() + old, bytes.data(), bytes.size());
    put(fixed);
    return *this;
  }

  RawRecord bytes() {
    set([this](T& t) { t.head.size = static_cast<__u32>(data_.size()); });
    return data_;
  }

 private:
  T get() const {
    T fixed;
    std::memcpy(&fixed, data_.data(), sizeof fixed);
    return fixed;
  }
  void put(const T& fixed) { std::memcpy(data_.data(), &fixed, sizeof fixed); }

  std::vector<std::byte> data_;
};

// "/usr/bin/node" as the kernel programs write it: "node\0bin\0usr\0".
std::string leaf_first(std::string_view path);

}  // namespace stray::wire
