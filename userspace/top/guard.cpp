// SPDX-License-Identifier: Apache-2.0
#include "top/guard.hpp"

#include <poll.h>
#include <spdlog/spdlog.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <initializer_list>
#include <string_view>
#include <system_error>
#include <vector>

#define NCURSES_NOMACROS 1
#include <ncurses.h>
#include <term.h>

#include "base/write_all.hpp"

namespace stray::top {
namespace {

constexpr char kStop = 'k', kAllow = 'a', kBetween = '\n';
constexpr std::size_t kLongestRequest = 1024;
constexpr char kDone = '+', kFailed = '-';

sigset_t set_of(std::initializer_list<int> signals) {
  sigset_t set;
  ::sigemptyset(&set);
  for (const int signal : signals) ::sigaddset(&set, signal);
  return set;
}

bool is_id(std::string_view text) {
  constexpr std::string_view kOfIds = "abcdefghijklmnopqrstuvwxyz0123456789";
  return !text.empty() && text.size() <= 32 && text.find_first_not_of(kOfIds) == std::string_view::npos;
}

void put(const char* capability) {
  const char* text = ::tigetstr(capability);
  if (text && text != reinterpret_cast<const char*>(-1)) (void)write_all(STDOUT_FILENO, text);
}

// What endwin() would have done.
void give_back(const termios& before) {
  int error = 0;
  if (::setupterm(nullptr, STDOUT_FILENO, &error) == OK)
    for (const char* capability : {"sgr0", "rmkx", "cnorm", "rmcup"}) put(capability);
  (void)write_all(STDOUT_FILENO, "\x1b[?1000l\x1b[?1006l\r");  // the mouse: no capability says it
  ::tcsetattr(STDIN_FILENO, TCSADRAIN, &before);
}

class Guard {
 public:
  Guard(Descriptor channel, std::string config) : channel_(std::move(channel)), config_(std::move(config)) {
    ::tcgetattr(STDIN_FILENO, &terminal_);
  }

  [[noreturn]] void run(pid_t view, const Descriptor& signals) {
    view_ = view;
    for (;;) {
      pollfd all[] = {{signals.get(), POLLIN, 0}, {channel_.get(), POLLIN, 0}};
      ::poll(all, 2, -1);
      signalfd_siginfo info;
      while (::read(signals.get(), &info, sizeof info) == sizeof info) take(info);
      if (all[1].revents & POLLIN) serve();
      if (all[1].revents & (POLLHUP | POLLERR)) channel_.reset();  // poll() takes no notice of it then
    }
  }

 private:
  void take(const signalfd_siginfo& info) {
    if (info.ssi_signo == SIGCHLD) return look_at_view();
    // What the terminal sends, the view has been sent too.
    if (info.ssi_code != SI_KERNEL) ::kill(view_, static_cast<int>(info.ssi_signo));
  }

  void look_at_view() {
    int status = 0;
    if (::waitpid(view_, &status, WNOHANG | WUNTRACED) != view_) return;
    if (WIFSTOPPED(status)) {
      ::raise(SIGSTOP);
      ::kill(view_, SIGCONT);
      return;
    }
    if (WIFEXITED(status)) ::_exit(WEXITSTATUS(status));
    give_back(terminal_);
    spdlog::error("stray top was ended by signal {}; the terminal was given back", WTERMSIG(status));
    end_by(WTERMSIG(status));
  }

  [[noreturn]] static void end_by(int signal) {
    const rlimit none{0, 0};
    ::setrlimit(RLIMIT_CORE, &none);  // the view has left one, if any is wanted
    const sigset_t one = set_of({signal});
    ::signal(signal, SIG_DFL);
    ::raise(signal);
    ::pthread_sigmask(SIG_UNBLOCK, &one, nullptr);
    ::_exit(128 + signal);
  }

