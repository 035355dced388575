// SPDX-License-Identifier: Apache-2.0
#include "observe/probes/script_probe.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <xxhash.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <vector>

namespace stray {
namespace {

constexpr std::size_t kContentLimit = 1 << 20;
constexpr std::size_t kPackageName = 214;  // as long as npm takes them
constexpr std::array<std::string_view, 10> kSuffixes = {".js", ".json", ".node", ".mjs", ".cjs",
                                                        ".ts", ".mts",  ".cts",  ".tsx", ".jsx"};
constexpr std::array<std::string_view, 6> kIndexes = {"index.js",  "index.json", "index.node",
                                                      "index.mjs", "index.cjs",  "index.ts"};

// Node resolves the entry in the text of the path (path.resolve) before it looks at any file.
std::string normalised(std::string_view path) {
  const bool absolute = path.starts_with('/');
  std::vector<std::string_view> names;
  for (std::string_view rest = path; !rest.empty();) {
    const auto end = std::min(rest.find('/'), rest.size());
    const std::string_view name = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (name.empty() || name == ".") continue;
    if (name != "..") {
      names.push_back(name);
    } else if (!names.empty() && names.back() != "..") {
      names.pop_back();
    } else if (!absolute) {
      names.push_back(name);
    }
  }
  std::string out = absolute ? "/" : "";
  for (const auto name : names) out.append(out.empty() || out == "/" ? "" : "/").append(name);
  return out.empty() ? "." : out;
}

bool can_take_suffix(std::string_view path) {
  const std::string_view name = path.substr(path.rfind('/') + 1);
  return !name.empty() && name != "." && name != "..";
}

// A text of a package.json, or nothing.
std::string package_text(std::string_view text, const char* name) {
  // Nothing below the first level is kept: a hostile file costs its own size only.
  const auto top_level = [](int depth, nlohmann::json::parse_event_t, nlohmann::json&) { return depth <= 1; };
  const auto package = nlohmann::json::parse(text, top_level, false);
  if (!package.is_object()) return {};
  const auto value = package.find(name);
  return value != package.end() && value->is_string() ? value->get<std::string>() : std::string();
}

class Resolver {
 public:
  Resolver(const ProcessFiles& files, proc::FileReader& reader) : files_(files), reader_(reader) {}

  bool find(const std::string& path) {
    const Kind kind = look(path);
    if (kind == Kind::file || with_suffix(path)) return true;
    return kind == Kind::directory && in_package(path);
  }

  // The name in the nearest package.json beside or above a file that has one.
  std::string package_of(std::string path) {
    constexpr int kMostNames = 48;
    for (int n = 0; n < kMostNames && path.starts_with('/') && path.size() > 1; ++n) {
      path.resize(path.rfind('/'));
      std::string name = from_package(path, "name");
      if (!name.empty()) return name.size() <= kPackageName ? name : std::string();
      if (failed_) break;
    }
    return {};
  }

  bool failed() const { return failed_; }  // something else than "not there": nothing can be said
  int file() const { return file_.get(); }
  const struct stat& facts() const { return facts_; }

 private:
  enum class Kind { none, file, directory };

  Kind look(const std::string& path) {
    if (failed_) return Kind::none;
    file_ = files_.open(path);
    if (!file_ || ::fstat(file_.get(), &facts_) != 0) {
      failed_ = errno != ENOENT && errno != ENOTDIR;
      return Kind::none;
    }
    return S_ISDIR(facts_.st_mode) ? Kind::directory : Kind::file;
  }

  bool with_suffix(const std::string& path) {
    if (!can_take_suffix(path)) return false;
    for (const auto suffix : kSuffixes)
      if (look(path + std::string(suffix)) == Kind::file) return true;
    return false;
  }

  bool with_index(const std::string& directory) {
    for (const auto name : kIndexes)
      if (look(directory + '/' + std::string(name)) == Kind::file) return true;
    return false;
  }

  bool in_package(const std::string& directory) {
    const std::string main = from_package(directory, "main");
    if (!main.empty()) {
      const std::string path = main.starts_with('/') ? normalised(main) : normalised(directory + '/' + main);
      if (look(path) == Kind::file || with_suffix(path) || with_index(path)) return true;
    }
    return with_index(directory);
  }

  std::string from_package(const std::string& directory, const char* name) {
    if (look(directory + "/package.json") != Kind::file || !S_ISREG(facts_.st_mode)) return {};
    const Descriptor json = proc::reopen_for_reading(file_.get());
    const auto text = json ? reader_.read(json.get(), kContentLimit) : std::nullopt;
    return text ? package_text(*text, name) : std::string();
  }

