// SPDX-License-Identifier: Apache-2.0
#include "config/notify.hpp"

#include <algorithm>
#include <charconv>

#include "base/errors.hpp"
#include "base/units.hpp"

namespace stray {
namespace {

struct Period {
  std::string_view name;
  BootTime time;
};
constexpr Period kPeriods[] = {{"s", seconds(1)}, {"min", minutes(1)}, {"h", hours(1)}, {"d", hours(24)}};

}  // namespace

bool NotifyTarget::wants(Kind kind, Severity how) const {
  return how >= severity && (kinds.empty() || std::find(kinds.begin(), kinds.end(), kind) != kinds.end());
}

std::string_view to_string(NotifyTarget::Type type) {
  switch (type) {
    case NotifyTarget::Type::exec:
      return "exec";
    case NotifyTarget::Type::webhook:
      return "webhook";
    case NotifyTarget::Type::alertmanager:
      return "alertmanager";
    case NotifyTarget::Type::mail:
      return "mail";
  }
  return "exec";
}

NotifyRate parse_rate(std::string_view text) {
  constexpr std::uint32_t kMost = 10'000;
  const auto wrong = [&] {
    throw UsageError("rate: \"" + std::string(text) + "\" is not a number per time, as 10/h or 3/30min is");
  };
  const auto slash = text.find('/');
  if (slash == std::string_view::npos) wrong();
  const std::string_view count = text.substr(0, slash), per = text.substr(slash + 1);
  NotifyRate out;
  const auto [end, error] = std::from_chars(count.data(), count.data() + count.size(), out.count);
  if (error != std::errc() || end != count.data() + count.size()) wrong();
  if (out.count < 1 || out.count > kMost)
    throw UsageError("rate: the number must be from 1 to " + std::to_string(kMost));
  for (const Period& period : kPeriods)
    if (per == period.name) out.per = period.time;
  if (out.per == BootTime{}) out.per = parse_duration(per, "rate");
  if (out.per < seconds(1) || out.per > hours(24 * 31))
    throw UsageError("rate: the time must be from 1s to 31d");
  return out;
}

std::string rate_text(const NotifyRate& rate) {
  for (const Period& period : kPeriods)
    if (rate.per == period.time) return std::to_string(rate.count) + "/" + std::string(period.name);
  return std::to_string(rate.count) + "/" + duration_text(rate.per);
}

std::string server_of(std::string_view url) {
  std::string_view scheme;
  for (const std::string_view one : {"https://", "http://"})
    if (url.starts_with(one)) scheme = one;
  const std::string_view rest = url.substr(scheme.size());
  const std::string_view server = rest.substr(0, rest.find_first_of("/?#\\"));
  if (scheme.empty() || server.empty()) return {};
  return std::string(scheme) + std::string(server);
}

}  // namespace stray
