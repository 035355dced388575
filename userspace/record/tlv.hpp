// SPDX-License-Identifier: Apache-2.0
// Fields of saved states: tag, length, bytes. One description of a struct, Saved<T>, writes and reads it:
//
//   template <> struct Saved<Tool> {
//     static void fields(auto& a, auto& tool) {
//       in_order(a, 1, tool.name, tool.path);  // tags 1 and 2
//       a(3, tool.links, 1u);  // 1 is what it usually is: then it is not written, and missing it means that
//     }
//   };
//
// Tags are never reused or renumbered: a new field has the next tag. A reader passes over those it does not
// know. Numbers have 1, 2, 4 or 8 bytes in host byte order, whatever they are kept in. Lists repeat their
// tag; a map is a list of {1: key, 2: value}; structs are nested. Reading never trusts a byte: ok() tells
// whether all of it was as it must be; what was read until then has to be thrown away.
#pragma once

#include <algorithm>
#include <array>
#include <concepts>
#include <cstdint>
#include <cstring>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "record/event.hpp"
#include "record/saved_state.hpp"

namespace stray::tlv {

// The last enumerator of E, as LastOf<E>::value. A number beyond it is of a newer version: the field keeps
// its usual value.
template <typename E>
struct LastOf;
template <auto kValue>
struct Last {
  static constexpr auto value = kValue;
};

// Fields with the tags `tag`, `tag` + 1, …
void in_order(auto& a, std::uint16_t tag, auto&... fields) { (a(tag++, fields), ...); }

template <typename A, typename B>
struct Saved<std::pair<A, B>> {
  static void fields(auto& a, auto& pair) { in_order(a, 1, pair.first, pair.second); }
};

template <typename T>
concept Number = std::unsigned_integral<T> || std::is_enum_v<T> || std::same_as<T, BootTime> ||
    std::same_as<T, std::int64_t>;

template <typename T>
inline constexpr bool kIsBytes = false;
template <std::size_t N>
inline constexpr bool kIsBytes<std::array<std::uint8_t, N>> = true;

template <typename T>
concept Flat = Number<T> || kIsBytes<T> || std::same_as<T, std::string> || std::same_as<T, ProcessKey> ||
    std::same_as<T, Tty>;

template <typename T>
inline constexpr bool kIsHeld = false;
template <typename T>
inline constexpr bool kIsHeld<std::optional<T>> = true;
template <typename T>
inline constexpr bool kIsHeld<std::unique_ptr<T>> = true;
template <typename T>
inline constexpr bool kIsList = false;
template <typename T>
inline constexpr bool kIsList<std::vector<T>> = true;
template <typename T>
inline constexpr bool kIsMap = false;
template <typename K, typename V>
inline constexpr bool kIsMap<std::map<K, V>> = true;

class Writer {
 public:
  static constexpr bool kReads = false;
  explicit Writer(std::string& out) : out_(out) {}

  template <Flat T>
  void operator()(std::uint16_t tag, const T& value, const std::type_identity_t<T>& usual = T{}) {
    if (!(value == usual)) put(tag, value);
  }

  template <typename T>
  requires(!Flat<T>) void operator()(std::uint16_t tag, const T& value) {
    if constexpr (kIsHeld<T>) {
      if (value) put(tag, *value);
    } else if constexpr (kIsList<T>) {
      for (const auto& one : value) put(tag, one);
    } else if constexpr (kIsMap<T>) {
      for (const auto& [key, mapped] : value) {
        const std::size_t at = open(tag);
        (*this)(1, key);
        (*this)(2, mapped);
        close(at);
      }
    } else {
      const std::size_t at = open(tag);
      Saved<T>::fields(*this, value);
      if (out_.size() == at)
        out_.resize(at - kHead);
      else
        close(at);
    }
  }

 private:
  static constexpr std::size_t kHead = 8;

  std::size_t open(std::uint16_t tag) {
    raw(tag);
    raw(std::uint16_t{0});
    raw(std::uint32_t{0});
    return out_.size();
  }
  void close(std::size_t at) {
    const auto length = static_cast<std::uint32_t>(out_.size() - at);
    std::memcpy(out_.data() + at - sizeof length, &length, sizeof length);
  }

  template <typename T>
  void put(std::uint16_t tag, const T& value) {
    const std::size_t at = open(tag);
    if constexpr (std::same_as<T, BootTime>) {
      number(value.count());
    } else if constexpr (Number<T>) {
      number(static_cast<std::uint64_t>(value));
    } else if constexpr (std::same_as<T, std::string>) {
      out_ += value;
    } else if constexpr (kIsBytes<T>) {
      out_.append(reinterpret_cast<const char*>(value.data()), value.size());
    } else if constexpr (std::same_as<T, ProcessKey>) {
      raw(value.start.count());
      raw(value.tgid);
    } else if constexpr (std::same_as<T, Tty>) {
      raw(value.major);
      raw(value.minor);
    } else {
      Saved<T>::fields(*this, value);
    }
    close(at);
  }

  void number(std::uint64_t value) {
    if (value <= 0xff)
      raw(static_cast<std::uint8_t>(value));
    else if (value <= 0xffff)
      raw(static_cast<std::uint16_t>(value));
    else if (value <= 0xffffffff)
      raw(static_cast<std::uint32_t>(value));
    else
      raw(value);
  }

  template <std::unsigned_integral T>
  void raw(T value) {
    out_.append(reinterpret_cast<const char*>(&value), sizeof value);
  }

