// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <sqlite3.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "export/sqlite_sink.hpp"
#include "support/temporary_directory.hpp"
#include "unit/export/export_story.hpp"

namespace stray {
namespace {

using namespace story;

using Rows = std::vector<std::string>;  // columns joined by "|", NULL as "-"

class ExportSqlite : public ::testing::Test {
 protected:
  void build(const std::vector<Bytes>& records, std::size_t from = 0) {
    ::sqlite3_close(handle_);
    handle_ = nullptr;
    ++number_;
    {
      Database database(path());
      Pipeline pipeline{{}, {}};
      SqliteSink sink(database, pipeline.host());
      for (std::size_t i = 0; i < records.size(); ++i) {
        if (i == from) pipeline.add(sink);
        pipeline.feed(records[i]);
      }
      sink.close(pipeline.view());
    }
    ASSERT_EQ(::sqlite3_open_v2(path().c_str(), &handle_, SQLITE_OPEN_READONLY, nullptr), SQLITE_OK);
  }
  ~ExportSqlite() override { ::sqlite3_close(handle_); }

  Rows rows(const std::string& query) {
    Rows out;
    const auto take = [](void* into, int count, char** values, char**) {
      std::string row;
      for (int i = 0; i < count; ++i) row += (i ? "|" : "") + std::string(values[i] ? values[i] : "-");
      static_cast<Rows*>(into)->push_back(row);
      return 0;
    };
    char* error = nullptr;
    EXPECT_EQ(::sqlite3_exec(handle_, query.c_str(), take, &out, &error), SQLITE_OK) << query << error;
    ::sqlite3_free(error);
    return out;
  }
  std::string only(const std::string& query) {
    const Rows found = rows(query);
    EXPECT_EQ(found.size(), 1u) << query;
    return found.empty() ? "" : found[0];
  }
  std::string path() const { return directory_.path() + "/" + std::to_string(number_); }

