// SPDX-License-Identifier: Apache-2.0
// Each field of a saved state, filled with a value of its own, goes through a checkpoint of a capture: it
// stands there under its tag, and a pipeline that begins there has it again.
#include <gtest/gtest.h>

#include <array>
#include <map>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "unit/capture/capture_file.hpp"
#include "unit/pipeline/saved_values.hpp"
#include "unit/pipeline/state_history.hpp"

namespace stray {

namespace saved {
struct Reach;
}

// Detectors let whatever is saved be reached under this name.
template <>
struct tlv::Saved<saved::Reach> {
  static auto& watches(Detectors& d) { return d.watched_; }
  static auto& ooms(Detectors& d) { return d.ooms_; }
  static auto& carried(Detectors& d) { return d.carried_; }
  static auto times(const Detectors& d) { return std::tuple(d.now_, d.carried_until_); }
  static auto numbers(const Detectors& d) { return std::tuple(d.host_memory_, d.real_offset_ns_); }
  static auto& boot(const Detectors& d) { return d.boot_; }
};

namespace {

using namespace state_test;
using saved::Fill;
using saved::Values;
using Reach = tlv::Saved<saved::Reach>;

struct Item {
  std::uint16_t kind = 0;
  ProcessKey process;
  std::string body;
};

std::vector<Item> items(const std::vector<Bytes>& state) {
  std::vector<Item> out;
  Decoder decoder;
  StateJoiner joiner;
  std::uint64_t refused = 0;
  for (const Bytes& record : state) {
    const auto event = std::get<Event>(decoder.decode(record));
    if (const auto item = joiner.add(event, std::get<SavedState>(event.what), refused))
      out.push_back({item->kind, item->process, std::string(item->body)});
  }
  EXPECT_EQ(refused, 0u);
  return out;
}

std::string body_of(const std::vector<Item>& items, std::uint16_t kind, ProcessKey process) {
  for (const Item& item : items)
    if (item.kind == kind && item.process == process) return item.body;
  ADD_FAILURE() << "no record of kind " << kind << " about " << process.tgid;
  return {};
}

// Two processes, one of which has exited with a child that needs it.
class SavedFieldsTest : public ::testing::TestWithParam<unsigned> {
 protected:
  const ProcessKey init = key(1, 0), alive = key(20, 2), dead = key(30, 3);
  const Options setup{};
  Traced run{setup}, later{setup};
  TemporaryDirectory directory;

