// SPDX-License-Identifier: Apache-2.0
// A message as a mail (RFC 5322): whatever a process is called, it makes no header and ends no body.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "config/notify.hpp"
#include "notify/message.hpp"

namespace stray {

// With lines that end with \n, as sendmail takes them.
std::string mail_of(const NotifyTarget& target, const Message& message, std::int64_t real_ns);

// What sendmail is started with. Nothing of a message is in it.
std::vector<std::string> sendmail_arguments(const NotifyTarget& target);

// ---- its parts ----
std::string encoded_header(std::string_view text);    // RFC 2047, folded
std::string quoted_printable(std::string_view text);  // RFC 2045

}  // namespace stray
