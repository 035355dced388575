// SPDX-License-Identifier: Apache-2.0
#include "adopt/process_image.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <climits>
#include <map>

#include "base/json.hpp"
#include "base/utf8.hpp"
#include "plan/login_session.hpp"
#include "procfs/process.hpp"
#include "procfs/stat.hpp"

namespace stray {
namespace {

constexpr std::size_t kMostBytes = 4 << 20;  // more than an exec takes

std::vector<std::string> list_of(std::string_view text) {
  std::vector<std::string> out;
  StringList(text).each([&](std::string_view word) { out.emplace_back(word); });
  return out;
}

std::string link_at(int dir, const char* name) {
  char text[PATH_MAX];
  const ssize_t size = ::readlinkat(dir, name, text, sizeof text);
  return size > 0 ? std::string(text, static_cast<std::size_t>(size)) : std::string();
}

// A descriptor of the process, when it is a file: what it writes to goes on there.
Descriptor file_of(const Descriptor& handle, int number) {
  Descriptor fd(static_cast<int>(::syscall(SYS_pidfd_getfd, handle.get(), number, 0)));
  struct stat facts {};
  if (fd && (::fstat(fd.get(), &facts) != 0 || !S_ISREG(facts.st_mode))) fd.reset();
  return fd;
}

std::uint64_t id_in(std::string_view status, std::string_view name) {
  return proc::number_at(proc::status_field(status, name), 1).value_or(0);  // the effective one
}

// What PM2 gives its applications of its own settings: names in small letters, and a few others.
bool of_pm2_itself(std::string_view name) {
  if (name.starts_with("PM2_") || name == "NODE_APP_INSTANCE" || name == "NODE_CHANNEL_FD") return true;
  if (name.starts_with("npm_") || name.ends_with("_proxy")) return false;
  return std::any_of(name.begin(), name.end(), [](char c) { return c >= 'a' && c <= 'z'; });
}

std::uint32_t octal(std::string_view text) {
  std::uint32_t out = 0;
  for (const char c : text)
    if (c >= '0' && c <= '7') out = out * 8 + static_cast<std::uint32_t>(c - '0');
  return out & 0777;
}

bool good_name(std::string_view name) {
  const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; };
  return !name.empty() && letter(name.front()) &&
         std::all_of(name.begin(), name.end(), [&](char c) { return letter(c) || (c >= '0' && c <= '9'); });
}

}  // namespace

std::optional<ProcessImage> image_of(ProcessKey key) {
  proc::FileReader reader;
  proc::Process process;
  if (process.open(key, reader) != proc::Process::Lookup::found) return {};
  const Descriptor handle(static_cast<int>(::syscall(SYS_pidfd_open, key.tgid, 0)));
  ProcessImage out;
  out.exe = link_at(process.dir(), "exe"), out.cwd = link_at(process.dir(), "cwd");
  out.arguments = list_of(reader.read(process.dir(), "cmdline", kMostBytes).value_or(""));
  out.environment = list_of(reader.read(process.dir(), "environ", kMostBytes).value_or(""));
  const std::string status(reader.read(process.dir(), "status").value_or(""));
  out.uid = static_cast<std::uint32_t>(id_in(status, "Uid"));
  out.gid = static_cast<std::uint32_t>(id_in(status, "Gid"));
  out.umask = octal(proc::status_field(status, "Umask"));
  if (handle) out.out = file_of(handle, 1), out.error = file_of(handle, 2);
  const std::string mounts = link_at(process.dir(), "ns/mnt"), root = link_at(process.dir(), "root");
  out.same_mounts = mounts == link_at(AT_FDCWD, "/proc/self/ns/mnt") && root == "/";
  if (out.exe.empty() || out.cwd.empty() || out.arguments.empty() || status.empty()) return {};
  // Everything was read through one directory of /proc: it is all of this process, if that is still there.
  if (!process.still_alive(reader)) return {};
  return out;
}

bool is_variable(std::string_view text) {
  const auto equals = text.find('=');
  return equals != std::string_view::npos && good_name(text.substr(0, equals));
}

std::vector<std::string> without_session(const std::vector<std::string>& environment) {
  std::map<std::string, std::string> by_name;
  const bool of_pm2 = std::any_of(environment.begin(), environment.end(),
                                  [](const std::string& variable) { return variable.starts_with("pm_id="); });
  for (const std::string& variable : environment)
    if (const std::string name = variable.substr(0, variable.find('='));
        is_variable(variable) && !of_login_session(name) && !(of_pm2 && of_pm2_itself(name)))
      by_name[name] = variable;
  std::vector<std::string> out;
  for (auto& [name, variable] : by_name) out.push_back(std::move(variable));
  return out;
}

std::string environment_file(const std::vector<std::string>& environment,
                             std::vector<std::string>& left_out) {
  std::string out;
  for (const std::string& variable : environment) {
    const auto equals = variable.find('=');
    const std::string_view value = std::string_view(variable).substr(equals + 1);
    const bool holds = is_utf8(value) && std::none_of(value.begin(), value.end(), [](char c) {
                         return (static_cast<unsigned char>(c) < 0x20 && c != '\t' && c != '\n') || c == 0x7f;
                       });
    if (!holds) {
      left_out.push_back(variable.substr(0, equals));
      continue;
    }
    out += variable.substr(0, equals) + "=\"";
    for (const char c : value) {
      if (c == '"' || c == '\\' || c == '`' || c == '$') out += '\\';
      out += c;
    }
    out += "\"\n";
  }
  return out;
}

std::string environment_json(const std::vector<std::string>& environment,
                             std::vector<std::string>& left_out) {
  std::string out = "{";
  for (const std::string& variable : environment) {
    const auto equals = variable.find('=');
    std::string name, value;
    Json name_json(name), value_json(value);
    if (!name_json.string(variable.substr(0, equals)) ||
        !value_json.string(std::string_view(variable).substr(equals + 1))) {
      left_out.push_back(variable.substr(0, equals));
      continue;
    }
    out += (out.size() == 1 ? "\n  " : ",\n  ") + name + ": " + value;
  }
  return out + "\n}\n";
}

}  // namespace stray
