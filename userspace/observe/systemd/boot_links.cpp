// SPDX-License-Identifier: Apache-2.0
#include "observe/systemd/boot_links.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <nlohmann/json.hpp>

#include "base/words.hpp"

namespace stray {
namespace {

constexpr BootTime kKept = std::chrono::seconds(10);
constexpr std::size_t kEntries = 4096;
constexpr std::size_t kUnitBytes = 64 * 1024;
constexpr std::size_t kDumpBytes = 4u << 20;

// In the order of systemd.unit(5): what stands first hides what follows.
constexpr const char* kSystemDirs[] = {"/etc/systemd/system.control",   "/run/systemd/system.control",
                                       "/run/systemd/generator.early",  "/etc/systemd/system",
                                       "/run/systemd/system",           "/run/systemd/generator",
                                       "/usr/local/lib/systemd/system", "/usr/lib/systemd/system",
                                       "/lib/systemd/system",           "/run/systemd/generator.late"};
constexpr const char* kUserDirs[] = {"/etc/systemd/user", "/run/systemd/user", "/usr/local/lib/systemd/user",
                                     "/usr/lib/systemd/user", "/lib/systemd/user"};

bool pulls_in(std::string_view directory) {
  return directory.ends_with(".wants") || directory.ends_with(".requires") || directory.ends_with(".upholds");
}

void read_links(const std::string& directory, std::map<std::string, std::string, std::less<>>& out) {
  proc::for_each_entry(AT_FDCWD, directory.c_str(), kEntries, [&](int dir, const char* name) {
    if (!pulls_in(name)) return true;
    proc::for_each_entry(dir, name, kEntries, [&](int, const char* unit) {
      out.try_emplace(unit, directory + "/" + name + "/" + unit);
      return true;
    });
    return true;
  });
}

}  // namespace

void BootLinks::read(BootTime now) {
  if (read_at_ != BootTime{} && now >= read_at_ && now - read_at_ < kKept) return;
  read_at_ = now;
  system_.clear(), user_.clear();
  for (const char* directory : kSystemDirs) read_links(root_ + directory, system_);
  for (const char* directory : kUserDirs) read_links(root_ + directory, user_);
}

BootFacts BootLinks::of(const std::string& unit, const Links& links,
                        const std::vector<std::string>& dirs) const {
  BootFacts out;
  out.file = read_unit(unit, dirs);
  const std::string stem = unit.substr(0, unit.rfind('.'));
  // A socket, timer or path unit that is enabled starts its service too.
  for (const char* type : {".service", ".socket", ".timer", ".path"})
    if (const auto it = links.find(stem + type); it != links.end()) {
      out.boot = STRAY_BOOT_ENABLED;
      out.by = it->second;
      return out;
    }
  for (const std::string& directory : dirs)
    for (const std::string& name : {unit, template_of(unit)})
      if (const std::string path = directory + "/" + name; out.by.empty() && proc::exists(path))
        out.by = path;
  if (!out.by.empty()) out.boot = STRAY_BOOT_NOT_ENABLED;
  return out;
}

BootFacts BootLinks::unit(const CgroupPlace& place, const UnitOwner& owner, BootTime now) {
  const bool manager = place.kind == CgroupPlace::Kind::manager && !place.user_unit.empty();
  if (place.kind != CgroupPlace::Kind::service && !manager) return {};
  return known_.get({place.kind, place.unit, place.user_unit}, now,
                    [&] { return read_facts(place, owner, now); });
}

BootFacts BootLinks::read_facts(const CgroupPlace& place, const UnitOwner& owner, BootTime now) {
  const bool manager = place.kind == CgroupPlace::Kind::manager;
  read(now);
  // A user manager starts at boot only for users who linger, else with their first login.
  const std::string linger = root_ + "/var/lib/systemd/linger/" + owner.name;
  if (manager) {
    BootFacts out;
    std::vector<std::string> dirs;
    for (const char* directory : kSystemDirs) dirs.push_back(root_ + directory);
    out.file = read_unit(place.user_unit, dirs);
    if (owner.name.empty()) return out;
    out.boot = proc::exists(linger) ? STRAY_BOOT_ENABLED : STRAY_BOOT_NOT_ENABLED;
    out.by = linger;
    return out;
  }
  const std::string runtime = root_ + owner.runtime + "/systemd/";
  if (place.user_unit.empty()) {
    std::vector<std::string> dirs{runtime + "transient"};
    for (const char* directory : kSystemDirs) dirs.push_back(root_ + directory);
    return of(place.unit, system_, dirs);
  }
  std::vector<std::string> dirs, own;
  if (owner.home.starts_with('/'))
    for (const char* directory : {"/.config/systemd/user.control", "/.config/systemd/user"})
      own.push_back(root_ + owner.home + directory);
  Links links;
  for (const std::string& directory : own) read_links(directory, links);
  links.insert(user_.begin(), user_.end());
  for (const char* directory : {"user.control", "transient", "generator.early"})
    dirs.push_back(runtime + directory);
  dirs.insert(dirs.begin(), own.begin(), own.end());
  dirs.push_back(root_ + kUserDirs[0]);
  dirs.push_back(runtime + "user"), dirs.push_back(runtime + "generator");
  for (const char* directory : kUserDirs) dirs.push_back(root_ + directory);
  if (owner.home.starts_with('/')) dirs.push_back(root_ + owner.home + "/.local/share/systemd/user");
  dirs.push_back(runtime + "generator.late");
  BootFacts out = of(place.unit, links, dirs);
  if (out.boot == STRAY_BOOT_ENABLED && owner.name.empty()) out.boot = STRAY_BOOT_UNKNOWN;
  if (out.boot == STRAY_BOOT_ENABLED && !proc::exists(linger)) {
    out.boot = STRAY_BOOT_NOT_ENABLED;
    out.by = linger;
  }
  return out;
}

BootFacts BootLinks::pm2(const std::string& home, BootTime now) {
  read(now);
  BootFacts out{STRAY_BOOT_NOT_ENABLED, STRAY_SAVED_UNKNOWN, {}, {}};
  proc::FileReader reader;
  for (auto it = system_.lower_bound("pm2"); it != system_.end() && it->first.starts_with("pm2"); ++it) {
    const auto text = reader.read_regular(it->second, kUnitBytes);
    // Environment=PM2_HOME=/root/.pm2 and PIDFile=/root/.pm2/pm2.pid
    const bool ours =
        text && any_part(*text, '\n', [&](std::string_view line) {
          return line == "Environment=PM2_HOME=" + home || line == "PIDFile=" + home + "/pm2.pid";
        });
    if (!ours) continue;
    out.boot = STRAY_BOOT_ENABLED;
    out.by = it->second;
    break;
  }
  return out;
}

std::string pm2_title(proc::FileReader& reader, int process_dir) {
  constexpr std::string_view start = "node /";
  const std::string_view title = reader.read(process_dir, "cmdline").value_or("");
  if (!title.starts_with(start)) return {};
  const std::string_view whole = title.substr(0, title.find('\0'));
  return std::string(whole.substr(start.size() - 1));
}

stray_saved saved_by_pm2(const ProcessFiles& files, const std::string& home, const Pm2App& app,
                         proc::FileReader& reader) {
  if (app.name.empty() && app.path.empty() && app.titled.empty()) return STRAY_SAVED_UNKNOWN;
  const Descriptor file = files.open(home + "/dump.pm2");
  if (!file) return errno == ENOENT ? STRAY_SAVED_NO : STRAY_SAVED_UNKNOWN;
  struct stat facts;
  if (::fstat(file.get(), &facts) != 0 || !S_ISREG(facts.st_mode)) return STRAY_SAVED_UNKNOWN;
  const Descriptor open = proc::reopen_for_reading(file.get());
  const auto text = open ? reader.read(open.get(), kDumpBytes) : std::nullopt;
  if (!text) return STRAY_SAVED_UNKNOWN;
  // A list of apps; below their own fields nothing is kept.
  const auto near = [](int depth, nlohmann::json::parse_event_t, nlohmann::json&) { return depth <= 2; };
  const auto dump = nlohmann::json::parse(*text, near, false);
  if (!dump.is_array()) return STRAY_SAVED_UNKNOWN;
  const auto field = [](const nlohmann::json& one, const char* name) {
    const auto it = one.is_object() ? one.find(name) : one.end();
    return one.is_object() && it != one.end() && it->is_string() ? it->get<std::string>() : std::string();
  };
  for (const auto& one : dump) {
    const std::string path = field(one, "pm_exec_path");
    if (!app.name.empty() ? field(one, "name") == app.name
                          : !path.empty() && (path == app.path || path.starts_with(app.titled)))
      return STRAY_SAVED_YES;
  }
  return STRAY_SAVED_NO;
}

}  // namespace stray
