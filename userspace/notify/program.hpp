// SPDX-License-Identifier: Apache-2.0
// Runs a program for a message: without a shell, as a certain user, with an environment of its own, the input
// in a file that only it has, for a bounded time.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace stray {

struct ProgramUser {
  std::string name, home;
  uid_t uid = 0;
  gid_t gid = 0;
  std::vector<gid_t> groups;
};
// "": the user of this process. Nothing: there is no such user.
std::optional<ProgramUser> program_user(const std::string& name);

struct NotifyProgram {
  std::vector<std::string> arguments;  // the first is the program, a whole path
  ProgramUser user;
  std::chrono::milliseconds timeout{};
  // No program that it starts may gain rights by its file. A mail program may have to.
  bool no_new_privs = true;
  // What it leaves running in its process group ends with it.
  bool ends_group = true;
};

struct ProgramEnd {
  enum class How : unsigned char { exited, killed, timed_out, not_started } how = How::not_started;
  int code = 0;      // exit code; signal; errno
  std::string said;  // the beginning of what it wrote to standard error
};

// `give_up`: asked now and then; true ends the program as a timeout does.
ProgramEnd run_program(const NotifyProgram& program, std::string_view input,
                       const std::function<bool()>& give_up);

// "exited with 1: no such host", "was ended after 10s". Printable.
std::string text_of(const ProgramEnd& end, const NotifyProgram& program);

}  // namespace stray
