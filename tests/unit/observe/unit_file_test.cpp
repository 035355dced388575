// SPDX-License-Identifier: Apache-2.0
// Names of units as cgroups have them: anybody's, so any name.
#include "observe/systemd/unit_file.hpp"

#include <gtest/gtest.h>

namespace stray {
namespace {

TEST(UnitFile, AnInstanceIsThatOfItsTemplate) {
  EXPECT_EQ(template_of("web@1.service"), "web@.service");
  EXPECT_EQ(template_of("web@a.b.service"), "web@.service");
  EXPECT_EQ(template_of("web.service"), "web.service");
}

TEST(UnitFile, ANameWithoutASuffixStaysAsItIs) {
  for (const char* name : {"a@b", "a.b@c", "@", ""}) EXPECT_EQ(template_of(name), name);
}

TEST(UnitFile, TheLastWordOfTheServiceCounts) {
  UnitFile file;
  read_unit_text("[Unit]\nRestart=no\n[Service]\nRestart=always\nType=forking\n PIDFile = /run/x.pid \n",
                 file);
  EXPECT_EQ(file.restart, STRAY_RESTART_YES);
  EXPECT_TRUE(file.forking);
  EXPECT_EQ(file.pidfile, "/run/x.pid");
  read_unit_text("[Service]\nRestart=no\n[Install]\nRestart=always\n", file);
  EXPECT_EQ(file.restart, STRAY_RESTART_NO);
  EXPECT_TRUE(file.forking);
}

}  // namespace
}  // namespace stray
