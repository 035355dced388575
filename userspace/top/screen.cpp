// SPDX-License-Identifier: Apache-2.0
#include "top/screen.hpp"

#include <poll.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <optional>
#include <system_error>

// Behind all else: it defines words as macros.
#define NCURSES_WIDECHAR 1
#define NCURSES_NOMACROS 1
#include <ncurses.h>

#include "base/columns.hpp"
#include "base/descriptor.hpp"
#include "base/errors.hpp"
#include "base/utf8.hpp"
#include "privilege/confine.hpp"
#include "top/redraw.hpp"

namespace stray::top {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kSignals[] = {SIGINT, SIGTERM, SIGHUP, SIGTSTP, SIGWINCH, SIGCONT};

sigset_t signal_set() {
  sigset_t set;
  ::sigemptyset(&set);
  for (const int signal : kSignals) ::sigaddset(&set, signal);
  return set;
}

std::optional<Key> special(int code) {
  using Kind = Key::Kind;
  switch (code) {
    case KEY_UP:
      return Key{.kind = Kind::up};
    case KEY_DOWN:
      return Key{.kind = Kind::down};
    case KEY_LEFT:
      return Key{.kind = Kind::left};
    case KEY_RIGHT:
      return Key{.kind = Kind::right};
    case KEY_PPAGE:
      return Key{.kind = Kind::page_up};
    case KEY_NPAGE:
      return Key{.kind = Kind::page_down};
    case KEY_HOME:
      return Key{.kind = Kind::home};
    case KEY_END:
      return Key{.kind = Kind::end};
    case KEY_ENTER:
      return Key{.kind = Kind::enter};
    case KEY_BACKSPACE:
      return Key{.kind = Kind::backspace};
    default:
      return {};
  }
}

std::optional<Key> mouse() {
  MEVENT event;
  if (::getmouse(&event) != OK || event.y < 0) return {};
  using Kind = Key::Kind;
  const auto row = static_cast<std::size_t>(event.y);
  if (event.bstate & (BUTTON1_PRESSED | BUTTON1_CLICKED))
    return Key{.kind = Kind::click, .text = {}, .row = row};
  if (event.bstate & BUTTON4_PRESSED) return Key{.kind = Kind::wheel_up};
  if (event.bstate & BUTTON5_PRESSED) return Key{.kind = Kind::wheel_down};
  return {};
}

std::string utf8_of(wint_t code) {
  std::string out;
  const auto add = [&](unsigned value) { out += static_cast<char>(value); };
  if (code < 0x80) {
    add(code);
  } else if (code < 0x800) {
    add(0xc0 | code >> 6), add(0x80 | (code & 0x3f));
  } else if (code < 0x10000) {
    add(0xe0 | code >> 12), add(0x80 | (code >> 6 & 0x3f)), add(0x80 | (code & 0x3f));
  } else {
    add(0xf0 | code >> 18), add(0x80 | (code >> 12 & 0x3f)), add(0x80 | (code >> 6 & 0x3f)),
        add(0x80 | (code & 0x3f));
  }
  return out;
}

Key typed(wint_t code) {
  using Kind = Key::Kind;
  if (code == '\r' || code == '\n') return {.kind = Kind::enter};
  if (code == 0x1b) return {.kind = Kind::escape};
  if (code == 0x7f || code == '\b') return {.kind = Kind::backspace};
  return {.kind = Kind::character, .text = utf8_of(code)};
}

}  // namespace

class Screen::Work {
 public:
  Work(Board& board, ScreenOptions options)
      : board_(board), options_(std::move(options)), model_(options_.capture) {
    signals_ = signal_set();
    ::pthread_sigmask(SIG_BLOCK, &signals_, &before_);
    signal_fd_ = Descriptor(::signalfd(-1, &signals_, SFD_NONBLOCK | SFD_CLOEXEC));
    if (!signal_fd_) throw std::system_error(errno, std::generic_category(), "signalfd");
    use_utf8();
    terminal_ = ::newterm(nullptr, stdout, stdin);
    if (!terminal_) {
      const char* name = std::getenv("TERM");
      throw UsageError("this terminal (TERM=" + std::string(name ? name : "") + ") cannot be drawn on");
    }
    set_up();
  }
  ~Work() {
    ::endwin();
    ::delscreen(terminal_);
  }

  void run() {
    privilege::confine(privilege::Role::screen);
    redraw_.ask(Clock::now());
    while (!board_.ended()) {
      wait();
      take_signals();
      take_keys();
      take_snapshot();
      board_.want(model_.wanted());
      if (const auto now = Clock::now(); redraw_.due(now)) draw(), redraw_.done(now);
    }
    ::endwin();
  }

 private:
  void set_up() {
    ::cbreak(), ::noecho(), ::nonl();
    ::keypad(stdscr, true);
    ::nodelay(stdscr, true);
    ::set_escdelay(25);
    ::curs_set(0);
    ::mousemask(BUTTON1_PRESSED | BUTTON1_CLICKED | BUTTON4_PRESSED | BUTTON5_PRESSED, nullptr);
    ::mouseinterval(0);
    if (options_.color && ::has_colors()) {
      ::start_color(), ::use_default_colors();
      for (const auto& [pair, color] : {std::pair{1, COLOR_RED}, {2, COLOR_YELLOW}, {3, COLOR_CYAN}})
        ::init_pair(static_cast<short>(pair), static_cast<short>(color), -1);
      colored_ = true;
    }
    measure();
  }

