// SPDX-License-Identifier: Apache-2.0
// stray replay --journal: the events and findings that an earlier `stray run --journal` sent, and which
// findings are open according to them.
#include "cli/commands/replay_journal.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <deque>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <unordered_set>

#include "base/errors.hpp"
#include "base/layout.hpp"
#include "base/moment.hpp"
#include "base/printable.hpp"
#include "base/time_text.hpp"
#include "cli/standard_output.hpp"
#include "journal/reader.hpp"
#include "kernel/kernel_source.hpp"

namespace stray {
namespace {

constexpr std::size_t kBuffer = 64 << 10;
constexpr std::size_t kRemembered = 1 << 16;  // documents among which one that comes again is recognised

// A document of sinks/ecs.cpp. What is missing, or of another type, is an empty string or 0.
class Document {
 public:
  // Nothing for what is no such document, or not in one line.
  static std::optional<Document> parse(const std::string& text) {
    if (text.find('\n') != std::string::npos) return {};
    Document document(nlohmann::json::parse(text, nullptr, false));
    if (!document.json_.is_object() || document.text("/event/action").empty()) return {};
    const auto time = parse_rfc3339(document.text("/@timestamp"));
    if (!time) return {};
    document.time_ = *time;
    return document;
  }

  std::string text(const char* pointer) const {
    const auto* value = at(pointer);
    return value && value->is_string() ? value->get<std::string>() : std::string();
  }
  std::int64_t number(const char* pointer) const {
    const auto* value = at(pointer);
    return value && value->is_number_integer() ? value->get<std::int64_t>() : 0;
  }
  // Of a run's beginning: what is open then. What an earlier run left open beside it has ended in between.
  std::optional<std::set<std::string>> open_ids() const {
    const auto* list = at("/stray/open");
    if (action() != "ready" || !list || !list->is_array()) return {};
    std::set<std::string> out;
    for (const auto& one : *list)
      if (const auto id = one.find("id"); id != one.end() && id->is_string())
        out.insert(id->get<std::string>());
    return out;
  }
  std::string action() const { return text("/event/action"); }
  bool finding() const { return text("/event/kind") == "alert"; }
  std::int64_t time() const { return time_; }  // CLOCK_REALTIME, ns

 private:
  explicit Document(nlohmann::json json) : json_(std::move(json)) {}

  const nlohmann::json* at(const char* pointer) const {
    const nlohmann::json::json_pointer path(pointer);
    return json_.contains(path) ? &json_.at(path) : nullptr;
  }

  nlohmann::json json_;
  std::int64_t time_ = 0;
};

// As the run printed it: the journal has its text beside the document.
std::string line(const JournalRecord& record, const Document& document) {
  const std::int64_t pid = document.number("/process/pid");
  const std::string action = pad(document.action(), 8) + " ";
  const bool whole = record.message.starts_with(action);  // of an event, with action and pid
  const std::string head = whole ? "" : action + pad(pid ? std::to_string(pid) : "-", 7) + " ";
  return exact_text(document.time(), {}) + "  " + printable(head + record.message) + "\n";
}

// Recognises a document that was sent twice: an entry that journald did take, and was killed before it said
// so.
class Once {
 public:
  bool first(const Document& document) {
    std::string identity;
    for (const char* part :
         {"/host/boot/id", "/process/entity_id", "/event/action", "/rule/name", "/@timestamp"})
      identity += document.text(part) + '\0';
    const std::size_t hash = std::hash<std::string>()(identity);
    if (!seen_.insert(hash).second) return false;
    order_.push_back(hash);
    if (order_.size() > kRemembered) {
      seen_.erase(order_.front());
      order_.pop_front();
    }
    return true;
  }

 private:
  std::unordered_set<std::size_t> seen_;
  std::deque<std::size_t> order_;
};

// Findings raised and not cleared. A new boot of a machine ends all of the boot before, and a new run what it
// does not say is open.
class OpenFindings {
 public:
  void begin(const JournalRecord& record, const Document& document) {
    Machine& machine = machines_[record.machine];
    if (machine.boot != record.boot) machine = {record.boot, {}};
    if (const auto open = document.open_ids())
      std::erase_if(machine.findings, [&](const auto& one) { return !open->contains(one.first); });
  }
  void take(const JournalRecord& record, const Document& document) {
    if (!document.finding()) return;
    auto& findings = machines_[record.machine].findings;
    const std::string id = document.text("/stray/finding/id");
    if (document.action() == "cleared")
      findings.erase(id);
    else
      findings.insert_or_assign(id, pad(document.text("/stray/finding/severity"), 9) + " " +
                                        pad("pid " + std::to_string(document.number("/process/pid")), 12) +
                                        record.message + "  (" + id + ")");
  }
  std::string text() const {
    std::string out;
    std::size_t count = 0;
    for (const auto& [id, machine] : machines_) {
      count += machine.findings.size();
      for (const auto& [finding, text] : machine.findings) out += "  " + printable(text) + "\n";
    }
    if (count == 0) return "no finding is open according to the journal\n";
    return std::to_string(count) + (count == 1 ? " finding is" : " findings are") +
           " open according to the journal:\n" + out;
  }

