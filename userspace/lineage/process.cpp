// SPDX-License-Identifier: Apache-2.0
#include "lineage/process.hpp"

#include <arpa/inet.h>
#include <sys/socket.h>

namespace stray {
namespace {

std::string_view base_name(std::string_view path) {
  const auto slash = path.rfind('/');
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

}  // namespace

std::string_view to_string(Edge edge) {
  switch (edge) {
    case Edge::none:
      return "none";
    case Edge::observed:
      return "observed";
    case Edge::snapshot:
      return "snapshot";
    case Edge::inferred:
      return "inferred";
    case Edge::broken:
      return "broken";
    case Edge::evicted:
      return "evicted";
  }
  return "broken";
}

const Program& Process::program() const {
  static const Program nothing;
  return image ? image->program : nothing;
}

std::string Process::command() const {
  if (!image) return key.tgid == 0 ? "swapper" : "(not known)";
  if (kthread || (image->argv.empty() && image->exe.empty())) return "[" + image->comm + "]";
  if (image->argv.empty()) return image->exe;
  std::string line;
  argv().each([&](std::string_view word) {
    if (!line.empty()) line += ' ';
    line += word;
  });
  return line;
}

std::string Process::label() const {
  if (!image || kthread || image->argv.empty()) {
    if (image && !kthread && !image->exe.empty()) return std::string(base_name(image->exe));
    return command();
  }
  if (!program().name.empty() && program().role != Role::app) return program().name;
  if (program().runtime == Runtime::none && !program().shell_c) {
    std::string_view first;
    argv().each([&](std::string_view word) {
      if (first.empty()) first = word;
    });
    return std::string(base_name(first.empty() ? image->exe : first));
  }
  constexpr std::size_t kLong = 80;
  std::string line = command();
  if (line.size() > kLong) line = line.substr(0, kLong) + "...";
  return line;
}

bool Listening::loopback() const {
  if (family == AF_INET) return address[0] == 127;
  if (family == AF_INET6) {
    static constexpr std::array<std::uint8_t, 16> one{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
    const bool mapped = address[10] == 0xff && address[11] == 0xff && address[12] == 127;
    return address == one || mapped;
  }
  return true;  // AF_UNIX never leaves the host
}

std::string Listening::text() const {
  char buffer[INET6_ADDRSTRLEN] = "";
  if (family == AF_INET) {
    ::inet_ntop(AF_INET, address.data(), buffer, sizeof buffer);
    return std::string(buffer) + ":" + std::to_string(port);
  }
  if (family == AF_INET6) {
    ::inet_ntop(AF_INET6, address.data(), buffer, sizeof buffer);
    return "[" + std::string(buffer) + "]:" + std::to_string(port);
  }
  return "unix";
}

}  // namespace stray
