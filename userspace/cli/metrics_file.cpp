// SPDX-License-Identifier: Apache-2.0
#include "cli/metrics_file.hpp"

#include <fcntl.h>
#include <spdlog/spdlog.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <utility>

#include "base/descriptor.hpp"
#include "base/errors.hpp"
#include "base/write_all.hpp"
#include "privilege/confine.hpp"

namespace stray {

// The name does not end as the collector wants it: it reads no file that is half written.
MetricsFile::MetricsFile(std::string path) : path_(std::move(path)), made_(path_ + ".new") {
  if (!replace({})) throw OutputError("--metrics " + path_ + ": " + std::strerror(errno));
  sigset_t all, before;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);  // signals are the pipeline's business
  thread_ = std::thread([this] { work(); });
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

MetricsFile::~MetricsFile() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

void MetricsFile::publish(std::string text) {
  {
    const std::lock_guard lock(mutex_);
    next_ = std::move(text);
  }
  wake_.notify_one();
}

void MetricsFile::work() {
  privilege::confine(privilege::Role::metrics, {.written = path_});
  bool failed = false;
  for (std::unique_lock lock(mutex_);;) {
    wake_.wait(lock, [this] { return next_ || ending_; });
    if (!next_) return;
    const std::string text = *std::exchange(next_, {});
    lock.unlock();
    const bool written = replace(text);
    if (!written && !failed) spdlog::error("--metrics {}: {}", path_, std::strerror(errno));
    failed = !written;
    lock.lock();
  }
}

bool MetricsFile::replace(const std::string& text) const {
  ::unlink(made_.c_str());
  const Descriptor file(::open(made_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644));
  return file && ::fchmod(file.get(), 0644) == 0 && write_all(file.get(), text) == text.size() &&
         ::rename(made_.c_str(), path_.c_str()) == 0;
}

}  // namespace stray
