// SPDX-License-Identifier: Apache-2.0
#include "plan/migration.hpp"

#include "base/layout.hpp"
#include "base/quote.hpp"
#include "plan/login_session.hpp"

namespace stray {
namespace {

std::string pid_of(const Adoption& a) { return std::to_string(a.process.tgid); }

std::string serves_text(const Adoption& a) {
  return a.listens.empty() ? "a new process runs the same" : "a new process listens on " + joined(a.listens);
}

std::string writing_text(const Adoption& a, const std::string& file) {
  return "write the file above as " + file +
         (a.redacted ? ", with the secret in its arguments in place of <redacted>" : "");
}

// The old process still has the address: it ends first. Its pid may belong to another by then.
Step end_of_old(const Adoption& a) {
  return {When::maintenance_window, "end the old process with SIGTERM, if it is still this one",
          "ps -o pid,lstart,args -p " + pid_of(a),
          "the same command and start time as above; after SIGTERM the heading alone" +
              (a.listens.empty() ? "" : ", and " + joined(a.listens) + " is free")};
}

std::string saving_environment_for_pm2(const Adoption& a, const std::string& file) {
  return R"((umask 077; node -e 'const e = {}; for (const v of require("fs").readFileSync("/proc/)" +
         pid_of(a) + R"(/environ", "utf8").split("\0")) { const n = v.indexOf("="); if (n > 0 && !/)" +
         login_session_pattern() + R"(/.test(v)) e[v.slice(0, n)] = v.slice(n + 1); } )" +
         "console.log(JSON.stringify(e));' > " + file + ")";
}

std::string saving_environment_for_systemd(const Adoption& a, const std::string& file) {
  return "install -d -m 0700 " + std::string(kUnitEnvironments) + " && (umask 077; grep -zvE '" +
         login_session_pattern() + "' /proc/" + pid_of(a) + "/environ | " +
         R"(sed -z -e 's/[\\"$`]/\\&/g' -e 's/=\(.*\)/="\1"/' | tr '\0' '\n' > )" + file + ")";
}

std::vector<Step> pm2_steps(const Adoption& a, const std::string& folder) {
  const std::string file = folder + kPm2File;
  return {
      {When::now, "check that PM2 is there, as " + a.user + ", or install it",
       "command -v pm2 || npm install -g pm2", "the path of pm2, or of what was installed"},
      {When::now, "make the folder of the file, and the one of its logs",
       "mkdir -p " + folder + " " + shell_quote(a.cwd + "/logs"), "both folders are there"},
      {When::now, "save its environment beside the file, without what came from a login session",
       saving_environment_for_pm2(a, folder + kPm2Environment),
       std::string(kPm2Environment) + " holds its variables, and only " + a.user + " can read it"},
      {When::now, writing_text(a, file) + ", and let node read it", "node " + file,
       "nothing is printed: the file is right"},
      end_of_old(a),
      {When::maintenance_window, "start it under PM2", "pm2 start " + file,
       a.name + " is online; " + serves_text(a)},
      {When::maintenance_window, "see that it stays", "pm2 status " + a.name,
       "online, and the number of restarts does not grow"},
      {When::maintenance_window, "keep the list of applications", "pm2 save", "\"Successfully saved\""},
      {When::maintenance_window,
       "let PM2 start with the host: as " + a.user +
           "; what this prints runs PM2's own code as root, so read it, and see that root alone can write to "
           "PM2's folder, before root runs it",
       "pm2 startup", "after a reboot `pm2 status` lists " + a.name + " as online"},
  };
}

std::vector<Step> systemd_steps(const Adoption& a, const std::string& file, const std::string& environment) {
  const std::string unit = a.name + ".service";
  return {
      {When::now, "save its environment, as root, without what came from a login session",
       saving_environment_for_systemd(a, environment),
       environment + " holds its variables, and only root can read it"},
      {When::now, writing_text(a, file) + ", as root", "systemd-analyze verify " + file,
       "nothing is printed about this unit"},
      {When::now, "let systemd read it", "systemctl daemon-reload", "no error"},
      end_of_old(a),
      {When::maintenance_window, "start it, now and with the host", "systemctl enable --now " + unit,
       serves_text(a)},
      {When::maintenance_window, "see that it stays", "systemctl status " + unit, "active (running)"},
      {When::maintenance_window, "see what it logs", "journalctl -u " + unit, "what it printed since"},
  };
}

}  // namespace

Migration migration_of(const Adoption& a, Under under, const std::string& home) {
  Migration out{.subject = a.process,
                .name = a.name,
                .file_name = {},
                .environment_name = {},
                .file_text = {},
                .why_not = {},
                .by_hand = {}};
  if (under == Under::pm2) {
    const std::string folder = "/" + std::string(kPm2Folder) + "/" + a.name + "/";
    out.file_name = home + folder + kPm2File;
    out.environment_name = home + folder + kPm2Environment;
    out.file_text = ecosystem_file(a, out.why_not);
    // The shell finds a home that is not known.
    if (!out.file_text.empty()) out.by_hand = pm2_steps(a, (home == "~" ? home : shell_word(home)) + folder);
  } else {
    out.environment_name = unit_environment(a.name);
    out.file_name = std::string(kUnitFolder) + "/" + a.name + ".service";
    out.file_text = unit_file(a, out.why_not);
    if (!out.file_text.empty()) out.by_hand = systemd_steps(a, out.file_name, out.environment_name);
  }
  return out;
}

std::vector<Migration> migrations_of(const Scene& scene, const std::vector<Stray>& strays) {
  std::vector<Migration> out;
  for (const Stray& stray : strays) {
    const Process* process = scene.lineage.find(stray.subject);
    const auto under = under_named(stray.treatment.under);
    if (stray.treatment.action == Remedy::move && under && process)
      out.push_back(migration_of(adoption_of(*process), *under));
  }
  return out;
}

}  // namespace stray
