// SPDX-License-Identifier: Apache-2.0
#include "cli/rows_output.hpp"

#include <fcntl.h>
#include <spdlog/spdlog.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <random>
#include <utility>

#include "base/errors.hpp"
#include "base/printable.hpp"

namespace stray {
namespace {

constexpr std::chrono::seconds kEvery = std::chrono::minutes(5);

// What is there already is gone on with: a file of our own that has no other name.
Descriptor appended(const std::string& path) {
  constexpr int kFlags = O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC;
  Descriptor file(::open(path.c_str(), kFlags, 0600));
  if (!file) throw UsageError("--rows: " + printable(path) + ": " + std::strerror(errno));
  struct stat info {};
  if (::fstat(file.get(), &info) != 0 || !S_ISREG(info.st_mode) || info.st_uid != ::geteuid() ||
      info.st_nlink != 1)
    throw UsageError("--rows: " + printable(path) +
                     ": not a file of one name that belongs to who runs stray");
  return file;
}

}  // namespace

RowsOutput::RowsOutput(const std::string& path)
    : file_(appended(path)),
      path_(path),
      writer_(file_.get()),
      phase_(std::random_device{}() % static_cast<unsigned>(kEvery.count())) {}

void RowsOutput::write(const Pipeline& pipeline) {
  const auto now = std::chrono::steady_clock::now();
  if (now >= due_) {
    due_ = now + std::exchange(phase_, kEvery);
    sink_.inventory(pipeline);
  }
  const std::string rows = sink_.take();
  if (rows.empty()) return;
  writer_.line(rows);
  writer_.flush();
}

bool RowsOutput::finish() {
  writer_.finish();
  if (!writer_.dropped()) return true;
  spdlog::error("{}: {} rows were not written", printable(path_), writer_.dropped());
  return false;
}

}  // namespace stray
