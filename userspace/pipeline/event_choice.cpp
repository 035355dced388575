// SPDX-License-Identifier: Apache-2.0
#include "pipeline/event_choice.hpp"
#include "base/layout.hpp"

#include <algorithm>
#include <array>

namespace stray {
namespace {

constexpr std::array<std::string_view, 9> kActions{"fork",     "exec",   "exit", "oom", "signal",
                                                   "reparent", "listen", "seed", "gap"};

}  // namespace

EventChoice EventChoice::all() {
  EventChoice choice;
  choice.all_ = true;
  return choice;
}

EventChoice EventChoice::none() { return {}; }

std::string EventChoice::names() { return joined(kActions) + ", all, none"; }

std::optional<EventChoice> EventChoice::parse(std::string_view list, std::string& bad) {
  EventChoice choice;
  while (!list.empty()) {
    const auto comma = list.find(',');
    const std::string_view word = list.substr(0, comma);
    list = comma == std::string_view::npos ? std::string_view() : list.substr(comma + 1);
    if (word == "all") {
      choice.all_ = true;
    } else if (std::find(kActions.begin(), kActions.end(), word) != kActions.end()) {
      choice.chosen_.emplace(word);
    } else if (word != "none") {
      bad = word;
      return {};
    }
  }
  return choice;
}

std::string_view action_named(std::string_view name) {
  const auto* found = std::find(kActions.begin(), kActions.end(), name);
  return found == kActions.end() ? std::string_view() : *found;
}

}  // namespace stray
