// SPDX-License-Identifier: Apache-2.0
// The family tree as a graph in Graphviz' DOT language, as it stands at the close: live processes, or with
// `all` also those that ended. Findings are coloured.
//
// Bounded: what findings are about and its ancestors come first, then the oldest live processes, then those
// that ended last. What does not fit is counted, and the graph says so.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <vector>

#include "export/export_sink.hpp"

namespace stray {

struct DotOptions {
  bool all = false;
  std::size_t nodes = 2000;  // at most
};

class DotSink final : public ExportSink {
 public:
  DotSink(ByteOutput out, DotOptions options) : out_(std::move(out)), options_(options) {}

  void event(const View& view, const Event& event) override;
  void finding(const View& view, const Finding& finding, const Process* process) override;
  void close(const View& view) override;

  std::uint64_t left_out() const { return left_out_; }  // known after close()

 private:
  struct Node {
    ProcessKey key, parent, origin;
    std::string text;
    bool ended = false;
  };

  Node node_of(const View& view, const Process& process) const;
  std::vector<Node> choose(const View& view);

  ByteOutput out_;
  DotOptions options_;
  std::deque<Node> ended_;  // the latest
  std::uint64_t ended_in_all_ = 0, left_out_ = 0;
  std::map<ProcessKey, std::map<Kind, Finding>> open_;
};

}  // namespace stray
