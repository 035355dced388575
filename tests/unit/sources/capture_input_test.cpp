// SPDX-License-Identifier: Apache-2.0
#include "sources/capture_input.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <filesystem>
#include <sstream>

#include "base/errors.hpp"
#include "record/decode.hpp"
#include "unit/capture/capture_file.hpp"

namespace stray {
namespace {

using records::at;
using records::key;

constexpr std::uint64_t kReal = 1'700'000'000;  // seconds, when the boot clock showed 0

// Notes each exec by its pid, each ready and each summary.
class Noted final : public Sink {
 public:
  void ready(const View&) override { text += "ready "; }
  void event(const View&, const Event& event) override {
    if (std::holds_alternative<Exec>(event.what)) text += std::to_string(event.process.tgid) + " ";
  }
  void seed(const View&, const Process&) override {}
  void reparent(const View&, const Change&) override {}
  void finding(const View&, const Finding&, const Process*) override {}
  void summary(const View&, const Summary&) override { text += "summary"; }
  std::string text;
};

class CaptureInputTest : public ::testing::Test {
 protected:
  CaptureInputTest() {
    auto sink = std::make_shared<spdlog::sinks::ostream_sink_st>(said_);
    before_ = spdlog::default_logger();
    spdlog::set_default_logger(std::make_shared<spdlog::logger>("test", sink));
  }
  ~CaptureInputTest() override { spdlog::set_default_logger(before_); }

  // A file of a run that began at the second `begin`: pids `from` to `to`, each executed in the second of its
  // number.
  std::string file(const std::string& name, std::uint32_t from, std::uint32_t to, char series = 'a',
                   std::uint64_t sequence = 0, std::uint8_t boot = 7) {
    CaptureHeader header = a_header();
    header.boot_id.fill(boot), header.series.fill(static_cast<std::uint8_t>(series));
    header.sequence = sequence;
    header.boot_ns = at(from).count(), header.real_ns = (kReal + from) * 1'000'000'000;
    const std::string path = directory_.path() + "/" + name;
    CaptureWriter writer({.path = path, .flush_ns = SmallCapture::kNever}, header);
    writer.append(records::session(at(from), kReal + from));
    writer.append(records::ready(at(from)));
    for (std::uint32_t pid = from; pid <= to; ++pid) writer.append(exec(pid));
    writer.close();
    return path;
  }
  static records::Bytes exec(std::uint32_t second) {
    return records::exec(key(second, second), at(second), "/usr/bin/node", {"node"});
  }

  std::string read(const CaptureChoice& choice, const std::function<void()>& meanwhile = {}) {
    CaptureInput input(choice);
    if (meanwhile) meanwhile();
    Pipeline pipeline({}, {});
    Noted noted;
    pipeline.add(noted);
    input.feed(pipeline);
    damaged_ = input.damaged();
    return noted.text;
  }
  std::string refusal(const CaptureChoice& choice) {
    try {
      CaptureInput input(choice);
      return "taken";
    } catch (const UsageError& error) {
      return error.what();
    }
  }
  std::string said() const { return said_.str(); }
  std::string place(const std::string& name) const { return directory_.path() + "/" + name; }
  static bool holds(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
  }

  bool damaged_ = false;
  TemporaryDirectory directory_;

