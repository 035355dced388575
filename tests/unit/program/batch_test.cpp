// SPDX-License-Identifier: Apache-2.0
// Programs whose work comes to an end.
#include "program/batch.hpp"

#include <gtest/gtest.h>

#include "unit/program/argv.hpp"

namespace stray {
namespace {

bool is_batch(const test::Strings& argv) {
  const std::string words = test::nul_joined(argv);
  return is_batch_program("/usr/bin/" + argv.front(), StringList(words));
}

TEST(Batch, ByProgram) {
  for (const char* name : {"rsync", "tar", "make", "pg_dump", "gcc-12", "x86_64-linux-gnu-gcc-12", "git"})
    EXPECT_TRUE(is_batch({name})) << name;
  for (const char* name : {"nginx", "node", "bash", "python3.11", "docker", "go", "cargo", "java"})
    EXPECT_FALSE(is_batch({name})) << name;
}

TEST(Batch, BySubCommand) {
  EXPECT_TRUE(is_batch({"go", "build", "./..."}));
  EXPECT_FALSE(is_batch({"go", "run", "./cmd/server"}));
  EXPECT_TRUE(is_batch({"cargo", "+nightly", "build", "--release"}));
  EXPECT_FALSE(is_batch({"cargo", "run"}));
  EXPECT_TRUE(is_batch({"docker", "build", "-t", "x", "."}));
  EXPECT_TRUE(is_batch({"docker", "--context", "far", "build"}));
  EXPECT_TRUE(is_batch({"docker", "compose", "build"}));
  EXPECT_FALSE(is_batch({"docker", "run", "nginx"}));
  EXPECT_TRUE(is_batch({"uv", "pip", "install", "x"}));
  EXPECT_FALSE(is_batch({"uv", "run", "server.py"}));
}

TEST(Batch, ByScript) {
  EXPECT_TRUE(is_batch({"python3.11", "/usr/bin/pip", "install", "torch"}));
  EXPECT_TRUE(is_batch({"python3", "-u", "-m", "pip", "install", "torch"}));
  EXPECT_TRUE(is_batch({"python3", "-W", "ignore", "/srv/venv/bin/pytest"}));
  EXPECT_TRUE(is_batch({"java", "-Xmx64m", "-classpath", "/srv/a/gradle/wrapper/gradle-wrapper.jar",
                        "org.gradle.wrapper.GradleWrapperMain", "build"}));
  EXPECT_TRUE(is_batch({"bash", "./gradlew", "build"}));
  EXPECT_TRUE(is_batch({"busybox", "tar", "x"}));
  EXPECT_FALSE(is_batch({"python3", "server.py", "build"}));
  EXPECT_FALSE(is_batch({"python3", "-m", "http.server", "build"}));
  EXPECT_FALSE(is_batch({"java", "-jar", "app.jar"}));
  EXPECT_FALSE(is_batch({"bash", "-c", "while true; do node a.js; done"}));
}

}  // namespace
}  // namespace stray
