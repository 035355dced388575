// SPDX-License-Identifier: Apache-2.0
// How many usual forms of secrets are taken out, and how many harmless lines are touched.
#include "corpus.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "harmless_lines.hpp"
#include "redact/redact.hpp"
#include "secret_forms.hpp"

namespace stray {
namespace {

std::string shown(std::string strings) {
  std::ranges::replace(strings, '\0', ' ');
  return strings;
}

TEST(RedactionCorpus, UsualFormsOfSecretsAreTakenOutAndNothingElse) {
  Redactor redactor;
  const auto forms = corpus::lines(corpus::kSecretForms);
  ASSERT_GE(forms.size(), 500u);
  std::size_t missed = 0;
  std::string which;
  for (const std::string& form : forms) {
    const std::string expected = corpus::unmarked(form, "<redacted>");
    std::string got = corpus::unmarked(form, nullptr);
    redactor.redact(got);
    if (got == expected) continue;
    ++missed;
    which += "  " + shown(got) + "\n  " + shown(expected) + "\n\n";
  }
  RecordProperty("forms", static_cast<int>(forms.size()));
  EXPECT_EQ(missed, 0u) << "of " << forms.size() << ":\n" << which;
}

TEST(RedactionCorpus, HarmlessLinesAreLeftAlone) {
  Redactor redactor;
  const auto lines = corpus::lines(corpus::kHarmlessLines);
  ASSERT_GE(lines.size(), 200u);
  std::size_t touched = 0;
  std::string which;
  for (const std::string& line : lines) {
    std::string got = line;
    if (!redactor.redact(got)) continue;
    ++touched;
    which += "  " + shown(got) + "\n";
  }
  EXPECT_EQ(touched, 0u) << "of " << lines.size() << ":\n" << which;
}

TEST(RedactionCorpus, ASecondPassFindsNothing) {
  Redactor redactor;
  for (const std::string& form : corpus::lines(corpus::kSecretForms)) {
    std::string once = corpus::unmarked(form, nullptr);
    redactor.redact(once);
    std::string twice = once;
    EXPECT_FALSE(redactor.redact(twice)) << shown(once) << "\n" << shown(twice);
  }
}

}  // namespace
}  // namespace stray
