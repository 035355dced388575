// SPDX-License-Identifier: Apache-2.0
// What is decided and written of messages: which are sent, what waits, alerts and mails.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "notify/alerts.hpp"
#include "notify/choice.hpp"
#include "notify/mail.hpp"
#include "notify/queue.hpp"

namespace stray {
namespace {

using What = Message::What;
using namespace std::chrono_literals;
constexpr std::int64_t kDay = 1'764'028'800'000'000'000;  // 2025-11-25T00:00:00Z

Message message(What what, const std::string& id, Severity severity = Severity::warning) {
  Message out;
  out.what = what, out.severity = severity, out.id = "orphan:" + id, out.host = "web-1";
  out.title = "process `node` is orphaned", out.text = out.title + "\n";
  out.document = R"({"stray":{"finding":{"since":"2025-11-25T00:00:0)" + std::to_string(id.size()) +
                 R"(Z","remedy":["kill 7"]},"supervision":{"verdict":"manager","name":"nginx.service"}}})";
  return out;
}

TEST(NotifyMessage, ComesBackFromItsLineWhateverItHolds) {
  Message one = message(What::updated, "a");
  one.id += "\t\n\"\\", one.host = "\xff\t", one.text = "two\nlines\t\x01\n";
  const std::string line = line_of(one);
  EXPECT_EQ(std::count(line.begin(), line.end(), '\n'), 1);
  const auto back = message_of(std::string_view(line).substr(0, line.size() - 1));
  ASSERT_TRUE(back);
  EXPECT_EQ(std::tie(back->what, back->id, back->text, back->document),
            std::tie(one.what, one.id, one.text, one.document));
  EXPECT_EQ(back->host, "\xEF\xBF\xBD\t");
  for (const std::string_view damaged :
       {"", "raised", "raised\torphan\tinfo\t\"a\"", "raised\torphan\tinfo\ta\t\"\"\t\"\"\t\"\"\t{}",
        "risen\torphan\tinfo\t\"a\"\t\"\"\t\"\"\t\"\"\t{}"})
    EXPECT_FALSE(message_of(damaged)) << damaged;
}

class Choice : public testing::Test {
 protected:
  NotifyTarget target;
  NotifyChoice::Time now{};
};

TEST_F(Choice, IsByKindAndSeverityAndResolvesWhatItSent) {
  target.kinds = {Kind::orphan}, target.severity = Severity::warning;
  NotifyChoice choice(target);
  EXPECT_TRUE(choice.sends(message(What::raised, "a"), now));
  EXPECT_FALSE(choice.sends(message(What::updated, "a", Severity::critical), now)) << "it is known";
  EXPECT_FALSE(choice.sends(message(What::raised, "b", Severity::notice), now));
  EXPECT_FALSE(choice.sends(message(What::cleared, "b", Severity::notice), now)) << "it was never sent";
  EXPECT_FALSE(choice.sends(message(What::raised, "c", Severity::notice), now));
  EXPECT_TRUE(choice.sends(message(What::updated, "c"), now)) << "it is severe enough now";
  EXPECT_TRUE(choice.sends(message(What::cleared, "c", Severity::notice), now));
  EXPECT_FALSE(choice.sends(message(What::cleared, "c"), now));
  Message other = message(What::raised, "d");
  other.kind = Kind::dev_tool;
  EXPECT_FALSE(choice.sends(other, now));
  target.resolve = false;
  EXPECT_FALSE(choice.sends(message(What::cleared, "a"), now));
}