 private:
  struct Machine {
    std::string boot;
    std::map<std::string, std::string> findings;  // by id, each with its text
  };
  std::map<std::string, Machine> machines_;
};

class Choice {
 public:
  Choice(const JournalReplayOptions& options, const JournalReader& journal) : options_(options) {
    std::timespec now{};
    ::clock_gettime(CLOCK_REALTIME, &now);
    const std::int64_t now_ns = now.tv_sec * std::int64_t{1'000'000'000} + now.tv_nsec;
    const TimeSpan span{journal.first_ns(), options.directory.empty() ? now_ns : journal.last_ns()};
    if (!options.since.empty()) since_ = parse_moment(options.since, "--since", span);
    if (!options.until.empty()) until_ = parse_moment(options.until, "--until", span);
    if (since_ && until_ && *since_ > *until_)
      throw UsageError("--until: \"" + options.until + "\" is before --since \"" + options.since + "\"");
  }

  bool over(const Document& document) const { return until_ && document.time() > *until_; }
  bool begun(const Document& document) const { return !since_ || document.time() >= *since_; }
  bool about(const Document& document) const {
    const FilterOptions& filter = options_.filter;
    const auto among = [](const auto& list, const auto& value) {
      return list.empty() || std::find(list.begin(), list.end(), value) != list.end();
    };
    if (!among(filter.pids, static_cast<std::uint32_t>(document.number("/process/pid")))) return false;
    if (!among(filter.ids, document.text("/process/entity_id")) &&
        !among(filter.ids, document.text("/stray/finding/id")))
      return false;
    const auto kind = kind_of(document.text("/rule/name"));
    return filter.findings.empty() || (document.finding() && kind && among(filter.findings, *kind));
  }

 private:
  const JournalReplayOptions& options_;
  std::optional<std::int64_t> since_, until_;
};

std::string entries_text(std::uint64_t count) {
  return std::to_string(count) + (count == 1 ? " entry" : " entries");
}

// Says what was not as it should be. True when something of the journal could not be read.
bool tell(const JournalReader& journal, std::uint64_t foreign, std::uint64_t odd, bool trusted) {
  if (foreign)
    spdlog::warn("{} under the name stray {} not from root, as anybody can write: {}", entries_text(foreign),
                 foreign == 1 ? "is" : "are",
                 trusted ? "printed, since --directory names the files" : "left out");
  if (odd) spdlog::warn("{} without a whole document: left out", entries_text(odd));
  if (journal.damaged_entries())
    spdlog::warn("the journal is damaged: {} could not be read", entries_text(journal.damaged_entries()));
  if (journal.lost_bytes())
    spdlog::warn(
        "the journal is damaged: a part of files with {} bytes could not be read; journalctl --verify names "
        "them",
        journal.lost_bytes());
  return odd || journal.lost_bytes() || journal.damaged_entries() || !journal.unreadable().empty();
}

}  // namespace

int replay_journal(const JournalReplayOptions& options) {
  std::optional<JournalReader> journal;
  try {
    journal.emplace(options.directory);
  } catch (const JournalError& error) {
    if (!options.directory.empty()) throw UsageError(std::string("--directory: ") + error.what());
    throw SetupError(kNotPossible, error.what());
  }
  const Choice choice(options, *journal);
  for (const auto& [file, reason] : journal->unreadable()) spdlog::warn("{}: {}; left out", file, reason);
  // What was copied is trusted as the one who copied it is.
  const bool trusted = !options.directory.empty();
  std::uint64_t foreign = 0, odd = 0;
  Once once;
  OpenFindings open;
  std::string out;
  for (JournalRecord record; journal->next(record);) {
    foreign += !record.from_root;
    if (!record.from_root && !trusted) continue;
    const auto document = Document::parse(record.document);
    odd += !document;
    // A window begins with what was open before it. Entries that waited for journald come late: none is the
    // last.
    if (!document || choice.over(*document) || !once.first(*document)) continue;
    open.begin(record, *document);
    if (!choice.about(*document)) continue;
    open.take(record, *document);
    if (!choice.begun(*document)) continue;
    out += options.json ? record.document + "\n" : line(record, *document);
    if (out.size() < kBuffer) continue;
    print(out);
    out.clear();
  }
  if (!options.json) out += open.text();
  print(out);
  return tell(*journal, foreign, odd, trusted) ? kDamaged : kFine;
}

}  // namespace stray
