// SPDX-License-Identifier: Apache-2.0
#include "record/saved_state.hpp"

#include "record/wire.hpp"

namespace stray {
namespace {

constexpr std::size_t kPiece = STRAY_RECORD_MAX - sizeof(stray_state);
constexpr std::size_t kLargestItem = 64u << 20;

}  // namespace

void write_state(const StateItem& item, BootTime now, std::uint64_t lost,
                 const std::function<void(RawRecord)>& emit) {
  std::string_view rest = item.body;
  do {
    const std::string_view piece = rest.substr(0, kPiece);
    rest.remove_prefix(piece.size());
    stray_head head = wire::head(static_cast<stray_kind>(item.kind), now, item.process,
                                 rest.empty() ? 0 : STRAY_STATE_MORE);
    head.lost = lost;
    wire::Record<stray_state> record(head);
    record.add(&stray_state::body, piece);
    emit(record.bytes());
  } while (!rest.empty());
}

std::optional<StateItem> StateJoiner::add(const Event& event, const SavedState& state,
                                          std::uint64_t& refused) {
  const bool goes_on = begun_ && kind_ == state.kind && process_ == event.process;
  if (begun_ && !goes_on) ++refused;
  if (!goes_on) body_.clear();
  kind_ = state.kind, process_ = event.process;
  begun_ = state.more;
  if (body_.size() + state.body.size() > kLargestItem) {
    ++refused;
    begun_ = false;
    body_.clear();
    return {};
  }
  if (!goes_on && !state.more) return StateItem{kind_, process_, state.body};
  body_ += state.body;
  if (state.more) return {};
  return StateItem{kind_, process_, body_};
}

}  // namespace stray
