// SPDX-License-Identifier: Apache-2.0
#include "sinks/spool.hpp"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

namespace stray {
namespace {

using Length = std::uint64_t;
constexpr std::uint64_t kReleaseStep = 256u << 10;  // punching is a system call: not for each entry
constexpr std::size_t kKeptBuffer = 1u << 20;

std::string environment(const char* name) {
  const char* value = ::secure_getenv(name);
  return value == nullptr ? std::string() : std::string(value);
}

bool read_exactly(int fd, void* to, std::size_t size, std::uint64_t offset) {
  return ::pread(fd, to, size, static_cast<off_t>(offset)) == static_cast<ssize_t>(size);
}

}  // namespace

// Opened now, not when first needed: privileges may be gone and a name space shut by then.
Spool::Spool(std::string directory, std::uint64_t bytes) : directory_(std::move(directory)), bound_(bytes) {
  open();
}

bool Spool::open() {
  if (file_) return true;
  if (!directory_.empty()) return open_in(directory_);
  const std::string state = environment("STATE_DIRECTORY");
  // systemd gives a list when the unit has several.
  for (const std::string& candidate : {state.substr(0, state.find(':')), std::string("/var/lib/stray"),
                                       environment("TMPDIR"), std::string("/var/tmp"), std::string("/tmp")})
    if (!candidate.empty() && open_in(candidate)) return true;
  return false;
}

bool Spool::open_in(const std::string& directory) {
  std::string path = directory + "/stray-spool-XXXXXX";
  file_ = Descriptor(::mkostemp(path.data(), O_CLOEXEC));  // mode 0600
  if (!file_) return false;
  ::unlink(path.c_str());
  struct stat status {};
  if (::fstat(file_.get(), &status) == 0)
    block_ = std::max<std::uint64_t>(static_cast<std::uint64_t>(status.st_blksize), 4096);
  return true;
}

bool Spool::push(std::string_view entry) {
  if (!open()) return false;
  Length length = entry.size();
  const std::uint64_t size = sizeof length + length;
  if (write_ - freed_ + size > bound_) release();
  if (write_ - freed_ + size > bound_) return false;

  iovec parts[] = {{&length, sizeof length}, {const_cast<char*>(entry.data()), entry.size()}};
  // A short write is a full disk. The cursor stays, so the next entry overwrites the torn one.
  if (::pwritev(file_.get(), parts, 2, static_cast<off_t>(write_)) != static_cast<ssize_t>(size))
    return false;
  write_ += size;
  ++entries_;
  return true;
}

const std::string* Spool::front() {
  if (entries_ == 0) return nullptr;
  if (front_read_) return &front_;
  Length length = 0;
  if (!read_exactly(file_.get(), &length, sizeof length, read_)) return nullptr;
  if (length > write_ - read_ - sizeof length) return nullptr;
  front_.resize(length);
  if (!read_exactly(file_.get(), front_.data(), length, read_ + sizeof length)) return nullptr;
  front_read_ = true;
  return &front_;
}

void Spool::pop() {
  if (front() == nullptr) return;
  read_ += sizeof(Length) + front_.size();
  front_.clear();
  if (front_.capacity() > kKeptBuffer) front_.shrink_to_fit();
  front_read_ = false;
  if (--entries_ == 0) {
    clear();
  } else if (read_ - freed_ >= kReleaseStep) {
    release();
  }
}

std::uint64_t Spool::clear() {
  if (file_ && ::ftruncate(file_.get(), 0) != 0) file_.reset();  // closing frees it too; push() opens another
  freed_ = read_ = write_ = 0;
  front_.clear();
  front_read_ = false;
  return std::exchange(entries_, 0);
}

void Spool::release() {
  const std::uint64_t end = read_ / block_ * block_;  // only whole blocks go back
  if (end <= freed_) return;
  if (::fallocate(file_.get(), FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, static_cast<off_t>(freed_),
                  static_cast<off_t>(end - freed_)) == 0)
    freed_ = end;
}

}  // namespace stray