  const ProcessFiles& files_;
  proc::FileReader& reader_;
  Descriptor file_;
  struct stat facts_ {};
  bool failed_ = false;
};

std::uint64_t nanoseconds(const timespec& t) {
  return static_cast<std::uint64_t>(t.tv_sec) * 1'000'000'000ULL + static_cast<std::uint64_t>(t.tv_nsec);
}

// statx alone tells a file's birth.
std::uint64_t birth_of(int fd) {
  struct statx facts;
  if (::statx(fd, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, STATX_BTIME, &facts) != 0) return 0;
  if (!(facts.stx_mask & STATX_BTIME)) return 0;
  return static_cast<std::uint64_t>(facts.stx_btime.tv_sec) * 1'000'000'000ULL + facts.stx_btime.tv_nsec;
}

// A deployment moves a link like `current`: the one nearest to the file decides. No shorter path than `least`
// is looked at.
void find_link(const ProcessFiles& files, std::string path, std::size_t least, ScriptFacts& out) {
  constexpr int kMostNames = 48;
  for (int n = 0; n < kMostNames && path.size() > least; ++n) {
    const Descriptor name = files.open_link(path);
    struct stat facts {};
    if (name && ::fstat(name.get(), &facts) == 0 && S_ISLNK(facts.st_mode)) {
      out.link = path;
      out.link_ctime_ns = nanoseconds(facts.st_ctim);
      if (const Descriptor there = files.open(path)) out.target = files.path_of(there.get());
      return;
    }
    path.resize(path.rfind('/'));
  }
}

}  // namespace

std::string entry_path(std::string_view entry) {
  if (!entry.starts_with("file:")) return std::string(entry);
  std::string_view rest = entry.substr(5);
  if (rest.starts_with("//")) rest.remove_prefix(std::min(rest.find('/', 2), rest.size()));
  rest = rest.substr(0, rest.find_first_of("?#"));
  std::string out;
  for (std::size_t at = 0; at < rest.size(); ++at) {
    unsigned char byte = 0;
    const char* digits = rest.data() + at + 1;
    if (rest[at] == '%' && at + 2 < rest.size() &&
        std::from_chars(digits, digits + 2, byte, 16).ptr == digits + 2) {
      out.push_back(static_cast<char>(byte));
      at += 2;
    } else {
      out.push_back(rest[at]);
    }
  }
  return out;
}

std::uint64_t content_hash(int fd, proc::FileReader& reader) {
  const auto content = reader.read(fd, kContentLimit);
  if (!content) return 0;
  const std::uint64_t hash = XXH3_64bits(content->data(), content->size());
  return hash != 0 ? hash : 1;
}

stray_exe_state look_at_executable(const ProcessFiles& files, int process_dir) {
  if (!files.readable()) return STRAY_EXE_UNKNOWN;
  const auto exe = files.executable(process_dir);
  if (exe.path.empty() || exe.path.starts_with("/memfd:")) return STRAY_EXE_UNKNOWN;
  if (!exe.deleted) return STRAY_EXE_SAME;
  return exe.replaced ? STRAY_EXE_REPLACED : STRAY_EXE_GONE;
}

ScriptFacts look_at_script(const ProcessFiles& files, std::string_view entry, std::string_view logical,
                           proc::FileReader& reader) {
  ScriptFacts out;
  if (entry.empty() || !files.readable()) return out;
  const std::string path = normalised(entry_path(entry));
  if (path.starts_with('/')) {
    find_link(files, path, 1, out);
  } else {
    // `node current/server.js`: a folder that the entry itself names; else the way into the directory.
    const auto folders = path.rfind('/');
    const Descriptor here = folders != std::string::npos ? files.open(".") : Descriptor();
    const std::string directory = here ? files.path_of(here.get()) : std::string();
    if (directory.starts_with('/'))
      find_link(files, directory + "/" + path.substr(0, folders), directory.size(), out);
    const std::string way = normalised(logical);
    if (out.link.empty() && way.starts_with('/')) find_link(files, way, 1, out);
  }
  Resolver resolver(files, reader);
  if (!resolver.find(path)) {
    if (!resolver.failed()) out.state = files.cwd_gone() ? STRAY_SCRIPT_CWD_GONE : STRAY_SCRIPT_MISSING;
    return out;
  }
  const struct stat& facts = resolver.facts();
  out.state = STRAY_SCRIPT_PRESENT;
  out.path = files.path_of(resolver.file());
  out.inode = facts.st_ino;
  out.bytes = static_cast<std::uint64_t>(facts.st_size);
  out.mtime_ns = nanoseconds(facts.st_mtim);
  out.ctime_ns = nanoseconds(facts.st_ctim);
  out.dev_major = major(facts.st_dev);
  out.dev_minor = minor(facts.st_dev);
  out.birth_ns = birth_of(resolver.file());
  if (S_ISREG(facts.st_mode))  // never open a FIFO or a device
    if (const Descriptor content = proc::reopen_for_reading(resolver.file()))
      out.hash = content_hash(content.get(), reader);
  out.package = resolver.package_of(out.path);
  return out;
}

}  // namespace stray
