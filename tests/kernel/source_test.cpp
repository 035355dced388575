// SPDX-License-Identifier: Apache-2.0
// The source itself: losses, sleeping, errors.
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <cstring>
#include <fstream>
#include <thread>

#include "kernel/capabilities.hpp"
#include "kernel/programs.hpp"
#include "live_trace.hpp"

extern char** environ;

namespace stray::live {
namespace {

using namespace std::chrono_literals;

class SourceTest : public LiveTest {};

TEST_F(SourceTest, StormLosesNothing) {
  constexpr int kLives = 20'000;
  Trace trace;
  const std::string program = target_program();
  std::atomic<bool> done = false;
  std::thread storm([&] {
    for (int i = 0; i < kLives; ++i) {
      std::string name = "t", marker = "marker-" + std::to_string(i);
      char* const argv[] = {name.data(), marker.data(), nullptr};
      pid_t pid = 0;  // posix_spawn is a vfork
      if (::posix_spawn(&pid, program.c_str(), nullptr, nullptr, argv, environ) == 0)
        ::waitpid(pid, nullptr, 0);
    }
    done = true;
  });
  std::vector<bool> marked(kLives, false);
  int forks = 0, exits = 0;
  const auto self = static_cast<unsigned>(::getpid());
  Decoder decoder;
  const RecordSink sink = [&](RawRecord raw) {
    const auto decoded = decoder.decode(raw);
    const auto& event = std::get<Event>(decoded);
    if (const auto* fork = std::get_if<Fork>(&event.what)) forks += fork->parent.tgid == self;
    if (const auto* exit = std::get_if<stray::Exit>(&event.what)) exits += exit->parent.tgid == self;
    if (const auto* exec = std::get_if<Exec>(&event.what)) {
      const auto argv = list_of(exec->argv);
      if (argv.size() == 2 && argv[1].starts_with("marker-"))
        marked[static_cast<std::size_t>(std::stoi(argv[1].substr(7)))] = true;
    }
  };
  while (!done)
    if (trace.source().drain(sink) == 0) trace.source().wait(50ms);
  storm.join();
  trace.source().drain(sink);
  EXPECT_EQ(std::ranges::count(marked, true), kLives);
  EXPECT_EQ(forks, kLives);
  EXPECT_EQ(exits, kLives);
  EXPECT_EQ(trace.source().lost(), 0u);
}

// What a source has handed over or counted as lost so far.
struct Counted {
  std::uint64_t received = 0;
  std::uint64_t drain(KernelSource& source) {
    received += source.drain([](RawRecord) {});
    return received + source.lost();
  }
};

// Two sources see the same tracepoints: a large one that loses nothing tells how many records were made.
TEST_F(SourceTest, WhatFindsNoRoomIsCountedExactly) {
  KernelSource large({.ring_bytes = 16u << 20}), tiny({.ring_bytes = 4096});
  Counted large_count, tiny_count;
  // Totals at one moment: between two equal looks at the large one nothing was made.
  const auto both = [&] {
    for (;;) {
      const std::uint64_t before = large_count.drain(large), small = tiny_count.drain(tiny);
      if (large_count.drain(large) == before) return std::pair(before, small);
    }
  };
  const auto [large_before, tiny_before] = both();
  const std::uint64_t received_before = tiny_count.received;
  for (int i = 0; i < 500; ++i) Child([] { return 0; }).wait();
  const std::uint64_t lost_unread = tiny.lost();
  const auto [large_after, tiny_after] = both();
  EXPECT_EQ(large.lost(), 0u);
  EXPECT_EQ(tiny_after - tiny_before, large_after - large_before);
  EXPECT_GE(large_after - large_before, 1000u);
  EXPECT_GT(lost_unread, 900u);                           // the ring holds some tens
  EXPECT_GT(tiny_count.received - received_before, 10u);  // and they came
}

TEST_F(SourceTest, HeadsCarryTheLoss) {
  KernelSource source({.ring_bytes = 4096});
  for (int i = 0; i < 200; ++i) Child([] { return 0; }).wait();
  source.drain([](RawRecord) {});
  const std::uint64_t lost = source.lost();
  EXPECT_GT(lost, 0u);
  std::uint64_t told = 0;
  Child([] { return 0; }).wait();
  source.drain([&](RawRecord raw) {
    stray_head head;
    std::memcpy(&head, raw.data(), sizeof head);
    told = head.lost;
  });
  EXPECT_GE(told, lost);
}

TEST_F(SourceTest, ASleepingReaderIsWoken) {
  KernelSource source({});
  const auto begin = std::chrono::steady_clock::now();
  for (int round = 0; round < 10; ++round) {
    while (source.drain([](RawRecord) {}) > 0) {
    }
    source.wait(0ms);  // the short first sleep is over
    Gate gate;
    Child child([&] { return gate.wait(), 0; });
    while (source.drain([](RawRecord) {}) > 0) {
    }
    source.wait(0ms);
    std::thread later([&] { gate.open(); });  // its exit is to end the sleep
    source.wait(30s);
    later.join();
  }
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 30s);
}

TEST_F(SourceTest, AReadableDescriptorEndsTheSleep) {
  KernelSource source({.probes = false});
  int fds[2];
  ASSERT_EQ(::pipe(fds), 0);
  ASSERT_EQ(::write(fds[1], "x", 1), 1);
  const auto begin = std::chrono::steady_clock::now();
  source.wait(30s, fds[0]);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 30s);
  ::close(fds[0]);
  ::close(fds[1]);
}

