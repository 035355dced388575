// SPDX-License-Identifier: Apache-2.0
// stray doctor: what this kernel and host offer, what is missing, what to do.
#include <sys/stat.h>
#include <unistd.h>

#include <string>

#include "base/json.hpp"
#include "base/printable.hpp"
#include "cli/commands/commands.hpp"
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

}  // namespace

int doctor_command(const CommonOptions& common) {
  detect_options(common);  // a wrong configuration is told here too
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

}  // namespace stray
