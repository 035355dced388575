// SPDX-License-Identifier: Apache-2.0
#include "redact/prefilter.hpp"

#include <re2/re2.h>

#include <algorithm>
#include <string>
#include <vector>

#include "redact/program_options.hpp"
#include "redact/shapes.hpp"

namespace stray {
namespace {

// What a name holds that secret_names.cpp takes for one; a word that ends right there, or goes on with what
// names it anew. Kept without repetition: the automaton stays small, and is never rebuilt.
const std::string kNames =
    "(?i:pass|pw|pswd|secret|token|auth|cred|cookie|passwort|kennwort|mnemonic|phrase|pword|bearer"
    "|key|(?:^|[^a-z])(?:pw|pat|psk|sas|jwt|t?otp|pin|sid|sig|salt|hmac|seed|pepper)|(?:signature|session|"
    "proxy|jwt|hmac|salt)"
    "|identified|webhook|sudo|[|] *su |_connect|mysqli|stdin|cryptsetup|kinit|sonar.login|send )";

// An address with a user, in a word.
const std::string kAddress = R"re(://[^\x00\s"'<>]*@|[?&](?:k|sig|sign|code)=)re";

std::string quoted(std::string_view name) {
  return re2::RE2::QuoteMeta(re2::StringPiece(name.data(), name.size()));
}

// By name, with what ends it: an option of its own may follow.
std::string programs() {
  std::vector<std::string_view> names = ruled_programs();
  std::ranges::sort(names);
  std::string out;
  for (const std::string_view name : names) out.append(out.empty() ? "" : "|").append(quoted(name));
  return R"re((?:^|[\x00/\s;&|("'`])(?:)re" + out + R"re()(?:$|[\x00\s;"']))re";
}

}  // namespace

Prefilter::Prefilter()
    : any_(compile_pattern(kNames + "|" + kAddress + "|" + programs() + "|" + shape_beginnings())) {}
Prefilter::~Prefilter() = default;
Prefilter::Prefilter(Prefilter&&) noexcept = default;
Prefilter& Prefilter::operator=(Prefilter&&) noexcept = default;

bool Prefilter::may_hold_secret(std::string_view strings) const {
  return RE2::PartialMatch(re2::StringPiece(strings.data(), strings.size()), *any_);
}

}  // namespace stray
