// SPDX-License-Identifier: Apache-2.0
// What a systemd unit's file says of itself.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "event.h"

namespace stray {

// "web@1.service" -> "web@.service", the name of the file that holds it; other names as they are.
std::string template_of(const std::string& unit);

// What a service says in its file and in what is dropped in beside it (systemd.service(5)).
struct UnitFile {
  stray_restart restart = STRAY_RESTART_UNKNOWN;  // Restart=; unknown when no file can be read
  bool forking = false;                           // Type=forking
  bool guess_main = true;                         // GuessMainPID=
  std::string pidfile;                            // PIDFile=, as it is written
};
// Of one file: the last word counts; a file without one leaves what was said before it.
void read_unit_text(std::string_view text, UnitFile& out);
// `dirs`: whole paths, in the order of systemd.unit(5), where what stands first hides what follows.
UnitFile read_unit(const std::string& unit, const std::vector<std::string>& dirs);

// Whose manager it is. Of the system's: root.
struct UnitOwner {
  std::string uid = "0", name = "root", home = "/root", runtime = "/run";  // name and home: empty if unknown
};

// A path of a unit with its specifiers (%i, %n, %t, %h, …) replaced, relative ones below `runtime`; empty
// when one of them is not known here.
std::string unit_path(const std::string& path, const std::string& unit, const UnitOwner& owner);

}  // namespace stray
