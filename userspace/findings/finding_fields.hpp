// SPDX-License-Identifier: Apache-2.0
// The fields of findings in a saved state (docs/capture-format.md). Included by the files that save and
// restore them.
#pragma once

#include "findings/detectors.hpp"
#include "record/tlv.hpp"

namespace stray::tlv {

template <>
struct LastOf<Severity> : Last<Severity::critical> {};
template <>
struct LastOf<Finding::Action> : Last<Finding::Action::cleared> {};

template <>
struct Saved<Evidence> {
  static void fields(auto& a, auto& e) {
    auto& [code, text, at] = e;
    in_order(a, 1, code, text, at);
  }
};

template <>
struct Saved<Condition> {
  static void fields(auto& a, auto& c) {
    auto& [since, wait, human_limit, severity, severity_until, claim, message, evidence, members, alike] = c;
    in_order(a, 1, since, wait, human_limit);
    a(4, severity, Severity::notice);
    in_order(a, 5, severity_until, message, evidence);
    a(9, members);  // 8 was a list of commands, until treatments decided them
    in_order(a, 10, claim, alike);
  }
};

template <>
struct Saved<Finding> {
  static void fields(auto& a, auto& f) {
    auto& [action, kind, process, since, raised, time, what, reason] = f;
    a(1, action);
    std::string kind_name(to_string(kind));  // that one never changes
    a(2, kind_name);
    if constexpr (std::remove_cvref_t<decltype(a)>::kReads) {
      if (const auto known = kind_of(kind_name))
        kind = *known;
      else
        a.fail();
    }
    in_order(a, 3, process, since, raised, time, what, reason);
  }
};

template <>
struct Saved<Detectors::Oom> {
  static void fields(auto& a, auto& o) {
    auto& [finding, exe, argv, uid] = o;
    in_order(a, 1, finding, exe, argv, uid);
  }
};

}  // namespace stray::tlv
