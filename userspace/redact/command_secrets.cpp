// SPDX-License-Identifier: Apache-2.0
#include "redact/command_secrets.hpp"

#include <algorithm>
#include <unordered_set>
#include <vector>

#include "redact/characters.hpp"
#include "redact/program_options.hpp"
#include "redact/secret_names.hpp"
#include "redact/shell_words.hpp"

namespace stray {
namespace {

using Set = std::unordered_set<std::string_view>;
using Words = std::span<const ShellWord>;

constexpr int kDeepest = 3;
constexpr std::size_t kMostRules = 12;  // in force at a time

bool any_of(std::string_view name, std::initializer_list<std::string_view> names) {
  return std::ranges::find(names, name) != names.end();
}

std::string_view base_name(std::string_view path) { return path.substr(path.rfind('/') + 1); }

// -x, -x9, --word, --word=x, -Dname=x: options. Anything else that begins with a dash may be a value.
bool looks_like_an_option(std::string_view word) {
  if (word.size() < 2 || word[0] != '-') return false;
  if (word == "--") return true;
  const bool two = word[1] == '-';
  const std::string_view name = word.substr(two ? 2 : 1);
  const std::string_view letters = name.substr(0, name.find('='));
  if (!two && is_alpha(name[0]) && std::ranges::all_of(name.substr(1), is_digit)) return true;
  if (!two && is_upper(name[0]) && letters.size() < name.size()) return true;
  if (letters.empty() || !is_lower(letters[0])) return false;
  return std::ranges::all_of(letters, [&](char c) {
    return is_lower(c) || c == '-' || (two && (is_digit(c) || is_upper(c) || c == '_' || c == '.'));
  });
}

// Of "a=1,password=2" and "password=1&user=a" as arguments: up to what looks like the next name.
std::string_view to_the_next_name(std::string_view value) {
  for (std::size_t at = value.find_first_of("&;, "); at != std::string_view::npos;
       at = value.find_first_of("&;, ", at + 1)) {
    std::size_t i = at + 1;
    while (i < value.size() && (is_alnum(value[i]) || value[i] == '_' || value[i] == '-' || value[i] == '.'))
      ++i;
    if (i > at + 1 && i < value.size() && value[i] == '=') return value.substr(0, at);
    at = i - 1;
  }
  return value;
}

// Of a shell: -c, -lc. What follows is a text of many words.
bool announces_command(std::string_view option) {
  return option.size() >= 2 && option.size() <= 4 && option.front() == '-' && option[1] != '-' &&
         option.back() == 'c';
}

// Numbers of ports and processes: docker run -p 80:80, ps -p 1.
bool is_ports(std::string_view value) {
  return std::ranges::all_of(value, [](char c) { return is_digit(c) || c == ':' || c == '.'; }) &&
         value.find(':') != std::string_view::npos;
}

std::string_view behind(std::string_view value, char separator) {
  const auto at = value.find(separator);
  return at == std::string_view::npos ? std::string_view() : value.substr(at + 1);
}

std::string_view part_of(std::string_view value, Part part, bool text) {
  if (harmless_value(value, text) || is_ports(value)) return {};
  std::string_view out = value;
  switch (part) {
    case Part::whole:
      return value;
    case Part::by_value:
      return looks_random(value, 8) ? value : std::string_view();
    case Part::behind_colon: {
      // A token stands where the user and the password would.
      if (value.find(':') == std::string_view::npos) return looks_random(value, 8) ? value : out.substr(0, 0);
      out = behind(value, ':');
      // sk_live_X: as the user of an API, without a password
      if (out.empty() && value.ends_with(':'))
        return looks_random(value.substr(0, value.size() - 1), 8) ? value.substr(0, value.size() - 1) : out;
      if (value.find("://") != std::string_view::npos) return {};
      break;
    }
    case Part::behind_percent:
      out = behind(value, '%');
      break;
    case Part::behind_comma:
      out = behind(value, ',');
      break;
    case Part::userinfo:
      return secret_in(NameKind::proxy, value, text);
    case Part::behind_slash:
      out = behind(value, '/');
      out = out.substr(0, out.rfind('@'));
      break;
    case Part::behind_scheme:
      if (!any_of(value.substr(0, value.find(':')), {"pass", "hexkey", "key"})) return {};
      out = behind(value, ':');
      break;
    case Part::assigned:
      out = behind(value, '=');
      break;
  }
  return harmless_value(out, text) ? std::string_view() : out;
}

// Takes a secret from its standard input.
bool reads_a_secret(Words command) {
  if (command.empty()) return false;
  static const Set programs{"chpasswd",  "smbpasswd", "cryptsetup",     "kinit",  "passwd",
                            "vncpasswd", "su",        "wpa_passphrase", "ssh-add"};
  static const Set options{"--stdin",      "--password-stdin", "--passphrase-fd",
                           "--with-token", "--key-file=-",     "--password-fd"};
  bool sudo = false, secret = false, change = false;
  for (const ShellWord& word : command) {
    const std::string_view name = base_name(word.text);
    if (programs.contains(name) || options.contains(word.text) || word.text == "stdin") return true;
    sudo |= name == "sudo";
    if (sudo && word.text.size() > 1 && word.text[0] == '-' && word.text[1] != '-' &&
        word.text.find('S') != std::string_view::npos)
      return true;
    secret |= any_of(word.text, {"secret", "secrets", "encrypt_string", "obscure"});
    change |=
        any_of(word.text, {"create", "put", "set", "add", "versions", "encrypt_string", "obscure", "-"});
  }
  return secret && change;
}

bool any_names(std::string_view word, const std::vector<std::string_view>& words) {
  for (const std::string_view one : words) {
    if (word == one) return true;
    // "-b" also as one letter of several
    if (one.size() == 2 && one[0] == '-' && word.size() > 2 && word[0] == '-' && word[1] != '-' &&
        word.find(one[1]) != std::string_view::npos)
      return true;
  }
  return false;
}

class Reader {
 public:
  explicit Reader(Found& found) : found_(found) {}

