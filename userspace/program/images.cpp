// SPDX-License-Identifier: Apache-2.0
#include "program/images.hpp"

#include <algorithm>
#include <array>

#include "base/words.hpp"
#include "program/desk.hpp"

namespace stray {
namespace {

using enum ImageClass;

// Sorted by name; the compiler checks it.
constexpr ImageRow kImages[] = {
    {"ModemManager", daemon},
    {"NetworkManager", daemon},
    {"Xorg", daemon},
    {"Xwayland", daemon},
    {"abduco", daemon, "abduco", Breaker::multiplexer},
    {"accounts-daemon", daemon},
    {"acpid", daemon},
    {"adb", daemon},
    {"agetty", daemon},
    {"alacritty", breaker, {}, Breaker::terminal},
    {"anacron", daemon, "cron", Breaker::cron},
    {"apache2", daemon},
    {"ash", shell},
    {"atd", daemon, "atd", Breaker::at},
    {"auditd", daemon},
    {"avahi-daemon", daemon},
    {"bash", shell},
    {"beam.smp", daemon},
    {"bluetoothd", daemon},
    {"buildkitd", daemon},
    {"bun", bun},
    {"bunx", bun},
    {"busybox", busybox},
    {"busybox.static", busybox},
    {"caddy", daemon},
    {"ccls", language_server},
    {"chrome", browser},
    {"chrome-headless-shell", browser, "headless_shell"},
    {"chrome_crashpad_handler", daemon},
    {"chromedriver", browser, "headless_shell"},
    {"chromium", browser},
    {"chromium-browser", browser},
    {"chronyd", daemon},
    {"clangd", language_server},
    {"claude", tool},
    {"cloudflared", tool},
    {"code", editor, "VS Code"},
    {"code-insiders", editor, "VS Code"},
    {"codex", tool},
    {"codium", editor, "VSCodium"},
    {"colord", daemon},
    {"conmon", supervisor, "conmon"},
    {"consul", daemon},
    {"consul-template", daemon},
    {"containerd", daemon},
    {"crashpad_handler", daemon},
    {"cron", daemon, "cron", Breaker::cron},
    {"crond", daemon, "cron", Breaker::cron},
    {"csh", shell},
    {"cupsd", daemon},
    {"cursor", editor, "Cursor"},
    {"daemon", daemonizer, "daemon"},
    {"daemonize", daemonizer},
    {"dash", shell},
    {"dbus-broker", daemon},
    {"dconf-service", daemon},
    {"deno", deno},
    {"dhclient", daemon},
    {"dhcpcd", daemon},
    {"dirmngr", daemon},
    {"dnsmasq", daemon},
    {"dockerd", daemon},
    {"dovecot", daemon},
    {"dropbear", daemon, "dropbear", Breaker::login},
    {"dtach", daemon, "dtach", Breaker::multiplexer},
    {"electron", electron},
    {"emacs", editor, "Emacs"},
    {"envoy", daemon},
    {"epmd", daemon},
    {"esbuild", tool},
    {"etcd", daemon},
    {"exim4", daemon},
    {"expect", breaker, {}, Breaker::terminal},
    {"fcron", daemon, "cron", Breaker::cron},
    {"filebeat", daemon},
    {"firefox", browser},
    {"firefox-esr", browser},
    {"fish", shell},
    {"fluent-bit", daemon},
    {"foot", breaker, {}, Breaker::terminal},
    {"fwupd", daemon},
    {"geckodriver", browser, "headless_shell"},
    {"ghostty", breaker, {}, Breaker::terminal},
    {"git", daemon_by_word, "--daemon"},  // fsmonitor--daemon, credential-cache--daemon
    {"git-credential-cache--daemon", daemon},
    {"gnome-keyring-daemon", daemon},
    {"goa-daemon", daemon},
    {"gopls", language_server},
    {"goreman", wrapper, "goreman"},
    {"gotty", breaker, {}, Breaker::terminal},
    {"gpg-agent", daemon},
    {"haproxy", daemon},
    {"headless_shell", browser, "headless_shell"},
    {"hivemind", wrapper, "hivemind"},
    {"httpd", daemon},
    {"hx", editor, "Helix"},
    {"ibus-daemon", daemon},
    {"idea", editor, "JetBrains IDE"},
    {"in.telnetd", daemon, "telnetd", Breaker::login},
    {"init", daemon},
    {"irqbalance", daemon},
    {"java", daemon_by_word, "org.gradle.launcher.daemon.bootstrap.GradleDaemon"},
    {"k3s", daemon},
    {"keyboxd", daemon},
    {"kgx", breaker, {}, Breaker::terminal},
    {"kitty", breaker, {}, Breaker::terminal},
    {"konsole", breaker, {}, Breaker::terminal},
    {"ksh", shell},
    {"ksh93", shell},
    {"kubelet", supervisor, "kubelet"},
    {"libvirtd", daemon},
    {"login", breaker, {}, Breaker::login},
    {"lxc-start", supervisor, "lxc"},
    {"lxcfs", daemon},
    {"lxterminal", breaker, {}, Breaker::terminal},
    {"mariadbd", daemon},
    {"mate-terminal", breaker, {}, Breaker::terminal},
    {"memcached", daemon},
    {"metricbeat", daemon},
    {"mksh", shell},
    {"mongod", daemon},
    {"monit", supervisor, "monit"},
    {"mosh-server", daemon, "mosh-server", Breaker::login},
    {"msedge", browser},
    {"mysqld", daemon},
    {"named", daemon},
    {"nginx", daemon},
    {"ngrok", tool},
    {"nmbd", daemon},
    {"node", node},
    {"node_exporter", daemon},
    {"nodejs", node},
    {"nomad", supervisor, "nomad"},
    {"nscd", daemon},
    {"ntpd", daemon},
    {"nvim", editor, "Neovim"},
    {"ocamllsp", language_server},
    {"opencode", tool},
    {"openrc-init", daemon},
    {"openvpn", daemon},
    {"overmind", wrapper, "overmind"},
    {"packagekitd", daemon},
    {"pcscd", daemon},
    {"perpd", supervisor, "perp"},
    {"pnpm", package_manager},
    {"polkitd", daemon},
    {"postgres", daemon},
    {"power-profiles-daemon", daemon},
    {"prometheus", daemon},
    {"ptyxis-agent", breaker, {}, Breaker::terminal},
    {"pulseaudio", daemon},
    {"qterminal", breaker, {}, Breaker::terminal},
    {"redis-server", daemon},
    {"rpcbind", daemon},
    {"rsyslogd", daemon},
    {"rtkit-daemon", daemon},
    {"runit", daemon},
    {"runsv", supervisor, "runit"},
    {"runsvdir", daemon},
    {"rust-analyzer", language_server},
    {"s6-supervise", supervisor, "s6"},
    {"s6-svscan", daemon},
    {"scdaemon", daemon},
    {"screen", daemon, "screen", Breaker::multiplexer},
    {"script", breaker, {}, Breaker::terminal},
    {"service-manager", supervisor, "nosh"},
    {"sh", shell},
    {"smartd", daemon},
    {"smbd", daemon},
    {"snapd", daemon},
    {"ssh", daemon_by_word, "[mux]"},  // ControlPersist
    {"ssh-agent", daemon},
    {"sshd", daemon, "sshd", Breaker::login},
    {"sshd-session", daemon, "sshd", Breaker::login},
    {"sssd", daemon},
    {"st", breaker, {}, Breaker::terminal},
    {"start-stop-daemon", daemonizer},
    {"supervise", supervisor, "daemontools"},
    {"supervise-daemon", supervisor, "openrc"},
    {"svscan", daemon},
    {"syslog-ng", daemon},
    {"systemd", daemon},
    {"systemd-nspawn", supervisor, "systemd-nspawn"},
    {"systemd-run", daemonizer},
    {"tailscaled", daemon},
    {"tcsh", shell},
    {"telegraf", daemon},
    {"terminology", breaker, {}, Breaker::terminal},
    {"texlab", language_server},
    {"tilix", breaker, {}, Breaker::terminal},
    {"tmux", daemon, "tmux", Breaker::multiplexer},
    {"traefik", daemon},
    {"tsgo", tool},
    {"ttyd", breaker, {}, Breaker::terminal},
    {"turbo", tool},
    {"udisksd", daemon},
    {"unbound", daemon},
    {"upowerd", daemon},
    {"urxvt", breaker, {}, Breaker::terminal},
    {"vault", daemon},
    {"vector", daemon},
    {"vim", editor, "Vim"},
    {"virtlogd", daemon},
    {"volta-shim", wrapper, "volta-shim"},
    {"watchman", daemon},
    {"wezterm-gui", breaker, {}, Breaker::terminal},
    {"windsurf", editor, "Windsurf"},
    {"wireplumber", daemon},
    {"wpa_supplicant", daemon},
    {"xfce4-terminal", breaker, {}, Breaker::terminal},
    {"xterm", breaker, {}, Breaker::terminal},
    {"zabbix_agentd", daemon},
    {"zed-editor", editor, "Zed"},
    {"zellij", daemon, "zellij", Breaker::multiplexer},
    {"zls", language_server},
    {"zsh", shell},
};
static_assert(std::is_sorted(std::begin(kImages), std::end(kImages),
                             [](const ImageRow& a, const ImageRow& b) { return a.name < b.name; }));

// Where the rows of each first letter begin; all names are ASCII.
constexpr auto kByLetter = [] {
  std::array<std::uint16_t, 129> begin{};
  for (std::size_t letter = 0; letter < begin.size(); ++letter)
    for (const ImageRow& row : kImages) begin[letter] += static_cast<std::size_t>(row.name.front()) < letter;
  return begin;
}();

// Names that go on after what stands here.
struct PrefixRow {
  ImageRow row;
  bool (*rest)(std::string_view) = [](std::string_view) { return true; };
};

bool is_version(std::string_view rest) {
  return rest.find_first_not_of("0123456789.") == std::string_view::npos;
}
// node-v20.1.0, node-18; not node-gyp-build
bool is_node_version(std::string_view rest) {
  if (rest.starts_with('v')) rest.remove_prefix(1);
  return is_version(rest);
}
// systemd-journald, systemd-logind; not systemd-cat, systemd-inhibit
bool ends_as_daemon(std::string_view rest) { return rest.ends_with('d'); }

constexpr PrefixRow kPrefixes[] = {
    {{"node-", node}, is_node_version},
    {{"python", interpreter}, is_version},
    {{"ruby", interpreter}, is_version},
    {{"screen-", daemon, "screen", Breaker::multiplexer}, is_version},
    {{"containerd-shim", supervisor, "containerd-shim"}},
    {{"systemd-", daemon}, ends_as_daemon},
    {{"gnome-terminal", breaker, {}, Breaker::terminal}},
    {{"dbus-", daemon}},
    {{"gvfs", daemon}},
    {{"pipewire", daemon}},
    {{"at-spi", daemon}},
    {{"gsd-", daemon}},
    {{"xdg-desktop-portal", daemon}},
    {{"php-fpm", daemon}},
};

constexpr ImageRow kMcpServer{"", mcp_server}, kLanguageServer{"", language_server};

// Scripts whose interpreter is the binary. By base name; "supervisor.supervisord" is `python -m`.
constexpr ImageRow kScripts[] = {
    {"supervisord", supervisor, "supervisord"},
    {"supervisor.supervisord", supervisor, "supervisord"},
    {"circusd", supervisor, "circus"},
    {"circus.circusd", supervisor, "circus"},
    {"honcho", wrapper, "honcho"},
    {"foreman", wrapper, "foreman"},
    {"fail2ban-server", daemon},
    {"firewalld", daemon},
    {"networkd-dispatcher", daemon},
    {"unattended-upgrade-shutdown", daemon},
    {"tuned", daemon},
    {"salt-minion", daemon},
    {"terminator", breaker, {}, Breaker::terminal},
    {"guake", breaker, {}, Breaker::terminal},
};

}  // namespace

const ImageRow* find_image(std::string_view base_name) {
  // Packages of npm install some binaries under one name for all systems: bin/bun.exe.
  if (base_name.ends_with(".exe")) base_name.remove_suffix(4);
  if (base_name.empty()) return nullptr;
  // Nearly every exec of a host comes here and is nothing: the first letter leaves few rows to compare.
  const auto first = static_cast<unsigned char>(base_name.front());
  if (first >= kByLetter.size() - 1) return nullptr;
  const auto* end = kImages + kByLetter[first + 1];
  const auto* row = std::lower_bound(kImages + kByLetter[first], end, base_name,
                                     [](const ImageRow& a, std::string_view b) { return a.name < b; });
  if (row != end && row->name == base_name) return row;
  for (const PrefixRow& prefix : kPrefixes)
    if (prefix.row.name.front() == base_name.front() && base_name.starts_with(prefix.row.name) &&
        prefix.rest(base_name.substr(prefix.row.name.size())))
      return &prefix.row;
  // "github-mcp-server", "lua-language-server"
  if (!contains(base_name, "-") && !contains(base_name, "mcp")) return nullptr;
  const Desk desk = desk_by_name(base_name);
  return desk == Desk::mcp_server ? &kMcpServer : desk == Desk::language_server ? &kLanguageServer : nullptr;
}

const ImageRow* find_interpreted(std::string_view script) {
  const auto* row = std::find_if(std::begin(kScripts), std::end(kScripts),
                                 [&](const ImageRow& r) { return r.name == script; });
  return row == std::end(kScripts) ? nullptr : row;
}

bool is_daemonizer(std::string_view base_name) {
  // supervise-daemon is both: it makes its service a daemon and restarts it.
  const ImageRow* row = find_image(base_name);
  return base_name == "service" || base_name == "supervise-daemon" || (row && row->what == daemonizer);
}

}  // namespace stray
