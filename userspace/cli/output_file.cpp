// SPDX-License-Identifier: Apache-2.0
#include "cli/output_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/errors.hpp"
#include "base/write_all.hpp"

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
  if (write_all(fd(), bytes) == bytes.size()) return;
  if (errno == EPIPE) throw ReaderGone(name() + ": nobody reads it");
  throw OutputError(name() + ": " + std::strerror(errno));
}

void OutputFile::keep() {
  if (file_ && ::fsync(file_.get()) != 0 && errno != EINVAL && errno != EROFS)
    throw OutputError(name() + ": " + std::strerror(errno));
  kept_ = true;
}

}  // namespace stray
