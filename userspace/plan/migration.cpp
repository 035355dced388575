// SPDX-License-Identifier: Apache-2.0
#include "plan/migration.hpp"

#include "base/quote.hpp"
#include "plan/adoption.hpp"

namespace stray {
namespace {

std::string pid_of(const Adoption& server) { return std::to_string(server.process.tgid); }

std::string listens_text(const Adoption& server) {
  std::string out;
  for (const std::string& one : server.listens) out += (out.empty() ? "" : ", ") + one;
  return out;
}

std::string serves_text(const Adoption& server) {
  return server.listens.empty() ? "a new process runs the same"
                                : "a new process listens on " + listens_text(server);
}

// The old process still has the address: it ends first. Its pid may belong to another by then.
Step end_of_old(const Adoption& server) {
  return {When::maintenance_window, "end the old process with SIGTERM, if it is still this one",
          "ps -o pid,lstart,args -p " + pid_of(server),
          "the same command and start time as in this report; after SIGTERM the heading alone" +
              (server.listens.empty() ? "" : ", and " + listens_text(server) + " is free")};
}

std::vector<Step> pm2_steps(const Adoption& server, const std::string& file) {
  const std::string folder = file.substr(0, file.rfind('/'));
  return {
      {When::now, "check that PM2 is there, as " + server.user + ", or install it",
       "command -v pm2 || npm install -g pm2", "the path of pm2, or of what was installed"},
      {When::now, "make the folder of the file, and the one of its logs",
       "mkdir -p " + folder + " " + shell_quote(server.cwd + "/logs"), "both folders are there"},
      {When::now, "write the file above as " + file + ", and read it once", "node --check " + file,
       "nothing is printed: its syntax is right"},
      end_of_old(server),
      {When::maintenance_window, "start it under PM2", "pm2 start " + file,
       server.name + " is online; " + serves_text(server)},
      {When::maintenance_window, "see that it stays", "pm2 status " + server.name,
       "online, and the number of restarts does not grow"},
      {When::maintenance_window, "keep the list of applications", "pm2 save", "\"Successfully saved\""},
      {When::maintenance_window, "let PM2 start with the host: read what this prints, then run it as root",
       "pm2 startup", "after a reboot `pm2 status` lists " + server.name + " as online"},
  };
}

std::vector<Step> systemd_steps(const Adoption& server, const std::string& file) {
  const std::string unit = server.name + ".service";
  return {
      {When::now, "write the file above as " + file + ", as root", "systemd-analyze verify " + file,
       "nothing is printed about this unit"},
      {When::now, "let systemd read it", "systemctl daemon-reload", "no error"},
      end_of_old(server),
      {When::maintenance_window, "start it, now and with the host", "systemctl enable --now " + unit,
       serves_text(server)},
      {When::maintenance_window, "see that it stays", "systemctl status " + unit, "active (running)"},
      {When::maintenance_window, "see what it logs", "journalctl -u " + unit, "what it printed since"},
  };
}

Migration migration_of(const Adoption& server, const std::string& under) {
  Migration out{.subject = server.process, .name = server.name};
  const bool pm2 = under == "pm2";
  out.file_name = pm2 ? "~/.stray/" + server.name + "/ecosystem.config.js"
                      : "/etc/systemd/system/" + server.name + ".service";
  out.file_text = pm2 ? ecosystem_file(server, {}, out.why_not) : unit_file(server, {}, out.why_not);
  if (!out.file_text.empty())
    out.by_hand = pm2 ? pm2_steps(server, out.file_name) : systemd_steps(server, out.file_name);
  return out;
}

}  // namespace

std::vector<Migration> migrations_of(const Scene& scene, const std::vector<Stray>& strays) {
  std::vector<Migration> out;
  for (const Stray& stray : strays)
    if (const Process* p = scene.lineage.find(stray.subject); p && stray.treatment.action == Remedy::move)
      out.push_back(migration_of(adoption_of(*p), stray.treatment.under));
  return out;
}

}  // namespace stray
