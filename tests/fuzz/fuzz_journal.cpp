// SPDX-License-Identifier: Apache-2.0
// Any documents as what `stray replay --journal` finds in a journal. An input is a byte that chooses options,
// then one entry a line: a byte that says from whom (machine, boot, root), then the document. The journal and
// standard output are this file's: it defines their functions instead of linking libsystemd.
#include <spdlog/spdlog.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "base/errors.hpp"
#include "broken.hpp"
#include "cli/commands/replay_journal.hpp"
#include "cli/standard_output.hpp"
#include "journal/reader.hpp"
#include "json.hpp"

namespace stray {
namespace {

std::string_view entries;
bool json = false;

}  // namespace

JournalReader::JournalReader(const std::string&) : last_ns_(std::int64_t{2'000'000'000} * 1'000'000'000) {}
JournalReader::~JournalReader() = default;
std::uint64_t JournalReader::lost_bytes() const { return 0; }

bool JournalReader::next(JournalRecord& record) {
  if (entries.empty()) return false;
  const std::string_view line = entries.substr(0, entries.find('\n'));
  entries.remove_prefix(std::min(line.size() + 1, entries.size()));
  const unsigned from = line.empty() ? 0 : static_cast<unsigned char>(line[0]);
  record = {};
  record.document = line.substr(line.empty() ? 0 : 1);
  record.message = record.document.substr(0, record.document.find(','));
  record.machine = from & 1 ? "a" : "b", record.boot = from & 2 ? "1" : "2";
  record.from_root = (from & 4) == 0;
  return true;
}

void print(std::string_view text) {
  if (!json) return fuzz::check_text(text);
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    if (!fuzz::is_json(line)) fuzz::broken("no JSON", std::string(line));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
  }
}

void end_by_sigpipe() {}

}  // namespace stray

using namespace stray;

extern "C" int LLVMFuzzerInitialize(int*, char***) {
  ::setenv("TZ", "UTC0", 1);
  spdlog::set_level(spdlog::level::off);
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  entries = {reinterpret_cast<const char*>(data + 1), size - 1};
  JournalReplayOptions options;
  options.json = json = data[0] & 1;
  if (data[0] & 2) options.directory = "/journal";
  if (data[0] & 4) options.since = "2026-11-23";
  if (data[0] & 8) options.filter.pids = {100};
  if (data[0] & 16) options.filter.findings = {Kind::orphan};
  replay_journal(options);
  return 0;
}
