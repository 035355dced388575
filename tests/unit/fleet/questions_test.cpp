// SPDX-License-Identifier: Apache-2.0
#include "fleet/questions.hpp"

#include <gtest/gtest.h>

#include "fleet/table.hpp"

namespace stray {
namespace {

ShardAnswer shard(std::vector<std::string> rows) { return {"http://127.0.0.1:1", std::move(rows), ""}; }

std::string host_row(const std::string& host, const std::string& machine, int seen) {
  return R"({"host":")" + host + R"(","machine_id":")" + machine + R"(","boot":"b","limits":[],"seen_s":)" +
         std::to_string(seen) + "}";
}

std::string open_row(const std::string& host, const std::string& machine, const std::string& kind) {
  return R"({"host":")" + host + R"(","machine_id":")" + machine + R"(","kind":")" + kind +
         R"(","severity":2,"process":"a","pid":7,"program":"node w.js","stray":"a","decided_by":"orphan",)"
         R"("treatment":"end","title":"stop it","remedy":["stray stop a  # stop 1 process"],"processes":1,)"
         R"("memory":"4096","frees":"4096","since_s":100})";
}

TEST(FleetQuestions, ATextIsOneLiteral) {
  EXPECT_EQ(sql_quote("it's"), "'it\\'s'");
  EXPECT_EQ(sql_quote("\\' OR 1=1"), "'\\\\\\' OR 1=1'");
  EXPECT_NE(sql_where("x' OR '1'='1").find("'%x\\' OR \\'1\\'=\\'1%'"), std::string::npos);
}

TEST(FleetQuestions, WildcardsAreThoseOfAShell) {
  EXPECT_EQ(sql_pattern("server.js"), "%server.js%");
  EXPECT_EQ(sql_pattern("*/src/?.js"), "%/src/_.js");
  EXPECT_EQ(sql_pattern("100%_a"), "%100\\%\\_a%");
}

TEST(FleetQuestions, AProcessIsNamedByPidOrId) {
  EXPECT_NE(sql_process("web01", "21").find("pid = 21"), std::string::npos);
  EXPECT_NE(sql_process("web01", "2sfnkjpc0y05").find("id = '2sfnkjpc0y05'"), std::string::npos);
}

TEST(FleetQuestions, TwoMachinesOfOneNameAreTwoHosts) {
  const auto hosts = hosts_in(
      {shard({host_row("web01", "m1", 5), host_row("web01", "m2", 6)}), shard({host_row("web02", "m3", 7)})});
  ASSERT_EQ(hosts.size(), 3u);
  EXPECT_EQ(hosts[0].host, "web01 (m1)");
  EXPECT_EQ(hosts[1].host, "web01 (m2)");
  EXPECT_EQ(hosts[2].host, "web02");
}

TEST(FleetQuestions, AHostThatWasMovedIsAsItsNewestRowSays) {
  for (const bool first : {true, false}) {
    const auto old = shard({host_row("web01", "m1", 5)}), now = shard({host_row("web01", "m1", 900)});
    const auto hosts = first ? hosts_in({old, now}) : hosts_in({now, old});
    ASSERT_EQ(hosts.size(), 1u);
    EXPECT_EQ(hosts[0].seen, 900);
  }
}

TEST(FleetQuestions, OpenFindingsBecomeStrays) {
  const std::vector<ShardAnswer> hosts = {shard({host_row("web01", "m1", 200), host_row("web02", "m2", 5)})};
  const Answers answers =
      answers_in({shard({open_row("web01", "m1", "orphan"), open_row("web01", "m1", "stale-script"),
                         open_row("gone", "m9", "orphan")})},
                 hosts, 100);
  const FleetTable table = table_of(answers, {}, {});
  ASSERT_EQ(table.groups.size(), 1u);
  EXPECT_EQ(table.groups[0].count, 1u);
  EXPECT_EQ(table.groups[0].kinds.size(), 2u);
  EXPECT_EQ(table.groups[0].first().command, "stray stop a");
  EXPECT_EQ(table.groups[0].memory, 4096u);
  EXPECT_EQ(table.groups[0].oldest, std::chrono::seconds(100));
  EXPECT_EQ(table.answered, 1u);
  ASSERT_EQ(table.silent.size(), 1u);
  EXPECT_EQ(table.silent[0].host, "web02");
  EXPECT_EQ(table.silent[0].text, "silent since 1970-01-01T00:00:05Z");
}

TEST(FleetQuestions, RowsOfOtherShapesAreNothing) {
  EXPECT_TRUE(hosts_in({shard({"oops", "[]", "5"})}).empty());
  EXPECT_EQ(column("oops", "host"), "");
  EXPECT_EQ(column(R"({"argv":["node","w.js"]})", "argv"), "node w.js");
  EXPECT_EQ(column(R"({"listens":["a","b"]})", "listens"), "a, b");
}

}  // namespace
}  // namespace stray
