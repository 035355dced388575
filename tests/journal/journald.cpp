// SPDX-License-Identifier: Apache-2.0
#include "journald.hpp"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <stdexcept>
#include <thread>

#include "base/descriptor.hpp"

namespace stray {
namespace {

constexpr char kSocket[] = "/run/systemd/journal/socket";
constexpr char kJournal[] = "/run/log/journal";

// A socket file of a journald that was killed stays and refuses; so the file alone says nothing.
bool takes_datagrams() {
  const Descriptor socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::string_view(kSocket).copy(address.sun_path, sizeof address.sun_path - 1);
  return ::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
}

[[noreturn]] void run(const char* program) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  const int log = ::open("/run/journald.log", O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  ::dup2(log, STDOUT_FILENO);
  ::dup2(log, STDERR_FILENO);
  ::execl(program, program, nullptr);
  ::_exit(127);
}

}  // namespace

Journald::Journald() {
  std::filesystem::remove_all(kJournal);
  std::filesystem::create_directory(kJournal);
  start();
}

Journald::~Journald() {
  if (pid_ > 0) terminate();
  std::filesystem::remove(kSocket);
}

void Journald::start() {
  const char* program = ::getenv("STRAY_JOURNALD");
  if (program == nullptr) throw std::runtime_error("run this by with-journald --stopped");
  pid_ = ::fork();
  if (pid_ < 0) throw std::runtime_error("fork");
  if (pid_ == 0) run(program);
  while (!takes_datagrams()) {
    if (::waitpid(pid_, nullptr, WNOHANG) == pid_)
      throw std::runtime_error("journald ended: see /run/journald.log");
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
}

void Journald::stop() {
  ::kill(pid_, SIGSTOP);
  int status = 0;
  if (::waitpid(pid_, &status, WUNTRACED) != pid_ || !WIFSTOPPED(status))
    throw std::runtime_error("journald did not stop");
}

void Journald::proceed() { ::kill(pid_, SIGCONT); }
void Journald::kill() { end(SIGKILL); }

void Journald::terminate() {
  proceed();
  end(SIGTERM);
}

void Journald::end(int signal) {
  ::kill(pid_, signal);
  ::waitpid(pid_, nullptr, 0);
  pid_ = -1;
}

std::vector<NativeEntry> Journald::entries() const {
  // journald answers --sync when its sockets are empty.
  const std::string bytes = output_of("journalctl --sync && journalctl --quiet --all --output export _PID=" +
                                      std::to_string(::getpid()));
  return parse_native(bytes);
}

std::string output_of(const std::string& command) {
  FILE* pipe = ::popen(command.c_str(), "re");
  if (pipe == nullptr) throw std::runtime_error("popen");
  std::string out;
  std::string buffer(1 << 16, '\0');
  for (std::size_t n; (n = ::fread(buffer.data(), 1, buffer.size(), pipe)) > 0;) out.append(buffer, 0, n);
  if (::pclose(pipe) != 0) throw std::runtime_error("failed: " + command);
  return out;
}

}  // namespace stray
