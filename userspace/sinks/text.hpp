// SPDX-License-Identifier: Apache-2.0
// Text for people at a terminal: one aligned line an event, strays with what is to be done, the tree, one
// process explained. Everything that comes from processes is escaped: no byte of theirs moves the cursor.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "findings/detectors.hpp"
#include "lineage/lineage.hpp"
#include "record/host.hpp"
#include "sinks/ecs.hpp"
#include "sinks/scan_view.hpp"

namespace stray {

struct Style {
  bool color = false;
};
std::string_view color_of(Severity severity);  // for Text::paint; empty: none

struct TreeView {
  bool kernel_threads = false;
  std::size_t columns = 0;  // of the terminal; 0: no terminal, long commands are cut all the same
};

// "PM2 app web", "systemd unit nginx.service", "terminal pts/3", "none".
std::string supervisor_text(const Supervision& who);

class Text {
 public:
  Text(const Host& host, Style style) : host_(host), style_(style) {}

  std::string event(const Event& event, const Lineage& lineage) const;  // "" for other records
  std::string reparent(const Change& change, BootTime time) const;
  // One finding as it is raised, updated or cleared. `stray`: what it belongs to; nullptr when it is cleared.
  std::string finding(const Finding& finding, const Stray* stray, const Scene& scene) const;
  // The summary, then one entry a stray (or one line, or one block a finding), identical ones together.
  std::string strays(const std::vector<Stray>& strays, const Scene& scene, const ScanView& view) const;
  // A line a process, in columns. nullptr: of all.
  std::string tree(const Process* root, const Scene& scene, const std::vector<Stray>& strays,
                   const TreeView& view) const;
  // What strays() begins with: how many there are and what is to be done, or that there are none.
  // `entries`: in how many they stand.
  std::string verdict(const std::vector<Stray>& strays, std::size_t entries, const ScanView& view) const;
  std::string explain(const Process& process, const Scene& scene, const std::vector<Stray>& strays) const;
  std::string heading(const Process& process) const;  // one line that says which process
  std::string end_of(const Process& process) const;   // "killed by SIGKILL from bash (900) after 3 d 2 h"
  std::string summary(const Summary& summary) const;

  std::string paint(std::string_view code, std::string_view text) const;
  std::string clock(BootTime time) const { return clock_text(host_.real_ns(time), {}); }
  std::string date(BootTime time) const { return date_text(host_.real_ns(time), {}); }

 private:
  std::string text_of(const Evidence& e) const { return stray::text_of(e, host_.real_offset_ns, {}); }
  std::string severity(Severity severity) const;
  // stray_text.cpp
  std::string headline(const std::vector<Stray>& strays, std::size_t entries) const;
  std::string entry(const std::vector<const Stray*>& same, const Scene& scene) const;
  std::string columns(const Stray& stray, const Scene& scene, std::size_t count) const;
  std::string steps(const std::vector<const Stray*>& same) const;
  std::string block(const Finding& finding, const Stray& stray, const Scene& scene) const;
  std::string lines(std::string_view head, const std::vector<std::string>& all) const;

  const Host& host_;
  Style style_;
};

}  // namespace stray