  void serve() {
    char request[kLongestRequest];
    const ssize_t size = ::recv(channel_.get(), request, sizeof request, MSG_DONTWAIT);
    if (size <= 0) return;
    const auto command = command_of({request, static_cast<std::size_t>(size)}, config_);
    const char answer = !command.empty() && run_command(command) ? kDone : kFailed;
    ::send(channel_.get(), &answer, 1, MSG_NOSIGNAL);
  }

  static bool run_command(const std::vector<std::string>& command) {
    const pid_t child = ::fork();
    if (child == 0) {
      sigset_t none;
      ::sigemptyset(&none);
      ::pthread_sigmask(SIG_SETMASK, &none, nullptr);
      std::vector<char*> arguments;
      for (const std::string& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
      arguments.push_back(nullptr);
      ::execv("/proc/self/exe", arguments.data());
      ::_exit(127);
    }
    int status = 0;
    while (child > 0 && ::waitpid(child, &status, WUNTRACED) == child && WIFSTOPPED(status)) {
      ::raise(SIGSTOP);
      ::kill(child, SIGCONT);
    }
    (void)write_all(STDOUT_FILENO, "\nEnter goes back to stray top ");
    ::tcflush(STDIN_FILENO, TCIFLUSH);
    for (char c = 0; ::read(STDIN_FILENO, &c, 1) == 1 && c != '\n';) {
    }
    return child > 0 && status == 0;
  }

  Descriptor channel_;
  const std::string config_;
  termios terminal_{};
  pid_t view_ = 0;
};

}  // namespace

std::string request_of(const Action& action) {
  if (action.kind == Action::Kind::stop) return kStop + action.id;
  if (action.kind == Action::Kind::allow) return kAllow + action.id + kBetween + action.text;
  return {};
}

std::vector<std::string> command_of(std::string_view request, const std::string& config) {
  if (request.empty()) return {};
  const auto end = request.find(kBetween);
  const std::string id(request.substr(1, end == std::string_view::npos ? end : end - 1));
  if (!is_id(id)) return {};
  std::vector<std::string> out;
  if (request[0] == kStop) {
    out = {"stray", "stop", id};
  } else if (request[0] == kAllow && end != std::string_view::npos) {
    out = {"stray", "allow", id, "--reason=" + std::string(request.substr(end + 1))};
  } else {
    return {};
  }
  if (!config.empty()) out.push_back("--config=" + config);
  return out;
}

bool ask_guard(const Descriptor& channel, const Action& action) {
  const std::string request = request_of(action);
  char answer = kFailed;
  if (::write(channel.get(), request.data(), request.size()) != static_cast<ssize_t>(request.size()))
    return false;
  while (::read(channel.get(), &answer, 1) < 0 && errno == EINTR) {
  }
  return answer == kDone;
}

Descriptor guard_terminal(const std::string& config) {
  int pair[2];
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0)
    throw std::system_error(errno, std::generic_category(), "socketpair");
  Descriptor mine(pair[0]), its(pair[1]);
  // SIGQUIT ends the view alone, and SIGTTOU would stop who gives the terminal back.
  sigset_t before;
  const sigset_t blocked = set_of({SIGINT, SIGTERM, SIGHUP, SIGTSTP, SIGCHLD, SIGQUIT, SIGTTOU});
  const sigset_t taken = set_of({SIGINT, SIGTERM, SIGHUP, SIGTSTP, SIGCHLD});
  ::pthread_sigmask(SIG_BLOCK, &blocked, &before);
  const Descriptor signals(::signalfd(-1, &taken, SFD_NONBLOCK | SFD_CLOEXEC));
  const pid_t self = ::getpid();
  const pid_t view = signals ? ::fork() : -1;
  if (view < 0) throw std::system_error(errno, std::generic_category(), "the view cannot be started");
  if (view > 0) {
    its.reset();
    Guard(std::move(mine), config).run(view, signals);
  }
  mine.reset();
  ::prctl(PR_SET_PDEATHSIG, SIGTERM);
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  if (::getppid() != self) ::raise(SIGTERM);
  return its;
}

}  // namespace stray::top
