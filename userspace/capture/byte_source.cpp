// SPDX-License-Identifier: Apache-2.0
#include "capture/byte_source.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

namespace stray::capture {
namespace {

constexpr std::size_t kRead = 64u << 10;  // also what a probe of a seek costs

}  // namespace

ByteSource::ByteSource(Descriptor file, std::string name)
    : file_(std::move(file)), name_(std::move(name)), buffer_(kRead) {
  const off_t at = ::lseek(file_.get(), 0, SEEK_CUR);
  seekable_ = at >= 0;
  if (seekable_) position_ = static_cast<std::uint64_t>(at);
}

std::span<const std::byte> ByteSource::peek(std::size_t at_least) {
  if (begin_ + at_least > buffer_.size()) {
    std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
    end_ -= begin_, begin_ = 0;
    buffer_.resize(std::max(buffer_.size(), at_least + kRead));
  }
  while (end_ - begin_ < at_least && fill()) {
  }
  return {buffer_.data() + begin_, end_ - begin_};
}

bool ByteSource::fill() {
  for (;;) {
    const ssize_t n = ::read(file_.get(), buffer_.data() + end_, std::min(buffer_.size() - end_, kRead));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) throw std::system_error(errno, std::generic_category(), name_ + ": read");
    end_ += static_cast<std::size_t>(n);
    return n > 0;
  }
}

void ByteSource::skip(std::size_t bytes) {
  begin_ += bytes;
  position_ += bytes;
}

void ByteSource::move_to(std::uint64_t position) {
  if (position >= position_ && position - position_ <= end_ - begin_) return skip(position - position_);
  if (::lseek(file_.get(), static_cast<off_t>(position), SEEK_SET) < 0)
    throw std::system_error(errno, std::generic_category(), name_ + ": seek");
  begin_ = end_ = 0;
  position_ = position;
}

std::uint64_t ByteSource::size() const {
  struct stat status {};
  if (::fstat(file_.get(), &status) != 0)
    throw std::system_error(errno, std::generic_category(), name_ + ": stat");
  return static_cast<std::uint64_t>(status.st_size);
}

// Asked for, not taken: a reader never stands in another's way.
bool ByteSource::being_written() const {
  struct flock lock {};
  lock.l_type = F_RDLCK;
  lock.l_whence = SEEK_SET;
  return ::fcntl(file_.get(), F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
}

}  // namespace stray::capture
