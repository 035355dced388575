// SPDX-License-Identifier: Apache-2.0
// Which events an output shows. Findings, ready and summary are always shown.
#pragma once

#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>

namespace stray {

class EventChoice {
 public:
  static EventChoice all();
  static EventChoice none();
  // "fork,exec,exit", "all", "none"; nothing for an unknown word, which is put into `bad`.
  static std::optional<EventChoice> parse(std::string_view list, std::string& bad);
  static std::string names();  // for help and errors

  bool has(std::string_view action) const { return all_ || chosen_.contains(action); }

 private:
  bool all_ = false;
  std::set<std::string, std::less<>> chosen_;
};

// The action of that name as static text; empty: there is none.
std::string_view action_named(std::string_view name);

}  // namespace stray
