// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "base/json.hpp"
#include "pipeline/event_choice.hpp"
#include "pipeline/pipeline.hpp"
#include "record/host.hpp"
#include "sinks/ecs.hpp"
#include "support/records.hpp"

namespace stray {
namespace {

using namespace records;

TEST(ProcessId, IsDerivedAndPinned) {
  std::array<std::uint8_t, 16> boot{};
  for (std::uint8_t i = 0; i < 16; ++i) boot[i] = i;
  const std::string id = process_id(boot, key(4711, 100));
  EXPECT_EQ(id, process_id(boot, key(4711, 100)));
  EXPECT_EQ(id.size(), 12u);
  EXPECT_EQ(id.find_first_of("ilou"), std::string::npos);
  EXPECT_NE(id, process_id(boot, key(4712, 100)));
  EXPECT_NE(id, process_id(boot, key(4711, 101)));
  boot[15] = 1;
  EXPECT_NE(id, process_id(boot, key(4711, 100)));
  // The recipe of docs/output.md must never change: other observers compute it too.
  EXPECT_EQ(id, "rtg8cqastef3");
}

TEST(Rfc3339, WritesNanosecondsInUtc) {
  Rfc3339 format;
  std::string out;
  format.append(out, 1'700'000'000'000'000'001);
  out += ' ';
  format.append(out, 1'700'000'000'987'654'321);
  EXPECT_EQ(out, "2023-11-14T22:13:20.000000001Z 2023-11-14T22:13:20.987654321Z");
}

TEST(Json, EscapesAndMendsStrings) {
  const auto written = [](std::string_view text) {
    std::string out;
    Json json(out);
    const bool valid = json.string(text);
    return std::pair(out, valid);
  };
  EXPECT_EQ(written("a\"b\\c\n\x1b").first, "\"a\\\"b\\\\c\\u000a\\u001b\"");
  EXPECT_EQ(written("\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80").first,
            "\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\"");
  for (const std::string_view bad :
       {"\xff", "\xc3", "\xed\xa0\x80", "\xc0\xaf", "\xf4\x90\x80\x80", "a\x80z"}) {
    const auto [text, valid] = written(bad);
    EXPECT_FALSE(valid) << bad;
    EXPECT_TRUE(nlohmann::json::accept(text)) << text;
  }
  EXPECT_EQ(base64(std::string_view("\0\xff", 2)), "AP8=");
  EXPECT_EQ(base64("abc"), "YWJj");
}

// The step of eight bytes at a time must find what each byte alone says.
TEST(Json, EscapesWhereverItStands) {
  for (int c = 0; c < 256; ++c)
    for (std::size_t size = 1; size < 20; ++size)
      for (std::size_t at = 0; at < size; ++at) {
        std::string text(size, 'x'), out;
        text[at] = static_cast<char>(c);
        Json json(out);
        const bool valid = json.string(text);
        ASSERT_EQ(valid, c < 0x80) << c;
        const bool plain = c >= 0x20 && c < 0x7f && c != '"' && c != '\\';
        ASSERT_EQ(out.size() == size + 2, plain) << c << ' ' << out;
        if (valid) {
          ASSERT_EQ(nlohmann::json::parse(out), text);
        }
      }
}

TEST(EventChoice, TakesListsAndNamesWhatItDoesNotKnow) {
  std::string bad;
  EXPECT_TRUE(EventChoice::parse("all", bad)->has("fork"));
  EXPECT_FALSE(EventChoice::parse("exec,exit", bad)->has("fork"));
  EXPECT_FALSE(EventChoice::parse("exec,forks", bad));
  EXPECT_EQ(bad, "forks");
}

class EcsTest : public ::testing::Test {
 protected:
  class Lines final : public Sink {
   public:
    explicit Lines(const Host& host, LineageIn lineage = LineageIn::full) : ecs(host, lineage) {}
    void ready(const View& v) override { ecs.ready(out, v.time, v.lost, v.limits(), v.detectors.open()); }
    void event(const View& v, const Event& e) override { ecs.event(out, e, v.scene.lineage); }
    void seed(const View& v, const Process& p) override { ecs.seed(out, p, v.time, v.lost); }
    void reparent(const View& v, const Change& c) override { ecs.reparent(out, c, v.time, v.lost); }
    void finding(const View& v, const Finding& f, const Process* p) override {
      const auto stray = v.stray_of(f);
      ecs.finding(out, f, stray ? &*stray : nullptr, v.scene, p, v.lost);
    }
    void summary(const View&, const Summary& s) override { ecs.summary(out, s); }
    Ecs ecs;
    std::string out;
  };

