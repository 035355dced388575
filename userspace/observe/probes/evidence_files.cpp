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

constexpr BootTime kSharedLife = std::chrono::milliseconds(100);  // one pass over the host reads them once
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

}  // namespace

void PidFiles::scan(const ProcessFiles& files, const std::string& directory, proc::FileReader& reader,
                    std::vector<Entry>& out) const {
  const Descriptor opened = files.open(directory);
  if (!opened || (directory != "/run" && files.path_of(opened.get()) == "/run"))
    return;  // /var/run leads to it
  std::size_t left = kPidFilesLookedAt;
  proc::for_each_entry(opened.get(), ".", kEntriesLookedAt, [&](int dir, const char* name) {
    if (!std::string_view(name).ends_with(".pid")) return true;
    // Looked at before it is opened: opening a device can do things, opening a FIFO could wait.
    struct stat facts;
    if (::fstatat(dir, name, &facts, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISREG(facts.st_mode)) return --left != 0;
    if (facts.st_size >= kPidFileSize) return --left != 0;
    const Descriptor file(::openat(dir, name, O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY));
    const auto text = file ? reader.read(file.get(), kPidFileSize) : std::nullopt;
    const auto pid = text ? whole_number(*text) : std::nullopt;
    if (pid) out.push_back({*pid, facts.st_uid, join(directory, name)});
    return --left != 0;
  });
}

std::string PidFiles::find(const ProcessFiles& files, const Owner& owner, BootTime now,
                           proc::FileReader& reader) {
  const auto match = [&owner](const std::vector<Entry>& entries) -> std::string {
    const auto found = std::ranges::find_if(entries, [&owner](const Entry& entry) {
      return entry.pid == owner.pid &&
             (entry.owner == 0 || entry.owner == owner.uid || entry.owner == owner.euid);
    });
    return found == entries.end() ? std::string() : found->path;
  };
  const bool fresh = shared_known_ && now >= shared_at_ && now - shared_at_ <= kSharedLife;
  std::vector<Entry> private_entries;
  std::vector<Entry>& common = files.own_root() ? shared_ : private_entries;
  if (!files.own_root() || !fresh) {
    common.clear();
    for (const char* directory : {"/run", "/var/run", "/tmp"}) scan(files, directory, reader, common);
    const auto more =
        more_ ? more_->get() : nullptr;  // held while it is gone through: another may replace it
    if (more)
      for (const std::string& directory : *more) scan(files, directory, reader, common);
    if (files.own_root()) {
      shared_at_ = now;
      shared_known_ = true;
    }
  }
  if (std::string path = match(common); !path.empty()) return path;
  const std::string cwd = files.cwd();
  if (files.cwd_gone() || cwd.empty()) return {};
  std::vector<Entry> near;
  scan(files, cwd, reader, near);
  if (cwd != "/") scan(files, parent(cwd), reader, near);
  return match(near);
}

std::string ecosystem_file(const ProcessFiles& files) {
  if (files.cwd_gone()) return {};
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

}  // namespace stray
