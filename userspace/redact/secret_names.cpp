// SPDX-License-Identifier: Apache-2.0
#include "redact/secret_names.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>
#include <unordered_set>

#include "redact/characters.hpp"

namespace stray {
namespace {

using Set = std::unordered_set<std::string_view>;

constexpr std::size_t kLongestName = 96;
constexpr std::size_t kLongestPath = 4096;
constexpr std::size_t kLongestJudged = 512;  // of a value: what it is shows in its beginning

// The last words of a name, in lower case: "--dbAuth_Token2" -> db, auth, token.
class NameWords {
 public:
  explicit NameWords(std::string_view name) {
    if (name.size() > kLongestName) name.remove_prefix(name.size() - kLongestName);
    std::size_t start = 0;
    const auto close = [&](std::size_t end) {
      if (end > start) add({text_.data() + start, end - start});
      start = end;
    };
    for (std::size_t i = 0; i < name.size(); ++i) {
      const char c = name[i];
      text_[i] = lower(c);
      const bool camel = i > 0 && is_upper(c) &&
                         (is_lower(name[i - 1]) || is_digit(name[i - 1]) ||
                          (is_upper(name[i - 1]) && i + 1 < name.size() && is_lower(name[i + 1])));
      if (camel) close(i);
      if (!is_alnum(c)) close(i), start = i + 1;
    }
    close(name.size());
  }

  std::size_t size() const { return size_; }
  std::string_view last(std::size_t back = 0) const {
    return back < size_ ? words_[size_ - 1 - back] : std::string_view();
  }
  std::string_view first() const { return size_ ? words_[0] : std::string_view(); }
  void drop_last() { --size_; }

 private:
  void add(std::string_view word) {
    while (word.size() > 1 && is_digit(word.back()) && !is_digit(word[word.size() - 2]))
      word.remove_suffix(1);
    if (size_ == words_.size()) std::shift_left(words_.begin(), words_.end(), 1), --size_;
    words_[size_++] = word;
  }

