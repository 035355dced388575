// SPDX-License-Identifier: Apache-2.0
// The folder in which a service keeps its captures: a new series for each run, all below one total.
#pragma once

#include <string>
#include <vector>

namespace stray {

inline constexpr const char* kStateFolder = "/var/lib/stray";  // of the unit that the package installs

struct StateFolder {
  std::vector<std::string> captures;   // all of them, oldest first
  std::vector<std::string> this_boot;  // those of the boot that runs, in the order of their beginnings
};

// What is no capture, or cannot be read, is left out. Both empty where there is no such folder.
StateFolder state_in(const std::string& folder);

// A name in it that sorts behind those of earlier runs, and that nothing has.
std::string new_capture_in(const std::string& folder);

// The folder of the service manager that started this program; "": none.
std::string state_folder_given();

}  // namespace stray
