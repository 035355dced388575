// SPDX-License-Identifier: Apache-2.0
// What run and replay share of printing: so that both print the same.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "cli/options.hpp"
#include "sinks/sinks.hpp"

namespace stray {

EventChoice event_choice(const std::string& list);  // throws UsageError

// JSON or text, as asked for; `events`: those to show, "" for the usual ones.
std::unique_ptr<Sink> printing_sink(const CommonOptions& common, const std::string& events, Writer& writer,
                                    int fd, const Host& host);

// Waits so long for a reader that takes nothing. Returns false, and says so, when lines were lost.
bool finish(Writer& writer, const std::string& where,
            std::chrono::milliseconds patience = std::chrono::seconds(5));

}  // namespace stray
