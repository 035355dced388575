// SPDX-License-Identifier: Apache-2.0
// The open findings as alerts of Alertmanager (its API v2). It forgets an alert that is not posted again:
// each post has all that is open, so nothing has to be kept for later, and nothing stays open when stray is
// gone.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <tuple>
#include <unordered_set>

#include "config/notify.hpp"
#include "notify/message.hpp"

namespace stray {

class AlertBoard {
 public:
  static constexpr std::size_t kMost = 1000;  // findings
  explicit AlertBoard(const NotifyTarget& target) : target_(target) {}

  enum class Applied : std::uint8_t { nothing, changed, no_room };
  Applied apply(const Message& message, std::int64_t real_ns);

  bool empty() const { return open_.empty() && ended_.empty(); }
  std::string body(std::int64_t real_ns) const;
  void posted() { ended_.clear(); }  // the whole body was taken

 private:
  // Findings that share these are one alert: neither pid nor command line is a label, since their number has
  // no bound.
  struct Labels {
    Kind kind = Kind::orphan;
    Severity severity = Severity::info;
    std::string host, unit;
    auto operator<=>(const Labels&) const = default;
  };
  struct Alert {
    Labels labels;
    std::string since, summary, remedy;
    bool operator==(const Alert&) const = default;
  };
  struct Ended {
    Alert alert;
    std::int64_t at = 0;
  };
  static Alert alert_of(const Message& message);
  Applied open(const Message& message, std::int64_t real_ns);
  Applied end_list(std::int64_t real_ns);
  bool remove(const std::string& id, std::int64_t real_ns);  // false: it was not there

  const NotifyTarget& target_;
  std::map<std::string, Alert> open_;  // by the finding's id
  std::map<Labels, Ended> ended_;      // that are to be said
  std::unordered_set<std::string> listed_;
  bool in_list_ = false;
};

// One alert that ends by itself, for a try.
std::string test_alert(const Message& message, std::int64_t real_ns);

}  // namespace stray
