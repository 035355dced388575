// SPDX-License-Identifier: Apache-2.0
// What differs between two moments of a stream: who came, who ended, and what changed of those who stayed.
//
// The first moment is the `ready` of the stream (for a window of a capture: its beginning), the second is
// close(). A few short texts are kept of each process that lives at the first moment, until close().
#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "export/export_sink.hpp"
#include "sinks/ecs.hpp"
#include "sinks/text.hpp"

namespace stray {

// Processes by their keys. Pointers hold for the call that gives them.
struct Differences {
  struct End {
    BootTime time{};  // 0: it was not seen
    std::string how;  // as Text::end_of
  };
  struct Gone {
    ProcessKey key;
    std::string command;
    End end;
  };
  struct Changed {
    const Process* process;
    std::vector<FactChange> facts;
  };

  BootTime from{}, to{};
  std::vector<const Process*> came;
  std::vector<Gone> ended;
  std::vector<Changed> changed;
  std::vector<Finding> raised;   // open at the second moment and not at the first
  std::vector<Finding> cleared;  // the other way about
  std::uint64_t between = 0;     // processes that live at neither moment
};

class DifferenceSink final : public ExportSink {
 public:
  struct Options {
    bool kernel_threads = false;
  };
  using Done = std::function<void(const View&, const Differences&)>;  // once, at close()
  DifferenceSink(Options options, Done done) : options_(options), done_(std::move(done)) {}

  void ready(const View& view) override;
  void event(const View& view, const Event& event) override;
  void finding(const View& view, const Finding& finding, const Process* process) override;
  void standing(const View& view, const Finding& finding, const Process* process) override;
  void close(const View& view) override;

 private:
  using Id = std::pair<Kind, ProcessKey>;
  struct Facts {
    std::string command, user, supervisor, directory, listens;
    ProcessKey parent;
    std::string parent_name;
    std::uint64_t memory = 0;  // bytes; 0: not known
    std::uint32_t execs = 0;   // of struct Image
    bool argv_known = false, sockets_known = false;
  };
  struct Before {
    Facts facts;
    bool ended = false;
    Differences::End end;
  };
  static Facts facts_of(const View& view, const Process& process);
  static std::vector<FactChange> changes(const Facts& before, const Facts& after);
  std::vector<const Process*> living(const View& view) const;
  void compare_processes(const View& view, Differences& out);
  void compare_findings(const View& view, Differences& out) const;

  const Options options_;
  const Done done_;
  bool begun_ = false;
  BootTime from_{};
  std::uint64_t between_ = 0;
  std::map<ProcessKey, Before> before_;
  std::set<Id> open_;              // at the first moment
  std::map<Id, Finding> cleared_;  // of those, as they were cleared last
};

// For people, and as one document a process or finding, a line each.
std::string difference_text(const Text& text, const Differences& differences);
std::string difference_documents(const View& view, const Differences& differences);

}  // namespace stray