  TemporaryDirectory directory_;
  int number_ = 0;
  sqlite3* handle_ = nullptr;
};

TEST_F(ExportSqlite, EachProcessOnceWithItsLife) {
  build(story::records());
  EXPECT_EQ(only("PRAGMA user_version"), "1");
  EXPECT_EQ(only("PRAGMA integrity_check"), "ok");
  EXPECT_EQ(
      rows("SELECT pid, name, exit_code, signal, inferred, end_ns IS NULL, programs, edge FROM processes "
           "ORDER BY start_ns"),
      (Rows{"1|init|-|-|0|1|1|none", "10|bash|-|-|0|1|1|snapshot", "11|stranger|-|-|0|1|1|snapshot",
            "77|unseen|-|-|0|1|1|broken", "20|node server.js|0|-|0|0|1|observed",
            "30|second|-|15|0|0|2|observed", "30|node server.js|-|-|1|0|0|observed",
            "30|tail|-|-|0|1|1|observed", "40|node hog.js|-|9|0|0|1|observed",
            "50|(not known)|3|-|0|0|0|broken"}));
  EXPECT_EQ(
      only("SELECT start, end, killer, parent_id = origin_id, killer_id = origin_id FROM processes p WHERE "
           "signal = 15"),
      "2023-11-14T22:13:23.000000000Z|2023-11-14T22:13:25.000000000Z|bash|1|0");
  EXPECT_EQ(
      only("SELECT p.pid, c.parent_id = p.id, reparented FROM processes c JOIN processes p ON "
           "p.id = c.parent_id, (SELECT c.reparented_ns / 1000000000 AS reparented FROM processes c WHERE "
           "name LIKE 'tail%') WHERE c.name LIKE 'tail%'"),
      "1|1|1700000016");
  EXPECT_EQ(only("SELECT name, lost, until FROM host"), "testhost|5|2023-11-14T22:13:42.000000000Z");
}

TEST_F(ExportSqlite, EachEventIsItsDocument) {
  build(story::records());
  EXPECT_EQ(only("SELECT count(*) FROM events WHERE json_valid(document) = 0"), "0");
  EXPECT_EQ(only("SELECT count(*) FROM events WHERE action <> document ->> '$.event.action' OR "
                 "time <> document ->> '$.@timestamp'"),
            "0");
  EXPECT_EQ(only("SELECT count(*) FROM events WHERE process IS NOT document ->> '$.process.entity_id'"), "0");
  EXPECT_EQ(rows("SELECT action FROM events ORDER BY number LIMIT 5"),
            (Rows{"ready", "seed", "seed", "seed", "fork"}));
  EXPECT_EQ(rows("SELECT action FROM events ORDER BY number DESC LIMIT 1"), (Rows{"summary"}));
}

TEST_F(ExportSqlite, HostileTextStaysText) {
  auto records = story::records();
  records.insert(records.begin() + 8,
                 records::exec(kFirst, at(102.2), "/tmp/'); DROP TABLE events; --", {kEvil}));
  build(records);
  const std::string document = only(
      "SELECT document FROM events WHERE action = 'exec' AND document ->> '$.process.executable' LIKE "
      "'%DROP%'");
  EXPECT_EQ(nlohmann::json::parse(document)["process"]["args_count"], 1);
  build({records.begin(), records.begin() + 9});
  const std::string argv = only("SELECT argv FROM processes WHERE exe LIKE '%DROP TABLE%'");
  EXPECT_TRUE(nlohmann::json::accept(argv)) << argv;
}

TEST_F(ExportSqlite, AFindingIsOneRowFromRaisingToClearing) {
  auto records = story::records();
  build(records);
  EXPECT_EQ(
      only("SELECT f.kind, f.id = 'oom-kill:' || p.id, p.pid, f.cleared FROM findings f JOIN processes p ON "
           "p.id = f.process"),
      "oom-kill|1|40|-");
  EXPECT_EQ(only("SELECT count(*) FROM findings WHERE json_valid(evidence) AND json_valid(remedy) AND "
                 "json_valid(members)"),
            "1");
  records.pop_back();
  records.push_back(records::tick(at(113 + 25 * 3600)));  // oom_keep is over
  build(records);
  EXPECT_EQ(only("SELECT kind, cleared_ns > raised_ns, reason <> '' FROM findings"), "oom-kill|1|1");
}

TEST_F(ExportSqlite, BeginsAnywhere) {
  const auto records = story::records();
  for (std::size_t from = 0; from < records.size(); ++from) {
    SCOPED_TRACE(from);
    build(records, from);
    EXPECT_EQ(only("SELECT count(*) FROM processes WHERE end IS NULL"), "5");
    // The server ended: its child, which lives, has its ancestors all the same.
    EXPECT_EQ(
        rows("SELECT pid, name FROM ancestry WHERE process IN (SELECT id FROM processes WHERE name LIKE "
             "'tail%') ORDER BY depth"),
        (Rows{"20|node server.js", "10|bash", "1|init"}));
  }
}

TEST_F(ExportSqlite, AFullDiskIsAnError) {
  EXPECT_THROW(Database("/dev/full/x"), DatabaseError);
  Database database(path());
  EXPECT_THROW(database.execute("INSERT INTO nothing VALUES (1)"), DatabaseError);
}

// ---- the queries of docs/export.md ----

std::map<std::string, std::string> documented_queries() {
  std::ifstream file(STRAY_SOURCE_DIR "/docs/export.md");
  std::map<std::string, std::string> out;
  std::string* query = nullptr;
  for (std::string line, name; std::getline(file, line);) {
    if (line == "```sql") {
      std::getline(file, name);
      query = &out[name];
    } else if (line == "```") {
      query = nullptr;
    } else if (query) {
      *query += line + "\n";
    }
  }
  return out;
}

TEST_F(ExportSqlite, TheDocumentedQueriesAnswer) {
  build(story::records());
  const std::map<std::string, Rows> expected{
      {"-- running at a moment",
       {"1|init", "10|bash", "11|stranger", "77|unseen", "20|node server.js", "30|second"}},
      {"-- a text in command lines",
       {"20|node server.js|-", "30|node server.js|-", "40|node hog.js|oom-kill"}},
      {"-- ancestors of one process", {"0|30|tail", "1|20|node server.js", "2|10|bash", "3|1|init"}},
      {"-- descendants of one process", {"30|second|1", "30|node server.js|1", "30|tail|1"}},
      {"-- bad ends", {"30|second|-|15|bash", "40|node hog.js|-|9|-", "50|(not known)|3|-|-"}},
      {"-- orphans that still run", {"30|tail|node server.js"}},
      {"-- open findings and their evidence",
       {"oom-kill|40|oom|anonymous 100 MiB (2.4 %), file 0 MiB (0.0 %), swap 0 MiB (0.0 %), oom_score_adj "
        "0"}},
      {"-- programs by number", {"/usr/bin/node|3|0.0|0", "/bin/second|1|0.0|0"}},
      {"-- history of one process",
       {"fork|/usr/bin/node", "exec|/tmp/x\"y\n", "exec|/bin/second", "signal|/bin/second",
        "exit|/bin/second"}},
  };
  const auto queries = documented_queries();
  EXPECT_EQ(queries.size(), expected.size());
  for (const auto& [name, query] : queries) {
    ASSERT_TRUE(expected.contains(name)) << name;
    EXPECT_EQ(rows(query), expected.at(name)) << name;
  }
}

}  // namespace
}  // namespace stray