TEST_F(Choice, AListNamesWhatWasSentBeforeAndThenWhatWasMissed) {
  target.severity = Severity::notice;
  NotifyChoice choice(target);
  const auto list = [&](const std::vector<std::string>& ids) {
    std::vector<std::string> sent;
    choice.sends(message(What::list, ""), now);
    for (const std::string& id : ids)
      if (choice.sends(message(What::open, id), now)) sent.push_back(id);
    choice.sends(message(What::listed, ""), now);
    return sent;
  };
  EXPECT_TRUE(choice.sends(message(What::ended, "ended"), now)) << "while nobody watched";
  EXPECT_FALSE(choice.sends(message(What::ended, "mild", Severity::info), now));
  EXPECT_EQ(list({"old"}), std::vector<std::string>()) << "an earlier run sent it";
  EXPECT_TRUE(choice.sends(message(What::cleared, "old"), now));
  EXPECT_FALSE(choice.sends(message(What::cleared, "unknown"), now));
  EXPECT_TRUE(choice.sends(message(What::raised, "a"), now));
  EXPECT_EQ(list({"missed"}), std::vector<std::string>{"missed"});
  EXPECT_FALSE(choice.sends(message(What::cleared, "a"), now)) << "the list did not name it";
}

TEST_F(Choice, TheRateHoldsBackRaisingAloneAndSaysHowMany) {
  target.rate = parse_rate("2/1min");
  NotifyChoice choice(target);
  EXPECT_TRUE(choice.sends(message(What::raised, "a"), now));
  EXPECT_TRUE(choice.sends(message(What::raised, "b"), now + 1s));
  for (const char* id : {"c", "d"}) EXPECT_FALSE(choice.sends(message(What::raised, id), now + 2s));
  EXPECT_TRUE(choice.sends(message(What::cleared, "a"), now + 3s));
  EXPECT_FALSE(choice.sends(message(What::cleared, "c"), now + 3s)) << "it was never sent";
  EXPECT_EQ(choice.digest_at(), now + 60s);
  EXPECT_FALSE(choice.digest(now + 59s, kDay));
  const auto digest = choice.digest(now + 60s, kDay);
  ASSERT_TRUE(digest);
  EXPECT_EQ(digest->title, "2 findings were held back by the rate of 2/min");
  EXPECT_EQ(nlohmann::json::parse(digest->document)["stray"]["held_back"]["orphan"], 2);
  EXPECT_FALSE(choice.digest(now + 60s, kDay));
  EXPECT_FALSE(choice.sends(message(What::raised, "e"), now + 60s)) << "the digest took the room";
}

class Queue : public testing::Test {
 protected:
  std::string parent = testing::TempDir() + "stray-queue-" + std::to_string(::getpid());
  NotifyCounts counts;
  void SetUp() override { std::filesystem::create_directory(parent); }
  ~Queue() override { std::filesystem::remove_all(parent); }
  std::string folder() const { return parent + "/notify/hook"; }
  static std::string taken(NotifyQueue& queue) {
    const auto entry = queue.take();
    if (!entry) return "nothing";
    queue.done(entry->number);
    return entry->message.id;
  }
};

TEST_F(Queue, DropsTheOldestAndCountsIt) {
  NotifyQueue queue(counts, {.messages = 2, .bytes = 1 << 20});
  for (const char* id : {"a", "b", "c"}) queue.push(message(What::raised, id));
  EXPECT_EQ(counts.dropped, 1u);
  EXPECT_EQ(counts.waiting, 2u);
  EXPECT_EQ(taken(queue), "orphan:b");
  EXPECT_EQ(taken(queue), "orphan:c");
  NotifyQueue small(counts, {.messages = 9, .bytes = 700});
  for (const char* id : {"a", "b", "c"}) small.push(message(What::raised, id));
  EXPECT_EQ(taken(small), "orphan:b") << line_of(message(What::raised, "a")).size();
}

