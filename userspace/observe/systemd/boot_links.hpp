// SPDX-License-Identifier: Apache-2.0
// What comes back after a reboot: the links by which systemd starts units, and what PM2 has saved.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "event.h"
#include "observe/for_a_pass.hpp"
#include "observe/rooted_files.hpp"
#include "observe/systemd/unit_file.hpp"
#include "procfs/stat.hpp"
#include "program/program.hpp"

namespace stray {

struct BootFacts {
  stray_boot boot = STRAY_BOOT_UNKNOWN;
  stray_saved saved = STRAY_SAVED_UNKNOWN;
  std::string by;  // the link, or the file of a unit that no link starts
  UnitFile file;   // of its unit
};

// Reads the unit directories again when they were read more than some seconds ago. `root`: for tests.
class BootLinks {
 public:
  explicit BootLinks(std::string root = {}) : root_(std::move(root)) {}

  // `owner`: whose manager it is.
  BootFacts unit(const CgroupPlace& place, const UnitOwner& owner, BootTime now);
  // The unit that `pm2 startup` writes, for that PM2_HOME.
  BootFacts pm2(const std::string& home, BootTime now);

 private:
  void read(BootTime now);
  using Links = std::map<std::string, std::string, std::less<>>;  // unit -> the link that starts it
  BootFacts read_facts(const CgroupPlace& place, const UnitOwner& owner, BootTime now);
  BootFacts of(const std::string& unit, const Links& links, const std::vector<std::string>& dirs) const;

  std::string root_;
  BootTime read_at_{};
  Links system_, user_;
  using Key = std::tuple<CgroupPlace::Kind, std::string, std::string>;  // and the unit, below a user's
  ForAPass<Key, BootFacts> known_;
};

// An app as PM2 knows it: as its environment names it, or its title alone.
struct Pm2App {
  std::string name, path, titled;
};
// The script that a PM2 worker's title names ("node /srv/app/index.js"), or empty.
std::string pm2_title(proc::FileReader& reader, int process_dir);
// Whether the dump that `pm2 save` wrote names the app. `home` is PM2_HOME as the process sees it.
stray_saved saved_by_pm2(const ProcessFiles& files, const std::string& home, const Pm2App& app,
                         proc::FileReader& reader);

}  // namespace stray
