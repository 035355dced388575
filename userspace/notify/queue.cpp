// SPDX-License-Identifier: Apache-2.0
#include "notify/queue.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <stdexcept>
#include <string_view>
#include <utility>
#include <vector>

#include "base/write_all.hpp"

namespace stray {
namespace {

constexpr std::uint64_t kLargest = std::uint64_t{4} << 20;  // of one message
constexpr const char* kNew = "new";                         // while it is written

std::string name_of(std::uint64_t number) {
  char out[32];
  std::snprintf(out, sizeof out, "%020llu", static_cast<unsigned long long>(number));
  return out;
}

std::optional<std::uint64_t> number_of(std::string_view name) {
  std::uint64_t out = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), out);
  if (error != std::errc() || end != name.data() + name.size() || name_of(out) != name) return {};
  return out;
}

[[noreturn]] void refuse(const std::string& path, const std::string& why) {
  throw std::runtime_error(path + ": " + why);
}

// A folder of this user's alone, and no link to one: whoever could change it could send what he likes.
Descriptor own_folder(int parent, const std::string& name, const std::string& path) {
  if (::mkdirat(parent, name.c_str(), 0700) != 0 && errno != EEXIST) refuse(path, std::strerror(errno));
  Descriptor out(::openat(parent, name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!out) refuse(path, errno == ELOOP || errno == ENOTDIR ? "not a folder" : std::strerror(errno));
  struct stat info {};
  if (::fstat(out.get(), &info) != 0) refuse(path, std::strerror(errno));
  if (info.st_uid != ::geteuid()) refuse(path, "it belongs to uid " + std::to_string(info.st_uid));
  if (info.st_mode & (S_IRWXG | S_IRWXO)) refuse(path, "others may enter it; run: chmod 0700");
  return out;
}

}  // namespace

void NotifyQueue::keep_in(const std::string& parent, const std::string& name) {
  const std::string path = parent + "/notify";
  const Descriptor above(::open(parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!above) refuse(parent, std::strerror(errno));
  const Descriptor all = own_folder(above.get(), "notify", path);
  Descriptor folder = own_folder(all.get(), name, path + "/" + name);
  if (::flock(folder.get(), LOCK_EX | LOCK_NB) != 0) refuse(path + "/" + name, "another stray has it");
  const std::lock_guard lock(mutex_);
  folder_ = std::move(folder);
  load();
}

// What is no message of this class stays where it is.
void NotifyQueue::load() {
  ::unlinkat(folder_.get(), kNew, 0);
  DIR* folder = ::fdopendir(::fcntl(folder_.get(), F_DUPFD_CLOEXEC, 3));
  if (!folder) return;
  while (const dirent* entry = ::readdir(folder)) {
    struct stat info {};
    const auto number = number_of(entry->d_name);
    if (!number || ::fstatat(folder_.get(), entry->d_name, &info, AT_SYMLINK_NOFOLLOW) != 0) continue;
    if (!S_ISREG(info.st_mode)) continue;
    const auto bytes = static_cast<std::uint64_t>(info.st_size);
    waiting_[*number] = {.bytes = bytes, .line = {}, .taken = false};
    bytes_ += bytes;
    next_ = std::max(next_, *number + 1);
  }
  ::closedir(folder);
  counts_.waiting = waiting_.size();
  make_room();
}

bool NotifyQueue::write(std::uint64_t number, const std::string& line) {
  ::unlinkat(folder_.get(), kNew, 0);
  const Descriptor file(
      ::openat(folder_.get(), kNew, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  return file && write_all(file.get(), line) == line.size() &&
         ::renameat(folder_.get(), kNew, folder_.get(), name_of(number).c_str()) == 0;
}

std::optional<std::string> NotifyQueue::read(std::uint64_t number) const {
  const Descriptor file(
      ::openat(folder_.get(), name_of(number).c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  struct stat info {};
  if (!file || ::fstat(file.get(), &info) != 0 || !S_ISREG(info.st_mode)) return {};
  if (static_cast<std::uint64_t>(info.st_size) > kLargest) return {};
  std::string out(static_cast<std::size_t>(info.st_size), '\0');
  if (::pread(file.get(), out.data(), out.size(), 0) != static_cast<ssize_t>(out.size())) return {};
  return out;
}

void NotifyQueue::remove(std::map<std::uint64_t, Waiting>::iterator at) {
  if (at->second.line.empty()) ::unlinkat(folder_.get(), name_of(at->first).c_str(), 0);
  bytes_ -= at->second.bytes;
  waiting_.erase(at);
  counts_.waiting = waiting_.size();
}

// What somebody is at work on is not dropped.
void NotifyQueue::make_room() {
  while (waiting_.size() > bound_.messages || bytes_ > bound_.bytes) {
    const auto oldest =
        std::find_if(waiting_.begin(), waiting_.end(), [](const auto& one) { return !one.second.taken; });
    if (oldest == waiting_.end()) return;
    remove(oldest);
    ++counts_.dropped;
  }
}

void NotifyQueue::push(const Message& message) {
  std::string line = line_of(message);
  {
    const std::lock_guard lock(mutex_);
    if (line.size() > kLargest) {
      ++counts_.dropped;
      return;
    }
    const std::uint64_t number = next_++;
    Waiting one{.bytes = line.size(), .line = {}, .taken = false};
    if (!folder_ || !write(number, line)) one.line = std::move(line);
    bytes_ += one.bytes;
    waiting_.emplace(number, std::move(one));
    counts_.waiting = waiting_.size();
    make_room();
  }
  wake_.notify_one();
}

std::optional<NotifyQueue::Entry> NotifyQueue::take() {
  std::unique_lock lock(mutex_);
  for (;;) {
    const auto free =
        std::find_if(waiting_.begin(), waiting_.end(), [](const auto& one) { return !one.second.taken; });
    if (ending_ && (Clock::now() >= until_ || free == waiting_.end())) return {};
    if (free == waiting_.end()) {
      wake_.wait(lock);
      continue;
    }
    const std::optional<std::string> line =
        free->second.line.empty() ? read(free->first) : std::optional(free->second.line);
    std::optional<Message> message;
    if (line && line->ends_with('\n'))
      message = message_of(std::string_view(*line).substr(0, line->size() - 1));
    if (message) {
      free->second.taken = true;
      return Entry{free->first, std::move(*message)};
    }
    remove(free);  // damaged
    ++counts_.dropped;
  }
}

void NotifyQueue::done(std::uint64_t number) {
  const std::lock_guard lock(mutex_);
  if (const auto at = waiting_.find(number); at != waiting_.end()) remove(at);
}

bool NotifyQueue::pause(std::chrono::milliseconds time) {
  std::unique_lock lock(mutex_);
  const auto until = Clock::now() + time;
  wake_.wait_until(lock, until, [&] { return ending_ || Clock::now() >= until; });
  return !ending_;
}

void NotifyQueue::end(Clock::time_point until) {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true, until_ = until;
  }
  wake_.notify_all();
}

bool NotifyQueue::over() const {
  const std::lock_guard lock(mutex_);
  return ending_ && Clock::now() >= until_;
}

void NotifyQueue::count_the_rest() {
  const std::lock_guard lock(mutex_);
  for (const auto& [number, one] : waiting_)
    if (!one.line.empty()) ++counts_.dropped;
}

}  // namespace stray
