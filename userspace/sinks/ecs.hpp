// SPDX-License-Identifier: Apache-2.0
// Events and findings as ECS 8 documents (https://www.elastic.co/guide/en/ecs/8.17/), one line each.
//
// What ECS has no name for stands under stray.*. Bytes that are not UTF-8 become U+FFFD; the original stands
// in base64 under stray.base64, by the name of its field. docs/output.md lists every field.
//
// Of a stream that is read in order, most of what a document could say was said by an earlier one: who is
// above a process, what runs in it, which host this is. LineageIn::ids leaves that out of events and keeps
// the ids.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.hpp"
#include "findings/detectors.hpp"
#include "lineage/lineage.hpp"
#include "pipeline/summary.hpp"
#include "record/host.hpp"

namespace stray {

// Whether each document stands alone, or refers by ids to what an earlier one of the same output says.
enum class LineageIn : std::uint8_t { full, ids };

// One fact of a process at two moments, as people read it.
struct FactChange {
  std::string_view fact;  // a literal: "parent", "memory"
  std::string before, after;
};

class Ecs {
 public:
  explicit Ecs(const Host& host, LineageIn lineage = LineageIn::full);

  // What follows goes where nothing was said yet, as into another file.
  void forget_what_was_said();

  enum class Ready : std::uint8_t { begun, continued };  // the first of a run, or of a further file of it
  // Each appends one line. event() appends nothing for records that are no event of their own (ticks,
  // observations).
  // `open`: what is open at that moment. Whatever an earlier run left open and is not among it has ended.
  void ready(std::string& out, BootTime time, std::uint64_t lost, const ViewLimits& limits,
             const std::vector<Finding>& open, Ready which = Ready::begun);
  void event(std::string& out, const Event& event, const Lineage& lineage);
  void seed(std::string& out, const Process& process, BootTime time, std::uint64_t lost);
  void reparent(std::string& out, const Change& change, BootTime time, std::uint64_t lost);
  // A process that differs between two moments: "came", "ended", "changed". nullptr: it is gone.
  void difference(std::string& out, std::string_view action, ProcessKey key, const Process* process,
                  const std::vector<FactChange>& facts, BootTime time, std::uint64_t lost);
  // `stray`: what the finding belongs to; nullptr when it is cleared.
  void finding(std::string& out, const Finding& finding, const Stray* stray, const Scene& scene,
               const Process* process, std::uint64_t lost);
  void explain(std::string& out, const Process& process, const Scene& scene, std::uint64_t lost);
  void summary(std::string& out, const Summary& summary);

 private:
  struct Doc;
  friend struct Doc;

  // What many documents share is formatted once: the names of processes, and what stands above a parent.
  struct Ref {
    ProcessKey key;
    std::string text;  // its entity_id and pid, as members
  };
  struct Above {
    struct Link {
      ProcessKey key;
      Edge edge;
      std::string exe;
    };
    std::vector<Link> links;  // the parent first
    std::string text;         // their objects, root first
  };
  // What the output has said of a process, with LineageIn::ids.
  struct Said {
    ProcessKey key;
    std::size_t facts = 0;
  };
  const std::string& ref(ProcessKey key);
  const std::string* above(const Process& p);  // nullptr: some text is not UTF-8
  bool brief() const { return !said_.empty(); }
  bool was_said(const Process& p) const;
  bool lineage_was_said(const Process& p) const;
  void say(const Process& p);
  const std::string& constants();  // of this host and this program, as members

  const Host& host_;
  std::vector<Said> said_;  // by the hash of the key; what another one displaces is said again. Empty: full
  std::string constants_, constants_of_;
  std::array<std::uint8_t, 16> boot_{};  // of what is kept here
  std::array<Ref, 64> refs_;             // by the upper bits of the key's hash
  std::array<Above, 16> above_;          // by those of the parent's
  Rfc3339 now_, start_;
};

}  // namespace stray