  void text(std::string_view text, int depth);
  void command(Words words, bool text, int depth);

 private:
  Found& found_;
};

// One command, word by word.
class Command {
 public:
  Command(Reader& reader, Found& found, Words words, bool text, int depth)
      : reader_(reader), found_(found), words_(words), text_(text), depth_(depth) {}

  void read() {
    for (at_ = 0; at_ < words_.size(); ++at_) {
      const std::string_view word = words_[at_].text;
      if (depth_ < kDeepest && std::ranges::any_of(word, is_blank)) {
        reader_.text(word, depth_ + 1);
        // sh -c TEXT, and a title that a process gave itself
        if (at_ == 0 || runs_texts_ || announces_command(words_[at_ - 1].text)) continue;
      }
      see(word);
      const bool option = word.size() > 1 && (word[0] == '-' || word[0] == '/' || word[0] == '+');
      if (option && (by_rule(word) || (word[0] != '+' && by_name(word)))) continue;
      if (word.size() > 1 && word[0] == '-') {
        after_option_ = word.find('=') == std::string_view::npos;
        continue;
      }
      if (!assignment(word)) positional(word);
      after_option_ = false;
    }
    at_the_end();
  }

 private:
  struct Active {
    const ProgramRule* rule;
    bool ready = false;
    int seen = 0;  // positions since it was ready
    std::string_view last;
  };

  // Without the quotes of a shell or of code around it.
  void add(std::string_view secret) {
    if (secret.size() > 1 && (secret[0] == '"' || secret[0] == '\'')) {
      const auto close = secret.find(secret[0], 1);
      if (close != std::string_view::npos) secret = secret.substr(1, close - 1);
    }
    found_.add(secret);
  }

  std::string_view next() const {
    return at_ + 1 < words_.size() ? words_[at_ + 1].text : std::string_view();
  }

  // `secret`: of the next word, the value of an option.
  void take_next(std::string_view secret) {
    ++at_;
    add(secret);
  }

  void see(std::string_view word) {
    for (Active& one : active_)
      if (!one.ready && any_names(word, one.rule->words))
        one.ready = true, one.seen = word[0] == '-' ? 0 : -1;
  }

  bool by_rule(std::string_view word) {
    for (const Active& one : active_) {
      if (!one.ready) continue;
      for (const ProgramOption& option : one.rule->options)
        if (take_option(word, option, one.rule->flags)) return true;
    }
    return false;
  }

