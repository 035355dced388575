// SPDX-License-Identifier: Apache-2.0
#include "observe/probes/socket_probe.hpp"

#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <linux/unix_diag.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <optional>

#include "base/words.hpp"
#include "procfs/host.hpp"

namespace stray {
namespace {

// One table serves all processes of one pass over the host, and never a later question.
constexpr BootTime kTableLife = std::chrono::milliseconds(100);
constexpr std::size_t kDescriptorsLookedAt = 4096;
constexpr std::size_t kSocketsKept = 1024;
constexpr std::uint32_t kListening = 1u << TCP_LISTEN;

// The kernel prints listening TCP sockets before all others: a busy namespace need not be read to its end.
constexpr std::size_t kTcpTextLimit = 1 << 20;
constexpr std::size_t kUnixTextLimit = 4 << 20;

// "socket:[1234]" -> 1234
std::optional<std::uint64_t> socket_inode(std::string_view link) {
  constexpr std::string_view kStart = "socket:[";
  if (!link.starts_with(kStart)) return std::nullopt;
  return proc::number_at(link.substr(kStart.size()), 0);
}

bool hex(std::string_view text, std::uint32_t& out) {
  return std::from_chars(text.data(), text.data() + text.size(), out, 16).ec == std::errc();
}

std::string_view word(std::string_view line, std::size_t index) {
  for (;; --index) {
    line.remove_prefix(std::min(line.find_first_not_of(' '), line.size()));
    const auto end = std::min(line.find(' '), line.size());
    if (index == 0) return line.substr(0, end);
    line.remove_prefix(end);
  }
}

// A line of /proc/PID/net/tcp or tcp6: "0: 0100007F:1F90 00000000:0000 0A … inode". Addresses are printed as
// 32-bit words in host order, ports as numbers.
bool parse_tcp(std::string_view line, std::uint16_t family, std::uint64_t& inode, stray_socket& out) {
  const std::string_view local = word(line, 1);
  const std::size_t digits = family == AF_INET ? 8 : 32;
  std::uint32_t number = 0;
  if (word(line, 3) != "0A" || local.size() != digits + 5) return false;
  out = {};
  out.family = family;
  for (std::size_t at = 0; at < digits; at += 8) {
    if (!hex(local.substr(at, 8), number)) return false;
    std::memcpy(out.address + at / 2, &number, sizeof number);
  }
  if (!hex(local.substr(digits + 1), number)) return false;
  out.port = static_cast<__u16>(number);
  inode = proc::number_at(word(line, 9), 0).value_or(0);
  return inode != 0;
}

// A line of /proc/PID/net/unix: "ffff…: 00000002 00000000 00010000 0001 01 inode path", flags __SO_ACCEPTCON.
bool parse_unix(std::string_view line, std::uint64_t& inode, stray_socket& out) {
  std::uint32_t flags = 0;
  if (!hex(word(line, 3), flags) || (flags & 0x10000) == 0) return false;
  out = {};
  out.family = AF_UNIX;
  inode = proc::number_at(word(line, 6), 0).value_or(0);
  return inode != 0;
}

template <typename Request>
bool send_dump_request(int fd, const Request& request) {
  struct {
    nlmsghdr head;
    Request request;
  } message{};
  message.head = {.nlmsg_len = sizeof message,
                  .nlmsg_type = SOCK_DIAG_BY_FAMILY,
                  .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP,
                  .nlmsg_seq = 0,
                  .nlmsg_pid = 0};
  message.request = request;
  return ::send(fd, &message, sizeof message, 0) == static_cast<ssize_t>(sizeof message);
}

bool request_listeners(int fd, std::uint16_t family) {
  if (family == AF_UNIX) {
    unix_diag_req request{};
    request.sdiag_family = AF_UNIX;
    request.udiag_states = kListening;
    return send_dump_request(fd, request);
  }
  inet_diag_req_v2 request{};
  request.sdiag_family = static_cast<__u8>(family);
  request.sdiag_protocol = IPPROTO_TCP;
  request.idiag_states = kListening;
  return send_dump_request(fd, request);
}

Descriptor open_netlink() {
  Descriptor out(::socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC, NETLINK_SOCK_DIAG));
  const timeval at_most{.tv_sec = 1,
                        .tv_usec = 0};  // the kernel answers at once; a lost answer must not stop us
  if (out) ::setsockopt(out.get(), SOL_SOCKET, SO_RCVTIMEO, &at_most, sizeof at_most);
  return out;
}

}  // namespace