  std::string& out_;
};

class Reader {
 public:
  static constexpr bool kReads = true;
  explicit Reader(std::string_view body) {
    while (!body.empty()) {
      std::uint32_t length = 0;
      Item item{};
      if (body.size() < kHead) ok_ = false;
      if (!ok_) return;
      std::memcpy(&item.tag, body.data(), sizeof item.tag);
      std::memcpy(&length, body.data() + 4, sizeof length);
      body.remove_prefix(kHead);
      if (length > body.size()) ok_ = false;
      if (!ok_) return;
      item.bytes = body.substr(0, length);
      body.remove_prefix(length);
      items_.push_back(item);
    }
    const auto by_tag = [](const Item& a, const Item& b) { return a.tag < b.tag; };
    if (!std::is_sorted(items_.begin(), items_.end(), by_tag))
      std::stable_sort(items_.begin(), items_.end(), by_tag);
  }

  bool ok() const { return ok_; }
  void fail() { ok_ = false; }

  template <Flat T>
  void operator()(std::uint16_t tag, T& value, const std::type_identity_t<T>& usual = T{}) {
    value = usual;
    if (const auto* bytes = one(tag)) get(*bytes, value);
  }

  template <typename T>
  requires(!Flat<T>) void operator()(std::uint16_t tag, T& value) {
    if constexpr (kIsHeld<T>) {
      const auto* bytes = one(tag);
      if (!bytes) return;
      if constexpr (requires { value.emplace(); })
        value.emplace();
      else
        value = std::make_unique<typename T::element_type>();
      get(*bytes, *value);
    } else if constexpr (kIsList<T>) {
      each(tag, [&](std::string_view bytes) { get(bytes, value.emplace_back()); });
    } else if constexpr (kIsMap<T>) {
      each(tag, [&](std::string_view bytes) {
        Reader entry(bytes);
        typename T::key_type key{};
        typename T::mapped_type mapped{};
        entry(1, key);
        entry(2, mapped);
        if (!entry.ok() || !value.emplace(std::move(key), std::move(mapped)).second) fail();
      });
    } else if (const auto* bytes = one(tag)) {
      get(*bytes, value);
    }
  }

 private:
  static constexpr std::size_t kHead = 8;
  static constexpr std::uint64_t kLatest = 1ull << 62;  // as the decoder: later times would overflow in sums

  struct Item {
    std::uint16_t tag;
    std::string_view bytes;
  };

  auto range(std::uint16_t tag) const {
    const auto first = std::lower_bound(items_.begin(), items_.end(), tag,
                                        [](const Item& item, std::uint16_t t) { return item.tag < t; });
    auto last = first;
    while (last != items_.end() && last->tag == tag) ++last;
    return std::pair{first, last};
  }

  const std::string_view* one(std::uint16_t tag) {
    const auto [first, last] = range(tag);
    if (last - first > 1) fail();
    return first == last ? nullptr : &first->bytes;
  }

  template <typename F>
  void each(std::uint16_t tag, F&& f) {
    const auto [first, last] = range(tag);
    for (auto it = first; it != last && ok_; ++it) f(it->bytes);
  }

  template <typename T>
  void get(std::string_view bytes, T& value) {
    if constexpr (Number<T>) {
      set(value, number(bytes));
    } else if constexpr (std::same_as<T, std::string>) {
      value = bytes;
    } else if constexpr (kIsBytes<T>) {
      if (bytes.size() != value.size()) return fail();
      std::memcpy(value.data(), bytes.data(), bytes.size());
    } else if constexpr (std::same_as<T, ProcessKey>) {
      std::uint64_t start = 0;
      if (bytes.size() != sizeof start + sizeof value.tgid) return fail();
      std::memcpy(&start, bytes.data(), sizeof start);
      std::memcpy(&value.tgid, bytes.data() + sizeof start, sizeof value.tgid);
      set(value.start, start);
    } else if constexpr (std::same_as<T, Tty>) {
      if (bytes.size() != sizeof value.major + sizeof value.minor) return fail();
      std::memcpy(&value.major, bytes.data(), sizeof value.major);
      std::memcpy(&value.minor, bytes.data() + sizeof value.major, sizeof value.minor);
    } else {
      Reader inner(bytes);
      Saved<T>::fields(inner, value);
      if (!inner.ok()) fail();
    }
  }

  template <Number T>
  void set(T& value, std::uint64_t number) {
    if constexpr (std::same_as<T, BootTime>) {
      if (number >= kLatest && number != std::numeric_limits<std::uint64_t>::max()) return fail();
      value = BootTime{number};
    } else if constexpr (std::same_as<T, std::int64_t>) {
      value = static_cast<std::int64_t>(number);
      constexpr auto kMost = static_cast<std::int64_t>(kLatest);
      if (value <= -kMost || value >= kMost) return value = 0, fail();
    } else if constexpr (std::is_enum_v<T>) {
      if (number <= static_cast<std::uint64_t>(LastOf<T>::value)) value = static_cast<T>(number);
    } else {
      if (number > std::numeric_limits<T>::max()) return fail();
      value = static_cast<T>(number);
    }
  }

  std::uint64_t number(std::string_view bytes) {
    const auto as = [&]<typename T>(T value) -> std::uint64_t {
      std::memcpy(&value, bytes.data(), sizeof value);
      return value;
    };
    switch (bytes.size()) {
      case 1:
        return as(std::uint8_t{});
      case 2:
        return as(std::uint16_t{});
      case 4:
        return as(std::uint32_t{});
      case 8:
        return as(std::uint64_t{});
      default:
        fail();
        return 0;
    }
  }

  std::vector<Item> items_;
  bool ok_ = true;
};

template <typename T>
std::string save(const T& value) {
  std::string out;
  Writer writer(out);
  Saved<T>::fields(writer, value);
  return out;
}

template <typename T>
bool restore(T& value, std::string_view body) {
  Reader reader(body);
  if (reader.ok()) Saved<T>::fields(reader, value);
  return reader.ok();
}

}  // namespace stray::tlv
