// SPDX-License-Identifier: Apache-2.0
// Cgroup paths as systemd and the container engines make them.
#include "base/words.hpp"
#include "program/program.hpp"

namespace stray {
namespace {

// Units that start other people's jobs and restart none of them. Base names, without instance and suffix.
constexpr std::string_view kLaunchers =
    "cron|crond|cronie|anacron|fcron|atd|ssh|sshd|sshd-session|dropbear|getty|serial-getty|console-getty|"
    "container-getty|autovt|user|docker|containerd|podman|gitlab-runner|jenkins|jenkins-agent|actions-runner|"
    "act_runner|forgejo-runner|buildkite-agent|cockpit|display-manager|gdm|gdm3|sddm|lightdm|lxdm|xdm|ly|"
    "greetd|"
    "webmin|usermin|plesk|psa|xrdp|xrdp-sesman|ttyd|shellinabox|gnome-terminal-server|code-server";
constexpr std::string_view kLauncherStarts =
    "actions.runner.|cockpit-|plesk-";  // one unit a repository, a session
constexpr std::string_view kTerminalNames = "terminal|konsole|xterm|kitty|alacritty|ptyxis|ghostty|wezterm";

bool is_container_id(std::string_view text) {
  return text.size() == 64 && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

// systemd writes '-' in instance names as "\x2d".
std::string unescaped(std::string_view text) {
  constexpr std::string_view hex = "0123456789abcdef";
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto high = i + 3 < text.size() ? hex.find(text[i + 2]) : std::string_view::npos;
    const auto low = i + 3 < text.size() ? hex.find(text[i + 3]) : std::string_view::npos;
    if (text.substr(i, 2) == "\\x" && high != std::string_view::npos && low != std::string_view::npos) {
      out += static_cast<char>(high * 16 + low);
      i += 3;
    } else {
      out += text[i];
    }
  }
  return out;
}

std::string_view between(std::string_view text, std::string_view start, std::string_view end) {
  if (text.size() <= start.size() + end.size() || !text.starts_with(start) || !text.ends_with(end)) return {};
  return text.substr(start.size(), text.size() - start.size() - end.size());
}

struct EnginePrefix {
  std::string_view prefix, engine;
};
// PREFIX<id>.scope of the systemd cgroup driver, and PREFIX<id> of the cgroupfs driver.
constexpr EnginePrefix kEnginePrefixes[] = {
    {"docker-", "docker"}, {"cri-containerd-", "containerd"}, {"nerdctl-", "containerd"},
    {"crio-", "cri-o"},    {"libpod-payload-", "podman"},     {"libpod-", "podman"},
};

struct Container {
  std::string_view engine;
  std::string id;
};

// The engine behind a bare <64 hex>, by the name of the cgroup above.
std::string_view engine_above(const Words& parts, std::size_t at) {
  for (std::size_t i = 0; i < at; ++i)
    if (parts[i].starts_with("kubepods")) return "kubernetes";
  const std::string_view above = at ? parts[at - 1] : std::string_view();
  if (above == "docker" || above == "moby" || parts.front() == "ecs") return "docker";
  if (above.starts_with("pod")) return "kubernetes";
  if (one_of("default|k8s.io|containerd|buildkit", above)) return "containerd";
  return above == "libpod_parent" ? "podman" : "";
}

std::optional<Container> nspawn(const Words& parts, std::size_t at) {
  // What nspawn runs stands in "payload", nspawn itself in "supervisor".
  const bool payload = at + 1 < parts.size() && parts[at + 1] == "payload";
  if (!payload) return {};
  for (const auto& [start, end] : {std::pair{"systemd-nspawn@", ".service"}, std::pair{"machine-", ".scope"}})
    if (const auto name = between(parts[at], start, end); !name.empty())
      return Container{"systemd-nspawn", unescaped(name)};
  return {};
}

std::optional<Container> container_at(const Words& parts, std::size_t at) {
  const std::string_view part = parts[at];
  if (is_container_id(part)) return Container{engine_above(parts, at), std::string(part)};
  for (const auto& [prefix, engine] : kEnginePrefixes) {
    if (!part.starts_with(prefix)) continue;
    std::string_view id = part.substr(prefix.size());
    if (id.ends_with(".scope")) id.remove_suffix(std::string_view(".scope").size());
    if (is_container_id(id)) return Container{engine, std::string(id)};
  }
  // containerd with the systemd notation under the cgroupfs driver: SLICE:cri-containerd:<id>
  if (const auto colon = part.rfind(':');
      colon != std::string_view::npos && is_container_id(part.substr(colon + 1)))
    return Container{contains(part, ":crio:") ? "cri-o" : "containerd", std::string(part.substr(colon + 1))};
  if (part.starts_with("lxc.payload.")) return Container{"lxc", std::string(part.substr(12))};
  if (part == "lxc" && at == 0 && parts.size() > 1)
    return Container{"lxc", std::string(parts[1])};  // cgroup v1
  return nspawn(parts, at);
}

bool is_launcher(std::string_view unit) {
  const std::string_view name = unit.substr(0, std::min(unit.find('@'), unit.rfind('.')));
  return one_of(kLaunchers, name) ||
         any_part(kLauncherStarts, '|', [&](std::string_view start) { return unit.starts_with(start); });
}

bool is_terminal_unit(std::string_view unit) {
  if (unit.starts_with("tmux-spawn-") || unit.starts_with("vte-spawn-") || unit.starts_with("ptyxis-spawn-"))
    return true;
  if (!unit.starts_with("app-")) return false;
  const std::string name = lower(unit);
  return any_part(kTerminalNames, '|', [&](std::string_view word) { return contains(name, word); });
}

CgroupPlace::Kind kind_of(std::string_view unit) {
  using Kind = CgroupPlace::Kind;
  if (unit == "init.scope" || (unit.starts_with("user@") && unit.ends_with(".service"))) return Kind::manager;
  if (is_terminal_unit(unit)) return Kind::terminal;
  if (unit.ends_with(".service")) return Kind::service;
  return unit.starts_with("session-") ? Kind::session : Kind::scope;
}

bool is_unit(std::string_view part) { return part.ends_with(".service") || part.ends_with(".scope"); }

}  // namespace

CgroupPlace place_in_cgroup(std::string_view path) {
  CgroupPlace place;
  const Words parts = split(path, '/');
  std::size_t below = 0;  // where the units of the innermost container begin
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (parts[i].starts_with("user@") && parts[i].ends_with(".service")) place.user_unit = parts[i];
    if (auto container = container_at(parts, i)) {
      place.kind = CgroupPlace::Kind::container;
      place.engine = container->engine;
      place.container = std::move(container->id);
      below = i + 1;
    }
  }
  const bool contained = place.kind == CgroupPlace::Kind::container;
  for (std::size_t i = parts.size(); i > below; --i) {
    const std::string_view part = parts[i - 1];
    if (!is_unit(part) || (contained && !part.ends_with(".service"))) continue;
    place.unit = part;
    if (contained) break;
    place.kind = kind_of(part);
    place.launcher = is_launcher(part);
    break;
  }
  return place;
}

}  // namespace stray
