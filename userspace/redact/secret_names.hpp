// SPDX-License-Identifier: Apache-2.0
// Whether a name says that its value is a secret (--db-password, authToken, SIGNING_KEY), and whether a value
// that stands there is one: not a path, not a reference to a variable, not "none". Pure functions; linear.
#pragma once

#include <cstdint>
#include <string_view>

namespace stray {

enum class NameKind : std::uint8_t {
  none,
  secret,  // any value that is not harmless
  weak,    // only a value that looks random: --key, _SALT
  auth,    // user:password keeps its user; a plain word is a method (--auth basic)
  header,  // Authorization: SCHEME VALUE
  cookie,
  proxy,  // user:password@host
  pin,    // digits
};

// A name as an option, a variable, a header or a field of a document writes it.
NameKind name_kind(std::string_view name);

// The part of the value that is secret; empty when none is. `text`: the value stands in a longer text, where
// $X is a reference; as an argument of its own it was the shell's to replace, and is a reference only as a
// whole.
std::string_view secret_in(NameKind kind, std::string_view value, bool text);

// A value that holds no secret, whatever its name is.
bool harmless_value(std::string_view value, bool text);

// At least `least` characters of keys and tokens, with letters and digits.
bool looks_random(std::string_view value, std::size_t least);

}  // namespace stray
