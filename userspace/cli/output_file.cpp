// SPDX-License-Identifier: Apache-2.0
#include "cli/output_file.hpp"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/errors.hpp"

namespace stray {

Descriptor new_file(const std::string& path) {
  Descriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!file) throw OutputError("--output " + path + ": " + std::strerror(errno));
  return file;
}

OutputFile::OutputFile(const std::string& path) : path_(path) {
  if (!path_.empty()) file_ = new_file(path_);
}

OutputFile::~OutputFile() {
  if (file_ && !kept_) ::unlink(path_.c_str());
}

int OutputFile::fd() const { return file_ ? file_.get() : STDOUT_FILENO; }

std::string OutputFile::name() const { return file_ ? "--output " + path_ : "standard output"; }

void OutputFile::write(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::write(fd(), bytes.data(), bytes.size());
    if (n >= 0) {
      bytes.remove_prefix(static_cast<std::size_t>(n));
    } else if (errno == EAGAIN) {  // somebody else made this open file non-blocking
      pollfd one{fd(), POLLOUT, 0};
      ::poll(&one, 1, -1);
    } else if (errno == EPIPE) {
      throw ReaderGone(name() + ": nobody reads it");
    } else if (errno != EINTR) {
      throw OutputError(name() + ": " + std::strerror(errno));
    }
  }
}

void OutputFile::keep() {
  if (file_ && ::fsync(file_.get()) != 0 && errno != EINVAL && errno != EROFS)
    throw OutputError(name() + ": " + std::strerror(errno));
  kept_ = true;
}

}  // namespace stray
