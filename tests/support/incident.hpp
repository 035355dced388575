// SPDX-License-Identifier: Apache-2.0
// The incident that stray was written after, played: on a host where developers work, two old node processes
// whose files are gone, a prisma studio, and the server in production, which nobody supervises either.
#pragma once

#include "support/staged_host.hpp"

namespace stray::records {

struct Incident {
  ProcessKey dev, sync, studio;  // nobody needs them
  ProcessKey server;             // clients do
};

inline Incident play_incident(StagedHost& host) {
  Incident out;
  host.answers[1001] = {
      .env = {"npm_lifecycle_event=dev", "npm_package_name=intranet-backend", "SSH_TTY=/dev/pts/0"},
      .ports = {3001},
      .rss = 412u << 20,
      .script = STRAY_SCRIPT_MISSING,
      .cwd = "/srv/intranet/old"};
  host.answers[1002].rss = 96u << 20;
  out.dev = host.leave_behind(1001, {"node", "src/server.js"});
  host.start(key(1002, out.dev.start.count() / 1'000'000'000 + 2), out.dev, "/usr/bin/node",
             {"node", "src/worker.js", "--queue", "mail"});
  host.pass(20);
  host.answers[1101] = {.env = {}, .ports = {5555}, .rss = 145u << 20, .cwd = "/srv/intranet"};
  out.studio = host.leave_behind(1101, {"node", "/srv/intranet/node_modules/.bin/prisma", "studio"});
  host.pass(20);
  host.answers[1301] = {.env = {"NODE_ENV=production"},
                        .ports = {3000},
                        .rss = 231u << 20,
                        .cwd = "/srv/intranet/app",
                        .package = "intranet-backend"};
  out.server = host.leave_behind(1301, {"node", "dist/main.js", "--port", "3000"});
  host.pass(20);
  host.answers[1401] = {
      .env = {}, .rss = 88u << 20, .script = STRAY_SCRIPT_MISSING, .cwd = "/srv/intranet/old"};
  out.sync = host.leave_behind(1401, {"node", "jobs/sync-mail.js"});
  return out;
}

}  // namespace stray::records
