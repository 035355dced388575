// SPDX-License-Identifier: Apache-2.0
// The configuration: defaults, the file over them, flags over that; and where each value came from.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/units.hpp"
#include "config/notify.hpp"
#include "findings/options.hpp"

namespace stray {

struct Config {
  DetectOptions detect;
  std::vector<std::string> redact;        // RE2 patterns, beside the rules of stray
  bool redact_builtin = true;             // use its own rules too
  std::vector<std::string> pidfile_dirs;  // where pid files are looked for, beside /run and the like
  std::vector<NotifyTarget> notify;       // who is notified of findings
  std::string file;                       // that was read; empty: none
  std::vector<std::string> snippets;      // read after it, from the folder conf.d beside it

  // Where a value that is no default came from, by its key ("times.orphan_grace", "allow.0"): "FILE:LINE" or
  // the flag.
  std::map<std::string, std::string, std::less<>> origins;

  // "FILE:LINE: ..." for each allowance that has ended by then (CLOCK_REALTIME, ns).
  std::vector<std::string> expired(std::int64_t real_ns) const;
};

// Puts what the file says over `out`. Returns all that is wrong with it, "FILE:LINE:COLUMN: what", by place;
// then `out` is of no use. Root refuses a file that others own or may write.
std::vector<std::string> read_config(const std::string& path, Config& out);
std::vector<std::string> read_config_text(std::string_view text, Config& out);

// Every *.toml of that folder, by name: values go over what there is, lists are continued. None, where there
// is no such folder. Problems as above, of all files.
std::vector<std::string> read_snippets(const std::string& folder, Config& out);
// "/etc/stray/stray.toml" -> "/etc/stray/conf.d"
std::string snippet_folder(const std::string& file);

// --after KIND=DURATION and --min-age. Throw UsageError.
void take_after(const std::string& flag, Config& out);
void take_min_age(const std::string& text, Config& out);

// The whole of it as a file that read_config() would take, each value with where it comes from.
std::string config_text(const Config& config);
std::string config_json(const Config& config);
std::string allow_text(const Allow& allow);  // as an [[allow]] of a file

// ---- shared by the parser and the printer ----

struct TimeKey {
  std::string_view name;
  BootTime DetectOptions::*value;
  std::string_view meaning;
};
const std::vector<TimeKey>& time_keys();  // by their order in the file

struct CountKey {
  std::string_view name;
  std::uint32_t DetectOptions::*value;
  std::string_view meaning;
};
const std::vector<CountKey>& count_keys();  // of [limits], beside memory_limit

}  // namespace stray
