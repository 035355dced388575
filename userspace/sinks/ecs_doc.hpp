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
  const bool brief;                                           // leaves out what was said before
  std::vector<std::pair<std::string_view, std::string>> bad;  // field names and bytes that are not UTF-8

  // What every document begins with. `about`: names what it is about, for event.id.
  struct Head {
    BootTime time;
    std::string_view kind, action, type, dataset;
    std::string about;
    int severity = 0;
    bool brief = false;  // the constants of host and program were said before
  };
  Doc(Ecs& owner, std::string& into, const Head& head);

  std::string id(ProcessKey key) const { return process_id(ecs.host_.boot, key); }
  void stamp(Rfc3339& format, BootTime time);
  void text(std::string_view name, std::string_view field, std::string_view value);
  void args(const Process& p);
  void command_line(const Process& p);
  void key_fields(ProcessKey key);
  // How much of a process a document says.
  enum class Part : std::uint8_t {
    id,       // nothing but who it is
    outline,  // what runs, since when, whose it is, its parent
    whole,    // with arguments, directory, terminal, session
  };
  bool said(const Process& p) const { return brief && ecs.was_said(p); }
  void names(const Process& p);  // executable and name
  void relative(std::string_view name, const Process* p, ProcessKey key);
  void parent(const Process& p, Part part);
  void start_of(const Process& p);
  void user(const Process& p);
  // Open object "process": the caller adds what its action has and closes it.
  void process(const Process& p, Part part);
  void container(const Process& p);
  void edge(const Process& p);
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