  // True when the word is that option, whether its value is a secret or not.
  bool take_option(std::string_view word, const ProgramOption& option, std::string_view flags) {
    if (word == option.name) {
      if (option.glued_only) return after_option_ = false, true;
      if (at_ + 1 >= words_.size() || (looks_like_an_option(next()) && next().size() < 32)) return false;
      const std::string_view secret = part_of(next(), option.part, text_);
      if (!secret.empty())
        take_next(secret);
      else
        ++at_;
      after_option_ = false;
      return true;
    }
    std::string_view value;
    const bool one_letter = option.name.size() == 2 && option.name[0] == '-';
    if (one_letter && word.size() > 1 && word[1] == '-') return false;
    if (word.starts_with(option.name) && word.size() > option.name.size()) {
      value = word.substr(option.name.size());
      if (value[0] == '=' || (value[0] == ':' && option.name[0] == '/'))
        value.remove_prefix(1);
      else if (option.name.ends_with('='))
        ;
      else if (option.apart_only || (!one_letter && option.name != "-hp"))
        return false;
    } else if (one_letter && !flags.empty() && word[0] == '-') {
      // -su user:X, -suuser:X
      const auto letter = word.find(option.name[1], 1);
      if (letter == std::string_view::npos || letter == 1 ||
          word.substr(1, letter - 1).find_first_not_of(flags) != std::string_view::npos)
        return false;
      value = word.substr(letter + 1);
      if (value.empty()) {
        if (at_ + 1 >= words_.size()) return false;
        const std::string_view secret = part_of(next(), option.part, text_);
        if (!secret.empty()) take_next(secret);
        return true;
      }
    } else {
      return false;
    }
    add(part_of(value, option.part, text_));
    return true;
  }

  // --password=X, --password X, -password:X
  bool by_name(std::string_view word) {
    if (searches_) return false;
    if (word[0] == '/' && word.find(':') == std::string_view::npos) return false;
    if (word[0] == '-' && word.size() == 2) return false;
    const auto end = word.find_first_of("=:");
    const NameKind kind = name_kind(word.substr(0, end));
    if (kind == NameKind::none) return false;
    // -HAuthorization: X is a text of its own
    if (kind == NameKind::header && end != std::string_view::npos) return true;
    if (end != std::string_view::npos) {
      const std::string_view value = word.substr(end + 1);
      add(text_ ? secret_in(kind, value, true) : secret_in(kind, to_the_next_name(value), false));
      return true;
    }
    if (at_ + 1 >= words_.size() || (looks_like_an_option(next()) && kind != NameKind::header)) return false;
    if (harmless_by_program(word, next())) return false;
    const std::string_view secret = secret_in(kind, next(), text_);
    if (secret.empty()) return false;
    take_next(secret);
    after_option_ = false;
    return true;
  }

  // Options that only look like secrets.
  bool harmless_by_program(std::string_view option, std::string_view value) const {
    if (secrets_have_names_ && option == "--secret") return true;
    // The number of a pass: ffmpeg -pass 1
    if (option.ends_with("pass") && value.size() == 1 && is_digit(value[0])) return true;
    // --secret id=x,src=/y
    return value.starts_with("id=") || value.starts_with("source=") || value.starts_with("type=") ||
           value.starts_with("src=");
  }

  // NAME=X before or behind a program
  bool assignment(std::string_view word) {
    const auto equals = word.find('=');
    if (searches_ || equals == std::string_view::npos || equals == 0) return false;
    const std::string_view name = word.substr(0, equals);
    if (!std::ranges::all_of(name, [](char c) {
          return is_alnum(c) || c == '_' || c == '-' || c == '.' || c == '/' || c == ':' || c == '[' ||
                 c == ']';
        }))
      return false;
    for (const Active& one : active_)
      if (one.ready && !one.rule->options.empty() && one.rule->options[0].name == "*")
        add(part_of(word, Part::assigned, text_));
    const NameKind kind = name_kind(name);
    if (name != word.substr(equals + 1) && kind != NameKind::none && kind != NameKind::header) {
      const std::string_view value = word.substr(equals + 1);
      add(secret_in(kind, text_ ? value : to_the_next_name(value), text_));
    }
    for (const Active& one : active_)
      if (one.ready)
        for (const ProgramOption& option : one.rule->options)
          if (option.name.ends_with('=') && word.starts_with(option.name))
            add(part_of(word.substr(option.name.size()), option.part, text_));
    return true;
  }

  void positional(std::string_view word) {
    if (any_of(word, {"set", "SET", "config", "configure", "CONFIG", "connect", "setx", "modify", "add"}))
      pairs_ = true;
    for (Active& one : active_) {
      if (!one.ready) continue;
      one.last = word;
      if (++one.seen == one.rule->position && one.seen > 0) position(one, word);
    }
    // config set NAME X
    if (pairs_ && at_ + 1 < words_.size() && word.find_first_of("=") == std::string_view::npos &&
        !looks_like_an_option(next())) {
      const NameKind kind = name_kind(word);
      if (any_of(next(), {"for", "FOR", "="})) return activate(base_name(word));
      if (kind == NameKind::secret || (kind == NameKind::auth && word.size() >= 5)) {
        const std::string_view secret = secret_in(kind, next(), text_);
        if (!secret.empty()) take_next(secret);
      }
    }
    activate(base_name(word));
  }

