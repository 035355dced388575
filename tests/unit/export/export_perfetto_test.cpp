// SPDX-License-Identifier: Apache-2.0
// The trace as a reader of protocol buffers finds it, without any code of the writer.
#include <gtest/gtest.h>

#include <set>

#include "base/utf8.hpp"
#include "export/perfetto_sink.hpp"
#include "unit/export/export_story.hpp"

namespace stray {
namespace {

using namespace story;

struct Field {
  std::uint32_t number = 0;
  std::uint64_t value = 0;  // of varint and fixed64
  std::string bytes;
};

class Message {
 public:
  explicit Message(std::string_view rest) {
    while (!rest.empty()) {
      Field field;
      const std::uint64_t key = varint(rest);
      field.number = static_cast<std::uint32_t>(key >> 3);
      if ((key & 7) == 0) {
        field.value = varint(rest);
      } else if ((key & 7) == 1) {
        for (int i = 0; i < 8; ++i)
          field.value |= std::uint64_t{static_cast<unsigned char>(rest.at(i))} << (8 * i);
        rest.remove_prefix(8);
      } else if ((key & 7) == 2) {
        const std::size_t size = varint(rest);
        if (size > rest.size()) throw std::runtime_error("a length beyond the end");
        field.bytes = rest.substr(0, size);
        rest.remove_prefix(size);
      } else {
        throw std::runtime_error("a wire type that is not written");
      }
      fields_.push_back(field);
    }
  }
  const Field* find(std::uint32_t number) const {
    for (const Field& field : fields_)
      if (field.number == number) return &field;
    return nullptr;
  }
  std::uint64_t number(std::uint32_t field) const { return find(field) ? find(field)->value : 0; }
  std::string text(std::uint32_t field) const { return find(field) ? find(field)->bytes : ""; }
  const std::vector<Field>& fields() const { return fields_; }

 private:
  static std::uint64_t varint(std::string_view& rest) {
    std::uint64_t value = 0;
    for (int shift = 0;; shift += 7) {
      const auto byte = static_cast<unsigned char>(rest.at(0));
      rest.remove_prefix(1);
      value |= std::uint64_t{byte & 0x7fu} << shift;
      if (!(byte & 0x80)) return value;
    }
  }
  std::vector<Field> fields_;
};

struct Slice {
  std::string name;
  std::uint64_t begin = 0, end = 0;
  std::size_t depth = 0;
};

struct Track {
  std::string name;
  std::uint64_t parent = 0, last = 0;
  std::vector<Slice> slices, instants;
  std::vector<std::size_t> open;
};

// Reads a trace as Perfetto does, and holds it against what Perfetto expects.
struct Trace {
  explicit Trace(const std::string& bytes) {
    const Message trace(bytes);
    EXPECT_EQ(Message(trace.fields().at(0).bytes).number(13), 1u)
        << "incremental state is to be cleared first";
    for (const Field& field : trace.fields()) {
      EXPECT_EQ(field.number, 1u);
      const Message packet(field.bytes);
      EXPECT_EQ(packet.number(10), 1u) << "the sequence";
      if (const Field* clock = packet.find(6)) clocks.emplace_back(clock->bytes);
      if (const Field* track = packet.find(60)) describe(Message(track->bytes));
      if (const Field* event = packet.find(11)) take(packet.number(8), Message(event->bytes));
    }
    for (const auto& [uuid, track] : tracks) {
      EXPECT_TRUE(track.open.empty()) << track.name;
      EXPECT_TRUE(track.parent == 0 || tracks.contains(track.parent)) << track.name;
    }
    EXPECT_EQ(flow_begins, flow_ends);
  }

  void describe(const Message& track) {
    const std::uint64_t uuid = track.number(1);
    EXPECT_NE(uuid, 0u);
    EXPECT_FALSE(tracks.contains(uuid)) << "described twice: " << track.text(2);
    tracks[uuid].name = track.text(2), tracks[uuid].parent = track.number(5);
    for (const char c : track.text(2)) EXPECT_GE(static_cast<unsigned char>(c), 0x20) << track.text(2);
  }

  void take(std::uint64_t time, const Message& event) {
    const std::uint64_t uuid = event.number(11);
    ASSERT_TRUE(tracks.contains(uuid)) << "an event before its track";
    Track& track = tracks[uuid];
    EXPECT_GE(time, track.last) << track.name;
    track.last = time;
    for (const Field& field : event.fields()) {
      if (field.number == 47 || field.number == 48) {
        EXPECT_TRUE((field.number == 47 ? flow_begins : flow_ends).insert(field.value).second);
      }
      if (field.number == 23) {
        EXPECT_TRUE(is_utf8(field.bytes)) << field.bytes;
      }
      if (field.number == 4) {
        EXPECT_TRUE(is_utf8(Message(field.bytes).text(6))) << Message(field.bytes).text(6);
      }
    }
    switch (event.number(9)) {
      case 1:
        track.slices.push_back({event.text(23), time, 0, track.open.size()});
        track.open.push_back(track.slices.size() - 1);
        break;
      case 2:
        ASSERT_FALSE(track.open.empty()) << track.name;
        track.slices[track.open.back()].end = time;
        track.open.pop_back();
        break;
      case 3:
        track.instants.push_back({event.text(23), time, time, track.open.size()});
        break;
      default:
        ADD_FAILURE() << "type " << event.number(9);
    }
  }

