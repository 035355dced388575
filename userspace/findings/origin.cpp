// SPDX-License-Identifier: Apache-2.0
// Where a process comes from, in words: who made it, from which terminal, and how its makers ended.
#include <charconv>

#include "base/signal_name.hpp"
#include "findings/rules.hpp"

namespace stray {
namespace {

constexpr int kMostMakers = 4;

std::string how_it_ended(const Ended& ended) {
  if (ended.inferred) return "ended unobserved";
  std::string text = ended.signal() ? "ended by " + signal_name(ended.signal())
                                    : "ended with code " + std::to_string(ended.code());
  if (ended.oom) text += " (out of memory)";
  if (const auto& k = ended.killer) {
    if (!ended.signal()) text += " after " + signal_name(static_cast<int>(k->signal));
    text += k->from_kernel
                ? " from the kernel"
                : " sent by " + (k->sender_name.empty()
                                     ? "pid " + std::to_string(k->sender.tgid)
                                     : k->sender_name + " (pid " + std::to_string(k->sender.tgid) + ")");
  }
  return text;
}

std::string person(const Process& p) {
  std::string text = p.seen && !p.seen->user.empty() ? p.seen->user : "uid " + std::to_string(p.uid);
  if (p.loginuid == kNoLogin) return text;
  const std::string login =
      p.seen && !p.seen->login.empty() ? p.seen->login : "uid " + std::to_string(p.loginuid);
  return login == text ? text : text + ", logged in as " + login;
}

std::string terminal(const Scene& scene, const Process& p) {
  if (p.tty) return tty_name(p.tty);
  const auto since = [&](Tty tty) {
    return tty_name(tty) + (on_open_terminal(p, tty) ? ", which is still open" : ", closed since");
  };
  if (p.image && p.image->tty) return since(p.image->tty);
  if (p.origin && p.origin->image && p.origin->image->tty) return since(p.origin->image->tty);
  if (p.seen && p.seen->stdio_tty) return since(p.seen->stdio_tty);
  if (const Tty tty = scene.lineage.session_tty(p.sid))
    return tty_name(tty) + ", the terminal of its session, closed since";
  if (const auto ssh = env_value(p.env(), "SSH_TTY")) return std::string(*ssh) + " (SSH_TTY)";
  return {};
}

// The agents and editors that put a variable of their own into what they start.
struct Mark {
  std::string_view variable, value;  // value: empty: any
  std::string_view name;
};
constexpr Mark kMarks[] = {
    {"CLAUDECODE", {}, "Claude Code"},
    {"CODEX_THREAD_ID", {}, "Codex"},
    {"CODEX_SANDBOX", {}, "Codex"},
    {"GEMINI_CLI", {}, "Gemini CLI"},
    {"QWEN_CODE", {}, "Qwen Code"},
    {"CURSOR_AGENT", {}, "Cursor agent"},
    {"OPENCODE", {}, "OpenCode"},
    {"CURSOR_TRACE_ID", {}, "Cursor"},
    {"NVIM", {}, "Neovim"},
    {"TERMINAL_EMULATOR", "JetBrains-JediTerm", "JetBrains IDE"},
    {"TERM_PROGRAM", "zed", "Zed"},
    {"VSCODE_PID", {}, "VS Code"},
    {"VSCODE_IPC_HOOK_CLI", {}, "VS Code"},
    {"TERM_PROGRAM", "vscode", "VS Code"},
};

// "4711", or the number in "/run/user/1000/nvim.4711.0"
std::uint32_t pid_in(std::string_view value) {
  if (const auto at = value.find("/nvim."); at != std::string_view::npos)
    value = value.substr(at + 6, value.find('.', at + 6) - at - 6);
  std::uint32_t pid = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), pid);
  return error == std::errc() && end == value.data() + value.size() ? pid : 0;
}

std::string client_by_environment(const Scene& scene, const Process& p) {
  for (const Mark& mark : kMarks) {
    const auto value = env_value(p.env(), mark.variable);
    if (!value || (!mark.value.empty() && *value != mark.value)) continue;
    const bool named = mark.variable == "VSCODE_PID" || mark.variable == "NVIM";
    const std::uint32_t pid = named ? pid_in(*value) : 0;
    std::string text = pid ? "of " + std::string(mark.name) + " session " + std::to_string(pid)
                           : "of a session of " + std::string(mark.name);
    if (pid && pid != p.key.tgid) text += scene.lineage.live(pid) ? ", which is alive" : ", which has ended";
    return text + " (inferred from " + std::string(mark.variable) + " in its environment)";
  }
  return {};
}

std::string working_directory(const Process& p) {
  return p.seen && !p.seen->cwd.empty() ? p.seen->cwd : (p.image ? p.image->cwd : std::string());
}

bool is_client(const Process& p) {
  return p.program().desk == Desk::agent || p.program().desk == Desk::editor;
}

// The nearest agent or editor among those that made it; of several processes of one session the first.
std::string client(const Scene& scene, const Process& p) {
  const Process* found = p.origin;
  std::size_t left = Lineage::kMostAncestors;
  while (found && !is_client(*found) && left > 0) found = found->origin, --left;
  if (!found || left == 0) return client_by_environment(scene, p);
  while (found->origin && found->origin->program().desk == found->program().desk &&
         found->origin->program().name == found->program().name && left-- > 0)
    found = found->origin;
  std::string text = "of " + found->program().name + " session " + std::to_string(found->key.tgid) +
                     (found->alive() ? std::string(", which is alive")
                                     : ", ended " + age_text(age(scene, found->ended->time)) + " ago");
  const std::string directory = working_directory(*found);
  return directory.empty() ? text : text + ", in " + directory;
}

}  // namespace

Origin origin_of(const Scene& scene, const Process& p) {
  Origin out;
  out.person = person(p);
  out.client = client(scene, p);
  out.terminal = terminal(scene, p);
  out.directory = working_directory(p);
  if (!out.directory.empty() && p.seen && p.seen->flags & STRAY_SAW_CWD_DELETED)
    out.directory += " (deleted)";
  if (const auto script = env_value(p.env(), "npm_lifecycle_event")) {
    out.npm = "npm script \"" + std::string(*script) + "\"";
    if (const auto package = env_value(p.env(), "npm_package_name"))
      out.npm += " of " + std::string(*package);
  }
  if (p.origin_edge == Edge::snapshot && left_behind(p)) {
    out.makers.push_back("the process that started it exited before stray observed it");
    return out;
  }
  int n = 0;
  for (const Process* maker = p.origin; maker && n < kMostMakers; maker = maker->origin, ++n) {
    const std::string who = maker->label() + " (pid " + std::to_string(maker->key.tgid) + ")";
    out.makers.push_back((n ? "that by " : "started by ") + who +
                         (maker->alive() ? ", which is alive" : ", which " + how_it_ended(*maker->ended)));
    if (maker->alive()) break;
  }
  return out;
}

std::vector<Evidence> origin_evidence(const Scene& scene, const Process& p) {
  const Origin origin = origin_of(scene, p);
  std::vector<Evidence> out;
  out.push_back({"started", age_text(age(scene, p.key.start)) + " ago, by " + origin.person, p.key.start});
  if (!origin.client.empty()) out.push_back({"client", origin.client});
  if (!origin.terminal.empty()) out.push_back({"terminal", "from terminal " + origin.terminal});
  if (!origin.directory.empty()) out.push_back({"directory", "in " + origin.directory});
  if (!origin.npm.empty()) out.push_back({"npm", "by the " + origin.npm});
  for (const std::string& maker : origin.makers) out.push_back({"creator", maker});
  return out;
}

}  // namespace stray
