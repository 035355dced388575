// SPDX-License-Identifier: Apache-2.0
#include "redact/redact.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <initializer_list>
#include <string>
#include <vector>

#include "record/wire.hpp"

namespace stray {
namespace {

// "a|b" stands for the list of the arguments a and b.
std::string list(std::string text) {
  for (char& c : text) c = c == '|' ? '\0' : c;
  return text + '\0';
}

std::string shown(std::string strings) {
  if (!strings.empty() && strings.back() == '\0') strings.pop_back();
  for (char& c : strings) c = c == '\0' ? '|' : c;
  return strings;
}

struct Case {
  const char* given;
  const char* expected;
};
void PrintTo(const Case& c, std::ostream* out) { *out << c.given; }

class Secret : public testing::TestWithParam<Case> {};

TEST_P(Secret, IsReplacedAndNothingElse) {
  Redactor redactor;
  std::string strings = list(GetParam().given);
  EXPECT_TRUE(redactor.redact(strings));
  EXPECT_EQ(shown(strings), GetParam().expected);
  EXPECT_FALSE(redactor.redact(strings)) << "a second pass finds nothing";
}

INSTANTIATE_TEST_SUITE_P(
    Options, Secret,
    testing::Values(
        Case{"node|a.js|--password|hunter2|-v", "node|a.js|--password|<redacted>|-v"},
        Case{"node|a.js|--password=hunter2|-v", "node|a.js|--password=<redacted>|-v"},
        Case{"x|--password=two words", "x|--password=<redacted>"},
        Case{"x|--password=line\nline", "x|--password=<redacted>"},
        Case{"x|--password=caf\xe9 \xff!", "x|--password=<redacted>"},
        Case{"x|--token=abc", "x|--token=<redacted>"}, Case{"x|-token|abc", "x|-token|<redacted>"},
        Case{"x|--secret|s", "x|--secret|<redacted>"}, Case{"x|--api-key=k", "x|--api-key=<redacted>"},
        Case{"x|--apiKey|k", "x|--apiKey|<redacted>"},
        Case{"x|--client-secret=k", "x|--client-secret=<redacted>"},
        Case{"x|--pass|k", "x|--pass|<redacted>"}, Case{"x|--db-pass=k", "x|--db-pass=<redacted>"},
        Case{"java|-Dspring.datasource.password=k", "java|-Dspring.datasource.password=<redacted>"},
        Case{"openssl|rsa|-passin|pass:k k", "openssl|rsa|-passin|pass:<redacted>"},
        Case{"x|--password|a|--token=b|--secret|c",
             "x|--password|<redacted>|--token=<redacted>|--secret|<redacted>"}));

INSTANTIATE_TEST_SUITE_P(
    Assignments, Secret,
    testing::Values(Case{"env|PASSWORD=x|node", "env|PASSWORD=<redacted>|node"},
                    Case{"env|PGPASSWORD=x y|psql", "env|PGPASSWORD=<redacted>|psql"},
                    Case{"env|MYSQL_PWD=x|mysql", "env|MYSQL_PWD=<redacted>|mysql"},
                    Case{"env|AWS_SECRET_ACCESS_KEY=x", "env|AWS_SECRET_ACCESS_KEY=<redacted>"},
                    Case{"mount|-o|user=a,password=b", "mount|-o|user=a,password=<redacted>"}));

INSTANTIATE_TEST_SUITE_P(
    Urls, Secret,
    testing::Values(Case{"x|postgres://app:s3cr3t@db:5432/x", "x|postgres://app:<redacted>@db:5432/x"},
                    Case{"x|--url=redis://:pw@h", "x|--url=redis://:<redacted>@h"},
                    Case{"x|https://u:p@ss@h/", "x|https://u:<redacted>@h/"},
                    Case{"curl|https://h/?access_token=abc&x=1",
                         "curl|https://h/?access_token=<redacted>&x=1"},
                    Case{"curl|-H|Authorization: Bearer abc.def", "curl|-H|Authorization: Bearer <redacted>"},
                    Case{"curl|-d|{\"user\":\"a\",\"password\":\"b c\"}",
                         "curl|-d|{\"user\":\"a\",\"password\":\"<redacted>\"}"}));

INSTANTIATE_TEST_SUITE_P(
    Texts, Secret,  // one argument that is a whole command
    testing::Values(
        Case{"sh|-c|node a.js --password hunter2 --port 1", "sh|-c|node a.js --password <redacted> --port 1"},
        Case{"sh|-c|PGPASSWORD=x psql -h h", "sh|-c|PGPASSWORD=<redacted> psql -h h"},
        Case{"sh|-c|cd /a && API_KEY='k k' node b.js", "sh|-c|cd /a && API_KEY='<redacted>' node b.js"},
        Case{"sh|-c|mysqldump -u root -ps3cr3t db", "sh|-c|mysqldump -u root -p<redacted> db"},
        Case{"npm run dev --token=abc", "npm run dev --token=<redacted>"}));

INSTANTIATE_TEST_SUITE_P(Tokens, Secret,
                         testing::Values(Case{"x|AKIAIOSFODNN7EXAMPLE", "x|<redacted>"},
                                         Case{"x|https://ghp_0123456789abcdefABCD@github.com/a",
                                              "x|https://<redacted>@github.com/a"},
                                         Case{"x|gho_0123456789abcdefABCD", "x|<redacted>"},
                                         Case{"x|--key=xoxb-123456789-abc", "x|--key=<redacted>"},
                                         Case{"x|eyJhbGciOi.eyJzdWIi.c2ln", "x|<redacted>"},
                                         Case{"x|sk-proj-abcdEFGH01234567_x-y", "x|<redacted>"}));

INSTANTIATE_TEST_SUITE_P(Programs, Secret,
                         testing::Values(Case{"mysql|-u|root|-pSECRET|db", "mysql|-u|root|-p<redacted>|db"},
                                         Case{"/usr/bin/mysqldump|-pSE=CRET|db",
                                              "/usr/bin/mysqldump|-p<redacted>|db"},
                                         Case{"docker|exec|db|mysqladmin|-pX|status",
                                              "docker|exec|db|mysqladmin|-p<redacted>|status"},
                                         Case{"sshpass|-p|x y|ssh|h", "sshpass|-p|<redacted>|ssh|h"},
                                         Case{"curl|-u|me:pw|https://h", "curl|-u|me:<redacted>|https://h"}));

class Harmless : public testing::TestWithParam<const char*> {};

TEST_P(Harmless, IsLeftAlone) {
  Redactor redactor;
  std::string strings = list(GetParam());
  EXPECT_FALSE(redactor.redact(strings));
  EXPECT_EQ(strings, list(GetParam()));
}

INSTANTIATE_TEST_SUITE_P(
    , Harmless,
    testing::Values("node|--secure-heap=4096|dist/index.js", "x|--token-limit=5", "x|--token-limit|5",
                    "x|--password-file=/x", "x|--password-file|/etc/secret/x", "x|--password-stdin",
                    "psql|--no-password|db", "x|--password|--verbose",
                    "x|--password=", "env|PWD=/srv|OLDPWD=/|node", "x|--bypass=1|--compass=2", "node|-pe|1+1",
                    "ps|-p|123", "mysql|-P3306|-p|db", "docker|run|-u|1000:1000|img",
                    "curl|--user-agent|a:b|http://h:80/", "x|http://localhost:3000/@scope/pkg",
                    "x|/srv/task-management-for-everyone", "x|sk-learn-experiments-project", "npm|run|dev",
                    "x|token", "node|token.js|secret|password", "", "|||"));

TEST(Redactor, TakesPatternsFromTheConfiguration) {
  Redactor redactor({"^--pin=(.+)$", "key-[0-9]+"}, false);
  std::string strings = list("x|--pin|1234|--pin=5|--password=kept|a key-77 and key-8|-kkey-9|v");
  EXPECT_TRUE(redactor.redact(strings));
  EXPECT_EQ(shown(strings),
            "x|--pin|<redacted>|--pin=<redacted>|--password=kept|a <redacted> and <redacted>|-k<redacted>|v");
}

TEST(Redactor, WholeMatchOfAnOptionAndItsValueKeepsTheOption) {
  Redactor redactor({"--pin=[0-9]+"}, false);
  std::string strings = list("x|--pin|1234|y");
  EXPECT_TRUE(redactor.redact(strings));
  EXPECT_EQ(shown(strings), "x|--pin|<redacted>|y");
}

TEST(Redactor, ArgumentsStayApart) {
  Redactor redactor({R"(\s?pin[0-9]+)"}, false);
  std::string strings = list("sh|-c|pin12 x|pin3|y");
  EXPECT_TRUE(redactor.redact(strings));
  EXPECT_EQ(shown(strings), "sh|-c|<redacted> x|<redacted>|y");
}

TEST(Redactor, RefusesAPatternThatIsNone) { EXPECT_THROW(Redactor({"("}, false), std::invalid_argument); }

TEST(Redactor, IsOffWithoutPatterns) {
  Redactor redactor({}, false);
  std::string strings = list("mysql|-pSECRET|--password=x");
  EXPECT_FALSE(redactor.redact(strings));
}

TEST(Redactor, WorksWithoutTheLastNul) {
  Redactor redactor;
  std::string strings = list("x|--password|cut-off");
  strings.pop_back();
  EXPECT_TRUE(redactor.redact(strings));
  EXPECT_EQ(strings, list("x|--password|<redacted>").substr(0, strings.size()));
  EXPECT_NE(strings.back(), '\0');
}

// The bytes of a span in a record.
template <typename T>
std::string text(const std::string& record, stray_span T::*member) {
  T fixed;
  std::memcpy(&fixed, record.data(), sizeof fixed);
  return record.substr((fixed.*member).offset, (fixed.*member).length);
}

TEST(RedactRecord, ExecKeepsEverythingElse) {
  wire::Record<stray_exec> record(wire::head(STRAY_EXEC, BootTime{5}, {BootTime{7}, 42}, STRAY_EXEC_MEMFD));
  record.add(&stray_exec::exe, wire::leaf_first("/usr/bin/node"))
      .add(&stray_exec::argv, list("node|a.js|--password|a-rather-long-secret|end"))
      .add(&stray_exec::cwd, wire::leaf_first("/srv/app"))
      .add(&stray_exec::cgroup, wire::leaf_first("/x.service"));
  const auto out = Redactor().redact_record(record.bytes());
  ASSERT_TRUE(out);
  stray_exec fixed;
  std::memcpy(&fixed, out->data(), sizeof fixed);
  EXPECT_EQ(fixed.head.size, out->size());
  EXPECT_EQ(fixed.head.flags, STRAY_EXEC_MEMFD | STRAY_EXEC_REDACTED);
  EXPECT_EQ(fixed.head.tgid, 42u);
  EXPECT_EQ(text(*out, &stray_exec::argv), list("node|a.js|--password|<redacted>|end"));
  EXPECT_EQ(text(*out, &stray_exec::exe), wire::leaf_first("/usr/bin/node"));
  EXPECT_EQ(text(*out, &stray_exec::cwd), wire::leaf_first("/srv/app"));
  EXPECT_EQ(text(*out, &stray_exec::cgroup), wire::leaf_first("/x.service"));
  EXPECT_EQ(out->find("a-rather-long-secret"), std::string::npos);
}

TEST(RedactRecord, ObservationInArgvAndEnvironment) {
  wire::Record<stray_saw_process> record(wire::head(STRAY_SAW_PROCESS, BootTime{5}));
  record.add(&stray_saw_process::cwd, "/srv")
      .add(&stray_saw_process::env, list("PM2_HOME=/x|npm_lifecycle_script=psql postgres://a:b@h|name=x"))
      .add(&stray_saw_process::argv, list("x|--token=t"))
      .add(&stray_saw_process::exe, "/usr/bin/node");
  const auto out = Redactor().redact_record(record.bytes());
  ASSERT_TRUE(out);
  EXPECT_EQ(text(*out, &stray_saw_process::env),
            list("PM2_HOME=/x|npm_lifecycle_script=psql postgres://a:<redacted>@h|name=x"));
  EXPECT_EQ(text(*out, &stray_saw_process::argv), list("x|--token=<redacted>"));
  EXPECT_EQ(text(*out, &stray_saw_process::cwd), "/srv");
  EXPECT_EQ(text(*out, &stray_saw_process::exe), "/usr/bin/node");
  stray_head head;
  std::memcpy(&head, out->data(), sizeof head);
  EXPECT_EQ(head.flags, STRAY_SAW_REDACTED);
}

TEST(RedactRecord, NeverGrowsOverTheLargestRecord) {
  std::string argv;
  while (argv.size() < STRAY_ARGV_MAX) argv += list("TOKEN=x");
  std::string paths(STRAY_RECORD_MAX - sizeof(stray_exec) - argv.size(), 'p');
  wire::Record<stray_exec> record(wire::head(STRAY_EXEC, BootTime{5}));
  record.add(&stray_exec::argv, argv).add(&stray_exec::exe, paths);
  const auto out = Redactor().redact_record(record.bytes());
  ASSERT_TRUE(out);
  EXPECT_EQ(out->size(), STRAY_RECORD_MAX);
  EXPECT_EQ(text(*out, &stray_exec::exe), paths);
  EXPECT_EQ(text(*out, &stray_exec::argv).find("TOKEN=x"), std::string::npos);
}

TEST(RedactRecord, NothingForWhatHoldsNoSecret) {
  Redactor redactor;
  wire::Record<stray_exec> exec(wire::head(STRAY_EXEC, BootTime{5}));
  exec.add(&stray_exec::argv, list("node|a.js"));
  EXPECT_FALSE(redactor.redact_record(exec.bytes()));
  wire::Record<stray_exit> exit(wire::head(STRAY_EXIT, BootTime{5}));
  EXPECT_FALSE(redactor.redact_record(exit.bytes()));
}

TEST(RedactRecord, SpansOutsideTheRecordAreNotRead) {
  wire::Record<stray_exec> exec(wire::head(STRAY_EXEC, BootTime{5}));
  exec.add(&stray_exec::argv, list("x|--token=t"));
  exec.set([](stray_exec& e) { e.argv.length = 0xfffffff0; });
  EXPECT_FALSE(Redactor().redact_record(exec.bytes()));
  EXPECT_FALSE(Redactor().redact_record(exec.bytes().first(20)));
}

TEST(LeafFirst, TurnsPathsRound) {
  EXPECT_EQ(wire::leaf_first("/usr/bin/node"), std::string("node\0bin\0usr\0", 13));
  EXPECT_EQ(wire::leaf_first("/"), "");
  EXPECT_EQ(wire::leaf_first("//a//b/"), std::string("b\0a\0", 4));
}

}  // namespace
}  // namespace stray
