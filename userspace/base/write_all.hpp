// SPDX-License-Identifier: Apache-2.0
// Writing all of a text to a descriptor.
#pragma once

#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <string_view>

namespace stray {

// Writes at the pace of the reader, also where somebody else made the open file non-blocking. Returns how
// much was written: less than all after an error (errno says which), or once `stop` returned true.
template <typename Stop>
std::size_t write_all(int fd, std::string_view text, Stop&& stop) {
  std::size_t done = 0;
  while (done < text.size() && !stop()) {
    const ssize_t n = ::write(fd, text.data() + done, text.size() - done);
    if (n >= 0) {
      done += static_cast<std::size_t>(n);
    } else if (errno == EAGAIN) {
      pollfd one{fd, POLLOUT, 0};
      ::poll(&one, 1, -1);
    } else if (errno != EINTR) {
      break;
    }
  }
  return done;
}

inline std::size_t write_all(int fd, std::string_view text) {
  return write_all(fd, text, [] { return false; });
}

}  // namespace stray
