// SPDX-License-Identifier: Apache-2.0
// What the commands of `stray fleet` share.
#pragma once

#include <string>
#include <vector>

#include "cli/command.hpp"
#include "fleet/table.hpp"

namespace stray {

// One name a line; what begins with # is a comment. "": none.
std::vector<std::string> expected_hosts(const std::string& file);

// The table in the form that was asked for, and the exit code that it means.
int show_table(const FleetTable& table, const std::string& format, bool json);

// fleet_questions.cpp
extern const Command kFleetWhere, kFleetExplain, kFleetCheck, kFleetSince, kFleetSilent, kFleetRows;

// Shards of --engine or, without, of $STRAY_FLEET; how long they may take.
struct Engine {
  std::vector<std::string> shards;
  std::string within = "10s";
  bool sql = false;  // print the questions and ask nobody
};
void declare_engine(class Arguments& arguments, Engine& engine);
// The strays that are open, by the store. Nothing: --sql, and they are printed.
std::optional<FleetTable> stored_table(const Engine& engine, const std::vector<std::string>& expected,
                                       const FleetFilter& filter, Answers& answers);

}  // namespace stray