TEST_F(Queue, InAFolderGoesOnWhereAnotherEnded) {
  {
    NotifyQueue queue(counts);
    queue.keep_in(parent, "hook");
    for (const char* id : {"a", "b", "c"}) queue.push(message(What::raised, id));
    EXPECT_EQ(taken(queue), "orphan:a");
    EXPECT_TRUE(queue.take()) << "b: but never done";
    NotifyQueue second(counts);
    EXPECT_THROW(second.keep_in(parent, "hook"), std::runtime_error) << "it is locked";
  }
  std::ofstream(folder() + "/00000000000000000000") << "no message\n";
  std::ofstream(folder() + "/readme") << "not ours\n";
  std::filesystem::create_symlink("/etc/passwd", folder() + "/00000000000000000001");
  NotifyCounts later;
  NotifyQueue queue(later);
  queue.keep_in(parent, "hook");
  EXPECT_EQ(later.waiting, 3u);
  EXPECT_EQ(taken(queue), "orphan:b");
  EXPECT_EQ(later.dropped, 1u) << "the one that is no message";
  EXPECT_EQ(taken(queue), "orphan:c");
  EXPECT_TRUE(std::filesystem::exists(folder() + "/readme"));
}

TEST_F(Queue, TakesNoFolderThatOthersCouldChange) {
  const auto refused = [&] {
    NotifyQueue queue(counts);
    EXPECT_THROW(queue.keep_in(parent, "hook"), std::runtime_error);
    queue.push(message(What::raised, "a"));
    EXPECT_EQ(taken(queue), "orphan:a") << "in memory";
  };
  std::filesystem::create_directory(parent + "/elsewhere");
  std::filesystem::create_symlink(parent + "/elsewhere", parent + "/notify");
  refused();
  std::filesystem::remove(parent + "/notify");
  std::filesystem::create_directories(folder());
  ::chmod(folder().c_str(), 0770);
  ::chmod((parent + "/notify").c_str(), 0700);
  refused();
  EXPECT_TRUE(std::filesystem::is_empty(parent + "/elsewhere"));
  EXPECT_TRUE(std::filesystem::is_empty(folder()));
}

TEST_F(Queue, EndsForWhoWaits) {
  NotifyQueue queue(counts);
  queue.end(NotifyQueue::Clock::now() + 1h);
  EXPECT_EQ(taken(queue), "nothing");
  EXPECT_FALSE(queue.pause(1h));
  queue.push(message(What::raised, "a"));
  EXPECT_EQ(taken(queue), "orphan:a") << "there is still time";
  queue.push(message(What::raised, "b"));
  queue.end(NotifyQueue::Clock::now());
  EXPECT_EQ(taken(queue), "nothing");
  queue.count_the_rest();
  EXPECT_EQ(counts.dropped, 1u);
}

nlohmann::json posted(const AlertBoard& board) { return nlohmann::json::parse(board.body(kDay)); }

TEST(Alerts, FindingsWithTheSameLabelsAreOne) {
  NotifyTarget target;
  AlertBoard board(target);
  using Applied = AlertBoard::Applied;
  EXPECT_EQ(board.apply(message(What::raised, "bb"), kDay), Applied::changed);
  EXPECT_EQ(board.apply(message(What::open, "a"), kDay), Applied::changed);
  EXPECT_EQ(board.apply(message(What::updated, "a"), kDay), Applied::nothing);
  EXPECT_EQ(posted(board), nlohmann::json::parse(R"json([{
    "labels": {"alertname": "orphan", "severity": "warning", "host": "web-1", "job": "stray", "unit": "nginx.service"},
    "annotations": {"summary": "process `node` is orphaned (and 1 more)", "remedy": "kill 7",
                    "findings": "orphan:a orphan:bb"
}
, "startsAt" : "2025-11-25T00:00:01Z", "endsAt" : "2025-11-25T00:03:00.000000000Z"
}])json"));
  board.apply(message(What::cleared, "a"), kDay);
  EXPECT_EQ(posted(board).size(), 1u);
  EXPECT_EQ(posted(board)[0]["annotations"]["findings"], "orphan:bb");
  board.apply(message(What::cleared, "bb"), kDay);
  EXPECT_EQ(posted(board)[0]["endsAt"], "2025-11-25T00:00:00.000000000Z");
  board.posted();
  EXPECT_TRUE(board.empty());
  EXPECT_EQ(board.apply(message(What::cleared, "bb"), kDay), Applied::nothing);
}

