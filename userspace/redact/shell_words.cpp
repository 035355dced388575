// SPDX-License-Identifier: Apache-2.0
#include "redact/shell_words.hpp"

#include <algorithm>

#include "redact/characters.hpp"

namespace stray {
namespace {

class Splitter {
 public:
  explicit Splitter(std::string_view text) : text_(text) {}

  std::vector<ShellWord> split() {
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (c == '\n')
        separate(1);
      else if (is_blank(c))
        ++at_;
      else if (c == '|' && next() != '|')
        out_.push_back({ShellWord::Kind::pipe, text_.substr(at_++, 1), {}});
      else if (is_end(c))
        separate(1);
      else
        word();
    }
    return std::move(out_);
  }

 private:
  static bool is_end(char c) {
    return c == ';' || c == '&' || c == '|' || c == '(' || c == ')' || c == '{' || c == '}';
  }
  char next() const { return at_ + 1 < text_.size() ? text_[at_ + 1] : ' '; }
  void separate(std::size_t length) {
    out_.push_back({ShellWord::Kind::end, text_.substr(at_, length), {}});
    at_ += length;
  }

  // The index behind the quote that closes the one at `at`, or behind the one at `at` when none does: an
  // apostrophe. Once no quote of its kind follows, none does later.
  std::size_t behind_quote(std::size_t at) {
    const char quote = text_[at];
    std::size_t& none_from = quote == '"' ? no_double_from_ : no_single_from_;
    if (at >= none_from) return at + 1;
    for (std::size_t i = at + 1; i < text_.size(); ++i) {
      if (text_[i] == quote) return i + 1;
      if (text_[i] == '\\' && quote == '"') ++i;
    }
    none_from = at;
    return at + 1;
  }

  // ${X} and $(X) of a shell are one word with what is around them.
  std::size_t behind_braces(std::size_t at) const {
    const auto close = text_.find_first_of("}) \t\n", at + 2);
    return close == std::string_view::npos ? text_.size() : close + (is_blank(text_[close]) ? 0 : 1);
  }

  void word() {
    const std::size_t start = at_;
    std::size_t quoted = 0;  // behind a quote that opened the word
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (c == '$' && (next() == '{' || next() == '(')) {
        at_ = behind_braces(at_);
      } else if (c == '"' || c == '\'') {
        // Within a word of letters it is an apostrophe: don't.
        const bool apostrophe =
            c == '\'' && at_ > start && is_alpha(text_[at_ - 1]) && text_[start] != '-' &&
            std::all_of(text_.begin() + static_cast<std::ptrdiff_t>(start),
                        text_.begin() + static_cast<std::ptrdiff_t>(std::min(at_, start + 16)), is_alpha);
        const std::size_t end = apostrophe ? at_ + 1 : behind_quote(at_);
        if (at_ == start && end > at_ + 1) quoted = end;
        at_ = end;
      } else if (c == '\\') {
        at_ = std::min(at_ + 2, text_.size());
      } else if (is_blank(c) || is_end(c)) {
        break;
      } else {
        ++at_;
      }
    }
    const std::string_view raw = text_.substr(start, at_ - start);
    out_.push_back({ShellWord::Kind::word, raw, quoted == at_ ? raw.substr(1, raw.size() - 2) : raw});
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::size_t no_double_from_ = std::string_view::npos, no_single_from_ = std::string_view::npos;
  std::vector<ShellWord> out_;
};

}  // namespace

std::vector<ShellWord> shell_words(std::string_view text) { return Splitter(text).split(); }

}  // namespace stray
