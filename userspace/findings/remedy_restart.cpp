// SPDX-License-Identifier: Apache-2.0
// How something is started again: through who looks after it, never by its pid where it would only come back.
#include "base/words.hpp"
#include "findings/rules.hpp"

namespace stray {
namespace {

// What a supervisor of one service names in its own arguments: `runsv web`, `s6-supervise web`.
std::string service_of(const Scene& scene, ProcessKey by) {
  const Process* supervisor = scene.lineage.find(by);
  const Words words = supervisor ? words_of(supervisor->argv()) : Words{};
  return words.size() > 1 ? shell_word(words.back()) : "<service>";
}

std::string by_supervisor(const Scene& scene, const Process& p, const Supervision& who) {
  if (who.name == "supervisord") {
    const auto group = env_value(p.env(), "SUPERVISOR_GROUP_NAME");
    const auto name = env_value(p.env(), "SUPERVISOR_PROCESS_NAME");
    if (!name) return "supervisorctl status  # then supervisorctl restart <name>";
    const std::string whole =
        group && *group != *name ? std::string(*group) + ":" + std::string(*name) : std::string(*name);
    return "supervisorctl restart " + shell_word(whole);
  }
  if (who.name == "runit") return "sv restart " + service_of(scene, who.by);
  if (who.name == "s6") return "s6-svc -r " + service_of(scene, who.by);
  if (who.name == "daemontools") return "svc -t " + service_of(scene, who.by);
  if (who.name == "forever") return "forever list  # then forever restart <index>";
  if (who.name == "monit")
    return "monit restart " + shell_word(env_value(p.env(), "MONIT_SERVICE").value_or("<service>"));
  return "# restart it through " + who.name;
}

}  // namespace

std::string shell_word(std::string_view text) {
  constexpr std::string_view plain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./:@%+=,-";
  if (!text.empty() && text.find_first_not_of(plain) == std::string_view::npos) return std::string(text);
  std::string out = "'";
  for (const char c : text) c == '\'' ? out += "'\\''" : out += c;
  return out + "'";
}

std::vector<std::string> restart_it(const Scene& scene, const Process& p) {
  const Supervision who = supervise(scene.lineage, p);
  const std::string pid = std::to_string(p.key.tgid);
  switch (who.verdict) {
    case Verdict::pm2:
      return {"pm2 reload " + shell_word(who.name) + "  # as user " +
              (p.seen && !p.seen->user.empty() ? p.seen->user : std::to_string(p.uid))};
    case Verdict::systemd:
      return {place_in_cgroup(p.cgroup()).user_unit.empty()
                  ? "systemctl restart " + shell_word(who.name)
                  : "systemctl --user restart " + shell_word(who.name) + "  # as its user"};
    case Verdict::supervisor:
      return {by_supervisor(scene, p, who)};
    case Verdict::container:
      return {"# restart the container " + who.name + " through its engine"};
    default:
      break;
  }
  const std::string cwd = p.seen && !p.seen->cwd.empty() ? p.seen->cwd
                          : p.image                      ? p.image->cwd
                                                         : std::string();
  return {"ps -o pid,lstart,args -p " + pid + "  # is it still this?",
          "kill " + pid + "  # wait until its port is free",
          "# then start it again in " + cwd + ", best under a supervisor: pm2 start, or a systemd unit"};
}

}  // namespace stray
