// SPDX-License-Identifier: Apache-2.0
// Questions to the store of many hosts: ClickHouse, asked over its HTTP interface (18.16 and later;
// docs/fleet.md). Every shard is asked for its own part, all at the same time, so that one that does not
// answer costs its part and no more, and is named.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

namespace stray {

struct ShardAnswer {
  std::string shard;              // its URL, without a password
  std::vector<std::string> rows;  // JSON objects
  std::string error;              // empty: all rows are there
};

// Each shard's rows, in the order of `shards`: URLs as "http://10.0.0.1:8123", with "user:password@" where it
// needs one. A query is one SELECT over the *_local tables, without FORMAT. Never throws for what a shard
// does.
std::vector<ShardAnswer> ask_shards(const std::vector<std::string>& shards, const std::string& query,
                                    std::chrono::milliseconds at_most);

// A string literal of SQL with exactly these bytes.
std::string sql_quote(std::string_view text);

// "*src/server.js" as a pattern of LIKE: * is any text, ? one character; without either, the text may stand
// anywhere.
std::string sql_pattern(std::string_view pattern);

}  // namespace stray
