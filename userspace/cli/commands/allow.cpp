// SPDX-License-Identifier: Apache-2.0
// stray allow: accepts what is found about a process, as a snippet of the configuration; lists and removes
// such.
#include <fcntl.h>
#include <spdlog/spdlog.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <memory>
#include <sstream>
#include <string>
#include <system_error>
#include <vector>

#include "base/descriptor.hpp"
#include "base/moment.hpp"
#include "base/printable.hpp"
#include "base/write_all.hpp"
#include "cli/arguments.hpp"
#include "cli/command.hpp"
#include "cli/options.hpp"
#include "cli/standard_output.hpp"
#include "config/kind_name.hpp"
#include "kernel/kernel_source.hpp"
#include "sources/host_state.hpp"

namespace stray {
namespace {

namespace fs = std::filesystem;

struct AllowOptions {
  CommonOptions common;
  std::string who, kind, until, reason, remove;
  bool list = false;
};

std::string folder_of(const AllowOptions& options) {
  return snippet_folder(options.common.config.empty() ? std::string(kDefaultConfig) : options.common.config);
}

// A shell pattern that matches this text alone.
std::string literally(const std::string& text) {
  std::string out;
  for (const char c : text) out += std::string(std::strchr("*?[\\", c) && c ? "\\" : "") + c;
  return out;
}

// By what the process is, not by its pid: the rule holds when it is started again.
Allow rule_for(const Process& process) {
  Allow out;
  if (process.exe().empty())
    throw UsageError("the executable of pid " + std::to_string(process.key.tgid) +
                     " is not known: there is no rule for it");
  out.exe = {literally(std::string(process.exe()))};
  out.argv = literally(process.command());
  out.user = literally(process.seen && !process.seen->user.empty() ? process.seen->user
                                                                   : std::to_string(process.uid));
  return out;
}

std::string printable_lines(const std::string& text) {
  std::string out;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) out += printable(line) + "\n";
  return out;
}

// As a whole, and only when it is valid: a run may read the folder at any time.
void write_snippet(const std::string& folder, const std::string& name, const std::string& text) {
  const auto fail = [](const std::string& path) { throw OutputError(path + ": " + std::strerror(errno)); };
  if (::mkdir(folder.c_str(), 0755) != 0 && errno != EEXIST) fail(folder);
  const std::string path = folder + "/" + name, made = path + ".new";
  ::unlink(made.c_str());
  const Descriptor file(::open(made.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644));
  if (!file || ::fchmod(file.get(), 0644) != 0 || write_all(file.get(), text) != text.size() ||
      ::fsync(file.get()) != 0 || ::rename(made.c_str(), path.c_str()) != 0)
    fail(path);
}

// The service of the package, where it runs; every other run reads the snippets at its next SIGHUP.
void reload_service() {
  struct stat unused {};
  if (::stat("/run/systemd/system", &unused) == 0) {
    int status = 1;
    const pid_t child = ::fork();
    if (child == 0) {
      ::execlp("systemctl", "systemctl", "reload", "stray.service", nullptr);
      ::_exit(127);
    }
    if (child > 0) ::waitpid(child, &status, 0);
    if (status == 0) return print("stray.service was reloaded\n");
  }
  print("a run that goes on reads it at SIGHUP: kill -HUP PID\n");
}

int list(const AllowOptions& options) {
  Config config;
  if (const auto problems = read_all(options.common.config, config); !problems.empty())
    throw UsageError(problems.front());
  const auto now = static_cast<std::int64_t>(real_now());
  for (std::size_t i = 0; i < config.detect.allow.size(); ++i) {
    const Allow& allow = config.detect.allow[i];
    const auto from = config.origins.find("allow." + std::to_string(i));
    const bool ended = allow.until && now >= *allow.until;
    print((from == config.origins.end() ? std::string() : from->second) + (ended ? ": expired\n" : ":\n") +
          printable_lines(allow_text(allow)) + "\n");
  }
  if (config.detect.allow.empty()) print("nothing is accepted\n");
  return kFine;
}

int remove(const AllowOptions& options) {
  const std::string begin = "allow-" + options.remove;
  std::error_code error;
  std::vector<fs::path> found;
  for (fs::directory_iterator at(folder_of(options), error), end; at != end; at.increment(error)) {
    const std::string name = at->path().filename().string();
    if (name == begin + ".toml" || (name.starts_with(begin + "-") && name.ends_with(".toml")))
      found.push_back(at->path());
  }
  if (found.empty())
    throw NotFoundError("no rule \"" + options.remove + "\" in " + folder_of(options) +
                        "; see stray allow --list");
  for (const fs::path& path : found) {
    if (!fs::remove(path, error)) throw OutputError(path.string() + ": " + error.message());
    print("removed " + path.string() + "\n");
  }
  reload_service();
  return kFine;
}

int allow(const AllowOptions& options) {
  if (options.list) return list(options);
  if (!options.remove.empty()) return remove(options);
  if (options.who.empty())
    throw UsageError("PID or ID is missing, as in stray allow 1234 --reason \"a demo\"");
  if (options.reason.empty()) throw UsageError("--reason is missing: why is it accepted?");
  if (!options.until.empty() && !parse_date(options.until))
    throw UsageError("--until: \"" + options.until +
                     "\" is not a date, as 2027-06-30 or \"2027-06-30 18:00\" is");
  const auto colon = options.who.find(':');
  std::string kind = options.kind;
  if (kind.empty() && colon != std::string::npos) kind = options.who.substr(0, colon);
  std::vector<Kind> kinds;
  if (!kind.empty()) kinds.push_back(parse_kind(kind, "--kind"));

  HostLook look(config_of(options.common), {}, Then::act);
  const Process& process = look.named(options.who);
  Allow rule = rule_for(process);
  rule.kinds = kinds;
  rule.reason = options.reason;
  const std::string id = process_id(look.pipeline().host().boot, process.key);
  std::string text = allow_text(rule);
  if (!options.until.empty()) text += "until = \"" + options.until + "\"\n";
  const std::string name = "allow-" + id + (kind.empty() ? "" : "-" + kind) + ".toml";
  write_snippet(folder_of(options), name,
                "# Written by stray allow; stray allow --remove " + id + " removes it.\n" + text);
  print(folder_of(options) + "/" + name + ":\n" + printable_lines(text));
  reload_service();
  return kFine;
}

Action declare(Arguments& arguments) {
  const auto options = std::make_shared<AllowOptions>();
  arguments.value("who", options->who, "A pid, an id, or a finding as in orphan:54nfnhb2rw0w", "PID|ID");
  arguments.value("--kind", options->kind,
                  "Accept only findings of this kind (default: the finding's, else all)", "KIND");
  arguments.value("--until", options->until, "Up to the end of this day, or up to this time", "TIME");
  arguments.value("--reason", options->reason, "Why it is accepted", "TEXT");
  arguments.flag("--list", options->list, "Show all that is accepted, and where that stands");
  arguments.value("--remove", options->remove, "Remove what this command wrote for this id", "ID");
  declare_config(arguments, options->common);
  return [options] { return allow(*options); };
}

}  // namespace

extern const Command kAllow{"allow", "Accept what is found about a process, with a reason",
                            "sudo stray allow 1234 --kind orphan --until 2027-06-30 --reason \"a demo\"",
                            declare};

}  // namespace stray
