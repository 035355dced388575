// SPDX-License-Identifier: Apache-2.0
// Checkpoints with the state of a pipeline, through a capture and back.
#include <gtest/gtest.h>

#include "unit/capture/capture_file.hpp"
#include "unit/pipeline/state_history.hpp"

namespace stray {
namespace {

using namespace state_test;

// A run that is captured, with a checkpoint where a test wants one.
class StateCaptureTest : public ::testing::Test {
 protected:
  const Options setup{};
  const std::vector<Bytes> history = told_history(setup);
  const std::size_t middle = history.size() / 2;
  TemporaryDirectory directory;
  const std::string path = directory.path() + "/capture";
  CaptureWriter writer{{.path = path, .flush_ns = SmallCapture::kNever}, a_header()};
  Traced live{setup};

  void checkpoint() {
    writer.begin_checkpoint(live.pipeline.time());
    live.pipeline.save_state([&](RawRecord raw) { writer.append(raw); }, live.pipeline.time());
    writer.end_checkpoint();
  }
  void run(std::size_t from, std::size_t to) {
    for (std::size_t i = from; i < to; ++i) {
      writer.append(history[i]);
      live.feed(history[i]);
    }
  }
  // Reads on to the end; what was said after the checkpoint.
  std::string said_from_checkpoint(CaptureReader& reader) {
    Traced later(setup);
    bool in_checkpoint = true;
    for (RawRecord raw; reader.next(raw) == CaptureReader::Status::record;) {
      if (in_checkpoint && !reader.in_checkpoint()) later.said.text.clear();
      in_checkpoint = reader.in_checkpoint();
      later.feed({raw.begin(), raw.end()});
    }
    EXPECT_EQ(later.state(), live.state());
    return later.said.text;
  }
};

TEST_F(StateCaptureTest, AFileAfterARotationTellsWhatTheRunTold) {
  run(0, middle);
  writer.rotate(a_header());
  checkpoint();
  live.said.text.clear();
  run(middle, history.size());
  writer.close();
  CaptureReader reader(path + ".000001");
  EXPECT_EQ(said_from_checkpoint(reader), live.said.text);
}

TEST_F(StateCaptureTest, AReaderThatWentToATimeTellsWhatTheRunTold) {
  run(0, middle);
  checkpoint();
  const BootTime then = live.pipeline.time();
  live.said.text.clear();
  run(middle, history.size());
  writer.close();
  CaptureReader reader(path);
  ASSERT_TRUE(reader.seek(then));
  EXPECT_EQ(said_from_checkpoint(reader), live.said.text);
}

TEST_F(StateCaptureTest, AReaderFromTheBeginningIsNotTouchedByCheckpoints) {
  for (std::size_t i = 0; i < history.size(); i += 50) {
    run(i, std::min(i + 50, history.size()));
    checkpoint();
  }
  writer.close();
  CaptureReader reader(path);
  Traced later(setup);
  for (RawRecord raw; reader.next(raw) == CaptureReader::Status::record;)
    later.feed({raw.begin(), raw.end()});
  EXPECT_EQ(later.said.text, live.said.text);
}

}  // namespace
}  // namespace stray
