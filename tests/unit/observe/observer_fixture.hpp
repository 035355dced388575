// SPDX-License-Identifier: Apache-2.0
// What the tests of the observer share: a directory of their own, and answers already decoded.
#pragma once

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "event.h"
#include "observe/observer.hpp"
#include "record/decode.hpp"
#include "unit/observe/child.hpp"

namespace stray::test {

inline BootTime boot_time() {
  timespec t;
  ::clock_gettime(CLOCK_BOOTTIME, &t);
  return std::chrono::seconds(t.tv_sec) + BootTime(static_cast<std::uint64_t>(t.tv_nsec));
}

template <typename F>
bool wait_until(F&& condition) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return true;
}

class ObserverTest : public testing::Test {
 protected:
  ObserverTest() {
    std::string name = testing::TempDir() + "stray-observer-XXXXXX";
    if (!::mkdtemp(name.data())) ADD_FAILURE() << "no temporary directory";
    directory_ = std::filesystem::canonical(name).string();
  }
  ~ObserverTest() override { std::filesystem::remove_all(directory_); }

  std::string path(const std::string& name) const { return directory_ + '/' + name; }

  std::string write(const std::string& name, const std::string& content = "x") const {
    std::filesystem::create_directories(std::filesystem::path(path(name)).parent_path());
    std::ofstream(path(name), std::ios::binary) << content;
    return path(name);
  }

  std::string make_directory(const std::string& name) const {
    std::filesystem::create_directories(path(name));
    return path(name);
  }

  // The answer of kind T (SawProcess, …). What it points at holds until the next look.
  template <typename T>
  T look(Look what, ProcessKey key, const std::string& entry = {}) {
    const auto decoded = decoder_.decode(observer_.look({key, what, entry}, now_));
    const Event* event = std::get_if<Event>(&decoded);
    if (!event || !std::holds_alternative<T>(event->what)) {
      ADD_FAILURE() << "not the record asked for";
      return T{};
    }
    EXPECT_EQ(event->process, key);
    EXPECT_EQ(event->time, now_);
    flags_ = event->flags;
    return std::get<T>(event->what);
  }
  SawProcess process(const Child& child) { return look<SawProcess>(Look::process, child.key()); }
  SawScript script(const Child& child, const std::string& entry) {
    return look<SawScript>(Look::script, child.key(), entry);
  }

  Observer observer_{{"PM2_HOME", "name"}};
  Decoder decoder_;
  BootTime now_ = boot_time();
  std::uint32_t flags_ = 0;  // of the last answer
  std::string directory_;
};

inline Child child_in(const std::string& directory) {
  return Child([directory] {
    if (::chdir(directory.c_str()) != 0) ::_exit(2);
  });
}

}  // namespace stray::test
