// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "event.h"
#include "kernel/programs.hpp"

namespace stray::kernel {
namespace {

TEST(MissingKinds, NoneWhereEachKindHasAProgram) {
  EXPECT_EQ(missing_kinds({"snapshot", "on_oom", "on_listen"}), 0u);
  EXPECT_EQ(missing_kinds({"snapshot", "on_oom_by_pid", "on_listen"}), 0u);
}

TEST(MissingKinds, ThoseWithoutATracepoint) {
  EXPECT_EQ(missing_kinds({"snapshot", "on_listen"}), 1u << STRAY_OOM);
  EXPECT_EQ(missing_kinds({"snapshot", "on_fork"}), 1u << STRAY_OOM | 1u << STRAY_LISTEN);
}

}  // namespace
}  // namespace stray::kernel
