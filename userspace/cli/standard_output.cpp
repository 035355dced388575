// SPDX-License-Identifier: Apache-2.0
#include "cli/standard_output.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>

#include "base/errors.hpp"
#include "base/write_all.hpp"
#include "cli/options.hpp"

namespace stray {

void print(std::string_view text) {
  ::signal(SIGPIPE, SIG_IGN);
  const std::size_t done = write_all(STDOUT_FILENO, text);
  if (done == text.size()) return;
  if (errno == EPIPE) throw ReaderGone("standard output: nobody reads it");
  const std::string why = std::strerror(errno);
  const auto lost = std::count(text.begin() + static_cast<std::ptrdiff_t>(done), text.end(), '\n');
  throw OutputError("standard output: " + why + "; " + lines_text(static_cast<std::uint64_t>(lost)) +
                    " could not be written");
}

void end_by_sigpipe() {
  ::signal(SIGPIPE, SIG_DFL);
  sigset_t set;
  ::sigemptyset(&set);
  ::sigaddset(&set, SIGPIPE);
  ::pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
  ::raise(SIGPIPE);
}

}  // namespace stray
