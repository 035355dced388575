// SPDX-License-Identifier: Apache-2.0
// docs/capture-format.md names every tag that a saved state has.
#include <gtest/gtest.h>

#include <fstream>
#include <regex>
#include <string>

#include "unit/pipeline/saved_values.hpp"

namespace stray {

namespace saved {
struct Documented;
}

// Detectors let whatever is saved be reached under this name.
template <>
struct tlv::Saved<saved::Documented> {
  using State = Detectors::State;
  using Watch = Detectors::Watch;
  using Oom = Detectors::Oom;
};

namespace {

using Own = tlv::Saved<saved::Documented>;

// What the document says of a struct: from the line that begins with `head` to the next list item or blank.
std::string said_of(const std::string& head) {
  std::ifstream file(STRAY_SOURCE_DIR "/docs/capture-format.md");
  std::string out;
  for (std::string line; std::getline(file, line);) {
    if (!out.empty() && (line.empty() || line.starts_with("- "))) break;
    if (!out.empty() || line.starts_with(head)) out += line + " ";
  }
  EXPECT_FALSE(out.empty()) << "nothing begins with " << head;
  return out;
}

template <typename T>
void expect_documented(const std::string& head) {
  const std::string text = said_of(head);
  for (const std::uint16_t tag : saved::Fields<T>::kTags)
    if (tag != 0)
      EXPECT_TRUE(std::regex_search(text, std::regex("[ (]" + std::to_string(tag) + "[, ]")))
          << head << " tag " << tag;
}

TEST(SavedTags, AreAllDocumented) {
  expect_documented<Program>("- Program");
  expect_documented<Image>("**Image**");
  expect_documented<SignalSeen>("- Signal");
  expect_documented<Ended>("- End");
  expect_documented<ScriptSeen>("- Script");
  expect_documented<MemoryHour>("- Memory hour");
  expect_documented<ShortLife>("- Short life");
  expect_documented<Listening>("- Socket");
  expect_documented<Observed>("- Seen");
  expect_documented<Process>("**Process**");
  expect_documented<Evidence>("- Evidence");
  expect_documented<Condition>("- Condition");
  expect_documented<Finding>("- Finding");
  expect_documented<Own::State>("- State");
  expect_documented<Own::Watch>("**Watch**");
  expect_documented<Own::Oom>("**OOM kill**");
  expect_documented<Host>("- Host");
}

}  // namespace
}  // namespace stray
