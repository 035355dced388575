// SPDX-License-Identifier: Apache-2.0
// Takes secrets out of command lines and environments before anything writes them down.
//
// Rules of stray (docs/redaction.md): names of options, variables, headers and fields (secret_names), options
// of known programs (program_options), addresses (text_secrets), shapes of tokens (shapes). Beside them
// patterns of the configuration: RE2 regular expressions, held against each argument by itself. An option
// whose value is the next argument is held against them as OPTION=VALUE, so `--pin=(.+)` covers both ways to
// write it. What the groups of a pattern match is replaced, or all of the match where it has no group.
//
// Errors: a pattern that RE2 refuses throws std::invalid_argument. Threads: none.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "record/event.hpp"
#include "redact/found.hpp"

namespace stray {

class Redactor {
 public:
  static constexpr std::string_view kReplacement = Found::kReplacement;

  // Without patterns and the rules of stray redaction is off.
  explicit Redactor(const std::vector<std::string>& patterns = {}, bool builtin = true);
  ~Redactor();
  Redactor(Redactor&&) noexcept;
  Redactor& operator=(Redactor&&) noexcept;

  // A list of NUL separated strings. True when something was replaced.
  bool redact(std::string& strings);

  // The record without its secrets and with its flag set, or nothing when there is nothing to take out. Only
  // exec records and observations of processes hold such strings.
  std::optional<std::string> redact_record(RawRecord raw);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace stray
