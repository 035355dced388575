// SPDX-License-Identifier: Apache-2.0
#include "cli/standard_output.hpp"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>

#include "base/errors.hpp"
#include "cli/options.hpp"

namespace stray {

void print(std::string_view text) {
  ::signal(SIGPIPE, SIG_IGN);
  while (!text.empty()) {
    const ssize_t n = ::write(STDOUT_FILENO, text.data(), text.size());
    if (n >= 0) {
      text.remove_prefix(static_cast<std::size_t>(n));
    } else if (errno == EAGAIN) {  // somebody else made this open file non-blocking
      pollfd one{STDOUT_FILENO, POLLOUT, 0};
      ::poll(&one, 1, -1);
    } else if (errno == EPIPE) {
      throw ReaderGone("standard output: nobody reads it");
    } else if (errno != EINTR) {
      const std::string why = std::strerror(errno);
      const auto lines = static_cast<std::uint64_t>(std::count(text.begin(), text.end(), '\n'));
      throw OutputError("standard output: " + why + "; " + lines_text(lines) + " could not be written");
    }
  }
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
