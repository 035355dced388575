// SPDX-License-Identifier: Apache-2.0
// Command lines and environments for tests: strings joined by NUL, as the kernel keeps them.
#pragma once

#include <string>
#include <vector>

#include "program/program.hpp"

namespace stray::test {

using Strings = std::vector<std::string>;

inline std::string nul_joined(const Strings& strings) {
  std::string out;
  for (const std::string& s : strings) out += s + '\0';
  return out;
}

// An image as a test writes it down.
struct Image {
  std::string exe;
  Strings argv;
  Strings env = {};
  bool at_exec = true;
  std::string comm = {};
  Strings title = {};

  Program recognise() const {
    const std::string arguments = nul_joined(argv), environment = nul_joined(env), later = nul_joined(title);
    return stray::recognise({.exe = exe,
                             .argv = StringList(arguments),
                             .argv_at_exec = at_exec,
                             .env = StringList(environment),
                             .comm = comm,
                             .title = StringList(later),
                             .runtime = Runtime::none,
                             .stdin_terminal = std::nullopt});
  }
};

// A node started with these arguments, seen at its exec.
inline Program node(const Strings& args, const Strings& env = {}) {
  Strings argv{"node"};
  argv.insert(argv.end(), args.begin(), args.end());
  return Image{.exe = "/usr/bin/node", .argv = argv, .env = env}.recognise();
}

// A node whose argv was overwritten before stray looked: the title and the NULs behind it.
inline Program titled(const std::string& title, const Strings& env = {}) {
  return Image{.exe = "/usr/bin/node", .argv = {title, "", ""}, .env = env, .at_exec = false}.recognise();
}

}  // namespace stray::test
