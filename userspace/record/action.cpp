// SPDX-License-Identifier: Apache-2.0
#include "record/action.hpp"

#include <variant>

namespace stray {

std::string_view action_of(const Event& event) {
  struct Name {
    std::string_view operator()(const Fork&) const { return "fork"; }
    std::string_view operator()(const Exec&) const { return "exec"; }
    std::string_view operator()(const Exit&) const { return "exit"; }
    std::string_view operator()(const InferredExit&) const { return "exit"; }
    std::string_view operator()(const Oom&) const { return "oom"; }
    std::string_view operator()(const Signal&) const { return "signal"; }
    std::string_view operator()(const Listen&) const { return "listen"; }
    std::string_view operator()(const Seed&) const { return "seed"; }
    std::string_view operator()(const Gap&) const { return "gap"; }
    std::string_view operator()(const Session&) const { return {}; }
    std::string_view operator()(const Clock&) const { return {}; }
    std::string_view operator()(const Tick&) const { return {}; }
    std::string_view operator()(const Ready&) const { return {}; }
    std::string_view operator()(const End&) const { return {}; }
    std::string_view operator()(const SawProcess&) const { return {}; }
    std::string_view operator()(const SawScript&) const { return {}; }
    std::string_view operator()(const SawUsage&) const { return {}; }
    std::string_view operator()(const SawSockets&) const { return {}; }
    std::string_view operator()(const SavedState&) const { return {}; }
    std::string_view operator()(const SawChildren&) const { return {}; }
  };
  return std::visit(Name{}, event.what);
}

}  // namespace stray
