// SPDX-License-Identifier: Apache-2.0
// An SQLite database: the host, each process once with all that is known of its life, each event and finding.
// docs/export.md has tables, views and queries.
//
// A process is written when it ends, or at the close; what is kept until then is the lineage's, so memory
// goes with the living and not with the records.
#pragma once

#include <string>

#include "export/database.hpp"
#include "export/export_sink.hpp"
#include "sinks/ecs.hpp"

namespace stray {

class SqliteSink final : public ExportSink {
 public:
  SqliteSink(Database& database, const Host& host);  // both borrowed

  void ready(const View& view) override;
  void event(const View& view, const Event& event) override;
  void seed(const View& view, const Process& process) override;
  void reparent(const View& view, const Change& change) override;
  void finding(const View& view, const Finding& finding, const Process* process) override;
  void summary(const View& view, const Summary& summary) override;
  void close(const View& view) override;  // indexes, commit

 private:
  struct Life {                       // what the lineage does not tell at the end
    std::string verdict, supervisor;  // as last judged while it lived
  };

  void begin(const View& view);
  void live(const View& view, const Process& process);
  void judge(const View& view, const Process& process, Life& life);
  void put_process(const Process& process, const Life& life);
  void put_event(BootTime time, std::string_view action, ProcessKey process);
  void put_finding(const Finding& finding, const std::vector<std::string>& remedy);
  std::string id(ProcessKey key) const { return process_id(host_.boot, key); }

  Database& database_;
  const Host& host_;
  Ecs ecs_;
  std::string document_;
  bool begun_ = false;
  Living<Life> living_;
};

}  // namespace stray
