// SPDX-License-Identifier: Apache-2.0
// stray doctor: checks whether this host can run stray, what is missing, and what to do.
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <memory>
#include <string>

#include "base/json.hpp"
#include "base/nearest.hpp"
#include "base/printable.hpp"
#include "cli/arguments.hpp"
#include "cli/command.hpp"
#include "cli/options.hpp"
#include "cli/standard_output.hpp"
#include "kernel/capabilities.hpp"
#include "kernel/kernel_source.hpp"
#include "notify/deliver.hpp"
#include "notify/http.hpp"

namespace stray {
namespace {

std::string_view word(Offer offer) {
  switch (offer) {
    case Offer::ok:
      return "ok";
    case Offer::limited:
      return "limited";
    case Offer::missing:
      return "missing";
    case Offer::info:
      return "info";
  }
  return "info";
}

Capability journal() {
  struct stat socket {};
  if (::stat("/run/systemd/journal/socket", &socket) == 0 && S_ISSOCK(socket.st_mode))
    return {"journald", Offer::ok, "its socket is there", ""};
  return {"journald", Offer::limited, "no socket at /run/systemd/journal/socket",
          "--journal keeps its entries until journald is there"};
}

Capability target(const NotifyTarget& one) {
  const std::string problem = problem_of(one), name = "notify " + one.name;
  if (problem.empty())
    return {name, Offer::ok, description_of(one), "try it: stray doctor --notify " + one.name};
  return {name, Offer::limited, description_of(one) + ": " + problem,
          "it sends nothing before that is changed"};
}

std::string host_name() {
  char name[256] = {};
  ::gethostname(name, sizeof name - 1);
  return name;
}

// One message to one target, and what became of it.
int try_target(const Config& config, const std::string& name) {
  std::vector<std::string> names;
  for (const NotifyTarget& one : config.notify) names.push_back(one.name);
  const auto found = std::find(names.begin(), names.end(), name);
  if (found == names.end())
    throw NotFoundError("--notify: there is no [[notify]] with the name \"" + name + "\"" +
                        did_you_mean(name, names));
  const NotifyTarget& one = config.notify[static_cast<std::size_t>(found - names.begin())];
  http_init();
  const auto now = static_cast<std::int64_t>(real_now());
  const Delivery delivery = deliver(one, test_message(one, host_name(), now), {});
  const bool sent = delivery.outcome == Delivery::Outcome::sent;
  print("notify " + name + ": " + delivery.text + (sent ? "\n" : "; the test was not delivered\n"));
  return sent ? kFine : kFailure;
}

int doctor(const CommonOptions& common, const std::string& notify) {
  const Config config = config_of(common);  // a configuration that is wrong is reported here too
  if (!notify.empty()) return try_target(config, notify);
  auto all = capabilities();
  all.push_back(journal());
  for (const NotifyTarget& one : config.notify) all.push_back(target(one));
  bool possible = true;
  std::string out;
  Json json(out);
  if (common.json) json.begin_array();
  for (const Capability& one : all) {
    possible &= one.offer != Offer::missing;
    if (common.json) {
      json.begin_object();
      json.field("name", one.name);
      json.plain("offer", word(one.offer));
      json.field("detail", one.detail);
      json.field("advice", one.advice);
      json.end_object();
      continue;
    }
    const std::string head = std::string(word(one.offer));
    out += head + std::string(9 - head.size(), ' ') + one.name + ": " + printable(one.detail) + "\n";
    if (!one.advice.empty()) out += std::string(9, ' ') + "-> " + printable(one.advice) + "\n";
  }
  if (common.json)
    json.end_array();
  else
    out += possible ? "stray can trace here.\n" : "stray cannot trace here.\n";
  if (common.json) out += '\n';
  print(out);
  return possible ? kFine : kNotPossible;
}

Action declare(Arguments& arguments) {
  const auto common = std::make_shared<CommonOptions>();
  declare_config(arguments, *common);
  arguments.flag("--json", common->json, "Print a JSON list instead of text");
  const auto notify = std::make_shared<std::string>();
  arguments.value("--notify", *notify,
                  "Send a test to this [[notify]] of the configuration, and nothing else", "NAME");
  return [=] { return doctor(*common, *notify); };
}

}  // namespace

extern const Command kDoctor{"doctor", "Check whether this host can run stray, and what is missing",
                             "sudo stray doctor", declare};

}  // namespace stray
