// SPDX-License-Identifier: Apache-2.0
#include "observe/probes/evidence_files.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <charconv>
#include <optional>

namespace stray {
namespace {

// Bounds against a directory made to hold us up.
constexpr std::size_t kEntriesLookedAt = 2048;
constexpr std::size_t kPidFilesLookedAt = 200;
constexpr off_t kPidFileSize = 64;

constexpr int kLevelsUp = 4;

// The number that is all of a file's text, or nothing.
std::optional<std::uint64_t> whole_number(std::string_view text) {
  constexpr std::string_view kBlank = " \t\r\n";
  const auto start = text.find_first_not_of(kBlank);
  if (start == std::string_view::npos) return std::nullopt;
  text = text.substr(start, text.find_last_not_of(kBlank) - start + 1);
  std::uint64_t out = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), out);
  return parsed.ec == std::errc() && parsed.ptr == text.data() + text.size() ? std::optional(out)
                                                                             : std::nullopt;
}

std::string join(const std::string& directory, std::string_view name) {
  return (directory == "/" ? std::string() : directory) + '/' + std::string(name);
}

std::string parent(const std::string& directory) {
  const auto slash = directory.rfind('/');
  return slash == 0 || slash == std::string::npos ? "/" : directory.substr(0, slash);
}

// Relative to the directory itself: it need not be where its name leads.
std::string ecosystem_file(const ProcessFiles& files) {
  std::string directory = files.cwd();
  std::string up = ".";
  for (int level = 0; level <= kLevelsUp && !directory.empty(); ++level) {
    const Descriptor opened = files.open(up);
    if (!opened) return {};
    for (const char* name :
         {"ecosystem.config.js", "ecosystem.config.cjs", "ecosystem.config.json", "process.json"}) {
      struct stat facts;
      if (::fstatat(opened.get(), name, &facts, AT_SYMLINK_NOFOLLOW) != 0) continue;
      if (S_ISREG(facts.st_mode) || S_ISLNK(facts.st_mode)) return join(directory, name);
    }
    if (directory == "/") return {};
    directory = parent(directory);
    up = level == 0 ? ".." : up + "/..";
  }
  return {};
}

}  // namespace

const std::vector<PidFiles::Entry>& PidFiles::entries(const ProcessFiles& files, const std::string& directory,
                                                      BootTime now, proc::FileReader& reader) {
  return known_.get({files.root_place(), directory}, now, [&] {
    std::vector<Entry> out;
    const Descriptor opened = files.open(directory);
    if (!opened || (directory != "/run" && files.path_of(opened.get()) == "/run"))
      return out;  // /var/run leads to it
    std::size_t left = kPidFilesLookedAt;
    proc::for_each_entry(opened.get(), ".", kEntriesLookedAt, [&](int dir, const char* name) {
      if (!std::string_view(name).ends_with(".pid")) return true;
      // Looked at before it is opened: opening a device can do things, opening a FIFO could wait.
      struct stat facts;
      const bool small = ::fstatat(dir, name, &facts, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(facts.st_mode) &&
                         facts.st_size < kPidFileSize;
      if (!small) return --left != 0;
      const Descriptor file(::openat(dir, name, O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY));
      const auto text = file ? reader.read(file.get(), kPidFileSize) : std::nullopt;
      const auto pid = text ? whole_number(*text) : std::nullopt;
      if (pid) out.push_back({*pid, facts.st_uid, join(directory, name)});
      return --left != 0;
    });
    return out;
  });
}

std::string PidFiles::find(const ProcessFiles& files, const Owner& owner, BootTime now,
                           proc::FileReader& reader) {
  std::vector<std::string> directories{"/run", "/var/run", "/tmp"};
  if (const auto more = more_ ? more_->get() : nullptr)
    directories.insert(directories.end(), more->begin(), more->end());
  if (const std::string cwd = files.cwd(); !files.cwd_gone() && !cwd.empty()) {
    directories.push_back(cwd);
    if (cwd != "/") directories.push_back(parent(cwd));
  }
  for (const std::string& directory : directories)
    for (const Entry& entry : entries(files, directory, now, reader))
      if (entry.pid == owner.pid &&
          (entry.owner == 0 || entry.owner == owner.uid || entry.owner == owner.euid))
        return entry.path;
  return {};
}

std::string EcosystemFiles::find(const ProcessFiles& files, BootTime now) {
  if (files.cwd_gone()) return {};
  return known_.get({files.root_place(), files.cwd_place(), files.cwd_text()}, now,
                    [&] { return ecosystem_file(files); });
}

}  // namespace stray
