// SPDX-License-Identifier: Apache-2.0
// One POST of a JSON document (libcurl only here).
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "config/notify.hpp"

namespace stray {

struct HttpAnswer {
  long status = 0;                     // 0: there is none
  std::string error;                   // why not
  std::chrono::seconds retry_after{};  // as the server asks for
};

void http_init();  // once, before threads are made

// TLS is verified and no redirect is followed. `give_up`: asked now and then; true ends it.
HttpAnswer http_post(const NotifyTarget& target, const std::string& url, const std::string& body,
                     const std::function<bool()>& give_up);

// The lines of a header file, "Name: value". Throws std::runtime_error: not readable, others may read it, or
// no headers.
std::vector<std::string> header_lines(const std::string& path);

}  // namespace stray
