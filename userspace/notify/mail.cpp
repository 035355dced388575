// SPDX-License-Identifier: Apache-2.0
#include "notify/mail.hpp"

#include <algorithm>
#include <cstdio>
#include <ctime>

#include "base/json.hpp"
#include "base/layout.hpp"
#include "base/printable.hpp"
#include "base/utf8.hpp"

namespace stray {
namespace {

constexpr std::size_t kLongestTitle = 160;  // bytes of a subject, before it is encoded
constexpr std::size_t kWordBytes = 39;      // of an encoded word: with "Subject: " a line of at most 76
constexpr std::size_t kLine = 75;

bool is_plain(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c < 0x7f; });
}

// A part of a message id or a host name. Others' characters are left out.
std::string atom(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const bool fine =
        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
    if (out.size() < 64 && (fine || (c == '.' && !out.empty() && out.back() != '.'))) out += c;
    if (c == ':') out += '.';
  }
  while (out.ends_with('.')) out.pop_back();
  return out.empty() ? "unknown" : out;
}

// In the C locale, whatever the environment says.
std::string date_of(std::int64_t real_ns) {
  static constexpr const char* kDays[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  static constexpr const char* kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                            "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const auto second = static_cast<std::time_t>(real_ns / 1'000'000'000);
  std::tm utc{};
  ::gmtime_r(&second, &utc);
  char out[64];
  std::snprintf(out, sizeof out, "%s, %02d %s %d %02d:%02d:%02d +0000", kDays[utc.tm_wday], utc.tm_mday,
                kMonths[utc.tm_mon], utc.tm_year + 1900, utc.tm_hour, utc.tm_min, utc.tm_sec);
  return out;
}

}  // namespace

std::string encoded_header(std::string_view text) {
  const std::string line = printable(shortened(text, kLongestTitle));
  if (is_plain(line) && line.size() <= kLine && line.find("=?") == std::string::npos) return line;
  std::string out;
  for (std::string_view rest = line; !rest.empty();) {
    const std::string_view part = cut_utf8(rest, kWordBytes);
    add_to(out, "=?UTF-8?B?" + base64(part) + "?=", "\n ");
    rest.remove_prefix(part.size());
  }
  return out;
}

std::string quoted_printable(std::string_view text) {
  static constexpr char kDigits[] = "0123456789ABCDEF";
  std::string out;
  std::size_t column = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '\n') {
      out += c, column = 0;
      continue;
    }
    const bool last = i + 1 == text.size() || text[i + 1] == '\n';
    // A blank at the end of a line, or what mail programs read as an end or a mark where it begins one.
    const bool plain =
        c >= ' ' && c < 0x7f && c != '=' && !(c == ' ' && last) && !(column == 0 && (c == '.' || c == 'F'));
    const std::size_t width = plain ? 1 : 3;
    if (column + width > kLine) out += "=\n", column = 0;
    if (plain) {
      out += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      ((out += '=') += kDigits[byte >> 4]) += kDigits[byte & 15];
    }
    column += width;
  }
  if (!out.ends_with('\n')) out += '\n';
  return out;
}

std::string mail_of(const NotifyTarget& target, const Message& message, std::int64_t real_ns) {
  const std::string host = atom(message.host),
                    id = atom(message.id.empty() ? to_string(message.what) : message.id);
  std::string out = "From: " + target.from + "\n";
  out += "To: " + joined(target.to, ",\n ") + "\n";
  out += "Subject: " + encoded_header("[stray] " + message.host + ": " + message.title) + "\n";
  out += "Date: " + date_of(real_ns) + "\n";
  out += "Message-ID: <" + id + "." + std::string(to_string(message.what)) + "." + std::to_string(real_ns) +
         "@" + host + ">\n";
  if (!message.id.empty()) out += "References: <" + id + "@" + host + ">\n";  // one thread a finding
  out += "Auto-Submitted: auto-generated\n";
  out += "MIME-Version: 1.0\n";
  out += "Content-Type: text/plain; charset=UTF-8\n";
  out += "Content-Transfer-Encoding: quoted-printable\n";
  return out + "\n" + quoted_printable(message.text);
}

std::vector<std::string> sendmail_arguments(const NotifyTarget& target) {
  std::vector<std::string> out{target.sendmail, "-i", "-f", target.from, "--"};
  out.insert(out.end(), target.to.begin(), target.to.end());
  return out;
}

}  // namespace stray