 private:
  std::ostringstream said_;
  std::shared_ptr<spdlog::logger> before_;
};

TEST_F(CaptureInputTest, FilesComeInTheOrderOfTheirRun) {
  // Names, arguments and even the clock at their beginning say something else.
  const auto c = file("c", 10, 12, 'a', 0), b = file("b", 20, 21, 'a', 1), a = file("a", 30, 31, 'a', 2);
  EXPECT_EQ(read({.files = {a, c, b}}), "ready 10 11 12 ready 20 21 ready 30 31 ");
}

TEST_F(CaptureInputTest, OtherBootsAreRefused) {
  const auto one = file("one", 10, 12), other = file("other", 20, 21, 'b', 0, 8);
  const std::string text = refusal({.files = {one, other}});
  EXPECT_TRUE(holds(text, "other boot or host") && holds(text, one) && holds(text, other)) << text;
}

TEST_F(CaptureInputTest, TheSameFileTwiceIsRefused) {
  const auto one = file("one", 10, 12), other = file("other", 20, 21, 'a', 1);
  std::filesystem::copy_file(one, place("copy"));
  EXPECT_TRUE(holds(refusal({.files = {one, other, place("copy")}}), "the same file of one capture"));
}

TEST_F(CaptureInputTest, AMissingFileIsSaidAndTheOthersStandAlone) {
  const auto one = file("one", 10, 12), last = file("last", 40, 41, 'a', 3);
  EXPECT_EQ(read({.files = {last, one}}), "ready 10 11 12 ready 40 41 ");
  EXPECT_TRUE(holds(said(), last + ": 2 files are before it missing")) << said();
}

TEST_F(CaptureInputTest, TwoRunsOneAfterTheOther) {
  // The series of the second sorts first, and begins with what is not its first file.
  const auto one = file("one", 10, 12, 'z'), two = file("two", 20, 21, 'b', 5),
             three = file("three", 22, 23, 'b', 6);
  EXPECT_EQ(read({.files = {three, two, one}}), "ready 10 11 12 ready 20 21 ready 22 23 ");
}

TEST_F(CaptureInputTest, TwoRunsAtTheSameTimeAreRefused) {
  const auto one = file("one", 10, 30, 'z'), two = file("two", 20, 21, 'b');
  const std::string text = refusal({.files = {two, one}});
  EXPECT_TRUE(holds(text, "two runs at the same time") && holds(text, one) && holds(text, two)) << text;
}

TEST_F(CaptureInputTest, AWindowOverSeveralFiles) {
  const std::vector<std::string> files{file("a", 10, 14), file("b", 20, 24, 'a', 1),
                                       file("c", 30, 34, 'a', 2)};
  EXPECT_EQ(read({.files = files, .since = "+12s", .until = "+21s"}), "ready 22 23 24 ready 30 31 summary");
  EXPECT_EQ(read({.files = files, .since = "+3s", .until = "+4s"}), "ready 13 14 summary");
  EXPECT_EQ(read({.files = files, .at = "+11s"}), "ready 21 summary");
  EXPECT_EQ(read({.files = files, .since = "-0s"}), "ready 34 ");
  for (const CaptureChoice& choice :
       {CaptureChoice{.files = files, .since = "2000-01-01", .until = "2001-01-01"},
        CaptureChoice{.files = files, .since = "2100-01-01"}, CaptureChoice{.files = files, .at = "+25s"},
        CaptureChoice{.files = files, .since = "+3s", .until = "+2s"}})
    EXPECT_TRUE(refusal(choice).starts_with("--")) << refusal(choice);
}

TEST_F(CaptureInputTest, ATimeThatIsNotInTheCaptureIsRefusedWithItsSpan) {
  const std::vector<std::string> files{file("a", 10, 14)};
  for (const CaptureChoice& choice :
       {CaptureChoice{.files = files, .since = "2000-01-01"},
        CaptureChoice{.files = files, .since = "2100-01-01"}, CaptureChoice{.files = files, .since = "-1h"},
        CaptureChoice{.files = files, .until = "2000-01-01"}}) {
    const std::string text = refusal(choice);
    EXPECT_TRUE(holds(text, "is not in the capture, which goes from 2023-11-1")) << text;
    EXPECT_TRUE(holds(text, " to 2023-11-1")) << text;
  }
}

TEST_F(CaptureInputTest, AWindowFromTheBeginningIsReadyOnce) {
  EXPECT_EQ(read({.files = {file("a", 10, 12)}, .since = "+0"}), "ready 10 11 12 ");
}

// The clock goes an hour forward in the middle: what came after it is in the window, wherever boot time is.
TEST_F(CaptureInputTest, AClockSetForwardLosesNothingOfTheWindow) {
  const std::string path = place("stepped");
  CaptureHeader header = a_header();
  header.boot_ns = at(10).count(), header.real_ns = (kReal + 10) * 1'000'000'000;
  CaptureWriter writer({.path = path, .block_bytes = 300, .flush_ns = SmallCapture::kNever}, header);
  Pipeline live({}, {});
  const auto append = [&](const records::Bytes& record) { writer.append(record), live.feed(record); };
  append(records::session(at(10), kReal + 10));
  append(records::ready(at(10)));
  for (std::uint32_t second = 11; second < 4100; ++second) {
    if (second == 100) {
      wire::Record<stray_clock> clock(wire::head(STRAY_CLOCK, at(99.5)));
      clock.set([&](stray_clock& c) { c.real_ns = (kReal + 99 + 3600) * 1'000'000'000; });
      append(records::bytes_of(clock));
    }
    if (second % 50 == 0) {
      writer.begin_checkpoint(live.time());
      live.save_state([&](RawRecord raw) { writer.append(raw); }, live.time());
      writer.end_checkpoint();
    }
    if (second < 120 || second % 1000 == 0) append(exec(second));
  }
  writer.close();
  // The new clock shows the header's begin and 3705 s between the seconds 115 and 116.
  EXPECT_EQ(read({.files = {path}, .since = "+3705s"}), "ready 116 117 118 119 1000 2000 3000 4000 ");
  EXPECT_EQ(read({.files = {path}, .since = "+1000s"}).substr(0, 22), "ready 100 101 102 103 ");
  EXPECT_EQ(read({.files = {path}, .since = "+80s", .until = "+1000s"}),
            "ready 90 91 92 93 94 95 96 97 98 99 summary");
}

TEST_F(CaptureInputTest, ARecordWithAnImpossibleTimeDoesNotEndTheWindow) {
  const std::string path = place("odd");
  CaptureHeader header = a_header();
  header.boot_ns = at(10).count(), header.real_ns = (kReal + 10) * 1'000'000'000;
  CaptureWriter writer({.path = path, .flush_ns = SmallCapture::kNever}, header);
  writer.append(records::session(at(10), kReal + 10));
  writer.append(records::ready(at(10)));
  writer.append(exec(11));
  writer.append(records::tick(BootTime{kLatestTime}));
  writer.append(exec(12));
  writer.close();
  EXPECT_EQ(read({.files = {path}, .until = "+1min"}), "ready 11 12 ");
}

TEST_F(CaptureInputTest, AFileThatGoesMeanwhileIsSaidAndTheNextIsRead) {
  const auto one = file("one", 10, 11), two = file("two", 20, 21, 'a', 1),
             three = file("three", 30, 31, 'a', 2);
  EXPECT_EQ(read({.files = {one, two, three}}, [&] { std::filesystem::remove(two); }),
            "ready 10 11 ready 30 31 ");
  EXPECT_TRUE(damaged_);
  EXPECT_TRUE(holds(said(), two + ": No such file") && holds(said(), "nothing more of this file")) << said();
}

TEST_F(CaptureInputTest, APipeThatEndsInTheMiddle) {
  const std::string bytes = contents(file("one", 10, 300));
  ASSERT_LT(bytes.size(), 60'000u);  // the pipe takes it all
  int ends[2];
  ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
  const Descriptor out(ends[0]);
  Descriptor in(ends[1]);
  ASSERT_EQ(::write(in.get(), bytes.data(), bytes.size() - 10), static_cast<ssize_t>(bytes.size() - 10));
  in.reset();
  const std::string name = "/dev/fd/" + std::to_string(out.get());
  const std::string text = read({.files = {name}, .since = "+5s"});
  EXPECT_TRUE(text.starts_with("ready 15 16 ")) << text;
  EXPECT_TRUE(text.ends_with(" 299 300 ")) << text;
  EXPECT_TRUE(damaged_);
  EXPECT_TRUE(holds(said(), "no end mark")) << said();
}

TEST_F(CaptureInputTest, ANewerContractIsReadAndSaid) {
  const std::string path = place("newer");
  CaptureHeader header = a_header();
  header.contract = STRAY_CONTRACT + 1, header.version = "9.9";
  CaptureWriter writer({.path = path, .flush_ns = SmallCapture::kNever}, header);
  writer.append(records::session(at(10), kReal + 10));
  writer.append(records::ready(at(10)));
  // A struct that grew: its variable data stands further back.
  const auto grown = [](records::Bytes record, std::size_t fixed, std::initializer_list<std::size_t> spans) {
    record.insert(record.begin() + static_cast<std::ptrdiff_t>(fixed), 16, std::byte{0x5a});
    const auto put = [&](std::size_t at_byte, std::uint32_t value) {
      std::memcpy(&record[at_byte], &value, 4);
    };
    put(0, static_cast<std::uint32_t>(record.size()));
    for (const std::size_t span : spans) {
      std::uint32_t offset = 0;
      std::memcpy(&offset, &record[span], 4);
      if (offset) put(span, offset + 16);
    }
    return record;
  };
  writer.append(grown(exec(11), sizeof(stray_exec),
                      {offsetof(stray_exec, exe), offsetof(stray_exec, cwd), offsetof(stray_exec, cgroup),
                       offsetof(stray_exec, name), offsetof(stray_exec, argv)}));
  records::Bytes unknown = records::tick(at(11));
  unknown[4] = std::byte{200};
  writer.append(unknown);
  writer.append(exec(12));
  writer.close();
  EXPECT_EQ(read({.files = {path}}), "ready 11 12 ");
  EXPECT_FALSE(damaged_);
  EXPECT_TRUE(holds(said(), "written by a newer stray (9.9)")) << said();
}

TEST_F(CaptureInputTest, TimesThatNoClockShowsAreRefused) {
  const std::string bytes = contents(file("one", 10, 11));
  put(place("late"), with_header_byte(bytes, 64 + 7, '\x7f'));
  put(place("later"), with_header_byte(bytes, 72 + 7, '\x7f'));
  for (const auto name : {"late", "later"})
    EXPECT_TRUE(holds(refusal({.files = {place(name)}}), "a time that no clock shows")) << name;
}

}  // namespace
}  // namespace stray
