// SPDX-License-Identifier: Apache-2.0
// [[notify]] of the configuration: who is notified of findings, and how.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/boot_time.hpp"
#include "findings/kind.hpp"

namespace stray {

struct NotifyRate {
  std::uint32_t count = 0;  // 0: no limit
  BootTime per{};
  bool operator==(const NotifyRate&) const = default;
};

struct NotifyTarget {
  enum class Type : std::uint8_t { exec, webhook, alertmanager, mail };

  std::string name;  // letters, digits, - and _: it names a folder and labels a metric
  Type type = Type::exec;
  std::vector<Kind> kinds;  // empty: all
  Severity severity = Severity::info;
  bool resolve = true;  // findings that are cleared are reported too
  NotifyRate rate;
  BootTime timeout{10'000'000'000};

  std::vector<std::string> command;  // exec: the program, a whole path, and its arguments
  std::string user;                  // exec, mail: who runs it; "" (mail alone): who runs stray
  std::uint32_t parallel = 1;        // exec: programs at a time

  std::string url;  // webhook; alertmanager: what /api/v2/alerts is put behind
  std::string header_file, ca_file;
  bool insecure_http = false;

  std::vector<std::string> to;  // mail
  std::string from, sendmail = "/usr/sbin/sendmail";

  bool operator==(const NotifyTarget&) const = default;
  bool wants(Kind kind, Severity how) const;
  bool runs_program() const { return type == Type::exec || type == Type::mail; }
};

std::string_view to_string(NotifyTarget::Type type);

// "10/h", "3/30min". Throws UsageError.
NotifyRate parse_rate(std::string_view text);
std::string rate_text(const NotifyRate& rate);  // as parse_rate reads it

// "https://hooks.example.org:8443", without what comes behind: that may be a secret. "": not a URL of http or
// https.
std::string server_of(std::string_view url);

}  // namespace stray
