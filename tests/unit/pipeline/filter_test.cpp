// SPDX-License-Identifier: Apache-2.0
#include "pipeline/filter.hpp"
#include "record/action.hpp"

#include <gtest/gtest.h>

#include "pipeline/pipeline.hpp"
#include "support/records.hpp"

namespace stray {
namespace {

using records::at;
using records::key;

class Counted final : public Sink {
 public:
  void event(const View&, const Event& event) override { ++events[std::string(action_of(event))]; }
  void seed(const View&, const Process&) override { ++events["seed"]; }
  void reparent(const View&, const Change&) override { ++events["reparent"]; }
  void finding(const View&, const Finding& finding, const Process*) override {
    raised += finding.action == Finding::Action::raised;
  }
  void summary(const View&, const Summary& summary) override { said = summary; }
  std::map<std::string, std::uint64_t> events{{"reparent", 0}, {"seed", 0}};
  std::uint64_t raised = 0;
  Summary said;
};

// Two processes are killed for memory; one of them is asked for.
Counted filtered(const FilterOptions& options) {
  Pipeline pipeline({}, {});
  Counted out;
  FilterSink filter(options, out);
  pipeline.add(filter);
  const ProcessKey init = key(1, 0), shell = key(10, 1);
  pipeline.feed(records::session());
  pipeline.feed(records::seed(init, {}, "/sbin/init", at(1), STRAY_SEED_NAMESPACE_INIT));
  pipeline.feed(records::ready(at(1)));
  pipeline.feed(records::fork(shell, init, at(2)));
  pipeline.feed(records::exec(shell, at(2), "/usr/bin/bash", {"bash"}));
  for (const ProcessKey app : {key(20, 3), key(21, 3)}) {
    pipeline.feed(records::fork(app, shell, at(3)));
    pipeline.feed(records::exec(app, at(3), "/usr/bin/node", {"node", "server.js"}));
  }
  for (const ProcessKey app : {key(20, 3), key(21, 3)})
    pipeline.feed(records::oom(app, at(5), "/limited"));  // a finding at once
  pipeline.emit_summary();
  return out;
}

TEST(Filter, TheCommandLine) {
  EXPECT_EQ(filtered({.argvs = {"node serv*"}}).events.at("exec"), 2u);
  EXPECT_EQ(filtered({.argvs = {"node"}}).events["exec"], 0u);
  EXPECT_EQ(filtered({.argvs = {"bash", "*server.js"}}).events.at("exec"), 3u);
}

TEST(Filter, TheTreeOfAProcessIsWholeWhenWhoIsBetweenHasExited) {
  Pipeline pipeline({}, {});
  Counted out;
  FilterSink filter({.trees = {"10"}}, out);
  pipeline.add(filter);
  const ProcessKey init = key(1, 0), shell = key(10, 1), between = key(11, 2), app = key(12, 3),
                   other = key(13, 3);
  pipeline.feed(records::session());
  pipeline.feed(records::seed(init, {}, "/sbin/init", at(1), STRAY_SEED_NAMESPACE_INIT));
  pipeline.feed(records::ready(at(1)));
  pipeline.feed(records::fork(shell, init, at(1)));
  pipeline.feed(records::fork(between, shell, at(2)));
  pipeline.feed(records::fork(app, between, at(3)));
  pipeline.feed(records::fork(other, init, at(3)));
  pipeline.feed(records::exit(between, at(4), 0, init));
  pipeline.feed(records::exec(app, at(5), "/usr/bin/node", {"node"}));
  EXPECT_EQ(out.events.at("fork"), 3u);
  EXPECT_EQ(out.events.at("exec"), 1u);
  EXPECT_EQ(filtered({.trees = {"10"}}).events.at("exec"), 3u);
  EXPECT_EQ(filtered({.trees = {"20"}}).events.at("exec"), 1u);
}

TEST(Filter, TheSummaryCountsWhatHasPassed) {
  const Counted all = filtered({}), one = filtered({.pids = {20}});
  EXPECT_EQ(all.said.events, all.events);
  ASSERT_EQ(all.raised, 2u);
  EXPECT_EQ(one.said.events, one.events);
  EXPECT_EQ(one.said.events.at("exec"), 1u);
  EXPECT_EQ(one.said.raised, one.raised);
  EXPECT_EQ(one.said.open.findings, one.raised);
  EXPECT_EQ(one.said.open.processes, 1u);
  EXPECT_LT(one.raised, all.raised);
}

TEST(Filter, FindingsAloneHaveNoEvents) {
  const Counted found = filtered({.findings = {Kind::oom_kill}});
  EXPECT_EQ(found.said.events, (std::map<std::string, std::uint64_t>{{"reparent", 0}, {"seed", 0}}));
  EXPECT_EQ(found.said.raised, found.raised);
  EXPECT_GT(found.raised, 0u);
}

}  // namespace
}  // namespace stray