  Pipeline pipeline{{}, {}};
  Lines lines{pipeline.host()};

  void SetUp() override { pipeline.add(lines); }
  std::vector<nlohmann::json> documents() const {
    std::vector<nlohmann::json> all;
    for (std::size_t at = 0; at < lines.out.size();) {
      const auto end = lines.out.find('\n', at);
      all.push_back(nlohmann::json::parse(lines.out.substr(at, end - at)));
      at = end + 1;
    }
    return all;
  }
};

// What stands above a process is formatted once for all its children, until it changes.
TEST_F(EcsTest, TheLineageIsThatOfTheMoment) {
  const ProcessKey init = key(1, 0), outer = key(9, 1), parent = key(10, 1);
  for (const Bytes& bytes :
       {session(), seed(init, {}, "/sbin/init", at(1), STRAY_SEED_NAMESPACE_INIT),
        seed(outer, init, "/bin/zsh", at(1)), seed(parent, outer, "/bin/bash", at(1)), ready(at(1))})
    pipeline.feed(bytes);
  std::uint32_t next = 20;
  const auto executables = [&](std::uint64_t second) {
    const ProcessKey child = key(next++, second);
    pipeline.feed(fork(child, parent, at(static_cast<double>(second))));
    pipeline.feed(exec(child, at(static_cast<double>(second)), "/bin/x", {"x"}));
    std::string out;
    const nlohmann::json document = documents().back();
    for (const auto& link : document["stray"]["lineage"])
      out += link.value("executable", "-") + " " + std::to_string(link["pid"].get<int>()) + ", ";
    return out.substr(0, out.rfind("/bin/x"));
  };
  EXPECT_EQ(executables(2), "/sbin/init 1, /bin/zsh 9, /bin/bash 10, ");
  EXPECT_EQ(executables(3), "/sbin/init 1, /bin/zsh 9, /bin/bash 10, ");
  pipeline.feed(exec(outer, at(4), "/bin/sh", {"sh"}));
  EXPECT_EQ(executables(5), "/sbin/init 1, /bin/sh 9, /bin/bash 10, ");
  pipeline.feed(exec(parent, at(6), "/bin/\xff", {"y"}));
  EXPECT_EQ(executables(7), "/sbin/init 1, /bin/sh 9, /bin/\xef\xbf\xbd 10, ");
  EXPECT_TRUE(documents().back()["stray"]["base64"].contains("stray.lineage.executable"));
  pipeline.feed(exec(parent, at(8), "/bin/z", {"z"}));
  pipeline.feed(exit(outer, at(9), 0, init));
  EXPECT_EQ(executables(10), "/sbin/init 1, /bin/z 10, ");
}

TEST_F(EcsTest, EveryEventIsOneDocument) {
  const ProcessKey init = key(1, 0), parent = key(10, 1), child = key(20, 2);
  for (const Bytes& bytes : {session(), seed(init, {}, "/sbin/init", at(1), STRAY_SEED_NAMESPACE_INIT),
                             seed(parent, init, "/bin/bash", at(1)), ready(at(1)), fork(child, parent, at(2)),
                             exec(child, at(2), "/bin/x", {"x", "two words", "bad \xff byte"},
                                  {.sid = 10, .tty_major = 136, .tty_minor = 3}),
                             signal(child, at(3), 15, parent), exit(child, at(3), 15, {}), tick(at(4), 7)})
    pipeline.feed(bytes);
  wire::Record<stray_end> end(wire::head(STRAY_END, at(5)));
  pipeline.feed(end.bytes());
  const auto all = documents();
  std::vector<std::string> actions;
  for (const auto& d : all) {
    actions.push_back(d["event"]["action"]);
    EXPECT_EQ(d["ecs"]["version"], "8.17.0");
    EXPECT_EQ(d["host"]["boot"]["id"], "00010203-0405-0607-0809-0a0b0c0d0e0f");
  }
  EXPECT_EQ(actions,
            (std::vector<std::string>{"ready", "seed", "seed", "fork", "exec", "signal", "exit", "summary"}));
  const auto& exec_doc = all[4];
  EXPECT_EQ(exec_doc["process"]["args"][1], "two words");
  EXPECT_EQ(exec_doc["process"]["args"][2], "bad \xef\xbf\xbd byte");
  EXPECT_EQ(exec_doc["stray"]["base64"]["process.args"],
            base64(std::string_view("x\0two words\0bad \xff byte\0", 23)));
  EXPECT_EQ(exec_doc["process"]["tty"]["char_device"]["minor"], 3);
  EXPECT_EQ(exec_doc["process"]["parent"]["pid"], 10);
  EXPECT_EQ(exec_doc["stray"]["lineage"].size(), 3u);
  EXPECT_EQ(exec_doc["@timestamp"], "2023-11-14T22:13:21.000000000Z");
  const auto& exit_doc = all[6];
  EXPECT_EQ(exit_doc["process"]["exit_code"], 143);
  EXPECT_EQ(exit_doc["stray"]["exit"]["signal"], 15);
  EXPECT_EQ(exit_doc["stray"]["exit"]["sender"]["pid"], 10);
  EXPECT_EQ(all[7]["stray"]["lost"], 7);
  EXPECT_EQ(all[7]["stray"]["events"]["exec"], 1);
}

// The same records as documents that stand alone, and as those of an output that refers to what it said.
class EcsIdsTest : public EcsTest {
 protected:
  Lines brief{pipeline.host(), LineageIn::ids};
  void SetUp() override { pipeline.add(brief), EcsTest::SetUp(); }
  nlohmann::json last() const {
    const auto end = brief.out.rfind('\n', brief.out.size() - 2);
    return nlohmann::json::parse(brief.out.substr(end == std::string::npos ? 0 : end + 1));
  }
  const ProcessKey init = key(1, 0), shell = key(10, 1), child = key(20, 2), grandchild = key(21, 3);
  void begin() {
    for (const Bytes& bytes : {session(), seed(init, {}, "/sbin/init", at(1), STRAY_SEED_NAMESPACE_INIT),
                               seed(shell, init, "/bin/bash", at(1)), ready(at(1))})
      pipeline.feed(bytes);
  }
};

TEST_F(EcsIdsTest, TheLineageIsSaidOnceAndIdsAfter) {
  begin();
  pipeline.feed(fork(child, shell, at(2)));
  pipeline.feed(exec(child, at(2), "/bin/make", {"make", "all"}));
  const auto first = last();
  EXPECT_FALSE(first["stray"].contains("lineage")) << "the seeds have said it: " << first;
  EXPECT_EQ(first["process"]["parent"]["pid"], 10);
  EXPECT_EQ(first["process"]["parent"]["name"], "bash");
  EXPECT_FALSE(first["process"]["parent"].contains("executable"));
  EXPECT_EQ(first["process"]["args"], (std::vector<std::string>{"make", "all"}));
  pipeline.feed(exit(child, at(3), 0x700, {}));
  const auto end = last()["process"];
  EXPECT_EQ(end,
            (nlohmann::json{{"entity_id", first["process"]["entity_id"]}, {"pid", 20}, {"exit_code", 7}}));
}

TEST_F(EcsIdsTest, WhatChangedIsSaidAgain) {
  begin();
  pipeline.feed(fork(child, shell, at(2)));
  brief.out.clear();
  brief.ecs.forget_what_was_said();  // as in a new file
  pipeline.feed(fork(grandchild, child, at(3)));
  pipeline.feed(exec(grandchild, at(3), "/bin/a", {"a"}));
  const auto links = [this] { return last()["stray"].value("lineage", nlohmann::json::array()).size(); };
  EXPECT_EQ(links(), 4u) << "whole where anything of it was not said";
  pipeline.feed(exec(grandchild, at(4), "/bin/b", {"b"}));
  EXPECT_EQ(links(), 0u);
  pipeline.feed(exec(child, at(5), "/bin/make", {"make"}));
  pipeline.feed(exec(grandchild, at(6), "/bin/c", {"c"}));
  EXPECT_EQ(links(), 0u) << "its own document said what the child runs now";
  brief.ecs.forget_what_was_said();
  pipeline.feed(exec(grandchild, at(7), "/bin/d", {"d"}));
  EXPECT_EQ(links(), 4u);
  EXPECT_EQ(last()["stray"]["lineage"][2]["executable"], "/bin/make");
}

TEST_F(EcsIdsTest, AnExitWithoutAnExecSaysWhoItWas) {
  begin();
  pipeline.feed(fork(child, shell, at(2)));
  brief.out.clear();
  brief.ecs.forget_what_was_said();
  pipeline.feed(exit(child, at(3), 0, {}));
  const nlohmann::json process = last()["process"];
  EXPECT_EQ(process.value("/executable"_json_pointer, ""), "/bin/bash") << process;
  EXPECT_EQ(process.value("/parent/pid"_json_pointer, 0), 10) << process;
  EXPECT_EQ(process.value("/user/id"_json_pointer, ""), "1000") << process;
}

TEST_F(EcsIdsTest, FullDocumentsStandAlone) {
  begin();
  pipeline.feed(fork(child, shell, at(2)));
  pipeline.feed(exec(child, at(2), "/bin/make", {"make", "all"}));
  const auto document = documents().back();
  EXPECT_EQ(document["process"]["name"], "make");
  EXPECT_EQ(document["process"]["command_line"], "make all");
  EXPECT_EQ(document["process"]["parent"]["executable"], "/bin/bash");
  EXPECT_EQ(document["stray"]["lineage"].size(), 3u);
  for (const char* field : {"name", "boot", "os"}) EXPECT_TRUE(document["host"].contains(field)) << field;
  EXPECT_EQ(document["agent"]["type"], "stray");
  EXPECT_EQ(document["event"]["module"], "stray");
  EXPECT_EQ(document["event"]["dataset"], "stray.process");
  EXPECT_EQ(document["event"]["id"],
            document["process"]["entity_id"].get<std::string>() + "-exec-" + std::to_string(at(2).count()));
}

TEST_F(EcsTest, TheContainerIsNamed) {
  const std::string id(64, 'a');
  pipeline.feed(session());
  pipeline.feed(
      seed(key(10, 1), {}, "/bin/bash", at(1), 0, {.cgroup = "/system.slice/docker-" + id + ".scope"}));
  pipeline.feed(ready(at(1)));
  EXPECT_EQ(documents().at(1)["container"]["id"], id);
}

TEST_F(EcsTest, AMalformedRecordIsCountedAndNothingElse) {
  pipeline.feed(session());
  Bytes broken = fork(key(2, 2), key(1, 0), at(2));
  broken.resize(broken.size() - 1);
  pipeline.feed(broken);
  EXPECT_EQ(pipeline.summary().malformed, 1u);
  EXPECT_TRUE(lines.out.empty());
}

}  // namespace
}  // namespace stray