  void position(const Active& one, std::string_view word) {
    if (one.rule->position_part == Part::behind_colon) {
      // [domain/]user:X@host, or user:X
      const auto slash = word.find('/');
      const auto colon = word.find(':');
      if (colon == std::string_view::npos || word.find("://") != std::string_view::npos) return;
      const auto at = word.rfind('@');
      if (at == std::string_view::npos || at < colon) return;
      if (slash != std::string_view::npos && slash < colon && slash > at) return;
      return add(word.substr(colon + 1, at - colon - 1));
    }
    if (one.rule->position_part == Part::whole && (word.size() == 1 || word[0] == '/')) return;
    const std::string_view secret = part_of(word, one.rule->position_part, text_);
    add(secret);
  }

  void at_the_end() {
    for (const Active& one : active_)
      if (one.ready && one.rule->position == -1 && one.seen > 0 && !harmless_value(one.last, text_))
        add(one.last);
  }

  // The value of an option is the program that runs only where no container is named by it.
  void activate(std::string_view name) {
    if (after_option_ && container_) return;
    container_ |= any_of(name, {"docker", "podman", "nerdctl", "buildah", "kubectl", "docker-compose"});
    secrets_have_names_ |= container_ || name == "pulumi" || name == "buildctl";
    runs_texts_ |= any_of(name, {"ssh", "su", "runuser", "tmux", "screen", "watch", "parallel", "autossh",
                                 "mosh", "pdsh", "concurrently", "nodemon", "script", "vagrant"});
    searches_ |= any_of(name, {"grep", "egrep", "fgrep", "rg", "ag", "ack", "zgrep"});
    for (const ProgramRule* rule : rules_of(name)) {
      if (active_.size() >= kMostRules) return;
      active_.push_back({rule, rule->words.empty(), 0, {}});
    }
  }

  Reader& reader_;
  Found& found_;
  Words words_;
  bool text_;
  int depth_;
  std::size_t at_ = 0;
  bool after_option_ = false, pairs_ = false, container_ = false;
  bool secrets_have_names_ = false;  // docker --secret NAME
  bool runs_texts_ = false;          // ssh host TEXT
  bool searches_ = false;            // grep password=: its arguments are patterns
  std::vector<Active> active_;
};

// echo X | sudo -S: what the shell writes there is the secret.
void find_written(Words writer, Words reader, Found& found) {
  if (writer.empty() || !any_of(base_name(writer[0].text), {"echo", "printf"}) || !reads_a_secret(reader))
    return;
  const bool pairs =
      std::ranges::any_of(reader, [](const ShellWord& word) { return base_name(word.text) == "chpasswd"; });
  for (const ShellWord& word : writer.subspan(1)) {
    std::string_view value = word.text;
    if (looks_like_an_option(value) || value.find('%') == 0 || harmless_value(value, true)) continue;
    if (pairs) {
      value = behind(value, ':');
      if (!value.empty() && !harmless_value(value, true)) found.add(value);
    } else {
      found.add(value);
    }
  }
}

void Reader::command(Words words, bool text, int depth) { Command(*this, found_, words, text, depth).read(); }

void Reader::text(std::string_view text, int depth) {
  const std::vector<ShellWord> words = shell_words(text);
  Words before;
  bool piped = false;
  for (std::size_t start = 0; start <= words.size();) {
    std::size_t end = start;
    while (end < words.size() && words[end].kind == ShellWord::Kind::word) ++end;
    const Words one = Words(words).subspan(start, end - start);
    command(one, true, depth);
    if (piped) find_written(before, one, found_);
    for (std::size_t i = 0; i < one.size(); ++i)
      if (one[i].text.starts_with("<<<") && reads_a_secret(one)) {
        if (one[i].text.size() > 3)
          found_.add(one[i].raw.substr(3));
        else if (i + 1 < one.size() && !harmless_value(one[i + 1].text, true))
          found_.add(one[i + 1].text);
      }
    piped = end < words.size() && words[end].kind == ShellWord::Kind::pipe;
    before = one;
    start = end + 1;
  }
}

}  // namespace

void find_command_secrets(std::span<const std::string_view> arguments, Found& found) {
  std::vector<ShellWord> words;
  words.reserve(arguments.size());
  for (const std::string_view argument : arguments)
    words.push_back({ShellWord::Kind::word, argument, argument});
  Reader(found).command(words, false, 0);
}

}  // namespace stray