  std::vector<const Track*> named(std::string_view name) const {
    std::vector<const Track*> found;
    for (const auto& [uuid, track] : tracks)
      if (track.name == name) found.push_back(&track);
    return found;
  }
  const Track& only(std::string_view name) const {
    const auto found = named(name);
    if (found.size() != 1) throw std::runtime_error(std::string(name) + ": " + std::to_string(found.size()));
    return *found[0];
  }

  std::map<std::uint64_t, Track> tracks;
  std::set<std::uint64_t> flow_begins, flow_ends;
  std::vector<Message> clocks;
};

// From record `from` on; what lies before is fed without the sink.
Trace traced(const std::vector<Bytes>& records, std::size_t from = 0) {
  std::string bytes;
  PerfettoSink sink([&](std::string_view more) { bytes += more; });
  Pipeline pipeline{{}, {}};
  for (std::size_t i = 0; i < records.size(); ++i) {
    if (i == from) pipeline.add(sink);
    pipeline.feed(records[i]);
  }
  sink.close(pipeline.view());
  return Trace(bytes);
}

constexpr std::uint64_t ns(double s) { return static_cast<std::uint64_t>(s * 1e9); }

TEST(ExportPerfetto, ALifeIsASliceWithItsProgramsInside) {
  const Trace trace = traced(story::records());
  const Track& server = trace.only("node server.js [20]");
  ASSERT_EQ(server.slices.size(), 2u);
  EXPECT_EQ(server.slices[0].name, "pid 20");
  EXPECT_EQ(server.slices[0].begin, ns(101));
  EXPECT_EQ(server.slices[0].end, ns(115));
  EXPECT_EQ(server.slices[1].name, "node server.js");
  EXPECT_EQ(server.slices[1].begin, ns(101.5));
  EXPECT_EQ(server.slices[1].end, ns(115));
  EXPECT_EQ(server.slices[1].depth, 1u);
  EXPECT_EQ(server.instants.size(), 3u) << "three forks";
  EXPECT_EQ(trace.tracks.at(server.parent).name, "bash [10]");
}

TEST(ExportPerfetto, AReusedPidIsAnotherTrackAndALostEndAnEnd) {
  const Trace trace = traced(story::records());
  std::vector<const Track*> all;
  for (const auto& [uuid, track] : trace.tracks)
    if (track.name.ends_with("[30]")) all.push_back(&track);
  ASSERT_EQ(all.size(), 3u);
  std::set<std::pair<std::uint64_t, std::uint64_t>> lives;
  for (const Track* track : all) lives.emplace(track->slices.at(0).begin, track->slices.at(0).end);
  EXPECT_EQ(lives, (std::set<std::pair<std::uint64_t, std::uint64_t>>{
                       {ns(102), ns(104)}, {ns(105), ns(110)}, {ns(110), ns(121)}}));
}

TEST(ExportPerfetto, WhatIsNotKnownOfParentsLeavesNoArrow) {
  const Trace trace = traced(story::records());
  EXPECT_EQ(trace.flow_begins.size(), 5u);  // server, three of pid 30, hog
  EXPECT_EQ(trace.only("stranger [11]").parent, 0u);
  EXPECT_EQ(trace.only("unseen [77]").parent, 0u);
  EXPECT_EQ(trace.only("unseen [77]").slices.size(), 2u);
}

TEST(ExportPerfetto, WhatHappenedToAProcessIsOnItsTrack) {
  const Trace trace = traced(story::records());
  const Track& hog = trace.only("node hog.js [40]");
  std::vector<std::string> names;
  for (const Slice& one : hog.instants) names.push_back(one.name);
  EXPECT_EQ(names, (std::vector<std::string>{"killed for memory", "oom-kill raised"}));
  const Track& left = trace.only("tail [30]");
  ASSERT_EQ(left.instants.size(), 1u);
  EXPECT_EQ(left.instants[0].name, "new parent: init [1]");
}

TEST(ExportPerfetto, TheWallClockIsThere) {
  const Trace trace = traced(story::records());
  ASSERT_EQ(trace.clocks.size(), 1u);
  std::map<std::uint64_t, std::uint64_t> times;
  for (const Field& field : trace.clocks[0].fields())
    if (field.number == 1) times[Message(field.bytes).number(1)] = Message(field.bytes).number(2);
  EXPECT_EQ(times.size(), 2u);
  EXPECT_EQ(times[1] - times[6], 1'700'000'000'000'000'000u - ns(99));  // real and boot time
}

// A window of time: any record can be the first one that is exported.
TEST(ExportPerfetto, BeginsAnywhere) {
  const auto records = story::records();
  for (std::size_t from = 0; from < records.size(); ++from) {
    SCOPED_TRACE(from);
    const Trace trace = traced(records, from);
    EXPECT_EQ(trace.clocks.size(), 1u);
    EXPECT_EQ(trace.named("bash [10]").size(), 1u);
  }
}

}  // namespace
}  // namespace stray
