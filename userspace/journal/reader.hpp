// SPDX-License-Identifier: Apache-2.0
// Reads back what stray sent to journald (sinks/journal_sink.cpp), from this host's journal or from files
// that were copied from another. The only code that includes libsystemd.
//
// Files that cannot be used are named and left out. A file that turns out to be damaged while it is read ends
// there: libsystemd goes on with the others and does not say so, which lost_bytes() finds.
#pragma once

#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

struct sd_journal;

namespace stray {

// There is no journal to read: one line for a person.
struct JournalError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

struct JournalRecord {
  std::string document;       // STRAY_JSON, as it was sent
  std::string message;        // MESSAGE: the same for a person
  std::string machine, boot;  // by journald, not by the sender
  bool from_root = false;     // journald saw the sender's uid 0
};

class JournalReader {
 public:
  struct Unreadable {
    std::string file, reason;
  };

  // A directory with journal files, in it or one level below (as /var/log/journal is); "": this host's.
  // Throws JournalError.
  explicit JournalReader(const std::string& directory);
  ~JournalReader();
  JournalReader(const JournalReader&) = delete;
  JournalReader& operator=(const JournalReader&) = delete;

  const std::vector<Unreadable>& unreadable() const { return unreadable_; }
  std::int64_t first_ns() const { return first_ns_; }  // CLOCK_REALTIME of the oldest and the newest entry
  std::int64_t last_ns() const { return last_ns_; }

  // The next entry that has a document, in the journal's order. False at the end.
  bool next(JournalRecord& record);

  // Known at the end: entries whose fields could not be read, and the size of files that were given up.
  std::uint64_t damaged_entries() const { return damaged_; }
  std::uint64_t lost_bytes() const;

 private:
  bool field(const char* name, std::string& out);
  std::uint64_t usage() const;

  sd_journal* journal_ = nullptr;
  std::vector<Unreadable> unreadable_;
  std::int64_t first_ns_ = 0, last_ns_ = 0;
  std::uint64_t usage_ = 0, damaged_ = 0;
};

}  // namespace stray
