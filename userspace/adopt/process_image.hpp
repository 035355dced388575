// SPDX-License-Identifier: Apache-2.0
// A process as it was started, read before it is ended, so that the same can be started again.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/descriptor.hpp"
#include "record/event.hpp"

namespace stray {

// Not shown and not logged: it holds secrets.
struct ProcessImage {
  std::string exe, cwd;
  std::vector<std::string> arguments, environment;  // as at its start, whole
  std::uint32_t uid = 0, gid = 0, umask = 022;
  Descriptor out, error;    // its output, where that is a file
  bool same_mounts = true;  // it sees the files that stray sees
};

// Nothing when it has ended, is another by now, or cannot be read.
std::optional<ProcessImage> image_of(ProcessKey process);

// NAME=value as a program can have it. What is no such thing is left out of files.
bool is_variable(std::string_view text);

// The environment without what came from a login session, sorted by name; the last value of a name counts.
std::vector<std::string> without_session(const std::vector<std::string>& environment);

// As a file for EnvironmentFile= of systemd. `left_out`: names whose values such a file cannot hold.
std::string environment_file(const std::vector<std::string>& environment, std::vector<std::string>& left_out);

// As one JSON object, for PM2.
std::string environment_json(const std::vector<std::string>& environment, std::vector<std::string>& left_out);

}  // namespace stray
