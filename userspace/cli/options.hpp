// SPDX-License-Identifier: Apache-2.0
// Options that several commands share, and the values they stand for.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/errors.hpp"
#include "config/config.hpp"
#include "findings/options.hpp"
#include "pipeline/filter.hpp"
#include "sources/capture_input.hpp"

namespace stray {

class Arguments;

struct CommonOptions {
  std::string config;              // "": the default file, when it is there
  std::vector<std::string> after;  // KIND=TIME
  std::string min_age;
  bool json = false;
  std::string lineage = "full";  // of the documents: full or ids
  std::string color = "auto";
  bool this_namespace = false;  // a look at the own pid namespace alone is what is wanted
};

inline constexpr std::string_view kDefaultConfig = "/etc/stray/stray.toml";

// ---- declared by the commands that have them ----

void declare_config(Arguments& arguments, CommonOptions& common);  // --config
// --json (its help says what the command prints then), --color, --utc
void declare_format(Arguments& arguments, CommonOptions& common, const std::string& json);
void declare_utc(Arguments& arguments);                                    // --utc
void declare_times(Arguments& arguments, CommonOptions& common);           // --after, --min-age
void declare_window(Arguments& arguments, CaptureChoice& capture);         // --since, --until
void declare_processes(Arguments& arguments, FilterOptions& only);         // --argv, --tree-of
void declare_this_namespace(Arguments& arguments, CommonOptions& common);  // --this-namespace
void declare_source(Arguments& arguments, CaptureChoice& capture);         // --capture and --at: one moment
void declare_lineage(Arguments& arguments, CommonOptions& common,
                     const char* usual);                         // --lineage
void declare_events(Arguments& arguments, std::string& events);  // --events
void declare_output(Arguments& arguments, std::string& output);  // --output

inline constexpr const char* kEcsLines = "Print ECS documents instead of text, one a line";

// ---- what they mean ----

// The file ("": the default one, if it exists) and the snippets of conf.d beside it. Returns all that is
// wrong.
std::vector<std::string> read_all(const std::string& config, Config& out);

// Configuration file first, flags over it. Warns about allowances that have expired. Throws UsageError that
// names file and line, or the flag.
Config config_of(const CommonOptions& common);
DetectOptions detect_options(const CommonOptions& common);

std::size_t columns_of_terminal(int fd);  // 0: it is none, or has no size

// Colours are wanted on that descriptor.
bool use_color(const CommonOptions& common, int fd);

std::string lines_text(std::uint64_t count);  // "1 line", "7 lines"

}  // namespace stray