  void measure() {
    winsize size{};
    if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row > 0 && size.ws_col > 0)
      ::resizeterm(size.ws_row, size.ws_col);
    model_.resize(static_cast<std::size_t>(LINES), static_cast<std::size_t>(COLS));
  }

  void wait() {
    pollfd all[] = {{STDIN_FILENO, POLLIN, 0}, {signal_fd_.get(), POLLIN, 0}, {board_.shown_fd(), POLLIN, 0}};
    const auto until = redraw_.wait(Clock::now());
    ::poll(all, 3, until ? static_cast<int>(until->count()) : -1);
    if (all[0].revents & (POLLHUP | POLLERR)) board_.end();
  }

  void take_signals() {
    signalfd_siginfo info;
    while (::read(signal_fd_.get(), &info, sizeof info) == sizeof info) {
      if (info.ssi_signo == SIGWINCH) {
        measure(), ::clearok(curscr, true);
        redraw_.ask(Clock::now());
      } else if (info.ssi_signo == SIGTSTP) {
        stop();
      } else if (info.ssi_signo != SIGCONT) {
        board_.end();
      }
    }
  }

  // Gives the terminal back, and stops as every program does; goes on from here when it is continued.
  void stop() {
    ::endwin();
    sigset_t one;
    ::sigemptyset(&one), ::sigaddset(&one, SIGTSTP);
    ::signal(SIGTSTP, SIG_DFL);
    ::raise(SIGTSTP);  // waits until it is let through
    ::pthread_sigmask(SIG_UNBLOCK, &one, nullptr);
    ::pthread_sigmask(SIG_BLOCK, &one, nullptr);
    come_back();
  }

  void come_back() {
    measure();
    ::clearok(curscr, true);
    ::refresh();
    redraw_.ask(Clock::now());
  }

  void take_keys() {
    wint_t code = 0;
    for (int kind = ::get_wch(&code); kind != ERR; kind = ::get_wch(&code)) {
      const std::optional<Key> key = kind != KEY_CODE_YES ? typed(code)
                                     : code == KEY_MOUSE  ? mouse()
                                                          : special(static_cast<int>(code));
      if (key) act(model_.press(*key));
      redraw_.ask(Clock::now());
      if (board_.ended()) return;
    }
  }

  void act(const Action& action) {
    switch (action.kind) {
      case Action::Kind::none:
        return;
      case Action::Kind::quit:
        return board_.end();
      case Action::Kind::stop:
      case Action::Kind::allow: {
        ::endwin();
        const bool done = options_.act && options_.act(action);
        signalfd_siginfo info;  // what was typed there was meant for that
        while (::read(signal_fd_.get(), &info, sizeof info) == sizeof info) {
          if (info.ssi_signo == SIGTERM || info.ssi_signo == SIGHUP) board_.end();
        }
        ::flushinp();
        if (done && action.kind == Action::Kind::allow) model_.changed_configuration();
        return come_back();
      }
      default:
        return board_.move(action);
    }
  }

  void take_snapshot() {
    board_.seen();
    auto shown = board_.shown();
    if (!shown || shown == shown_) return;
    shown_ = std::move(shown);
    model_.show(shown_);
    redraw_.ask(Clock::now());
  }

  attr_t attributes(Paint paint, bool selected) const {
    const auto color = [&](int pair) { return colored_ ? static_cast<attr_t>(COLOR_PAIR(pair)) : attr_t{}; };
    const attr_t base = selected ? A_REVERSE : A_NORMAL;
    switch (paint) {
      case Paint::title:
        return A_REVERSE;
      case Paint::heading:
        return base | A_UNDERLINE;
      case Paint::dim:
        return base | A_DIM;
      case Paint::bold:
        return base | A_BOLD;
      case Paint::critical:
        return base | A_BOLD | color(1);
      case Paint::warning:
        return base | color(2);
      case Paint::notice:
        return base | color(3);
      default:
        return base;
    }
  }

  void draw() {
    const std::vector<Line> lines = model_.lines();
    ::erase();
    for (std::size_t i = 0; i < lines.size(); ++i) {
      ::move(static_cast<int>(i), 0);
      for (const Span& span : lines[i].spans) {
        ::attrset(static_cast<int>(attributes(span.paint, lines[i].selected)));
        ::addstr(span.text.c_str());
      }
    }
    ::attrset(A_NORMAL);
    ::refresh();
  }

  Board& board_;
  const ScreenOptions options_;
  Model model_;
  Redraw redraw_;
  std::shared_ptr<const Snapshot> shown_;
  sigset_t signals_{}, before_{};
  Descriptor signal_fd_;
  SCREEN* terminal_ = nullptr;
  bool colored_ = false;
};

Screen::Screen(Board& board, ScreenOptions options)
    : board_(board),
      work_(std::make_unique<Work>(board, std::move(options))),
      thread_([this] { work_->run(); }) {}

Screen::~Screen() {
  board_.end();
  thread_.join();
}

}  // namespace stray::top
