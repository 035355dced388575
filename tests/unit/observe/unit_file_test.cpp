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

}  // namespace
}  // namespace stray
