// SPDX-License-Identifier: Apache-2.0
#include "sinks/journal_client.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <stdexcept>
#include <system_error>
#include <thread>

#include "base/descriptor.hpp"
#include "base/write_all.hpp"
#include "sinks/spool.hpp"

namespace stray {
namespace {

// Above this size, a datagram needs contiguous kernel memory of a high order (unix_dgram_sendmsg puts into
// page fragments only 17 pages), and getting it may mean compaction, which takes its time. A memfd does not.
constexpr std::size_t kLargestDatagram = 64u << 10;
constexpr int kSendBuffer = 8 << 20;
constexpr std::size_t kCatchUp =
    2;  // sent from the spool for each new entry: a reader that is back is caught up with

enum class Outcome { sent, later, never };

// Only what speaks of the entry itself is final. All else is about journald, the host or its limits, and can
// pass.
Outcome judge(int error) {
  switch (error) {
    case EMSGSIZE:
    case EINVAL:
    case EFBIG:
      return Outcome::never;
    default:
      return Outcome::later;
  }
}

// journald maps a memfd with exactly these four seals; others it reads only from root, and by copy.
Descriptor sealed_memfd(std::string_view bytes) {
  Descriptor memfd(::memfd_create("stray-journal", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (memfd && write_all(memfd.get(), bytes) == bytes.size() &&
      ::fcntl(memfd.get(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL) == 0)
    return memfd;
  const int error = errno;
  memfd.reset();
  errno = error;
  return memfd;
}

Descriptor open_socket() {
  Descriptor socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!socket) throw std::system_error(errno, std::generic_category(), "a datagram socket for journald");
  // Beyond net.core.wmem_max needs CAP_NET_ADMIN. With less, more goes through the spool.
  if (::setsockopt(socket.get(), SOL_SOCKET, SO_SNDBUFFORCE, &kSendBuffer, sizeof kSendBuffer) != 0)
    ::setsockopt(socket.get(), SOL_SOCKET, SO_SNDBUF, &kSendBuffer, sizeof kSendBuffer);
  return socket;
}

sockaddr_un address_of(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path)
    throw std::invalid_argument("the path of journald's socket is too long: " + path);
  std::memcpy(address.sun_path, path.c_str(), path.size());
  return address;
}

}  // namespace

void JournalEntry::clear() { data_.clear(); }

void JournalEntry::add(std::string_view name, std::string_view value) {
  if (!is_field_name(name)) throw std::invalid_argument("not a journal field name: " + std::string(name));
  data_ += name;
  data_ += '\n';
  for (int shift = 0; shift < 64; shift += 8)
    data_ += static_cast<char>(std::uint64_t{value.size()} >> shift & 0xff);
  data_ += value;
  data_ += '\n';
}

struct JournalClient::State {
  explicit State(const JournalOptions& options)
      : address(address_of(options.socket)),
        socket(open_socket()),
        spool(options.spool_directory, options.spool_bytes) {}

  Outcome transmit(std::string_view bytes, Descriptor& memfd) const;
  bool transmit_descriptor(int fd) const;
  bool count(Outcome outcome);

  sockaddr_un address;
  Descriptor socket;
  Spool spool;
  Descriptor front_memfd;  // of the spool's front when that is large: made once, not at each try
  std::uint64_t sent = 0, dropped = 0;
};

// Unconnected on purpose: a journald that was restarted is reached by its path again, without a word from us.
Outcome JournalClient::State::transmit(std::string_view bytes, Descriptor& memfd) const {
  if (!memfd && bytes.size() <= kLargestDatagram) {
    if (::sendto(socket.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL,
                 reinterpret_cast<const sockaddr*>(&address), sizeof address) >= 0)
      return Outcome::sent;
    if (errno != EMSGSIZE && errno != ENOBUFS) return judge(errno);
  }
  if (!memfd) memfd = sealed_memfd(bytes);
  if (!memfd) return judge(errno);
  return transmit_descriptor(memfd.get()) ? Outcome::sent : judge(errno);
}

// A datagram without bytes and with one descriptor.
bool JournalClient::State::transmit_descriptor(int fd) const {
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof fd)] = {};
  msghdr message{};
  message.msg_name = const_cast<sockaddr_un*>(&address);
  message.msg_namelen = sizeof address;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  cmsghdr* header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(sizeof fd);
  std::memcpy(CMSG_DATA(header), &fd, sizeof fd);
  return ::sendmsg(socket.get(), &message, MSG_NOSIGNAL) >= 0;
}

// True when the entry is done with.
bool JournalClient::State::count(Outcome outcome) {
  if (outcome == Outcome::later) return false;
  ++(outcome == Outcome::sent ? sent : dropped);
  return true;
}

JournalClient::JournalClient(const JournalOptions& options) : state_(std::make_unique<State>(options)) {}
JournalClient::~JournalClient() = default;

void JournalClient::send(const JournalEntry& entry) {
  if (entry.empty()) return;
  State& state = *state_;
  pump(kCatchUp);
  if (state.spool.entries() == 0) {
    Descriptor memfd;
    if (state.count(state.transmit(entry.bytes(), memfd))) return;
  }
  if (!state.spool.push(entry.bytes())) ++state.dropped;
}

void JournalClient::pump(std::size_t at_most) {
  State& state = *state_;
  for (; at_most > 0 && state.spool.entries() > 0; --at_most) {
    const std::string* bytes = state.spool.front();
    if (bytes == nullptr) {  // the disk does not give back what it took
      state.dropped += state.spool.clear();
      return;
    }
    if (!state.count(state.transmit(*bytes, state.front_memfd))) return;
    state.front_memfd.reset();
    state.spool.pop();
  }
}

bool JournalClient::drain(int milliseconds) {
  using namespace std::chrono;
  const auto end = steady_clock::now() + std::chrono::milliseconds(milliseconds);
  for (;;) {
    pump(~std::size_t{0});
    if (waiting() == 0) return true;
    if (steady_clock::now() >= end) return false;
    // poll() says nothing about the receiver's queue on a socket that is not connected.
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

std::uint64_t JournalClient::sent() const { return state_->sent; }
std::uint64_t JournalClient::waiting() const { return state_->spool.entries(); }
std::uint64_t JournalClient::dropped() const { return state_->dropped; }

}  // namespace stray
