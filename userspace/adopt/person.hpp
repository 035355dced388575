// SPDX-License-Identifier: Apache-2.0
// What is done as a user and never as root: commands, checks and files of a process that is adopted. A child
// gives up root for good before it touches anything of the user: no code and no path of a user is ever
// root's.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/descriptor.hpp"

namespace stray {

struct Person {
  std::string name, home, shell;
  std::uint32_t uid = 0, gid = 0;
};
// From the user database; nothing for a uid without a name.
std::optional<Person> person_of(std::uint32_t uid);

// HOME, USER, LOGNAME, PATH, SHELL, and nothing of the caller's environment.
std::vector<std::string> clean_environment(const Person& person);

struct Order {
  std::string program;  // an absolute path
  std::vector<std::string> arguments, environment;
  std::string directory = "/";
  std::uint32_t umask = 022;
};

struct CommandResult {
  bool finished = false;  // false: it could not be started, or did not end in time and was killed
  int status = 0;         // as wait(2)
  std::string said;       // its output, cut; untrusted
  bool fine() const { return finished && status == 0; }
};

// Runs it to its end, as the user: in a session of its own without a terminal, standard input from /dev/null,
// output through a pipe, no other descriptor open, signals as they are at a start.
CommandResult run_as(const Person& person, const Order& order, std::chrono::seconds timeout);

// Starts it and leaves it running; `out` and `error` are its output, /dev/null where they are empty. The pid,
// or -1.
int start_as(const Person& person, const Order& order, const Descriptor& out, const Descriptor& error);

// Runs `work` in a child that is the user already; its result (0 to 255), or -1 when it did not end in time.
int as_person(const Person& person, std::chrono::seconds timeout, const std::function<int()>& work);

}  // namespace stray
