// SPDX-License-Identifier: Apache-2.0
// A client of journald's native protocol that never blocks and never loses silently.
//
// Why not sd_journal_sendv: it returns success when the socket is missing and blocks for ever when journald
// is stopped. Here: one unconnected non-blocking datagram socket; every field length-prefixed, so no value
// can forge a field or an entry; an entry too big for a datagram goes as a sealed memfd. What journald does
// not take now goes to a bounded spool file and is sent later, in order, before anything newer.
//
// What sent() counts was taken by the kernel for journald. What journald had not read when it is killed (up
// to net.unix.max_dgram_qlen + 1 entries) is gone, and no sender can know it: STRAY_PROCESS_ID and
// STRAY_EVENT let a reader compare with a capture.
//
// Threads: none. Ownership: owns its socket and its spool (an unlinked file). Nothing here waits for
// journald; drain() alone waits, for as long as it is allowed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace stray {

struct JournalOptions {
  std::string socket = "/run/systemd/journal/socket";
  std::string spool_directory;            // "": $STATE_DIRECTORY, /var/lib/stray, else a temporary directory
  std::uint64_t spool_bytes = 64u << 20;  // bound of the disk that what waits for journald may use
};

// What journald keeps: [A-Z][A-Z0-9_]*, at most 64. It drops other fields without a word.
constexpr bool is_field_name(std::string_view name) {
  if (name.empty() || name.size() > 64 || name[0] < 'A' || name[0] > 'Z') return false;
  for (const char c : name)
    if (!((c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_')) return false;
  return true;
}

// One entry under construction.
class JournalEntry {
 public:
  void clear();
  // Any bytes as value. Throws std::invalid_argument unless is_field_name(name): names are constants of the
  // program.
  void add(std::string_view name, std::string_view value);
  std::string_view bytes() const { return data_; }
  bool empty() const { return data_.empty(); }

 private:
  std::string data_;
};

class JournalClient {
 public:
  // Throws std::invalid_argument (socket path too long) or std::system_error (no socket to be had). A
  // journald that is not there is no error.
  explicit JournalClient(const JournalOptions& options = {});
  ~JournalClient();
  JournalClient(const JournalClient&) = delete;
  JournalClient& operator=(const JournalClient&) = delete;

  void send(const JournalEntry& entry);  // now, or into the spool; an empty entry is nothing
  void pump(std::size_t at_most = 256);  // sends from the spool; call it regularly while waiting() > 0
  bool drain(int milliseconds);          // at the end: tries for so long; true when nothing waits

  std::uint64_t sent() const;     // entries the kernel took for journald
  std::uint64_t waiting() const;  // entries in the spool
  std::uint64_t dropped() const;  // entries that found the spool full or failing, or that can never be sent

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace stray
