// SPDX-License-Identifier: Apache-2.0
#include "program/loader.hpp"

#include <gtest/gtest.h>

namespace stray {
namespace {

Program loaded(const std::string& exe, const std::vector<std::string>& words) {
  std::string argv;
  for (const std::string& word : words) argv += word + '\0';
  ProgramView view;
  view.exe = exe, view.argv = StringList(argv);
  return recognise(view);
}

TEST(Loader, RunsAnotherProgram) {
  const std::string glibc = "/usr/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2";
  for (const std::vector<std::string>& argv : std::vector<std::vector<std::string>>{
           {"ld.so", "/usr/bin/node", "server.js"},
           {"ld.so", "--library-path", "/x", "--argv0", "sleep", "/usr/bin/node", "server.js"},
           {"ld.so", "--inhibit-cache", "--", "/usr/bin/node", "server.js"}}) {
    const Program program = loaded(glibc, argv);
    EXPECT_EQ(program.runtime, Runtime::node);
    EXPECT_EQ(program.entry, "server.js");
    EXPECT_EQ(program.role, Role::app);
  }
  EXPECT_EQ(loaded("/lib/ld-musl-x86_64.so.1", {"ld", "/usr/bin/node", "a.js"}).runtime, Runtime::node);
  EXPECT_EQ(loaded(glibc, {"ld.so", "--list", "/usr/bin/node"}).runtime, Runtime::none);
  EXPECT_EQ(loaded(glibc, {"ld.so"}).runtime, Runtime::none);
  EXPECT_EQ(loaded(glibc, {"ld.so", "--library-path"}).runtime, Runtime::none);
}

}  // namespace
}  // namespace stray
