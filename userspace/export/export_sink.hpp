// SPDX-License-Identifier: Apache-2.0
// What the exports have in common: a sink that builds one document and has to know where the records end.
//
// An export may begin in the middle of things (a window of time): what it first gets finds the
// processes that live at that moment in the lineage.
#pragma once

#include <functional>
#include <map>
#include <string_view>
#include <utility>
#include <vector>

#include "pipeline/filter.hpp"
#include "pipeline/sink.hpp"

namespace stray {

// Takes bytes in order; throws when it cannot.
using ByteOutput = std::function<void(std::string_view)>;

class ExportSink : public Sink {
 public:
  void standing(const View& view, const Finding& open, const Process* process) override {
    finding(view, open, process);
  }
  // After the last record, also when that is no end mark (a torn capture, the end of a window). Once, and
  // nothing else after it.
  virtual void close(const View& view) = 0;

  // What comes through this filter alone; it stands before this sink. Borrowed.
  void show_only(const FilterSink& filter) { only_ = &filter; }

 protected:
  // Those that are alive, by key.
  std::vector<const Process*> alive(const View& view) const {
    auto out = view.scene.lineage.live_by_key();
    if (only_) std::erase_if(out, [&](const Process* p) { return !wanted(view, *p); });
    return out;
  }
  bool wanted(const View& view, const Process& process) const {
    return !only_ || only_->passes(view, process);
  }

 private:
  const FilterSink* only_ = nullptr;
};

// What an export keeps of each process whose end it did not get: as much as there are processes at a time.
template <typename State>
class Living {
 public:
  State* find(ProcessKey key) {
    const auto it = by_pid_.find(key.tgid);
    return it == by_pid_.end() || it->second.first != key ? nullptr : &it->second.second;
  }

  // A new process. Who had its pid before ended when records were lost: ended(key, state) is called for it.
  // Nothing for a record out of its time, whose pid has passed on to a younger process.
  template <typename F>
  State* add(ProcessKey key, State state, F&& ended) {
    const auto it = by_pid_.find(key.tgid);
    if (it != by_pid_.end()) {
      if (key < it->second.first) return nullptr;
      auto before = std::move(it->second);
      by_pid_.erase(it);
      ended(before.first, before.second);
    }
    return &by_pid_.emplace(key.tgid, std::pair(key, std::move(state))).first->second.second;
  }

  void remove(ProcessKey key) {
    if (find(key)) by_pid_.erase(key.tgid);
  }

  template <typename F>  // f(key, state), by pid
  void each(F&& f) {
    for (auto& [pid, entry] : by_pid_) f(entry.first, entry.second);
  }

 private:
  std::map<std::uint32_t, std::pair<ProcessKey, State>> by_pid_;
};

}  // namespace stray
