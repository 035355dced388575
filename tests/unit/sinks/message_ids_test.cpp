// SPDX-License-Identifier: Apache-2.0
// The table of message ids and the catalog that explains them say the same.
#include "sinks/message_ids.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <set>
#include <string>

namespace stray {
namespace {

struct Text {
  std::set<std::string> headers;
  std::string subject, body;
};

std::map<std::string, Text> read_catalog() {
  std::ifstream file(STRAY_SOURCE_DIR "/userspace/sinks/stray.catalog");
  std::map<std::string, Text> out;
  Text* text = nullptr;
  bool in_body = false;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("#")) continue;
    if (line.starts_with("-- ")) {
      const auto [at, fresh] = out.try_emplace(line.substr(3));
      EXPECT_TRUE(fresh) << "twice in the catalog: " << line;
      text = &at->second;
      in_body = false;
    } else if (text == nullptr) {
      EXPECT_EQ(line, "");
    } else if (line.empty()) {
      in_body = true;
    } else if (in_body) {
      text->body += line + "\n";
    } else {
      text->headers.insert(line);
      if (line.starts_with("Subject: ")) text->subject = line.substr(9);
    }
  }
  return out;
}

// Of event actions and of finding kinds.
std::vector<MessageId> all_ids() {
  std::vector<MessageId> out(std::begin(kMessageIds), std::end(kMessageIds));
  for (const Kind kind : kKinds) out.push_back({to_string(kind), row_of(kind).message_id});
  return out;
}

TEST(MessageIds, AreUniqueAndWellFormed) {
  std::set<std::string_view> names, ids;
  for (const auto& [name, id] : all_ids()) {
    EXPECT_TRUE(names.insert(name).second) << name;
    EXPECT_TRUE(ids.insert(id).second) << name;
    EXPECT_EQ(id.size(), 32u) << name;
    EXPECT_EQ(id.find_first_not_of("0123456789abcdef"), std::string_view::npos) << name;
    EXPECT_EQ(id[12], '4') << name << ": a random UUID";
  }
}

TEST(MessageIds, AreFoundByName) {
  for (const Kind kind : kKinds) EXPECT_EQ(message_id(to_string(kind)), row_of(kind).message_id);
  for (const auto& [name, id] : all_ids()) EXPECT_EQ(message_id(name), id);
  EXPECT_EQ(message_id("oom") == message_id("oom-kill"), false);
  EXPECT_EQ(message_id("no such thing"), "");
  EXPECT_EQ(message_id(""), "");
}

TEST(MessageIds, EachHasItsTextInTheCatalogAndNoTextIsLeftOver) {
  std::map<std::string, Text> catalog = read_catalog();
  for (const auto& [name, id] : all_ids()) {
    const auto found = catalog.find(std::string(id));
    ASSERT_NE(found, catalog.end()) << name;
    const Text& text = found->second;
    EXPECT_FALSE(text.subject.empty()) << name;
    EXPECT_TRUE(text.headers.contains("Defined-By: stray")) << name;
    EXPECT_TRUE(text.headers.contains("Documentation: man:stray(8)")) << name;
    EXPECT_GT(text.body.size(), 80u) << name;
    catalog.erase(found);
  }
  for (const auto& [id, text] : catalog) ADD_FAILURE() << id << ": " << text.subject;
}

// journalctl prints a field's name instead of its value when both together have more than 256 bytes or the
// entry has no such field, so only short fields that the sink always sets are of use.
TEST(MessageIds, TheCatalogUsesOnlyFieldsThatAreFilledIn) {
  const std::set<std::string> usable = {"STRAY_PID",  "STRAY_PPID",    "STRAY_PROCESS_ID", "STRAY_EXE",
                                        "STRAY_LOST", "STRAY_FINDING", "STRAY_SIGNAL"};
  for (const auto& [id, text] : read_catalog()) {
    const std::string all = text.subject + "\n" + text.body;
    EXPECT_EQ(std::count(all.begin(), all.end(), '@') % 2, 0) << text.subject;
    for (std::size_t at = all.find('@'); at != std::string::npos;) {
      const std::size_t end = all.find('@', at + 1);
      ASSERT_NE(end, std::string::npos) << text.subject;
      EXPECT_TRUE(usable.contains(all.substr(at + 1, end - at - 1)))
          << all.substr(at, end - at + 1) << " in " << id;
      at = all.find('@', end + 1);
    }
  }
}

}  // namespace
}  // namespace stray
