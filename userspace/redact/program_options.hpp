// SPDX-License-Identifier: Apache-2.0
// Options that take a secret in one program alone: mysql -pX, curl -u user:X, zip -P X. What a name says by
// itself (--password) needs no row.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

namespace stray {

// What of an option's value is secret.
enum class Part : unsigned char {
  whole,
  behind_colon,    // user:X
  behind_percent,  // user%X
  behind_comma,    // user,X
  userinfo,        // user:X@host
  behind_slash,    // user/X@database
  behind_scheme,   // pass:X, hexkey:X
  assigned,        // name=X alone
  by_value,        // only what looks random
};

struct ProgramOption {
  std::string_view name;  // "-p", "--user", "/p"
  Part part = Part::whole;
  bool glued_only = false;  // the next argument is not its value: mysql -p
  bool apart_only = false;  // -ap of swaks is no -a with the value p
};

struct ProgramRule {
  std::vector<std::string_view> programs;  // base names
  std::vector<std::string_view> words;     // one of these must stand before: docker login, htpasswd -b
  std::vector<ProgramOption> options;
  std::string_view flags;  // letters without a value, which may stand before one of `options`: curl -su
  int position = 0;        // the argument that is a secret, counted behind `words`; -1: the last one
  Part position_part = Part::whole;
};

// The rules for a program, by the last name of its path.
std::span<const ProgramRule* const> rules_of(std::string_view program);

// All names, for a filter that is to find them in a text.
std::vector<std::string_view> ruled_programs();

}  // namespace stray
