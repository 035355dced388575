// SPDX-License-Identifier: Apache-2.0
// What the tracer hands to the notifier: one line a message. Its fields are separated by tabs, which no JSON
// text holds.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/json.hpp"
#include "findings/kind.hpp"

namespace stray {

struct Message {
  enum class What : std::uint8_t {
    raised,
    updated,
    cleared,
    ended,   // cleared, of a finding that an earlier run raised
    open,    // open at the moment of a list of all: between `list` and `listed`
    list,    // such a list begins
    listed,  // and ends: what it did not name is not open any more
    digest,  // made by the notifier: how many were held back
    test,    // made by doctor --notify
    end,     // the tracer ends in order
  };
  What what = What::raised;
  Kind kind = Kind::orphan;
  Severity severity = Severity::info;
  std::string id;  // of the finding: "orphan:54nfnhb2rw0w"
  std::string host;
  std::string title;     // one line, printable
  std::string text;      // for a person, as stray prints it
  std::string document;  // as --json prints it, without the newline
};

std::string_view to_string(Message::What what);

// Begins the document of a message that is about no finding: what, when, which host. The caller may add, and
// ends it.
void begin_document(Json& json, const Message& message, std::int64_t real_ns);  // CLOCK_REALTIME

std::string line_of(const Message& message);               // with its newline
std::optional<Message> message_of(std::string_view line);  // without; nothing: no such line

}  // namespace stray
