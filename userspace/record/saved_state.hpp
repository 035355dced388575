// SPDX-License-Identifier: Apache-2.0
// What the core knows at one moment, as records: a reader that begins there goes on as one that began at the
// start.
//
// A state is a row of items, each of one kind (STRAY_STATE_* of bpf/event.h) with a body of fields (tlv.hpp).
// A body that is larger than a record goes over several. docs/capture-format.md has the kinds and their
// fields.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "event.h"
#include "record/event.hpp"

namespace stray {

namespace tlv {
template <typename T>
struct Saved;  // how T is saved: tlv.hpp
template <typename E>
struct LastOf;
}  // namespace tlv

struct StateItem {
  std::uint16_t kind = 0;  // STRAY_STATE_*
  ProcessKey process;      // whom it is about, if it is about one
  std::string_view body;   // borrowed
};

using EmitState = std::function<void(const StateItem&)>;

// The records of one item. `lost`: as in every head.
void write_state(const StateItem& item, BootTime now, std::uint64_t lost,
                 const std::function<void(RawRecord)>& emit);

// Puts items together again.
class StateJoiner {
 public:
  // The item that this record ends, valid until the next call; nothing: it goes on. Adds to `refused` the
  // items that were not whole.
  std::optional<StateItem> add(const Event& event, const SavedState& state, std::uint64_t& refused);
  // No more comes: true when an item was begun.
  bool unfinished() const { return begun_; }

 private:
  bool begun_ = false;
  std::uint16_t kind_ = 0;
  ProcessKey process_;
  std::string body_;
};

}  // namespace stray
