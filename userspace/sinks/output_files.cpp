// SPDX-License-Identifier: Apache-2.0
#include "sinks/output_files.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <system_error>
#include <utility>
#include <vector>

namespace stray {
namespace {

constexpr int kFlags = O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC;

std::uint64_t size_of(const std::string& path) {
  struct stat info {};
  return ::lstat(path.c_str(), &info) == 0 ? static_cast<std::uint64_t>(info.st_size) : 0;
}

// The numbers of the files of a series that are there, 0 for the first.
std::vector<std::uint64_t> numbers_of(const std::string& path) {
  std::vector<std::uint64_t> out;
  const std::filesystem::path whole(path);
  const std::string name = whole.filename().string();
  std::error_code error;
  const auto folder = whole.has_parent_path() ? whole.parent_path() : std::filesystem::path(".");
  for (std::filesystem::directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
    const std::string found = at->path().filename().string();
    if (found == name) out.push_back(0);
    if (found.size() != name.size() + 7 || !found.starts_with(name + ".")) continue;
    std::uint64_t number = 0;
    const char* last = found.data() + found.size();
    const auto [stop, wrong] = std::from_chars(found.data() + name.size() + 1, last, number);
    if (wrong == std::errc{} && stop == last) out.push_back(number);
  }
  std::sort(out.begin(), out.end());
  return out;
}

}  // namespace

OutputFiles::OutputFiles(std::string path, std::uint64_t total, bool series)
    : path_(std::move(path)), total_(total) {
  if (series)
    for (const std::uint64_t number : numbers_of(path_)) {
      closed_.push_back({name_of(number), size_of(name_of(number))});
      next_ = number + 1;
    }
  open_next();
}

std::string OutputFiles::name_of(std::uint64_t number) const {
  if (number == 0) return path_;
  char suffix[24];
  std::snprintf(suffix, sizeof suffix, ".%06llu", static_cast<unsigned long long>(number));
  return path_ + suffix;
}

void OutputFiles::remember(const std::string& path) {
  struct stat info {};
  ::fstat(file_.get(), &info);
  const std::lock_guard lock(mutex_);
  current_ = path, device_ = info.st_dev, inode_ = info.st_ino;
}

void OutputFiles::open_next() {
  const std::string path = name_of(next_);
  Descriptor file(::open(path.c_str(), kFlags | O_EXCL, 0600));
  if (!file) throw std::system_error(errno, std::generic_category(), path);
  ++next_;
  if (file_) closed_.push_back({current_, size_of(current_)});
  file_ = std::move(file);
  remember(path);
  keep_bound();
}

// Who moves files away often leaves an empty one in their place. Nothing that has content is touched.
void OutputFiles::open_same() {
  Descriptor file(::open(current_.c_str(), kFlags, 0600));
  struct stat info {};
  if (file && (::fstat(file.get(), &info) != 0 || !S_ISREG(info.st_mode) || info.st_size != 0))
    errno = EEXIST, file = Descriptor();
  if (!file) throw std::system_error(errno, std::generic_category(), current_);
  file_ = std::move(file);
  remember(current_);
}

bool OutputFiles::was_moved() const {
  const std::lock_guard lock(mutex_);
  struct stat info {};
  return ::lstat(current_.c_str(), &info) != 0 || info.st_dev != device_ || info.st_ino != inode_;
}

void OutputFiles::keep_bound() {
  if (total_ == 0) return;
  std::uint64_t bytes = 0;
  for (const Closed& one : closed_) bytes += one.bytes;
  for (; bytes > total_ && !closed_.empty(); closed_.pop_front()) {
    bytes -= closed_.front().bytes;
    ::unlink(closed_.front().path.c_str());
  }
}

std::string OutputFiles::take_warning() {
  const std::lock_guard lock(mutex_);
  return std::exchange(warning_, {});
}

int OutputFiles::advance() {
  try {
    if (again_.exchange(false))
      open_same();
    else
      open_next();
  } catch (const std::system_error& error) {
    const std::lock_guard lock(mutex_);
    warning_ = std::string(error.what()) + "; the file before is continued";
  }
  return file_.get();
}

}  // namespace stray
