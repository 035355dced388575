// SPDX-License-Identifier: Apache-2.0
// stray doctor: checks whether this host can run stray, what is missing, and what to do.
#include <sys/stat.h>
#include <unistd.h>

#include <memory>
#include <string>

#include "base/json.hpp"
#include "base/printable.hpp"
#include "cli/arguments.hpp"
#include "cli/command.hpp"
#include "cli/options.hpp"
#include "cli/standard_output.hpp"
#include "kernel/capabilities.hpp"

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

int doctor(const CommonOptions& common) {
  config_of(common);  // a configuration that is wrong is reported here too
  auto all = capabilities();
  all.push_back(journal());
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
  return [common] { return doctor(*common); };
}

}  // namespace

extern const Command kDoctor{"doctor", "Check whether this host can run stray, and what is missing",
                             "sudo stray doctor", declare};

}  // namespace stray