  std::array<char, kLongestName> text_;
  std::array<std::string_view, 8> words_;
  std::size_t size_ = 0;
};

// They say how the value is written, not what it is: --secret-string, PASSWORD_OLD, SECRET_KEY_BASE.
const Set kTransparent{"value",        "string", "text",    "plain",   "plaintext", "raw",
                       "b64",          "base64", "base",    "current", "old",       "new",
                       "default",      "hex",    "literal", "hash",    "hashed",    "prod",
                       "staging",      "test",   "dev",     "primary", "secondary", "confirm",
                       "confirmation", "again",  "repeat",  "data",    "content"};

const Set kSecrets{"password", "passwords", "passwd",    "passwort",   "passphrase", "passcode",     "pw",
                   "secret",   "jwt",       "bearer",    "psk",        "otp",        "totp",         "apikey",
                   "authkey",  "accesskey", "secretkey", "privatekey", "mnemonic",   "requirepass",  "pat",
                   "pswd",     "pword",     "kennwort",  "masterauth", "passkey",    "authpassword", "sas"};

// Names in one word that end so: PGPASSWORD, clientsecret, npmauthtoken.
constexpr std::array<std::string_view, 11> kSecretEnds{"password",  "passwd",    "passphrase", "passwort",
                                                       "secret",    "token",     "apikey",     "authkey",
                                                       "accesskey", "secretkey", "privatekey"};

const Set kNotPass{"bypass",  "compass",   "encompass", "trespass", "surpass", "overpass",  "underpass",
                   "subpass", "multipass", "prepass",   "onepass",  "twopass", "firstpass", "lastpass",
                   "allpass", "lowpass",   "highpass",  "bandpass", "byepass"};

// Of a switch: --ask-password, --no-token, ALLOW_EMPTY_PASSWORD.
const Set kSwitches{"no",       "skip",   "disable", "enable",  "show",  "ask",      "prompt",
                    "generate", "allow",  "use",     "without", "has",   "hide",     "verify",
                    "check",    "forgot", "require", "print",   "is",    "validate", "expire",
                    "existing", "mask",   "redact",  "rotate",  "random"};

// A page of a list, a word of a language model, the anchor of a parser.
const Set kHarmlessTokens{"next",      "starting", "continuation", "page",  "pagination",   "max",
                          "min",       "eos",      "bos",          "pad",   "unk",          "stop",
                          "mask",      "sep",      "special",      "per",   "sync",         "resume",
                          "fencing",   "start",    "end",          "image", "cancellation", "cancel",
                          "pagetoken", "continue", "resumption"};

// A key that opens something.
const Set kSecretKeys{
    "api",        "access",        "secret",       "private",   "auth",      "signing",    "sign",
    "encryption", "encrypt",       "enc",          "session",   "master",    "account",    "storage",
    "shared",     "license",       "app",          "consumer",  "deploy",    "service",    "admin",
    "write",      "integration",   "subscription", "webhook",   "hmac",      "cookie",     "aes",
    "crypt",      "crypto",        "cipher",       "functions", "preshared", "wg",         "wireguard",
    "maps",       "stripe",        "openai",       "anthropic", "google",    "cognitive",  "instrumentation",
    "fernet",     "vault",         "unseal",       "seal",      "root",      "user",       "rest",
    "server",     "client",        "jwt",          "token",     "password",  "decryption", "decrypt",
    "recovery",   "activation",    "product",      "algolia",   "sendgrid",  "mailgun",    "datadog",
    "licence",    "authorization", "application",  "security",  "data",      "database",   "db",
    "backup",     "restic",        "sops",         "age",       "psk",       "wpa",        "network"};

// A key that finds something.
const Set kHarmlessKeys{"recv",         "search",  "list",   "delete",    "export", "import",      "fetch",
                        "refresh",      "send",    "locate", "receive",   "per",    "public",      "pub",
                        "primary",      "foreign", "sort",   "partition", "cache",  "host",        "range",
                        "row",          "group",   "map",    "index",     "object", "idempotency", "routing",
                        "order",        "join",    "unique", "shard",     "meta",   "registry",    "hot",
                        "arrow",        "enter",   "dedup",  "lookup",    "i18n",   "translation", "known",
                        "distribution", "sorting"};

// What may be a secret, or a number of something.
const Set kWeak{"key",     "keys",      "salt",   "sig", "signature", "hmac",
                "session", "sessionid", "pepper", "sid", "seed"};

// Values that ask for the secret, or say that there is none.
const Set kPlaceholders{"true",   "false",  "none",    "null",       "nil",      "undefined", "yes",
                        "no",     "on",     "off",     "-",          "prompt",   "ask",       "stdin",
                        "string", "number", "boolean", "any",        "str",      "int",       "bool",
                        "bytes",  "object", "void",    "optional",   "required", "env",       "file",
                        "auto",   "hidden", "masked",  "[redacted]", "redacted", "unset",     "empty",
                        "0",      "1",      "enabled", "disabled"};

constexpr std::array<std::string_view, 19> kRoots{
    "/etc/",  "/run/", "/var/", "/home/", "/root/",    "/srv/", "/opt/", "/usr/", "/tmp/",  "/dev/",
    "/proc/", "/mnt/", "/app/", "/data/", "/secrets/", "./",    "../",   "~/",    "/vault/"};

const Set kFileEndings{"js",   "mjs",    "cjs",  "ts",    "mts",  "tsx", "jsx",      "py",         "rb",
                       "php",  "sh",     "pl",   "jar",   "pem",  "key", "crt",      "cer",        "cert",
                       "der",  "pub",    "p12",  "pfx",   "jks",  "p8",  "json",     "yml",        "yaml",
                       "toml", "ini",    "cfg",  "conf",  "txt",  "env", "gpg",      "asc",        "csv",
                       "xml",  "html",   "md",   "log",   "go",   "rs",  "c",        "cpp",        "h",
                       "ppk",  "keytab", "kdbx", "netrc", "lock", "sql", "keystore", "truststore", "jwk",
                       "jwks", "jsonl",  "exe",  "so"};

bool of_path(char c) {
  return is_alnum(c) || c == '/' || c == '.' || c == '_' || c == '-' || c == '@' || c == '+' || c == ':' ||
         c == '~';
}

bool names_a_file(std::string_view value) {
  if (value.size() > kLongestPath) return false;
  if (value.starts_with('@') && value.size() > 1 && std::ranges::all_of(value.substr(1), of_path) &&
      (value.find('/') != std::string_view::npos || value.find('.') != std::string_view::npos))
    return true;
  if (value.starts_with("file:")) return true;
  if (value == "/") return true;
  if (!std::ranges::all_of(value, of_path)) return false;
  if (std::ranges::any_of(kRoots, [&](std::string_view root) { return value.starts_with(root); }))
    return true;
  const auto dot = value.rfind('.');
  if (dot == std::string_view::npos || value.find(':') != std::string_view::npos) return false;
  std::string ending(value.substr(dot + 1));
  std::ranges::transform(ending, ending.begin(), lower);
  return kFileEndings.contains(ending);
}

bool of_variable(char c) { return is_alnum(c) || c == '_'; }

// $X, ${X}, $(command), `command`, %X%, {{ x }}, <x>
bool is_reference(std::string_view value, bool text) {
  if (value.starts_with("${") || value.starts_with("$(") || value.starts_with("{{") ||
      value.starts_with("$$"))
    return text || value.ends_with('}') || value.ends_with(')');
  if (value.front() == '<' && value.back() == '>') return true;
  if (value.size() > 2 && value.front() == '%' && value.back() == '%')
    return std::ranges::all_of(value.substr(1, value.size() - 2), of_variable);
  if (text && value.front() == '`') return true;
  if (value.front() != '$') return false;
  const std::string_view name = value.substr(1);
  if (name.empty()) return true;
  if (text)
    return is_alpha(name.front()) || name.front() == '_' || is_digit(name.front()) || name.front() == '@';
  return is_upper(name.front()) &&
         std::ranges::all_of(name, [](char c) { return is_upper(c) || is_digit(c) || c == '_'; });
}

// "****", "xxxxx", "..."
bool is_masked(std::string_view value) {
  const char c = value.front();
  return (c == '*' || c == '.' || ((c == 'x' || c == 'X') && value.size() > 2)) &&
         value.find_first_not_of(c) == std::string_view::npos;
}

bool plain_word(std::string_view value) {
  return std::ranges::all_of(value, [](char c) { return is_alpha(c) || c == '-' || c == '_'; });
}

// --token-code, MFA_CODE
const Set kCodes{"token", "mfa", "otp", "totp", "verification", "authorization", "recovery", "pin", "pass"};

NameKind key_kind(const NameWords& words) {
  if (words.size() == 1) return NameKind::weak;
  if (kHarmlessKeys.contains(words.last(1))) return NameKind::none;
  return kSecretKeys.contains(words.last(1)) ? NameKind::secret : NameKind::weak;
}

NameKind one_word_kind(std::string_view word) {
  for (const std::string_view end : kSecretEnds)
    if (word.ends_with(end)) return NameKind::secret;
  if (word.ends_with("pass") && !kNotPass.contains(word)) return NameKind::secret;
  if (word.size() > 3 && word.ends_with("pw")) return NameKind::secret;
  if (word.ends_with("pwd") && word != "oldpwd") return NameKind::secret;
  return NameKind::none;
}

}  // namespace

NameKind name_kind(std::string_view name) {
  // Java's and make's way to define: -DsecretKey=
  if (name.size() > 3 && name[0] == '-' && (name[1] == 'D' || name[1] == 'P') && is_alpha(name[2]))
    name.remove_prefix(2);
  NameWords words(name);
  while (words.size() > 1 && kTransparent.contains(words.last())) words.drop_last();
  if (words.size() == 0) return NameKind::none;
  const std::string_view last = words.last(), before = words.last(1);
  if (before == "existing") return NameKind::none;
  if (words.size() > 1 && kSwitches.contains(words.first())) return NameKind::none;
  if (last == "pwd") {
    if (name == "PWD" || before == "old" || before == "init") return NameKind::none;
    return NameKind::secret;
  }
  if (last == "token") return kHarmlessTokens.contains(before) ? NameKind::none : NameKind::secret;
  if (last == "key" || last == "keys") return key_kind(words);
  if (last == "authorization") return NameKind::header;
  if (last == "auth" || last == "creds" || last == "cred" || last == "credential" || last == "credentials" ||
      last == "userpass" || last == "authentication" || last == "userpwd")
    return NameKind::auth;
  if (last == "cookie" || last == "cookies") return NameKind::cookie;
  if (last == "proxy" || last == "uri" || last == "url" || last == "dsn") return NameKind::proxy;
  if (last == "pin") return NameKind::pin;
  if (last == "code" && kCodes.contains(before)) return NameKind::secret;
  // Vault's; aws --secret-id is a name.
  if (last == "id" && before == "secret")
    return name.ends_with("secret_id") ? NameKind::secret : NameKind::none;
  if (last == "login" && before == "sonar") return NameKind::secret;
  if ((last == "phrase" || last == "word") && (before == "pass" || before == "seed" || before == "recovery"))
    return NameKind::secret;
  if (last == "key" || kSecrets.contains(last)) return NameKind::secret;
  if (kWeak.contains(last)) return NameKind::weak;
  return one_word_kind(last);
}

bool harmless_value(std::string_view value, bool text) {
  if (value.size() >= 2 && (value.front() == '"' || value.front() == '\'') && value.back() == value.front())
    value = value.substr(1, value.size() - 2);
  if (value.empty() || value.starts_with("<redacted>")) return true;
  if (is_reference(value, text) || is_masked(value) || names_a_file(value)) return true;
  if (value.size() > 12) return false;
  std::string word(value);
  std::ranges::transform(word, word.begin(), lower);
  return kPlaceholders.contains(word);
}

bool looks_random(std::string_view value, std::size_t least) {
  if (value.size() < least) return false;
  bool digit = false, letter = false;
  for (const char c : value.substr(0, kLongestJudged)) {
    if (!is_alnum(c) && c != '+' && c != '/' && c != '=' && c != '_' && c != '-' && c != '.' && c != '%')
      return false;
    digit |= is_digit(c);
    letter |= is_alpha(c);
  }
  return digit && letter;
}

std::string_view secret_in(NameKind kind, std::string_view value, bool text) {
  if (kind == NameKind::none || harmless_value(value, text)) return {};
  const auto colon = value.find(':');
  switch (kind) {
    case NameKind::weak:
      return looks_random(value, 12) ? value : std::string_view();
    case NameKind::auth:
      if (plain_word(value) || colon + 1 == value.size()) return {};
      if (colon != std::string_view::npos && colon + 1 < value.size()) {
        const std::string_view behind = value.substr(colon + 1);
        return harmless_value(behind, text) ? std::string_view() : behind;
      }
      return value;
    case NameKind::cookie:
      return value.find('=') != std::string_view::npos || looks_random(value, 8) ? value : std::string_view();
    case NameKind::proxy: {
      if (value.size() > kLongestJudged) return value;
      const auto at = value.rfind('@');
      if (at == std::string_view::npos || colon == std::string_view::npos || colon > at ||
          value.find("://") != std::string_view::npos)
        return {};
      return value.substr(colon + 1, at - colon - 1);
    }
    case NameKind::pin:
      return value.size() >= 4 && value.size() <= 12 && std::ranges::all_of(value, is_digit)
                 ? value
                 : std::string_view();
    case NameKind::none:
      return {};
    default:
      return value;
  }
}

}  // namespace stray
