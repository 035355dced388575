// SPDX-License-Identifier: Apache-2.0
#include "observe/mounts.hpp"

#include <fcntl.h>

#include <algorithm>
#include <array>

#include "base/descriptor.hpp"
#include "base/words.hpp"
#include "procfs/read.hpp"

namespace stray {
namespace {

constexpr std::size_t kMountinfoRead = 4 << 20;

constexpr std::array<std::string_view, 22> kForeign = {
    "9p",      "afs",      "autofs",    "beegfs", "ceph",   "cifs",    "coda", "fuse",
    "fuseblk", "gfs2",     "glusterfs", "gpfs",   "lustre", "ncpfs",   "nfs",  "nfs4",
    "ocfs2",   "orangefs", "pvfs2",     "smb3",   "smbfs",  "virtiofs"};

// Spaces and the like stand as \040 there.
std::string unescaped(std::string_view text) {
  const auto digit = [](char c) { return c >= '0' && c <= '7'; };
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool escape = text[i] == '\\' && i + 3 < text.size() && digit(text[i + 1]) && digit(text[i + 2]) &&
                        digit(text[i + 3]);
    if (!escape) {
      out += text[i];
      continue;
    }
    out += static_cast<char>((text[i + 1] - '0') * 64 + (text[i + 2] - '0') * 8 + (text[i + 3] - '0'));
    i += 3;
  }
  return out;
}

std::string link_text(int dir, const char* name) {
  proc::LinkReader link;
  return link.read(dir, name) ? std::string(link.text()) : std::string();
}

bool is_below(std::string_view path, std::string_view point) {
  if (point == "/") return path.starts_with('/');
  return path.starts_with(point) && (path.size() == point.size() || path[point.size()] == '/');
}

}  // namespace

std::vector<Mount> parse_mountinfo(std::string_view text) {
  std::vector<Mount> out;
  for (const std::string_view line : split(text, '\n')) {
    const auto words = split(line, ' ');
    const auto dash = std::find(words.begin(), words.end(), std::string_view("-"));
    if (words.size() < 6 || words.end() - dash < 3) continue;
    out.push_back({std::string(words[2]), unescaped(words[4]), std::string(dash[1]), unescaped(dash[2])});
  }
  return out;
}

bool is_foreign(const Mount& mount) {
  return mount.type.starts_with("fuse.") || std::ranges::find(kForeign, mount.type) != kForeign.end();
}

// Of mounts over each other the last one is seen.
const Mount* mount_of(const std::vector<Mount>& mounts, std::string_view path) {
  const Mount* found = nullptr;
  for (const Mount& mount : mounts)
    if (is_below(path, mount.point) && (!found || mount.point.size() >= found->point.size())) found = &mount;
  return found;
}

std::vector<Mount> foreign_mounts_of(std::uint32_t tgid, const std::string& entry) {
  const std::string name = "/proc/" + std::to_string(tgid);
  const Descriptor dir(::open(name.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  proc::FileReader reader;
  const auto text = dir ? reader.read(dir.get(), "mountinfo", kMountinfoRead) : std::nullopt;
  std::vector<Mount> out;
  if (!text) return out;
  const std::vector<Mount> mounts = parse_mountinfo(*text);
  std::vector<std::string> paths;
  for (const char* link : {"cwd", "root", "exe", "fd/0", "fd/1", "fd/2"})
    paths.push_back(link_text(dir.get(), link));
  if (!entry.empty()) paths.push_back(entry.starts_with('/') ? entry : paths.front() + "/" + entry);
  for (const std::string& path : paths) {
    const Mount* mount = mount_of(mounts, path);
    const auto same = [&](const Mount& other) { return other.device == mount->device; };
    if (mount && is_foreign(*mount) && std::ranges::none_of(out, same)) out.push_back(*mount);
  }
  return out;
}

}  // namespace stray