  void SetUp() override {
    run.feed(session());
    run.feed(seed(init, {}, "/sbin/init", at(1), STRAY_SEED_NAMESPACE_INIT));
    for (const ProcessKey process : {alive, dead}) {
      run.feed(fork(process, init, process.start));
      run.feed(exec(process, process.start, "/usr/bin/node", {"node", "server.js"}));
    }
    run.feed(fork(key(31, 4), dead, at(4)));
    run.feed(exit(dead, at(5), 9, init));
  }
  // Through the checkpoint of a capture.
  void restore() {
    const std::string path = directory.path() + "/capture";
    CaptureWriter writer({.path = path, .flush_ns = SmallCapture::kNever}, a_header());
    writer.append(record_at(1));
    writer.begin_checkpoint(at(6));
    for (const Bytes& record : run.state()) writer.append(record);
    writer.end_checkpoint();
    writer.close();
    CaptureReader reader(path);
    ASSERT_TRUE(reader.seek(at(6)));
    for (RawRecord raw; reader.next(raw) == CaptureReader::Status::record;)
      if (reader.in_checkpoint()) later.feed({raw.begin(), raw.end()});
    EXPECT_EQ(later.pipeline.summary().malformed, 0u);
  }
  template <typename T>
  void fill(T& value) {
    T fresh{};
    Fill{GetParam()}(fresh);
    value = std::move(fresh);
  }
  // What was filled, against the bytes and against what was restored.
  template <typename T>
  void expect_kept(const T& filled, std::uint16_t kind, ProcessKey process, const T& restored,
                   const std::set<std::uint16_t>& others = {}) {
    const Values expected = saved::values_of(filled);
    Values bytes;
    saved::flatten_saved<T>(body_of(items(run.state()), kind, process), "", bytes, others);
    saved::expect_same(expected, bytes, "in its record");
    saved::expect_same(expected, saved::values_of(restored), "when it is restored");
    if (GetParam() > 0) return;
    const Values usual = saved::values_of(T{});
    for (const auto& [path, value] : expected) {
      const auto one = usual.find(path);
      EXPECT_TRUE(one == usual.end() || one->second != value) << path << " has no value of its own";
    }
  }
  static Process& process_of(Traced& traced, ProcessKey key) {
    return const_cast<Process&>(*traced.pipeline.lineage().find(key));
  }
  static Detectors& detectors_of(Traced& traced) { return traced.pipeline.detectors(); }
};

TEST_P(SavedFieldsTest, OfAProcess) {
  Process& process = process_of(run, dead);
  Fill{GetParam()}(process);
  restore();
  expect_kept(process, STRAY_STATE_PROCESS, dead, process_of(later, dead), {24, 25, 26, 27, 28, 29, 30, 31});
}

TEST_P(SavedFieldsTest, OfAnImage) {
  Image& image = *process_of(run, alive).image;
  fill(image);
  restore();
  const Image& restored = *process_of(later, alive).image;
  std::string body;
  for (const Item& item : items(run.state()))
    if (item.kind == STRAY_STATE_IMAGE && item.body.find(image.comm) != std::string::npos) body = item.body;
  Values bytes;
  saved::flatten_saved<Image>(body, "", bytes, {1});
  saved::expect_same(saved::values_of(image), bytes, "in its record");
  saved::expect_same(saved::values_of(image), saved::values_of(restored), "when it is restored");
}

TEST_P(SavedFieldsTest, OfAWatch) {
  auto& watch = Reach::watches(detectors_of(run)).at(alive);
  fill(watch);
  restore();
  expect_kept(watch, STRAY_STATE_WATCH, alive, Reach::watches(detectors_of(later)).at(alive));
}

TEST_P(SavedFieldsTest, OfAnOomKill) {
  auto& oom = Reach::ooms(detectors_of(run))[dead];
  fill(oom);
  restore();
  expect_kept(oom, STRAY_STATE_OOM, dead, Reach::ooms(detectors_of(later)).at(dead));
}

TEST_P(SavedFieldsTest, OfACarriedFinding) {
  Finding filled;
  Fill{GetParam()}(filled);
  filled.process = alive;
  const std::pair about(alive, filled.kind);
  Reach::carried(detectors_of(run))[about] = filled;
  restore();
  expect_kept(filled, STRAY_STATE_FINDING, alive, Reach::carried(detectors_of(later)).at(about));
}

TEST_P(SavedFieldsTest, OfTheHost) {
  auto& host = const_cast<Host&>(run.pipeline.host());
  fill(host);
  restore();
  Values bytes;
  const std::string core = body_of(items(run.state()), STRAY_STATE_CORE, {});
  saved::flatten_saved<Host>(saved::items_of(core).find(3)->second, "", bytes);
  saved::expect_same(saved::values_of(host), bytes, "in its record");
  saved::expect_same(saved::values_of(host), saved::values_of(later.pipeline.host()), "when it is restored");
}

INSTANTIATE_TEST_SUITE_P(EveryFlag, SavedFieldsTest, ::testing::Range(0u, Fill::kRounds));

// ---- the core, whose fields are reached by what they decide ----

struct Body {
  std::string bytes;
  template <typename T>
  Body& operator()(std::uint16_t tag, const T& value) {
    tlv::Writer writer(bytes);
    writer(tag, value);
    return *this;
  }
};

// A pipeline from a state with these parts of the core and nothing else, and the same parts as it saves them.
struct FromCore {
  FromCore(const std::string& lineage, const std::string& detectors, const std::string& pipeline) {
    const auto feed = [&](RawRecord raw) { traced.feed({raw.begin(), raw.end()}); };
    write_state({STRAY_STATE_CORE, {}, Body()(1, lineage)(2, detectors)(4, pipeline).bytes}, at(9), 0, feed);
    write_state({STRAY_STATE_END, {}, {}}, at(9), 0, feed);
    const std::string core = body_of(items(traced.state()), STRAY_STATE_CORE, {});
    for (const auto& [tag, bytes] : saved::items_of(core)) parts[tag] = bytes;
  }
  Traced traced{Options{}};
  std::map<std::uint16_t, std::string> parts;
};

TEST(SavedCore, OfTheLineage) {
  const std::map<ProcessKey, std::vector<ProcessKey>> waiting{{key(8, 8), {key(9, 9), key(10, 10)}}};
  const std::map<Image::File, Runtime> runtimes{{{0x800000001, 77}, Runtime::bun}};
  const std::map<std::uint32_t, Tty> ttys{{55, {136, 4}}};
  const std::vector<ProcessKey> gone{key(12, 1), key(13, 2)};
  const std::string lineage =
      Body()(1, at(9))(2, true)(3, std::uint64_t{103})(4, std::uint64_t{104})(5, std::uint64_t{105})(
          6, waiting)(7, runtimes)(8, ttys)(9, std::uint64_t{109})(10, std::uint64_t{110})(11, gone)(
          12, std::uint64_t{1})
          .bytes;
  FromCore from(lineage, {}, {});
  EXPECT_EQ(from.parts[1], lineage);
  const Lineage& restored = from.traced.pipeline.lineage();
  EXPECT_EQ(restored.now(), at(9));
  EXPECT_TRUE(restored.ready());
  EXPECT_EQ(restored.counts().evicted_detail, 103u);
  EXPECT_EQ(restored.counts().evicted, 104u);
  EXPECT_EQ(restored.counts().broken_edges, 105u);
  EXPECT_EQ(restored.counts().cut_argv, 109u);
}

TEST(SavedCore, OfTheDetectors) {
  const std::vector<std::pair<BootTime, ProcessKey>> timers{{at(40), key(9, 9)}};
  const std::array<std::uint8_t, 16> boot{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};
  const std::map<Image::File, ProcessKey> newcomers{{{0x800000001, 77}, key(9, 9)}};
  const std::vector<std::pair<BootTime, Image::File>> due{{at(50), {0x800000001, 77}}};
  const std::string detectors = Body()(1, at(9))(2, std::uint64_t{202})(3, std::int64_t{203})(4, timers)(
                                    5, boot)(6, at(30))(7, newcomers)(8, due)
                                    .bytes;
  FromCore from({}, detectors, {});
  EXPECT_EQ(from.parts[2], detectors);
  const Detectors& restored = from.traced.pipeline.detectors();
  EXPECT_EQ(Reach::times(restored), std::tuple(at(9), at(30)));
  EXPECT_EQ(Reach::numbers(restored), std::tuple(std::uint64_t{202}, std::int64_t{203}));
  EXPECT_EQ(Reach::boot(restored), boot);
}

TEST(SavedCore, OfThePipeline) {
  const std::map<std::string, std::uint64_t> events{{"exec", 301}, {"fork", 302}};
  const std::string pipeline =
      Body()(1, at(8))(2, std::uint64_t{202})(3, std::uint64_t{203})(4, std::uint64_t{204})(
          5, std::uint64_t{205})(6, std::uint64_t{206})(7, std::uint64_t{207})(8, events)
          .bytes;
  FromCore from({}, {}, pipeline);
  EXPECT_EQ(from.parts[4], pipeline);
  const Summary restored = from.traced.pipeline.summary();
  EXPECT_EQ(restored.time, at(8));
  EXPECT_EQ(restored.lost, 202u);
  EXPECT_EQ(restored.malformed, 203u);
  EXPECT_EQ(restored.raised, 204u);
  EXPECT_EQ(restored.cleared, 205u);
  EXPECT_EQ(restored.events.at("reparent"), 206u);
  EXPECT_EQ(restored.events.at("seed"), 207u);
  EXPECT_EQ(restored.events.at("exec"), 301u);
  EXPECT_EQ(restored.events.at("fork"), 302u);
}

}  // namespace
}  // namespace stray
