// SPDX-License-Identifier: Apache-2.0
// What a real journald makes of what the client sends: contents.
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "journald.hpp"
#include "sinks/journal_client.hpp"
#include "sinks/message_ids.hpp"

namespace stray {
namespace {

class Contents : public testing::Test {
 protected:
  // Sends one entry and gives back the only one that was stored.
  NativeEntry stored(const JournalEntry& entry) {
    client_.send(entry);
    EXPECT_TRUE(client_.drain(60'000));
    const auto entries = journald_.entries();
    EXPECT_EQ(entries.size(), 1u);
    return entries.empty() ? NativeEntry() : entries.front();
  }

  Journald journald_;
  JournalClient client_;
};

TEST_F(Contents, EveryFieldIsReadBack) {
  const std::pair<const char*, std::string> fields[] = {
      {"MESSAGE", "node (4711) was left behind"},
      {"MESSAGE_ID", std::string(message_id("orphan"))},
      {"PRIORITY", "4"},
      {"SYSLOG_IDENTIFIER", "stray"},
      {"STRAY_EVENT", "raised"},
      {"STRAY_FINDING", "orphan"},
      {"STRAY_ARGV", R"(["node","src/server.js","--title=a \"b\""])"},
      {"STRAY_CWD", "/srv/Größe 😀"},
      {"STRAY_TTY", ""},
  };
  JournalEntry entry;
  for (const auto& [name, value] : fields) entry.add(name, value);
  const NativeEntry read = stored(entry);
  for (const auto& [name, value] : fields) EXPECT_EQ(only(read, name), value) << name;
  EXPECT_EQ(only(read, "_TRANSPORT"), "journal");

  const std::string json = output_of("journalctl -o json STRAY_FINDING=orphan");
  EXPECT_EQ(std::count(json.begin(), json.end(), '\n'), 1);
  for (const std::string part :
       {R"("MESSAGE":"node (4711) was left behind")", R"("PRIORITY":"4")", R"("SYSLOG_IDENTIFIER":"stray")",
        R"("STRAY_EVENT":"raised")", R"("STRAY_ARGV":"[\"node\",\"src/server.js\",\"--title=a \\\"b\\\"\"]")",
        R"("STRAY_CWD":"/srv/Größe 😀")", R"("STRAY_TTY":"")"})
    EXPECT_NE(json.find(part), std::string::npos) << part << " in " << json;
}

TEST_F(Contents, NoValueForgesAFieldOrAnEntry) {
  const std::string evil = "x\nSYSLOG_IDENTIFIER=sshd\n\nMESSAGE=Accepted password for root\nPRIORITY=0\n";
  JournalEntry entry;
  entry.add("MESSAGE", "harmless");
  entry.add("SYSLOG_IDENTIFIER", "stray");
  entry.add("STRAY_ARGV", evil);
  entry.add("STRAY_EXE", "A=B=C");
  entry.add("STRAY_CWD", "\nSYSLOG_IDENTIFIER\n");
  const NativeEntry read = stored(entry);
  EXPECT_EQ(only(read, "SYSLOG_IDENTIFIER"), "stray");
  EXPECT_EQ(only(read, "MESSAGE"), "harmless");
  EXPECT_EQ(read.count("PRIORITY"), 0u);
  EXPECT_EQ(only(read, "STRAY_ARGV"), evil);
  EXPECT_EQ(only(read, "STRAY_EXE"), "A=B=C");
  EXPECT_EQ(only(read, "STRAY_CWD"), "\nSYSLOG_IDENTIFIER\n");
  EXPECT_EQ(output_of("journalctl --quiet -o cat SYSLOG_IDENTIFIER=sshd"), "");
}

TEST_F(Contents, AnyBytesAreKept) {
  std::string bytes;
  for (int i = 0; i < 256; ++i) bytes.push_back(static_cast<char>(i));
  JournalEntry entry;
  entry.add("MESSAGE", "bytes");
  entry.add("STRAY_ARGV", bytes);
  EXPECT_EQ(only(stored(entry), "STRAY_ARGV"), bytes);
}

std::string noise(std::size_t size) {
  std::mt19937 random(1);
  std::string out(size, '\0');
  for (char& c : out) c = static_cast<char>(random());
  return out;
}

class Large : public Contents, public testing::WithParamInterface<std::size_t> {};

TEST_P(Large, AValueOfAnySizeArrives) {
  const std::string value = noise(GetParam());
  JournalEntry entry;
  entry.add("MESSAGE", "large");
  entry.add("STRAY_JSON", value);
  EXPECT_TRUE(only(stored(entry), "STRAY_JSON") == value);
  EXPECT_EQ(client_.sent(), 1u);
}

INSTANTIATE_TEST_SUITE_P(Sizes, Large, testing::Values(60'000, 1u << 20, 20u << 20));

// The texts of stray.catalog as `journalctl -x` prints them.
TEST_F(Contents, TheCatalogExplainsEachMessage) {
  output_of("journalctl --update-catalog");
  std::vector<MessageId> ids(std::begin(kMessageIds), std::end(kMessageIds));
  for (const Kind kind : kKinds) ids.push_back({to_string(kind), row_of(kind).message_id});
  for (const auto& [name, id] : ids) {
    JournalEntry entry;
    entry.add("MESSAGE", name);
    entry.add("MESSAGE_ID", id);
    for (const char* field : {"PID", "PPID", "PROCESS_ID", "EXE", "LOST", "FINDING", "SIGNAL"})
      entry.add("STRAY_" + std::string(field), "<" + std::string(field) + ">");
    client_.send(entry);
  }
  ASSERT_TRUE(client_.drain(60'000));
  output_of("journalctl --sync");
  for (const auto& [name, id] : ids) {
    const std::string text = output_of("journalctl --quiet -x -o short MESSAGE_ID=" + std::string(id));
    EXPECT_NE(text.find("Subject: "), std::string::npos) << name;
    EXPECT_NE(text.find("Defined-By: stray"), std::string::npos) << name;
    EXPECT_EQ(text.find('@'), std::string::npos) << text;
  }
  const std::string orphan =
      output_of("journalctl --quiet -x -o short MESSAGE_ID=" + std::string(message_id("orphan")));
  EXPECT_NE(orphan.find("Subject: Process <PID> (<EXE>) is orphaned\n"), std::string::npos) << orphan;
  EXPECT_NE(orphan.find("is PID <PPID> now, which only waits for its end."), std::string::npos) << orphan;
  EXPECT_NE(orphan.find("stray explain <PROCESS_ID>\n"), std::string::npos) << orphan;
}

}  // namespace
}  // namespace stray
