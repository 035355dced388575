// SPDX-License-Identifier: Apache-2.0
#include "base/printable.hpp"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace stray {
namespace {

using namespace std::string_literals;

struct Case {
  std::string in, out;
};

class Printable : public testing::TestWithParam<Case> {};

TEST_P(Printable, EscapesWhatAPersonCannotSee) { EXPECT_EQ(printable(GetParam().in), GetParam().out); }

INSTANTIATE_TEST_SUITE_P(Plain, Printable,
                         testing::Values(Case{"", ""}, Case{"node src/server.js", "node src/server.js"},
                                         Case{"Ä€😀", "Ä€😀"}, Case{"\xf4\x8f\xbf\xbf", "\xf4\x8f\xbf\xbf"},
                                         Case{"a\\b\\", "a\\b\\"}));

INSTANTIATE_TEST_SUITE_P(Controls, Printable,
                         testing::Values(Case{"\x1b]0;pwn\x07\r\n", "\\x1b]0;pwn\\x07\\x0d\\x0a"},
                                         Case{"a\0b"s, "a\\x00b"}, Case{"\t\x1f \x7f", "\\x09\\x1f \\x7f"},
                                         Case{"\xc2\x80\xc2\x9b\xc2\x9f\xc2\xa0",
                                              "\\u{80}\\u{9b}\\u{9f}\xc2\xa0"},
                                         Case{"\u2027\u2028\u2029\u202a\u202e\u202f",
                                              "\u2027\\u{2028}\\u{2029}\\u{202a}\\u{202e}\u202f"},
                                         Case{"\u061c\u200e\u200f", "\\u{061c}\\u{200e}\\u{200f}"}));

INSTANTIATE_TEST_SUITE_P(
    NoWidth, Printable,
    testing::Values(Case{"no\u200bde", "no\\u{200b}de"},
                    Case{"\u200a\u200c\u200d\u2010", "\u200a\\u{200c}\\u{200d}\u2010"},
                    Case{"\u205f\u2060\u2064\u2065\u2066\u206a\u206f\u2070",
                         "\u205f\\u{2060}\\u{2064}\\u{2065}\\u{2066}\\u{206a}\\u{206f}\u2070"},
                    Case{"\ufeff\ufefe\ufe0f", "\\u{feff}\ufefe\\u{fe0f}"},
                    Case{"\u00ad\u034f\u180e", "\\u{ad}\\u{034f}\\u{180e}"},
                    Case{"\u115f\u1161\u3164\uffa0", "\\u{115f}\u1161\\u{3164}\\u{ffa0}"},
                    Case{"\ufff9\ufffb\ufffc\ufffd", "\\u{fff9}\\u{fffb}\ufffc\ufffd"},
                    Case{"\U000dffff\U000e0000\U000e0001\U000e0041\U000e007f",
                         "\U000dffff\\u{e0000}\\u{e0001}\\u{e0041}\\u{e007f}"},
                    Case{"\U000e0100\U000e0fff\U000e1000", "\\u{e0100}\\u{e0fff}\U000e1000"},
                    Case{"\U0001d172\U0001d173\U0001d17a", "\U0001d172\\u{1d173}\\u{1d17a}"}));

INSTANTIATE_TEST_SUITE_P(
    NotUtf8, Printable,
    testing::Values(Case{"\x80", "\\x80"}, Case{"\xff\xfe", "\\xff\\xfe"}, Case{"\xc3", "\\xc3"},
                    Case{"\xe2\x82", "\\xe2\\x82"}, Case{"\xc3(", "\\xc3("}, Case{"\xc1\x81", "\\xc1\\x81"},
                    Case{"\xe0\x9f\xbf", "\\xe0\\x9f\\xbf"}, Case{"\xf0\x8f\xbf\xbf", "\\xf0\\x8f\\xbf\\xbf"},
                    Case{"\xed\xa0\x80", "\\xed\\xa0\\x80"}, Case{"\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80"},
                    Case{"\xf5\x80\x80\x80", "\\xf5\\x80\\x80\\x80"},
                    Case{"\xe2\x80\x1b", "\\xe2\\x80\\x1b"}));

INSTANTIATE_TEST_SUITE_P(Backslash, Printable,
                         testing::Values(Case{"\\x1b", "\\x5cx1b"}, Case{"C:\\users", "C:\\x5cusers"},
                                         Case{"\\\\x", "\\\\x5cx"}, Case{"\\\x1b", "\\\\x1b"}));

TEST(PrintableTexts, NoTwoShortTextsLookTheSame) {
  const std::string alphabet = "\\xu1b{}\x1b\xc2\x9b"s;
  std::set<std::string> seen;
  std::size_t texts = 0;
  std::string text;
  const auto extend = [&](const auto& self, int depth) -> void {
    ++texts;
    seen.insert(printable(text));
    if (depth == 0) return;
    for (const char c : alphabet) {
      text.push_back(c);
      self(self, depth - 1);
      text.pop_back();
    }
  };
  extend(extend, 4);
  EXPECT_EQ(seen.size(), texts);
}

}  // namespace
}  // namespace stray
