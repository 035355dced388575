// SPDX-License-Identifier: Apache-2.0
// A trace of what a test does, and the small parts that tests make processes from.
#pragma once

#include <gtest/gtest.h>
#include <sys/types.h>

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "event.h"
#include "kernel/kernel_source.hpp"
#include "record/decode.hpp"

namespace stray::live {

// One record with its decoded form; owns both.
struct Seen {
  std::vector<std::byte> bytes;
  std::unique_ptr<Decoder> decoder = std::make_unique<Decoder>();
  Event event;
  stray_head head{};

  explicit Seen(RawRecord raw);
};

class Trace {
 public:
  explicit Trace(KernelOptions options = {}) : source_(options) {}

  KernelSource& source() { return source_; }
  void snapshot();
  // Reads until everything that happened before the call is in: makes a process and waits for its exit
  // record.
  void catch_up();

  const std::vector<Seen>& records() const { return records_; }

  // All records of a kind about one pid, in order.
  template <typename T>
  std::vector<const Seen*> all(pid_t pid) const {
    std::vector<const Seen*> found;
    for (const Seen& seen : records_)
      if (seen.head.tgid == static_cast<__u32>(pid) && std::holds_alternative<T>(seen.event.what))
        found.push_back(&seen);
    return found;
  }

  // The only record of a kind about one pid. The test fails, and gets an empty one, when there is none or
  // more.
  template <typename T>
  const Seen& only(pid_t pid) const {
    const auto found = all<T>(pid);
    EXPECT_EQ(found.size(), 1u) << "records of this kind about pid " << pid;
    static const Seen none = empty<T>();
    return found.empty() ? none : *found.front();
  }

 private:
  template <typename T>
  static Seen empty() {
    Seen seen{RawRecord{}};
    seen.event.what = T{};
    return seen;
  }

  KernelSource source_;
  std::vector<Seen> records_;
};

// Skips every test of the fixture where kernel programs cannot be loaded.
class LiveTest : public ::testing::Test {
 protected:
  void SetUp() override;
};

// With a trace that begins before the test.
class TracedTest : public LiveTest {
 protected:
  void SetUp() override;
  std::optional<Trace> trace_;
};

// A forked child that runs `body` and ends with its result; killed if still there at the end of the scope.
class Child {
 public:
  explicit Child(const std::function<int()>& body);
  ~Child();
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  pid_t pid() const { return pid_; }
  int wait();  // its wait status

 private:
  pid_t pid_;
  bool waited_ = false;
};

// A pipe. Either a gate that lets all its waiters go on when it is opened (or when nobody is left to open
// it), or a way to send numbers.
class Gate {
 public:
  Gate();
  ~Gate();
  Gate(const Gate&) = delete;
  Gate& operator=(const Gate&) = delete;
  void open();
  void wait() const;  // in a child
  void send(std::int64_t value) const;
  std::int64_t receive() const;
  int reading_end() const { return fds_[0]; }

 private:
  int fds_[2];
};

class TempDir {
 public:
  TempDir();
  ~TempDir();
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;
  std::string path(const std::string& name = {}) const { return name.empty() ? path_ : path_ + "/" + name; }

 private:
  std::string path_;
};

// Field 22 of /proc/PID/stat: the start in clock ticks, by which a record's start is checked.
std::uint64_t start_ticks(pid_t pid);
std::uint64_t ticks(BootTime start);
pid_t parent_of(pid_t pid);  // /proc/PID/stat

std::string target_program();  // an executable that does nothing
std::string real_path(const std::string& path);
void copy_file(const std::string& from, const std::string& to);

std::vector<std::string> list_of(StringList list);

}  // namespace stray::live
