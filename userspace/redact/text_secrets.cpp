// SPDX-License-Identifier: Apache-2.0
#include "redact/text_secrets.hpp"

#include <algorithm>
#include <unordered_set>

#include "redact/characters.hpp"
#include "redact/secret_names.hpp"

namespace stray {
namespace {

constexpr std::size_t kLongestName = 96;
constexpr std::size_t kMostBlanks = 8;
constexpr std::size_t kLongestJudged = 256;  // of a value: what it is shows in its beginning

bool of_name(char c) { return is_alnum(c) || c == '_' || c == '-' || c == '.' || c == '$'; }

// Names that are secrets in a URL's query alone.
bool is_query_secret(std::string_view name) {
  static const std::unordered_set<std::string_view> names{
      "key", "sig", "signature", "hmac", "auth", "k", "sign", "x-amz-signature", "x-goog-signature", "code"};
  std::string low(name);
  std::ranges::transform(low, low.begin(), lower);
  return names.contains(low);
}

// A column's name or a word that sorts is no key.
bool looks_like_a_key(std::string_view value) {
  return value.size() >= 12 || std::ranges::any_of(value, [](char c) { return is_digit(c) || is_upper(c); });
}

// `config.token`, `getToken()`, `new X`, `(\S+)`: code and patterns, not values.
bool is_code(std::string_view text, std::string_view value, bool header = false) {
  const char after =
      value.data() + value.size() < text.data() + text.size() ? value.data()[value.size()] : ' ';
  if (value.empty() || std::string_view("([{\\^.|+?!=<>").find(value.front()) != std::string_view::npos)
    return true;
  for (const std::string_view word :
       {"new", "await", "function", "async", "require", "self", "this", "process"})
    if (value == word) return true;
  if (!is_alpha(value.front()) && value.front() != '_' && value.front() != '$') return false;
  std::size_t i = 0;
  bool dotted = false, digit = false;
  for (; i < value.size() && (is_alnum(value[i]) || value[i] == '_' || value[i] == '.' || value[i] == '$');
       ++i) {
    dotted |= value[i] == '.';
    digit |= is_digit(value[i]);
  }
  if (i < value.size()) return value[i] == '(' || value[i] == '[';
  if (after == '(' || after == '[') return true;
  return dotted && !digit && !header;
}

// Where a value ends does not depend on where it begins: it is looked for once, also for values within it.
struct Ends {
  std::size_t header = 0, word = 0;
};

// What stands at a ':' or '='.
struct Separator {
  std::string_view text;
  Ends& ends;
  std::size_t at;
  std::string_view name;
  std::size_t value;  // where it begins
  bool colon, query, userinfo, quoted_name, blank_before, blank_after;
};

// The name before the separator: back over blanks, a quote, a bracket.
void take_name(Separator& s) {
  std::size_t end = s.at;
  for (std::size_t n = 0; end > 0 && (s.text[end - 1] == ' ' || s.text[end - 1] == '\t') && n < kMostBlanks;
       ++n)
    --end;
  s.blank_before = end < s.at;
  if (end > 0 && s.text[end - 1] == ']') --end;
  if (end > 0 && is_quote(s.text[end - 1])) {
    --end;
    s.quoted_name = true;
    if (end > 0 && s.text[end - 1] == '\\') --end;
  }
  std::size_t start = end;
  while (start > 0 && of_name(s.text[start - 1]) && end - start < kLongestName) --start;
  s.name = s.text.substr(start, end - start);
  s.userinfo = s.colon && start > 1 && s.text[start - 1] == '/' && s.text[start - 2] == '/' &&
               s.text.substr(0, start).ends_with("://");
  s.query = start > 0 && (s.text[start - 1] == '?' || s.text[start - 1] == '&');
}

bool is_separator(std::string_view text, std::size_t at) {
  const char before = at > 0 ? text[at - 1] : ' ', after = at + 1 < text.size() ? text[at + 1] : ' ';
  if (text[at] == ':') return before != ':' && after != ':' && text.substr(at, 3) != "://";
  return std::string_view("=!<>~").find(before) == std::string_view::npos && after != '=' && after != '~';
}

// To the closing quote, or to the end of the line.
std::size_t end_of_header(std::string_view text, std::size_t at, Ends& ends) {
  if (at < ends.header) return ends.header;
  while (at < text.size() && !is_quote(text[at]) && text[at] != '\n' && text[at] != '\r' && text[at] != '\\')
    ++at;
  return ends.header = at;
}

void take_header(const Separator& s, NameKind kind, Found& found) {
  std::size_t at = s.value;
  while (at < s.text.size() && (is_quote(s.text[at]) || s.text[at] == '\\')) ++at;
  std::string_view value = s.text.substr(at, end_of_header(s.text, at, s.ends) - at);
  while (!value.empty() && (is_blank(value.back()) || value.back() == ',')) value.remove_suffix(1);
  if (kind == NameKind::header) {
    const auto blank = value.find(' ');
    if (blank != std::string_view::npos &&
        std::ranges::all_of(value.substr(0, blank), [](char c) { return is_alnum(c) || c == '-'; }))
      value.remove_prefix(std::min(value.find_first_not_of(' ', blank), value.size()));
    for (const std::string_view scheme : {"Bearer", "Basic", "Token", "Digest", "bearer", "basic", "token"})
      if (value == scheme) return;
  }
  if (!harmless_value(value, true) && value.find('(') == std::string_view::npos) found.add(value);
}

// True when the value was in quotes.
bool take_quoted(const Separator& s, NameKind kind, Found& found) {
  std::size_t at = s.value;
  // b'…', f"…"
  if (at + 1 < s.text.size() && is_alpha(s.text[at]) && is_quote(s.text[at + 1])) ++at;
  const bool escaped = at + 1 < s.text.size() && s.text[at] == '\\' && is_quote(s.text[at + 1]);
  if (escaped) ++at;
  if (at >= s.text.size() || !is_quote(s.text[at])) return false;
  const char quote = s.text[at];
  std::size_t end = at + 1;
  while (end < s.text.size() && s.text[end] != quote) end += s.text[end] == '\\' && !escaped ? 2 : 1;
  end = std::min(end, s.text.size());
  std::string_view value = s.text.substr(at + 1, end - at - 1);
  if (escaped && value.ends_with('\\')) value.remove_suffix(1);
  // The quote closed what stands before it: read -p "Password: " x
  if (value.empty() || is_blank(value.front()) ||
      std::string_view("),;}]").find(value.front()) != std::string_view::npos)
    return true;
  found.add(secret_in(kind, value, true));
  return true;
}

// Commas, and the letters of a name behind them: `password=a,user=b`.
bool ends_at_comma(std::string_view text, std::size_t at) {
  std::size_t i = at + 1;
  if (i >= text.size() || is_blank(text[i])) return true;
  while (i < text.size() && (of_name(text[i]) || is_quote(text[i])) && i - at < kLongestName) ++i;
  return i > at + 1 && i < text.size() && (text[i] == '=' || text[i] == ':');
}

std::string_view unquoted(std::string_view text, std::size_t at, Ends& ends) {
  if (at < ends.word) return text.substr(at, ends.word - at);
  std::size_t end = at;
  for (; end < text.size(); ++end) {
    const char c = text[end];
    if (is_blank(c) || is_quote(c) || std::string_view("&;|)}]<>").find(c) != std::string_view::npos) break;
    if (c == ',' && ends_at_comma(text, end)) break;
    if (c == '\\' && end + 1 < text.size() &&
        std::string_view("nrt\"'").find(text[end + 1]) != std::string_view::npos)
      break;
  }
  ends.word = end;
  return text.substr(at, end - at);
}

// "token: refresh on 401": words of prose, the value and the next one.
bool is_prose(std::string_view text, std::string_view value) {
  std::size_t at = static_cast<std::size_t>(value.data() - text.data()) + value.size();
  if (!std::ranges::all_of(value, is_lower) || at >= text.size() || text[at] != ' ') return false;
  const std::size_t start = ++at;
  while (at < text.size() && is_lower(text[at])) ++at;
  return at > start && (at == text.size() || text[at] == ' ' || text[at] == '.' || text[at] == ',');
}

bool is_likely(const Separator& s, NameKind kind, std::string_view value) {
  // `X-Api-Key:abc`, `password:hunter2`; but `npm run token:refresh`.
  const bool header = s.name.find('-') != std::string_view::npos && is_upper(s.name.front());
  if (is_code(s.text, value, header) || value == s.name) return false;
  if (!s.colon) return s.blank_before == s.blank_after || !s.blank_after;
  if (s.blank_after) return !is_prose(s.text, value);
  return header || s.quoted_name || kind == NameKind::weak ||
         std::ranges::any_of(value.substr(0, kLongestJudged),
                             [](char c) { return !is_lower(c) && c != '-' && c != ':' && c != '_'; });
}

void take_separator(Separator& s, Found& found) {
  take_name(s);
  if (s.name.empty() || s.userinfo) return;
  const NameKind kind = name_kind(s.name);
  const bool query = s.query && !s.colon && is_query_secret(s.name);
  if (kind == NameKind::none && !query) return;
  std::size_t at = s.at + 1;
  if (at < s.text.size() && (s.text[at] == '>' || (s.colon && s.text[at] == '='))) ++at;
  const std::size_t first = at;
  while (at < s.text.size() && (s.text[at] == ' ' || s.text[at] == '\t')) ++at;
  if (at >= s.text.size()) return;
  s.value = at;
  s.blank_after = at > first;
  const bool header = kind == NameKind::header || (kind == NameKind::cookie && s.colon);
  if (header && (s.colon || !s.blank_after)) return take_header(s, kind, found);
  if (!query && take_quoted(s, kind, found)) return;
  const std::string_view value = unquoted(s.text, at, s.ends);
  if (query && kind != NameKind::secret) {
    if (looks_like_a_key(value) && !harmless_value(value, true)) found.add(value);
  } else if (is_likely(s, kind, value)) {
    found.add(secret_in(kind, value, true));
  }
}

bool of_host(char c) {
  return is_alnum(c) || c == '.' || c == '-' || c == '_' || c == '[' || c == ']' || c == '%';
}

bool ends_url(char c) {
  return is_blank(c) || c == '"' || c == '\'' || c == '`' || c == '<' || c == '>' || c == '\\';
}

// The last '@' that a host follows, when the first '@' stands behind a slash: postgres://u:a/b@host/db.
std::size_t userinfo_end(std::string_view rest) {
  const auto slash = std::min(rest.find_first_of("/?#"), rest.size());
  auto at = rest.substr(0, slash).rfind('@');
  const auto colon = rest.find(':');
  if (colon == std::string_view::npos || colon > slash) return at;
  if (at == std::string_view::npos) {
    // host:port/…
    const std::string_view port = rest.substr(colon + 1, slash - colon - 1);
    if (std::ranges::all_of(port, is_digit)) return at;
  } else {
    // A host has a dot or a port, or is the end; else the password may go on behind it.
    std::size_t end = at + 1;
    while (end < rest.size() && of_host(rest[end])) ++end;
    const std::string_view host = rest.substr(at + 1, end - at - 1);
    if (host.find('.') != std::string_view::npos || host == "localhost" || end >= rest.size() ||
        rest[end] == ':')
      return at;
  }
  const auto last = rest.rfind('@');
  if (last == std::string_view::npos || last == 0 || rest[last - 1] == '/' || last + 1 >= rest.size() ||
      !is_alnum(rest[last + 1]))
    return at;
  return last;
}

void take_url(std::string_view scheme, std::string_view rest, Found& found) {
  const auto end = userinfo_end(rest);
  if (end == std::string_view::npos) return;
  const std::string_view user = rest.substr(0, std::min(rest.substr(0, end).find(':'), end));
  const std::string_view password =
      user.size() < end ? rest.substr(user.size() + 1, end - user.size() - 1) : "";
  if (!harmless_value(password, true) && password != "x-oauth-basic") return found.add(password);
  if (harmless_value(user, true) || (!password.empty() && password != "x-oauth-basic")) return;
  // A user alone: of HTTP it may be a token; git@ and deploy@ are not.
  const bool http = scheme.ends_with("http") || scheme.ends_with("https");
  const bool asked = user.size() < end;  // "token:@": the password is said to be empty
  if (looks_random(user, http ? 8 : 20) || (http && user.size() >= (asked ? 8u : 20u))) found.add(user);
}

}  // namespace

void find_named_secrets(std::string_view text, Found& found) {
  Ends ends;
  for (std::size_t at = text.find_first_of("=:"); at != std::string_view::npos;
       at = text.find_first_of("=:", at + 1)) {
    if (!is_separator(text, at)) continue;
    Separator s{text, ends, at, {}, at + 1, text[at] == ':', false, false, false, false, false};
    take_separator(s, found);
  }
}

void find_url_secrets(std::string_view text, Found& found) {
  for (std::size_t at = text.find("://"); at != std::string_view::npos;) {
    const std::size_t start = at + 3, next = text.find("://", start);
    std::size_t end = start;
    while (end < std::min(next, text.size()) && !ends_url(text[end])) ++end;
    std::string_view rest = text.substr(start, end - start);
    // Another URL may follow in the same word: a,b or url=…&next=…
    if (end == next) {
      while (!rest.empty() && (is_alnum(rest.back()) || rest.back() == '+')) rest.remove_suffix(1);
      while (!rest.empty() && (rest.back() == ',' || rest.back() == ';' || rest.back() == '='))
        rest.remove_suffix(1);
    }
    std::size_t scheme = at;
    while (scheme > 0 && is_alpha(text[scheme - 1]) && at - scheme < 16) --scheme;
    take_url(text.substr(scheme, at - scheme), rest, found);
    at = next;
  }
}

}  // namespace stray
