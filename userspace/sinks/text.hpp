// SPDX-License-Identifier: Apache-2.0
// Text for people at a terminal: one aligned line an event, findings as blocks that stand out, the tree, one
// process explained. Everything that comes from processes is escaped: no byte of theirs moves the cursor.
#pragma once

#include <string>
#include <vector>

#include "findings/detectors.hpp"
#include "lineage/lineage.hpp"
#include "record/host.hpp"
#include "sinks/ecs.hpp"

namespace stray {

struct Style {
  bool color = false;
};

class Text {
 public:
  Text(const Host& host, Style style) : host_(host), style_(style) {}

  std::string event(const Event& event, const Lineage& lineage) const;  // "" for what is no event
  std::string reparent(const Change& change, BootTime time) const;
  std::string finding(const Finding& finding, const Scene& scene) const;
  // All open findings, a block for each process, and the totals.
  std::string findings(const std::vector<Finding>& open, const Scene& scene) const;
  std::string tree(const Lineage& lineage, const Process* root, const Scene& scene,
                   const std::vector<Finding>& open) const;
  std::string explain(const Process& process, const Scene& scene, const std::vector<Finding>& open) const;
  std::string heading(const Process& process) const;  // one line that says which process
  std::string summary(const Summary& summary) const;

  std::string clock(BootTime time) const;  // local time of day, with milliseconds
  std::string date(BootTime time) const;   // local date and time with zone

 private:
  std::string paint(std::string_view code, std::string_view text) const;
  std::string severity(Severity severity) const;
  std::string block(const std::vector<const Finding*>& of_one, const Scene& scene) const;
  std::string node(const Process& process, const Scene& scene, const std::vector<Finding>& open) const;
  void branch(std::string& out, const Process& top, const Scene& scene,
              const std::vector<Finding>& open) const;

  const Host& host_;
  Style style_;
};

}  // namespace stray
