// SPDX-License-Identifier: Apache-2.0
// One ECS document under construction: the parts that several kinds of documents share.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sinks/ecs.hpp"

namespace stray {

struct Ecs::Doc {
  Ecs& ecs;
  std::string& out;
  Json json;
  std::vector<std::pair<std::string_view, std::string>> bad;  // field names and bytes that are not UTF-8

  Doc(Ecs& owner, std::string& into, BootTime time, std::string_view kind, std::string_view action,
      std::string_view type, int severity = 0);

  std::string id(ProcessKey key) const { return process_id(ecs.host_.boot, key); }
  void stamp(Rfc3339& format, BootTime time);
  void host();
  void text(std::string_view name, std::string_view field, std::string_view value);
  void args(const Process& p);
  void key_fields(ProcessKey key);
  void relative(std::string_view name, const Process* p, ProcessKey key);
  void start_of(const Process& p);
  // Open object "process": the caller adds what its action has and closes it.
  void process(const Process& p, bool whole);
  void leaders(const Process& p);
  void lineage(const Process& p);
  void link(const Process& p);  // one object of it
  void supervision(const Process& p, const Scene& scene);
  void treatment(const Treatment& treatment);
  void finding_id(const Finding& finding);  // with its kind
  // Closes "stray" (opened by the caller or here) and the document.
  void finish(std::uint64_t lost);
};

}  // namespace stray
