// SPDX-License-Identifier: Apache-2.0
#include "procfs/process.hpp"

#include <fcntl.h>

#include <cerrno>
#include <cstdio>
#include <utility>

namespace stray::proc {
namespace {

constexpr std::size_t kThreadsLookedAt = 4096;

}  // namespace

Process::Lookup Process::open(ProcessKey key, FileReader& reader) {
  char path[32];
  std::snprintf(path, sizeof path, "/proc/%u", key.tgid);
  leader_ = Descriptor(::open(path, O_PATH | O_DIRECTORY | O_CLOEXEC));
  thread_.reset(), stat_file_.reset();
  if (!leader_) return errno == ENOENT || errno == ESRCH ? Lookup::gone : Lookup::failed;
  if (!still_alive(reader)) return Lookup::gone;
  return stat_.start_ticks == key.start.count() / tick_ns() ? Lookup::found : Lookup::gone;
}

bool Process::read_stat(FileReader& reader) {
  if (!stat_file_) stat_file_ = Descriptor(::openat(leader_.get(), "stat", O_RDONLY | O_CLOEXEC));
  if (!stat_file_) return reader.note_starved(), false;
  const auto text = reader.read_again(stat_file_.get());
  const auto parsed = text ? parse_stat(*text) : std::nullopt;
  if (parsed) stat_ = *parsed, name_ = stat_name(*text);
  return parsed.has_value();
}

bool Process::still_alive(FileReader& reader) {
  if (!read_stat(reader)) return false;
  if (!stat_.ended()) return true;
  if (stat_.threads <= 1) return false;
  // The leader may end before its threads (pthread_exit in main): the process lives on in them.
  thread_.reset();
  for_each_entry(leader_.get(), "task", kThreadsLookedAt, [&](int tasks, const char* tid) {
    Descriptor thread(::openat(tasks, tid, O_PATH | O_DIRECTORY | O_CLOEXEC));
    const auto text = thread ? reader.read_piece(thread.get(), "stat") : std::nullopt;
    const auto stat = text ? parse_stat(*text) : std::nullopt;
    if (!stat || stat->ended()) return true;
    stat_.state = stat->state;
    name_ = stat_name(*text);
    thread_ = std::move(thread);
    return false;
  });
  return static_cast<bool>(thread_);
}

}  // namespace stray::proc