// Asks the kernel for the listening sockets of stray's own namespace. False: not to be had this way (no diag
// module).
bool SocketProbe::dump(std::uint16_t family, std::vector<Listener>& out) {
  netlink_ =
      open_netlink();  // anew each time: an answer to an earlier, broken-off dump cannot be mistaken for ours
  if (!netlink_ || !request_listeners(netlink_.get(), family)) return false;
  alignas(nlmsghdr) char buffer[32768];
  for (;;) {
    const ssize_t got = ::recv(netlink_.get(), buffer, sizeof buffer, 0);
    if (got <= 0) return false;
    auto left = static_cast<std::size_t>(got);
    for (auto* head = reinterpret_cast<const nlmsghdr*>(buffer); NLMSG_OK(head, left);
         head = NLMSG_NEXT(head, left)) {
      if (head->nlmsg_type == NLMSG_DONE) return true;
      if (head->nlmsg_type == NLMSG_ERROR) return false;
      Listener found{};
      found.socket.family = family;
      if (family == AF_UNIX) {
        unix_diag_msg message;
        std::memcpy(&message, NLMSG_DATA(head), sizeof message);
        found.inode = message.udiag_ino;
      } else {
        inet_diag_msg message;
        std::memcpy(&message, NLMSG_DATA(head), sizeof message);
        found.inode = message.idiag_inode;
        found.socket.port = ntohs(message.id.idiag_sport);
        std::memcpy(found.socket.address, message.id.idiag_src, family == AF_INET ? 4 : 16);
      }
      out.push_back(found);
    }
  }
}

const SocketProbe::Table& SocketProbe::table_of(int process_dir, BootTime now, proc::FileReader& reader) {
  struct stat name_space {};
  const bool known = ::fstatat(process_dir, "ns/net", &name_space, 0) == 0;
  std::erase_if(tables_, [now](const auto& entry) {
    return now < entry.second.at || now - entry.second.at > kTableLife;
  });
  const auto [place, is_new] = tables_.try_emplace(known ? name_space.st_ino : 0);
  Table& table = place->second;
  if (!is_new) return table;
  table.at = now;
  const bool ours = known && name_space.st_ino == proc::own_namespace("net");
  struct Source {
    std::uint16_t family;
    const char* file;
    std::size_t limit;
  };
  for (const auto& [family, file, limit] :
       {Source{AF_INET, "net/tcp", kTcpTextLimit}, Source{AF_INET6, "net/tcp6", kTcpTextLimit},
        Source{AF_UNIX, "net/unix", kUnixTextLimit}}) {
    if (ours && dump(family, table.listeners)) continue;
    const auto text = reader.read(process_dir, file, limit);
    any_part(text.value_or(""), '\n', [&, family = family](std::string_view line) {
      Listener found{};
      if (family == AF_UNIX ? parse_unix(line, found.inode, found.socket)
                            : parse_tcp(line, family, found.inode, found.socket))
        table.listeners.push_back(found);
      return false;
    });
  }
  std::ranges::sort(table.listeners, {}, &Listener::inode);
  return table;
}

bool is_gpu_device(std::string_view path) {
  for (const std::string_view start : {"/dev/nvidia", "/dev/dri/renderD"})
    if (path.starts_with(start) && is_number(path.substr(start.size()))) return true;
  return false;
}

SocketProbe::Found SocketProbe::listening(int process_dir, BootTime now, proc::FileReader& reader) {
  const auto& listeners = table_of(process_dir, now, reader).listeners;
  Found found;
  if (listeners.empty()) return found;
  std::vector<stray_socket>& out = found.sockets;
  proc::LinkReader link;
  proc::for_each_entry(process_dir, "fd", kDescriptorsLookedAt, [&](int descriptors, const char* name) {
    if (!link.read(descriptors, name)) return true;
    const auto inode = socket_inode(link.text());
    if (!inode) {
      if (found.gpu.empty() && is_gpu_device(link.text())) found.gpu = link.text();
      return true;
    }
    const auto place = std::ranges::lower_bound(listeners, *inode, {}, &Listener::inode);
    if (place != listeners.end() && place->inode == *inode) out.push_back(place->socket);
    return true;
  });
  const auto before = [](const stray_socket& a, const stray_socket& b) {
    if (a.family != b.family) return a.family < b.family;
    if (a.port != b.port) return a.port < b.port;
    return std::memcmp(a.address, b.address, sizeof a.address) < 0;
  };
  const auto same = [](const stray_socket& a, const stray_socket& b) {
    return std::memcmp(&a, &b, sizeof a) == 0;
  };
  std::ranges::sort(out, before);
  out.erase(std::unique(out.begin(), out.end(), same), out.end());
  if (out.size() > kSocketsKept) out.resize(kSocketsKept);
  return found;
}

}  // namespace stray
