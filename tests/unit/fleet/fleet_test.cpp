// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <string>

#include "fleet/table.hpp"
#include "fleet/view.hpp"
#include "fleet/words.hpp"

namespace stray {
namespace {

struct Told {
  std::string id = "a", kind = "orphan", severity = "notice", action = "end", title = "stop it";
  std::string args = R"(["node","/srv/r1/app.js"])";
};

std::string finding(const Told& told) {
  return R"({"@timestamp":"2026-11-25T14:00:00.000000000Z","event":{"kind":"alert","action":"raised"},"process":)"
         R"({"entity_id":")" +
         told.id + R"(","pid":7,"args":)" + told.args + R"(},"stray":{"id":")" + told.id +
         R"(","treatment":{"action":")" + told.action + R"(","decided_by":")" + told.kind + R"(","title":")" +
         told.title + R"(","steps":[{"text":"by hand"},{"command":"stray stop )" + told.id +
         R"("}],"frees_bytes":1048576},"finding":{"kind":")" + told.kind + R"(","severity":")" +
         told.severity +
         R"(","since":"2026-11-25T13:00:00.000000000Z","members":[{"entity_id":"x","pid":8}],)"
         R"("memory_bytes":2097152}}})";
}

std::string summary(const std::string& at = "2026-11-25T14:00:01.000000000Z",
                    const std::string& limits = "[]") {
  return R"({"@timestamp":")" + at + R"(","event":{"kind":"event","action":"summary"},"stray":{"limits":)" +
         limits + "}}";
}

void answer(Answers& answers, const std::string& host, const std::vector<Told>& strays) {
  for (const Told& one : strays) EXPECT_TRUE(answers.read(host + ": " + finding(one), ""));
  EXPECT_TRUE(answers.read(host + ": " + summary(), ""));
}

TEST(Fleet, TheSameOnSeveralHostsIsOneGroup) {
  Answers answers_;
  answer(answers_, "web01", {{.args = R"(["node","/srv/r1/app.js"])"}});
  answer(answers_, "web02", {{.args = R"(["node","/srv/r22/app.js"])"}, {.id = "b", .severity = "critical"}});
  answer(answers_, "web03", {{.args = R"(["node","other.js"])"}});
  const FleetTable table = table_of(answers_, {}, {});
  ASSERT_EQ(table.groups.size(), 2u);
  const StrayGroup& first = table.groups[0];
  EXPECT_EQ(first.hosts, 2u);
  EXPECT_EQ(first.count, 3u);
  EXPECT_EQ(first.severity, Severity::critical);
  EXPECT_EQ(*first.strays.front().host, "web02");  // the gravest
  EXPECT_EQ(first.oldest, std::chrono::hours(1) + std::chrono::seconds(1));
  EXPECT_EQ(first.memory, 3u * 2097152);
  EXPECT_EQ(table.answered, 3u);
  EXPECT_EQ(table.totals.end, 4u);
  EXPECT_EQ(first.first().command, "stray stop b");
}

TEST(Fleet, SeveralFindingsOfAStrayAreOneStray) {
  Answers answers_;
  answer(answers_, "web01", {{}, {.kind = "stale-script", .severity = "warning"}});
  const FleetTable table = table_of(answers_, {}, {});
  ASSERT_EQ(table.groups.size(), 1u);
  EXPECT_EQ(table.groups[0].count, 1u);
  EXPECT_EQ(kinds_text(table.groups[0]), "orphan, stale-script");
  EXPECT_EQ(table.groups[0].severity, Severity::warning);
}

TEST(Fleet, WhoAnswersTwiceCountsOnceAndTheLaterScanCounts) {
  Answers answers_;
  answer(answers_, "web01", {{}, {.id = "b"}});
  EXPECT_TRUE(answers_.read("web01: " + finding({.id = "c"}), ""));
  EXPECT_TRUE(answers_.read("web01: " + summary("2026-11-25T15:00:00.000000000Z"), ""));
  EXPECT_EQ(table_of(answers_, {}, {}).totals.strays, 1u);
  EXPECT_TRUE(answers_.read("web01: " + summary("2026-11-24T00:00:00.000000000Z"), ""));  // of yesterday
  EXPECT_EQ(table_of(answers_, {}, {}).totals.strays, 1u);
}

TEST(Fleet, SaysWhoDidNotAnswerOrNotToTheEnd) {
  Answers answers_;
  answer(answers_, "web01.example.com", {});
  EXPECT_TRUE(answers_.read("web02: " + finding({}), ""));
  EXPECT_TRUE(answers_.read("web03: ssh: connect to host web03 port 22: Connection refused", ""));
  const FleetTable table = table_of(answers_, {"web01", "web02", "web09"}, {});
  ASSERT_EQ(table.silent.size(), 3u);
  EXPECT_EQ(table.silent[0].host + table.silent[0].text, "web02its answer was cut off");
  EXPECT_EQ(table.silent[1].text, "ssh: connect to host web03 port 22: Connection refused");
  EXPECT_EQ(table.silent[2].host, "web09");
  EXPECT_EQ(table.answered, 1u);
}

TEST(Fleet, SaysWhoCouldNotSeeAll) {
  Answers answers_;
  EXPECT_TRUE(answers_.read(
      summary("2026-11-25T14:00:01.000000000Z", R"([{"code":"lost-records","text":"3 lost"}])"), "web01"));
  const FleetTable table = table_of(answers_, {}, {});
  ASSERT_EQ(table.limited.size(), 1u);
  EXPECT_EQ(table.limited[0].host + ": " + table.limited[0].text, "web01: 3 lost");
}

TEST(Fleet, LinesOfAPolicyThatAreNotMetAreGrouped) {
  Answers answers_;
  const std::string unmet =
      R"({"rule":"web","expected":"instances = 2","found":"1 run","met":false,"level":"critical"})";
  const std::string met =
      R"({"rule":"db","expected":"instances = 1","found":"1 run","met":true,"level":"critical"})";
  for (const char* host : {"web01", "web02"})
    for (const std::string& line : {unmet, met, std::string(R"({"lines":2,"not_met":1})")})
      EXPECT_TRUE(answers_.read(std::string(host) + ": " + line, ""));
  const FleetTable table = table_of(answers_, {}, {});
  ASSERT_EQ(table.rules.size(), 1u);
  EXPECT_EQ(table.rules[0].hosts.size(), 2u);
  EXPECT_EQ(rule_text(table.rules[0].first()), "web: instances = 2");
  EXPECT_EQ(table.with_rules, 2u);
}

TEST(Fleet, OtherLinesAreNoAnswer) {
  Answers answers_;
  EXPECT_FALSE(answers_.read("garbage", ""));
  EXPECT_FALSE(answers_.read("garbage", "web01"));
  EXPECT_FALSE(answers_.read(summary(), ""));  // of which host?
  EXPECT_FALSE(answers_.read("", "web01"));
  EXPECT_TRUE(answers_.hosts().empty());
  EXPECT_TRUE(answers_.read(R"(web01: {"stray":{"finding":{"kind":5}},"event":[]})", ""));  // of other types
  EXPECT_TRUE(
      answers_.read(std::string("web01: ") + std::string(100000, '[') + std::string(100000, ']'), ""));
}

TEST(Fleet, MembersOfOtherTypesAreNothing) {
  Answers answers_;
  EXPECT_TRUE(
      answers_.read(R"(web01: {"stray":{"id":[],"finding":{"kind":"orphan","members":[{"entity_id":5},7]},)"
                    R"("treatment":{"steps":[{"command":5},{"command":{}}]}},"process":{"args":[1]}})",
                    ""));
  EXPECT_TRUE(answers_.read("web01: " + summary(), ""));
  EXPECT_EQ(table_of(answers_, {}, {}).groups.at(0).first().command, "");
}

TEST(Fleet, ACommandOfAnotherHostIsOneOfStrayInPlainWords) {
  EXPECT_EQ(plain_command("stray adopt 2sfnkjpc0y05 --under pm2 --show"),
            "stray adopt 2sfnkjpc0y05 --under pm2 --show");
  for (const char* other :
       {"rm -rf /", "stray stop a; id", "stray stop $(id)", "stray stop a\nid", "stray  stop `id`", ""})
    EXPECT_EQ(plain_command(other), "") << other;
}

TEST(Fleet, FiltersByKindAndSeverity) {
  Answers answers_;
  answer(answers_, "web01", {{}, {.id = "b", .kind = "dev-tool", .severity = "warning"}});
  EXPECT_EQ(table_of(answers_, {}, {.at_least = Severity::warning}).totals.strays, 1u);
  EXPECT_EQ(table_of(answers_, {}, {.kinds = {"orphan"}}).totals.strays, 1u);
}

TEST(Fleet, NumbersAreNoDifference) {
  EXPECT_EQ(without_numbers("node /srv/r/20261101/app.js --port 3001"), "node /srv/r/#/app.js --port #");
}

// A host may be an attacker's: nothing it says becomes markup, a control character or an end of line.
TEST(Fleet, NoTextOfAHostBecomesMarkup) {
  Answers answers_;
  answer(answers_, "web01",
         {{.title = "<img src=x>",
           .args = R"(["<script>alert(1)</script>","a|b","\u001b[31m\n# x\u202e","&\"'"])"}});
  const FleetTable table = table_of(answers_, {}, {});
  const std::string html = fleet_html(table), md = fleet_markdown(table), text = fleet_text(table);
  EXPECT_EQ(html.find("<script"), std::string::npos);
  EXPECT_EQ(html.find("<img"), std::string::npos);
  EXPECT_NE(html.find("&lt;script&gt;"), std::string::npos);
  EXPECT_EQ(md.find("<script"), std::string::npos);
  EXPECT_NE(md.find("a\\|b"), std::string::npos);
  for (const std::string* out : {&html, &md, &text}) {
    EXPECT_EQ(out->find('\x1b'), std::string::npos);
    EXPECT_EQ(out->find("\xe2\x80\xae"), std::string::npos);
    EXPECT_EQ(out->find("\n# x"), std::string::npos);
  }
}

}  // namespace
}  // namespace stray