TEST_F(SourceTest, WhatTheSinkThrowsComesOutAndReadingGoesOn) {
  KernelSource source({});
  Child first([] { return 0; });
  first.wait();
  std::uint64_t seen = 0;
  try {
    source.drain([&](RawRecord) {
      ++seen;
      throw std::range_error("full");
    });
    ADD_FAILURE() << "nothing was thrown";
  } catch (const std::range_error& error) {
    EXPECT_STREQ(error.what(), "full");
  }
  EXPECT_EQ(seen, 1u);
  bool exit_seen = false;
  source.drain([&](RawRecord raw) {
    stray_head head;
    std::memcpy(&head, raw.data(), sizeof head);
    exit_seen |= head.kind == STRAY_EXIT && head.tgid == static_cast<__u32>(first.pid());
  });
  EXPECT_TRUE(exit_seen);
}

TEST_F(SourceTest, NothingComesAfterDetach) {
  Trace trace;
  trace.catch_up();
  Child before([] { return 0; });
  before.wait();
  trace.source().detach();
  Child after([] { return 0; });
  after.wait();
  bool before_seen = false, after_seen = false;
  trace.source().drain([&](RawRecord raw) {
    stray_head head;
    std::memcpy(&head, raw.data(), sizeof head);
    before_seen |= head.tgid == static_cast<__u32>(before.pid());
    after_seen |= head.tgid == static_cast<__u32>(after.pid());
  });
  EXPECT_TRUE(before_seen);
  EXPECT_FALSE(after_seen);
}

TEST_F(SourceTest, ABadRingSizeIsAUsageError) {
  for (const std::uint32_t bytes : {0u, 1024u, 5000u, 3u << 20}) {
    try {
      KernelSource source({.ring_bytes = bytes});
      ADD_FAILURE() << bytes << " was taken";
    } catch (const SetupError& error) {
      EXPECT_EQ(error.exit_code, 2);
      EXPECT_NE(std::string(error.what()).find("--ring-size"), std::string::npos);
    }
  }
}

TEST_F(SourceTest, WithoutPrivilegesItSaysSo) {
  Child child([] {
    if (::setuid(65534) != 0) return 1;
    try {
      KernelSource source({});
    } catch (const SetupError& error) {
      return error.exit_code == 4 && std::string(error.what()).find("root") != std::string::npos ? 0 : 2;
    }
    return 3;
  });
  EXPECT_EQ(child.wait(), 0);
}

TEST_F(SourceTest, EverythingAProbeNeedsIsOffered) {
  int programs = 0;
  for (const Capability& one : capabilities()) {
    EXPECT_NE(one.offer, Offer::missing) << one.name << ": " << one.detail;
    programs += one.name.starts_with("program ");
  }
  EXPECT_EQ(programs, 7);
}

TEST(WhyRefused, NamesProgramAndTheVerifiersLastWord) {
  const char* const output =
      "libbpf: prog 'on_exec': BPF program load failed: Invalid argument\n"
      "libbpf: prog 'on_exec': -- BEGIN PROG LOAD LOG --\n"
      "213: (bf) r3 = r9\n"
      "R3 is not a scalar\n"
      "processed 213 insns (limit 1000000) max_states_per_insn 0\n"
      "-- END PROG LOAD LOG --\n"
      "libbpf: prog 'on_exec': failed to load: -22\n";
  EXPECT_EQ(kernel::why_refused(output, -EINVAL), "program on_exec: Invalid argument: R3 is not a scalar");
  EXPECT_EQ(kernel::why_refused("libbpf: map 'x': failed\n", -EPERM),
            "Operation not permitted (libbpf: map 'x': failed)");
}

TEST(SessionRecord, SaysHostBootAndKernel) {
  const std::string bytes = session_record();
  Decoder decoder;
  const auto decoded = decoder.decode(std::as_bytes(std::span(bytes.data(), bytes.size())));
  const auto& session = std::get<Session>(std::get<Event>(decoded).what);
  std::string boot, release, text;
  std::getline(std::ifstream("/proc/sys/kernel/random/boot_id"), boot);
  std::getline(std::ifstream("/proc/sys/kernel/osrelease"), release);
  for (const unsigned byte : session.boot_id) {
    char hex[3];
    std::snprintf(hex, sizeof hex, "%02x", byte);
    text += hex;
  }
  std::erase(boot, '-');
  EXPECT_EQ(text, boot);
  EXPECT_EQ(session.kernel, release);
  EXPECT_EQ(session.contract, STRAY_CONTRACT);
  EXPECT_GT(session.cpus, 0u);
  EXPECT_FALSE(session.version.empty());
}

}  // namespace
}  // namespace stray::live
