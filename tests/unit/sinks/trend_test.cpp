// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "pipeline/pipeline.hpp"
#include "sinks/ecs.hpp"
#include "sinks/text.hpp"
#include "support/records.hpp"

namespace stray {
namespace {

using namespace records;

constexpr double kHour = 3600;
const ProcessKey kInit = key(1, 0), kServer = key(20, 101);

std::unique_ptr<Pipeline> with_hours(const std::vector<std::uint64_t>& mib) {
  auto out = std::make_unique<Pipeline>(DetectOptions{}, LineageOptions{});
  out->feed(session(at(99)));
  out->feed(seed(kInit, {}, "/sbin/init", at(99), STRAY_SEED_NAMESPACE_INIT));
  out->feed(seed(kServer, kInit, "/usr/bin/node", at(99)));
  out->feed(ready(at(100)));
  for (std::size_t i = 0; i < mib.size(); ++i)  // anonymous memory is half of what is resident
    out->feed(saw_usage(kServer, at(static_cast<double>(i) * kHour + 200), mib[i] << 21));
  return out;
}

std::string explained(const Pipeline& pipeline) {
  return Text(pipeline.host(), {})
      .explain(*pipeline.lineage().find(kServer), pipeline.detectors().scene(), {});
}

TEST(Trend, MemoryOfEachHourIsDrawn) {
  const auto pipeline = with_hours({100, 150, 200, 450, 800});
  EXPECT_NE(explained(*pipeline).find("100 MiB to 800 MiB, means of 5 hours: ▁▁▂▄█\n"), std::string::npos)
      << explained(*pipeline);
  std::string json;
  Ecs(pipeline->host()).explain(json, *pipeline->lineage().find(kServer), pipeline->detectors().scene(), 0);
  EXPECT_NE(json.find(R"("memory_hours":[{"hour":0,"mean":104857600},{"hour":1,"mean":157286400},)"),
            std::string::npos)
      << json;
}

TEST(Trend, OneThatStaysTheSameIsALowLine) {
  EXPECT_NE(explained(*with_hours({64, 64})).find("64 MiB to 64 MiB, means of 2 hours: ▁▁\n"),
            std::string::npos);
}

TEST(Trend, OneHourIsNone) { EXPECT_EQ(explained(*with_hours({64})).find("hours"), std::string::npos); }

}  // namespace
}  // namespace stray
