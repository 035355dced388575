// SPDX-License-Identifier: Apache-2.0
// Takes secrets out of command lines and environments before anything writes them down.
//
// A pattern is an RE2 regular expression, held against each argument by itself. An option whose value is the
// next argument is held against it as OPTION=VALUE, so `--pin=(.+)` covers both ways to write it. What the
// groups of the pattern match is replaced, or all of the match where it has no group.
//
// Errors: a pattern that RE2 refuses throws std::invalid_argument. Threads: none.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "record/event.hpp"

namespace stray {

class Redactor {
 public:
  static constexpr std::string_view kReplacement = "<redacted>";

  static std::vector<std::string> default_patterns();

  // No pattern at all switches redaction off, also of what depends on the program (mysql -pSECRET).
  explicit Redactor(const std::vector<std::string>& patterns = default_patterns());
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
