// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>

#include "base/utf8.hpp"
#include "export/dot_sink.hpp"
#include "unit/export/export_story.hpp"

namespace stray {
namespace {

using namespace story;

struct Drawn {
  std::string text;
  std::uint64_t left_out = 0;
  bool has(std::string_view part) const { return text.find(part) != std::string::npos; }
  std::size_t boxes() const { return count(" [label="); }
  std::size_t count(std::string_view part) const {
    std::size_t n = 0;
    for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++n;
    return n;
  }
};

Drawn drawn(const std::vector<Bytes>& records, DotOptions options = {}) {
  Drawn out;
  DotSink sink([&](std::string_view more) { out.text += more; }, options);
  Pipeline pipeline{{}, {}};
  pipeline.add(sink);
  for (const Bytes& record : records) pipeline.feed(record);
  sink.close(pipeline.view());
  out.left_out = sink.left_out();
  return out;
}

std::string id(ProcessKey key) {
  std::array<std::uint8_t, 16> boot;
  for (std::uint8_t i = 0; i < 16; ++i) boot[i] = i;
  return '"' + process_id(boot, key) + '"';
}

TEST(ExportDot, ThoseThatLive) {
  const Drawn graph = drawn(story::records());
  EXPECT_EQ(graph.boxes(), 5u) << graph.text;
  EXPECT_TRUE(graph.has(id(kInit) + " -> " + id(kThird) + ";\n")) << graph.text;
  EXPECT_TRUE(graph.has(id(kInit) + " -> " + id(kShell) + ";\n"));
  EXPECT_FALSE(graph.has(id(kServer)));
  EXPECT_EQ(graph.left_out, 0u);
}

TEST(ExportDot, WithoutThreadsOfTheKernel) {
  auto records = story::records();
  const ProcessKey kthread = key(2, 0);
  records.insert(records.begin() + 2, records::seed(kthread, {}, "", at(99), STRAY_SEED_KTHREAD));
  for (const bool all : {false, true}) {
    const Drawn graph = drawn(records, {.all = all});
    EXPECT_FALSE(graph.has(id(kthread))) << graph.text;
    EXPECT_EQ(graph.left_out, 0u);
  }
}

TEST(ExportDot, WithThoseThatEnded) {
  const Drawn graph = drawn(story::records(), {.all = true});
  EXPECT_EQ(graph.boxes(), 9u) << graph.text;  // the end of one was never told
  EXPECT_TRUE(graph.has(id(kServer) + " -> " + id(kThird) + " [style=dashed];\n")) << graph.text;
  EXPECT_TRUE(graph.has("killed by SIGKILL"));
  EXPECT_TRUE(graph.has("warning oom-kill\", fillcolor=\"#f9d58c\"") ||
              graph.has("critical oom-kill\", fillcolor"))
      << graph.text;
}

// What is about findings stays, and the graph says how much does not.
TEST(ExportDot, IsBounded) {
  const Drawn graph = drawn(story::records(), {.all = true, .nodes = 3});
  EXPECT_EQ(graph.boxes(), 3u) << graph.text;
  EXPECT_TRUE(graph.has("oom-kill"));
  EXPECT_TRUE(graph.has("more processes are left out"));
  EXPECT_GT(graph.left_out, 0u);
}

// Every quote and backslash of a name is escaped; nothing of it ends the string, a line, or the encoding.
TEST(ExportDot, HostileNamesStayInTheirBoxes) {
  auto records = story::records();
  records.resize(9);  // the first child lives, under its evil name
  const Drawn graph = drawn(records);
  ASSERT_TRUE(graph.has("x a\\\"b'c\\\\d;--<>&{}[]|\\\\x0a\\\\x09\\\\x1b[31m\\\\xff\\\\xc3")) << graph.text;
  EXPECT_TRUE(std::all_of(graph.text.begin(), graph.text.end(),
                          [](unsigned char c) { return c >= 0x20 || c == '\n'; }));
  EXPECT_TRUE(is_utf8(graph.text));
}

}  // namespace
}  // namespace stray
