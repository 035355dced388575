// SPDX-License-Identifier: Apache-2.0
#include "export/dot_sink.hpp"

#include <algorithm>
#include <cstring>
#include <set>

#include "base/layout.hpp"
#include "base/printable.hpp"
#include "base/signal_name.hpp"
#include "record/action.hpp"

namespace stray {
namespace {

constexpr std::size_t kLongestText = 120;  // bytes of a command line in a box

// A text within a quoted string of DOT. A backslash is doubled: there it begins an escape of the label's own.
std::string quoted(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out;
}

std::string shown(std::string_view text) { return quoted(printable(shortened(text, kLongestText))); }

std::string_view colour(Severity severity) {
  switch (severity) {
    case Severity::critical:
      return "#f4a6a0";
    case Severity::warning:
      return "#f9d58c";
    case Severity::notice:
      return "#fff3b0";
    case Severity::info:
      return "#d8e8f8";
  }
  return "#d8e8f8";
}

std::string how_ended(const Ended& ended) {
  if (ended.inferred) return "ended";
  if (!ended.signal()) return "exit code " + std::to_string(ended.code());
  return "killed by " + signal_name(ended.signal());
}

}  // namespace

DotSink::Node DotSink::node_of(const View& view, const Process& p) const {
  Node node{p.key,
            p.parent ? p.parent->key : p.parent_key,
            p.origin ? p.origin->key : ProcessKey{},
            {},
            !p.alive()};
  node.text = shown(p.command()) + "\\n" + std::to_string(p.key.tgid) + ", since " +
              second_text(view.host.real_ns(p.key.start));
  if (p.ended) node.text += "\\n" + how_ended(*p.ended);
  return node;
}

void DotSink::event(const View& view, const Event& event) {
  if (!options_.all || action_of(event) != "exit") return;
  const Process* p = view.scene.lineage.find(event.process);
  if (!p || p->alive() || p->kthread) return;
  ++ended_in_all_;
  ended_.push_back(node_of(view, *p));
  if (ended_.size() > options_.nodes) ended_.pop_front();
}

void DotSink::finding(const View&, const Finding& finding, const Process*) {
  if (finding.action == Finding::Action::cleared)
    open_[finding.process].erase(finding.kind);
  else
    open_[finding.process].insert_or_assign(finding.kind, finding);
  if (open_[finding.process].empty()) open_.erase(finding.process);
}

std::vector<DotSink::Node> DotSink::choose(const View& view) {
  std::vector<Node> nodes;
  std::set<ProcessKey> taken;
  const auto take = [&](const Process& p) {
    if (p.kthread || !wanted(view, p) || nodes.size() >= options_.nodes || !taken.insert(p.key).second)
      return;
    nodes.push_back(node_of(view, p));
  };
  const auto take_ended = [&](const Node& node) {
    if (nodes.size() < options_.nodes && taken.insert(node.key).second) nodes.push_back(node);
  };
  for (const auto& [key, kinds] : open_) {
    const Process* p = view.scene.lineage.find(key);
    if (!p || !p->alive()) continue;
    take(*p);
    Lineage::each_ancestor(*p, [&](const Process& up) { return take(up), true; });
  }
  for (const Node& node : ended_)
    if (open_.contains(node.key)) take_ended(node);
  auto living = alive(view);
  std::erase_if(living, [](const Process* p) { return p->kthread; });
  for (const Process* p : living) take(*p);
  for (auto it = ended_.rbegin(); it != ended_.rend(); ++it) take_ended(*it);
  const std::uint64_t in_all = living.size() + ended_in_all_;
  left_out_ = in_all > nodes.size() ? in_all - nodes.size() : 0;
  return nodes;
}

void DotSink::close(const View& view) {
  const std::vector<Node> nodes = choose(view);
  std::set<ProcessKey> there;
  for (const Node& node : nodes) there.insert(node.key);
  const auto name = [&](ProcessKey key) { return '"' + process_id(view.host.boot, key) + '"'; };
  std::string now;
  Rfc3339().append(now, view.host.real_ns(view.time));
  std::string out =
      "digraph stray {\n  rankdir=LR;\n  labelloc=t;\n  label=\"" + shown(view.host.name) + ", " + now;
  if (left_out_) out += "\\n" + std::to_string(left_out_) + " more processes are left out";
  out += "\";\n  node [shape=box, style=filled, fillcolor=white, fontname=\"sans-serif\"];\n";
  for (const Node& node : nodes) {
    out += "  " + name(node.key) + " [label=\"" + node.text;
    if (const auto found = open_.find(node.key); found != open_.end()) {
      Severity worst = Severity::info;
      for (const auto& [kind, finding] : found->second) {
        out += "\\n" + std::string(to_string(finding.what.severity)) + " " + std::string(to_string(kind));
        worst = std::max(worst, finding.what.severity);
      }
      out += "\", fillcolor=\"" + std::string(colour(worst));
    }
    out += node.ended ? "\", style=\"filled,dashed\", fontcolor=gray40];\n" : "\"];\n";
  }
  // Who started it, where that is another one than who has it now.
  for (const Node& node : nodes) {
    if (there.contains(node.parent)) out += "  " + name(node.parent) + " -> " + name(node.key) + ";\n";
    if (node.origin != node.parent && there.contains(node.origin))
      out += "  " + name(node.origin) + " -> " + name(node.key) + " [style=dashed];\n";
  }
  out_(out + "}\n");
}

}  // namespace stray
