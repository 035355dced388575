// SPDX-License-Identifier: Apache-2.0
#include "cli/run_outputs.hpp"

#include <spdlog/spdlog.h>

#include <cstring>

namespace stray {

EventChoice event_choice(const std::string& list) {
  std::string bad;
  auto choice = EventChoice::parse(list, bad);
  if (!choice) throw UsageError("--events: \"" + bad + "\" is no event; known: " + EventChoice::names());
  return *choice;
}

std::unique_ptr<Sink> printing_sink(const CommonOptions& common, const std::string& events, Writer& writer,
                                    int fd, const Host& host) {
  if (common.json)
    return std::make_unique<JsonSink>(writer, events.empty() ? EventChoice::all() : event_choice(events),
                                      host);
  return std::make_unique<TextSink>(writer,
                                    event_choice(events.empty() ? "exec,exit,oom,reparent,gap" : events),
                                    host, Style{use_color(common, fd)});
}

bool finish(Writer& writer, const std::string& where, std::chrono::milliseconds patience) {
  writer.finish(patience);
  if (!writer.dropped() && !writer.error()) return true;
  const std::string lines = lines_text(writer.dropped());
  if (writer.error())
    spdlog::error("{}: {}; {} could not be written", where, std::strerror(writer.error()), lines);
  else if (writer.gave_up())
    spdlog::error("{}: nobody reads it; {} could not be written", where, lines);
  else
    spdlog::error("{}: its reader is too slow; {} had to be dropped", where, lines);
  return false;
}

}  // namespace stray