TEST(Alerts, AnotherSeverityIsAnotherAlertAndAListEndsWhatItDoesNotName) {
  NotifyTarget target;
  target.severity = Severity::warning;
  AlertBoard board(target);
  board.apply(message(What::raised, "a"), kDay);
  board.apply(message(What::updated, "a", Severity::critical), kDay);
  ASSERT_EQ(posted(board).size(), 2u);
  EXPECT_EQ(posted(board)[0]["labels"]["severity"], "critical");
  EXPECT_EQ(posted(board)[1]["endsAt"], "2025-11-25T00:00:00.000000000Z");
  board.posted();
  board.apply(message(What::updated, "a", Severity::notice), kDay);
  EXPECT_EQ(posted(board)[0]["endsAt"], "2025-11-25T00:00:00.000000000Z");
  board.apply(message(What::raised, "b"), kDay);
  board.posted();
  board.apply(message(What::list, ""), kDay);
  board.apply(message(What::listed, ""), kDay);
  EXPECT_EQ(posted(board).size(), 1u);
  EXPECT_EQ(posted(board)[0]["endsAt"], "2025-11-25T00:00:00.000000000Z");
}

TEST(Alerts, AreBounded) {
  NotifyTarget target;
  AlertBoard board(target);
  for (std::size_t i = 0; i < AlertBoard::kMost; ++i)
    board.apply(message(What::raised, std::to_string(i)), kDay);
  EXPECT_EQ(board.apply(message(What::raised, "more"), kDay), AlertBoard::Applied::no_room);
  EXPECT_EQ(posted(board).size(), 1u);
}

TEST(Mail, HeadersHoldWhateverTheNamesAre) {
  NotifyTarget target;
  target.from = "stray@example.org", target.to = {"a@example.org", "b@example.org"};
  Message one = message(What::raised, "x\r\nBcc: y");
  one.host = "web\r\nBcc: evil@example.org";
  one.title = "process `\xc3\xa9\r\nBcc: z`",
  one.text = ".\nFrom me = " + std::string(90, 'x') + " \n\xc3\xa9";
  const std::string mail = mail_of(target, one, kDay);
  const std::string head = mail.substr(0, mail.find("\n\n"));
  EXPECT_EQ(head,
            "From: stray@example.org\nTo: a@example.org,\n b@example.org\n"
            "Subject: =?UTF-8?B?W3N0cmF5XSB3ZWJceDBkXHgwYUJjYzogZXZpbEBleGFtcGxlLm9y?=\n"
            " =?UTF-8?B?ZzogcHJvY2VzcyBgw6lceDBkXHgwYUJjYzogemA=?=\n"
            "Date: Tue, 25 Nov 2025 00:00:00 +0000\n"
            "Message-ID: <orphan.xBcc.y.raised.1764028800000000000@webBcc.evilexample.org>\n"
            "References: <orphan.xBcc.y@webBcc.evilexample.org>\nAuto-Submitted: "
            "auto-generated\nMIME-Version: 1.0\n"
            "Content-Type: text/plain; charset=UTF-8\nContent-Transfer-Encoding: quoted-printable");
  EXPECT_EQ(mail.substr(head.size() + 2),
            "=2E\n=46rom me =3D " + std::string(61, 'x') + "=\n" + std::string(29, 'x') + "=20\n=C3=A9\n");
  EXPECT_EQ(encoded_header("plain text"), "plain text");
  EXPECT_EQ(encoded_header("=?x?="), "=?UTF-8?B?PT94Pz0=?=");
  target.sendmail = "/usr/sbin/sendmail";
  EXPECT_EQ(sendmail_arguments(target),
            (std::vector<std::string>{"/usr/sbin/sendmail", "-i", "-f", "stray@example.org", "--",
                                      "a@example.org", "b@example.org"}));
}

}  // namespace
}  // namespace stray
