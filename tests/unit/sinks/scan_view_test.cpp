// SPDX-License-Identifier: Apache-2.0
#include "sinks/scan_view.hpp"

#include <gtest/gtest.h>

#include "record/decode.hpp"
#include "support/records.hpp"

namespace stray {
namespace {

using records::at;
using records::key;

class ScanViewTest : public ::testing::Test {
 protected:
  ScanViewTest() {
    Decoder decoder;
    const auto feed = [&](const records::Bytes& bytes) {
      const auto decoded = decoder.decode(bytes);
      lineage.apply(std::get<Event>(decoded));
    };
    feed(records::session());
    feed(records::fork(key(20, 3), {}, at(3)));
    feed(
        records::exec(key(20, 3), at(3), "/usr/bin/node", {"node"}, {.cgroup = "/system.slice/web.service"}));
    process = lineage.find(key(20, 3));
    finding.kind = Kind::orphan;
    finding.what.severity = Severity::warning;
  }
  bool wants(const ScanView& view) const { return view.wants(finding, process); }

  Lineage lineage{{}};
  const Process* process = nullptr;
  Finding finding;
};

TEST_F(ScanViewTest, NothingAskedForIsEverything) { EXPECT_TRUE(wants({})); }

TEST_F(ScanViewTest, SeverityIsTheLowest) {
  EXPECT_TRUE(wants({.at_least = Severity::notice}));
  EXPECT_TRUE(wants({.at_least = Severity::warning}));
  EXPECT_FALSE(wants({.at_least = Severity::critical}));
}

TEST_F(ScanViewTest, OneOfEachListIsEnough) {
  EXPECT_TRUE(wants({.kinds = {Kind::orphan, Kind::dev_tool}}));
  EXPECT_FALSE(wants({.kinds = {Kind::dev_tool}}));
  const std::string uid = std::to_string(process->uid);
  EXPECT_TRUE(wants({.users = {"demo", uid}}));
  EXPECT_FALSE(wants({.users = {"demo"}}));
  EXPECT_TRUE(wants({.units = {"db.*", "web.*"}}));
  EXPECT_FALSE(wants({.units = {"web"}}));
  EXPECT_FALSE(wants({.kinds = {Kind::orphan}, .units = {"db.*"}})) << "each list must match";
}

TEST_F(ScanViewTest, WhatIsNotKnownIsNobodys) {
  EXPECT_TRUE((ScanView{.kinds = {Kind::orphan}}).wants(finding, nullptr));
  EXPECT_FALSE((ScanView{.users = {"0"}}).wants(finding, nullptr));
}

}  // namespace
}  // namespace stray
