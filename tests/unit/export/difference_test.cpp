// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "export/difference.hpp"
#include "pipeline/pipeline.hpp"
#include "support/records.hpp"

namespace stray {
namespace {

using namespace records;

const ProcessKey kInit = key(1, 0), kKthread = key(2, 0), kShell = key(10, 50), kServer = key(20, 51),
                 kOld = key(30, 52), kNew = key(40, 105), kShort = key(50, 106);

struct Compared {
  std::string text, json;
};

// What stands before the first moment, and what happens after it.
Compared compared(const std::vector<Bytes>& before, const std::vector<Bytes>& after) {
  Compared out;
  DifferenceSink sink({}, [&](const View& view, const Differences& found) {
    out.text = difference_text(Text(view.host, {}), found);
    out.json = difference_documents(view, found);
  });
  Pipeline pipeline{{}, {}};
  pipeline.add(sink);
  pipeline.mute();
  for (const Bytes& record : before) pipeline.feed(record);
  pipeline.listen();
  for (const Bytes& record : after) pipeline.feed(record);
  sink.close(pipeline.view());
  return out;
}

std::vector<Bytes> host() {
  return {session(at(99)),
          seed(kInit, {}, "/sbin/init", at(99), STRAY_SEED_NAMESPACE_INIT),
          seed(kKthread, {}, "", at(99), STRAY_SEED_KTHREAD),
          seed(kShell, kInit, "/bin/bash", at(99)),
          seed(kServer, kShell, "/usr/bin/node", at(99)),
          seed(kOld, kShell, "/usr/bin/tail", at(99)),
          ready(at(100)),
          saw(kServer, at(100), {.argv = {"node", "a.js"}, .cwd = "/srv"}),
          saw_usage(kServer, at(100), 100u << 20)};
}

bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

TEST(Difference, NothingDiffers) {
  const Compared got = compared(host(), {tick(at(101))});
  EXPECT_TRUE(has(got.text, ": nothing differs\n")) << got.text;
  EXPECT_EQ(got.json, "");
}

TEST(Difference, WhoCameAndWhoEnded) {
  const Compared got = compared(host(), {fork(kNew, kShell, at(105)),
                                         exec(kNew, at(105.5), "/usr/bin/node", {"node", "new\x1b[31m.js"}),
                                         fork(kShort, kShell, at(106)), exit(kShort, at(107), 0, {}),
                                         exit(kOld, at(108), 9, {}), tick(at(109))});
  EXPECT_TRUE(has(got.text, ": 1 came, 1 ended; 1 lived only in between\n")) << got.text;
  EXPECT_TRUE(has(got.text, "node new\\x1b[31m.js  by ")) << got.text;
  EXPECT_TRUE(has(got.text, "/usr/bin/tail  killed by SIGKILL after ")) << got.text;
  EXPECT_TRUE(has(got.json, R"("action":"came")"));
  EXPECT_TRUE(has(got.json, R"("action":"ended")"));
  EXPECT_TRUE(has(got.json, R"({"fact":"end","before":"","after":"killed by SIGKILL after )")) << got.json;
}

TEST(Difference, WhatChangedOfThoseWhoStayed) {
  const Compared got = compared(
      host(), {exec(kServer, at(103), "/usr/bin/node", {"node", "b.js"}),
               saw_usage(kServer, at(104), 200u << 20), exit(kShell, at(105), 0, kInit), tick(at(106))});
  EXPECT_TRUE(has(got.text, "command    node a.js -> node b.js\n")) << got.text;
  EXPECT_TRUE(has(got.text, "parent     /bin/bash 10 -> /sbin/init 1\n") ||
              has(got.text, "parent     bash 10 -> init 1\n"))
      << got.text;
  EXPECT_TRUE(has(got.text, "memory     100 MiB -> 200 MiB\n")) << got.text;
  EXPECT_TRUE(has(got.json, R"({"fact":"memory","before":"100 MiB","after":"200 MiB"})")) << got.json;
}

TEST(Difference, WhatAFirstLookBringsWasSoBefore) {
  const Compared got =
      compared(host(), {saw(kOld, at(103), {.argv = {"tail", "-f", "log"}, .cwd = "/var/log"}),
                        saw_usage(kOld, at(103), 300u << 20), saw_usage(kServer, at(104), 110u << 20),
                        saw_sockets(kOld, at(103), {3000}), tick(at(106))});
  EXPECT_TRUE(has(got.text, ": nothing differs\n")) << got.text;
}

TEST(Difference, AlikeInOneLine) {
  std::vector<Bytes> after;
  for (std::uint32_t i = 0; i < 6; ++i) {
    after.push_back(fork(key(100 + i, 110), kServer, at(110)));
    after.push_back(exec(key(100 + i, 110), at(111), "/usr/bin/node", {"node", "worker.js"}));
  }
  const Compared got = compared(host(), after);
  EXPECT_TRUE(has(got.text, ": 6 came\n")) << got.text;
  EXPECT_TRUE(has(got.text, "6 processes, pids 100, 101, 102, 103, …\n")) << got.text;
}

}  // namespace
}  // namespace stray
