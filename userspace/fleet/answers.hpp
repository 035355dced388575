// SPDX-License-Identifier: Apache-2.0
// What many hosts said of themselves: the documents of `stray scan --json` and `stray check --json`, read
// back from files or from what clush, pdsh or a loop over ssh prints. All of it is untrusted: texts are kept
// as they came, and whoever prints them escapes them for the medium.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "findings/kind.hpp"

namespace stray {

// A stray as its own host judged it: nothing is decided again.
struct HostStray {
  std::string id;  // on its host
  std::int64_t pid = 0;
  Severity severity = Severity::info;  // of its gravest finding
  std::vector<std::string> kinds;  // of its findings; a newer version may have some that are not known here
  std::string decided_by;          // the kind that decided what to do
  std::string action, title;       // "end", "stop it"
  std::string command;             // the first step that is one, for a shell on that host
  std::string program;             // its command line in one text
  std::optional<std::int64_t> since;  // CLOCK_REALTIME, ns: of its oldest finding
  std::size_t processes = 1;
  std::size_t alike = 0;                // more like this one, which its host counts and does not list
  std::uint64_t memory = 0, frees = 0;  // bytes
};

struct HostScan {
  bool complete = false;                    // its summary came
  std::optional<std::int64_t> at;           // CLOCK_REALTIME of that host, ns: of its newest document
  std::map<std::string, HostStray> strays;  // by id
  std::vector<std::string> limits;          // why it could not see all
};

// A line of a policy.
struct HostRule {
  std::string rule, expected, found, level;
  bool met = false;
};

struct HostCheck {
  bool complete = false;
  std::vector<HostRule> rules;
  std::vector<std::string> limits;
};

struct HostAnswer {
  std::optional<HostScan> scan;
  std::optional<HostCheck> check;
  std::vector<std::string>
      said;  // lines that are no documents, as "ssh: connect to host …"; kLinesKept at most

  // It said something, and none of it was cut off.
  bool complete() const {
    return (scan || check) && (!scan || scan->complete) && (!check || check->complete);
  }
};

inline constexpr std::size_t kLinesKept = 3;

// A command of stray that no shell reads anything into, as "stray stop 2sfnkjpc0y05"; empty for any other: it
// may be run by root, and who wrote it is another host.
std::string plain_command(std::string_view command);

// The answers by name of the host. A host that answers twice counts once: of two whole scans the later one by
// its own clock, of two checks the one that was read last.
class Answers {
 public:
  // One line without its end. `origin`: the host of a line that neither begins with "NAME: " nor names its
  // host itself. False: it is no document, and no host is known that said it.
  bool read(std::string_view line, std::string_view origin);

  HostAnswer& host(const std::string& name) { return hosts_[name]; }

  const std::map<std::string, HostAnswer>& hosts() const { return hosts_; }

 private:
  std::map<std::string, HostAnswer> hosts_;
  std::map<std::string, std::optional<HostScan>> earlier_;  // whole scans of hosts that began another one
};

}  // namespace stray
