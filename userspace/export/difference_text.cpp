// SPDX-License-Identifier: Apache-2.0
// Differences between two moments, for people and as documents.
#include <algorithm>
#include <map>
#include <tuple>

#include "base/layout.hpp"
#include "base/printable.hpp"
#include "export/difference.hpp"
#include "sinks/lines.hpp"

namespace stray {
namespace {

constexpr std::string_view kDim = "2", kBold = "1", kGreen = "32", kRed = "31";
constexpr std::size_t kWide = 110;    // bytes of a command line; the documents have all
constexpr std::size_t kMostPids = 4;  // of processes that share a line

// Processes of which all but their pid and their time is the same, in one line: a server that starts a
// hundred workers.
struct Alike {
  std::string when, what;
  std::vector<std::uint32_t> pids;
};

template <typename List, typename TextOf>
std::vector<Alike> together(const List& list, const TextOf& text_of) {
  std::vector<Alike> out;
  std::map<std::string, std::size_t> place;
  for (const auto& one : list) {
    auto [pid, when, what] = text_of(one);
    const auto [at, first] = place.emplace(what, out.size());
    if (first) out.push_back({when, what, {}});
    out[at->second].pids.push_back(pid);
  }
  return out;
}

std::string pids_text(const std::vector<std::uint32_t>& pids) {
  if (pids.size() == 1) return std::to_string(pids.front());
  const std::vector<std::uint32_t> shown(
      pids.begin(), pids.begin() + static_cast<std::ptrdiff_t>(std::min(kMostPids, pids.size())));
  return std::to_string(pids.size()) + " processes, pids " +
         joined(shown, ", ", [](std::uint32_t pid) { return std::to_string(pid); }) +
         (pids.size() > kMostPids ? ", …" : "");
}

std::string section(const Text& text, std::string_view name, std::string_view sign, std::string_view color,
                    const std::vector<Alike>& lines) {
  if (lines.empty()) return {};
  std::string out = "\n" + text.paint(kBold, name) + "\n";
  for (const Alike& line : lines) {
    const bool one = line.pids.size() == 1;
    out += text.paint(color, sign) + " " + pad(one ? std::to_string(line.pids.front()) : "", 7) + " " +
           text.paint(kDim, line.when) + "  " + line.what + "\n";
    if (!one) out += "  " + pad("", 7) + " " + text.paint(kDim, pids_text(line.pids)) + "\n";
  }
  return out;
}

std::string changed_text(const Text& text, const std::vector<Differences::Changed>& all) {
  if (all.empty()) return {};
  std::string out = "\n" + text.paint(kBold, "changed") + "\n";
  for (const Differences::Changed& one : all) {
    out += "~ " + pad(std::to_string(one.process->key.tgid), 7) + " " +
           printable(shortened(one.process->command(), kWide)) + "\n";
    const auto side = [](const std::string& value) {
      return value.empty() ? std::string("nothing") : printable(shortened(value, kWide));
    };
    for (const FactChange& fact : one.facts)
      out += "  " + pad("", 7) + " " + text.paint(kDim, pad(std::string(fact.fact), 11)) + side(fact.before) +
             " -> " + side(fact.after) + "\n";
  }
  return out;
}

std::string findings_text(const Text& text, const Differences& differences) {
  if (differences.raised.empty() && differences.cleared.empty()) return {};
  std::string out = "\n" + text.paint(kBold, "findings") + "\n";
  for (const Finding& one : differences.raised)
    out += text.paint(kRed, "+") + " " + pad(std::to_string(one.process.tgid), 7) + " " +
           text.paint(color_of(one.what.severity), to_string(one.kind)) + ": " + printable(one.what.message) +
           "\n";
  for (const Finding& one : differences.cleared)
    out += text.paint(kGreen, "-") + " " + pad(std::to_string(one.process.tgid), 7) + " " +
           std::string(to_string(one.kind)) + " is cleared: " + printable(one.reason) + "\n";
  return out;
}

std::string count_text(const Differences& differences) {
  std::string out;
  const auto add = [&](std::size_t count, std::string_view what) {
    if (count) add_to(out, std::to_string(count) + " " + std::string(what));
  };
  add(differences.came.size(), "came");
  add(differences.ended.size(), "ended");
  add(differences.changed.size(), "changed");
  add(differences.raised.size(), "found");
  add(differences.cleared.size(), "cleared");
  if (out.empty()) out = "nothing differs";
  if (differences.between) add_to(out, std::to_string(differences.between) + " lived only in between", "; ");
  return out;
}

}  // namespace

std::string difference_text(const Text& text, const Differences& differences) {
  using Row = std::tuple<std::uint32_t, std::string, std::string>;
  std::string out = text.paint(kBold, text.date(differences.from) + " to " + text.date(differences.to) +
                                          ": " + count_text(differences)) +
                    "\n";
  out += section(
      text, "came", "+", kGreen, together(differences.came, [&](const Process* p) {
        const Process* by = p->origin ? p->origin : p->parent;
        return Row{p->key.tgid, text.clock(p->key.start),
                   printable(shortened(p->command(), kWide)) + "  by " +
                       (by ? printable(by->label()) + " (" + std::to_string(by->key.tgid) + ")" : "unknown") +
                       ", " + printable(account_of(*p))};
      }));
  out += section(text, "ended", "-", kRed, together(differences.ended, [&](const Differences::Gone& gone) {
                   return Row{gone.key.tgid,
                              gone.end.time.count() ? text.clock(gone.end.time) : std::string("(not seen)"),
                              printable(shortened(gone.command, kWide)) +
                                  (gone.end.how.empty() ? "" : "  " + gone.end.how)};
                 }));
  return out + changed_text(text, differences.changed) + findings_text(text, differences);
}

std::string difference_documents(const View& view, const Differences& differences) {
  Ecs ecs(view.host);
  std::string out;
  for (const Process* p : differences.came) ecs.difference(out, "came", p->key, p, {}, view.time, view.lost);
  for (const Differences::Gone& gone : differences.ended) {
    std::vector<FactChange> facts{{"command", gone.command, ""}};
    if (!gone.end.how.empty()) facts.push_back({"end", "", gone.end.how});
    ecs.difference(out, "ended", gone.key, nullptr, facts, gone.end.time.count() ? gone.end.time : view.time,
                   view.lost);
  }
  for (const Differences::Changed& one : differences.changed)
    ecs.difference(out, "changed", one.process->key, one.process, one.facts, view.time, view.lost);
  for (const Finding& one : differences.raised) {
    const auto stray = view.stray_of(one);
    ecs.finding(out, one, stray ? &*stray : nullptr, view.scene, view.scene.lineage.find(one.process),
                view.lost);
  }
  for (const Finding& one : differences.cleared)
    ecs.finding(out, one, nullptr, view.scene, view.scene.lineage.find(one.process), view.lost);
  return out;
}

}  // namespace stray
