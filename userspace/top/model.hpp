// SPDX-License-Identifier: Apache-2.0
// What the live view shows, and what keys do to it: a state, apart from the terminal (screen.hpp).
//
// Design: show() takes snapshots, press() keys, lines() gives what stands on a screen of that size. The
// cursor stays on its process when lines move. What keys ask of others comes back from press(); what is to be
// looked at, from wanted(). Pure: no clock, no terminal, one thread.
#pragma once

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "top/snapshot.hpp"

namespace stray::top {

struct Key {
  enum class Kind : std::uint8_t {
    character,
    up,
    down,
    left,
    right,
    page_up,
    page_down,
    home,
    end,
    enter,
    escape,
    backspace,
    click,
    wheel_up,
    wheel_down
  } kind = Kind::character;
  std::string text{};   // of a character, UTF-8
  std::size_t row = 0;  // of a click
};

struct Action {
  enum class Kind : std::uint8_t {
    none,
    quit,
    stop,
    allow,
    move,
    go,
    play,
    faster,
    slower
  } kind = Kind::none;
  std::string id{};    // stop, allow: of the process
  std::string text{};  // allow: the reason; go: the time
  int steps = 0;       // move: in a capture
};

enum class Paint : std::uint8_t { plain, title, heading, dim, bold, critical, warning, notice, mark };
Paint paint_of(Severity severity);

struct Span {
  std::string text;
  Paint paint = Paint::plain;
};
struct Line {
  std::vector<Span> spans;
  bool selected = false;  // drawn reversed, and begun with ">": colours are not needed
  std::string text() const;
};

enum class Sort : std::uint8_t { severity, memory, age, user, command };
std::string_view to_string(Sort sort);

class Model {
 public:
  explicit Model(bool capture) : capture_(capture) {}

  void resize(std::size_t rows, std::size_t columns);
  void show(std::shared_ptr<const Snapshot> snapshot);
  Action press(const Key& key);
  void say(std::string text) { message_ = std::move(text); }  // until the next key
  void changed_configuration() { ++reload_; }

  Wanted wanted() const;
  std::vector<Line> lines() const;  // as many as the screen has rows, none wider than it

 private:
  enum class View : std::uint8_t { strays, tree };
  enum class Over : std::uint8_t { nothing, page, help };  // what stands in front of the list
  enum class Prompt : std::uint8_t { none, filter, reason, time };
  struct Cursor {
    ProcessKey key;
    std::size_t at = 0, top = 0;  // its line, and the first that is shown
  };
  struct Subject {  // what a key is about
    ProcessKey key;
    std::string id, accept_id, name;
  };

  // model.cpp: keys
  Action press_in_prompt(const Key& key);
  Action end_prompt();
  Action press_in_front(const Key& key);
  Action press_in_list(const Key& key);
  Action press_letter(char letter);
  Action press_time(const Key& key);
  void fold(bool all);
  void open(Page page);
  void move(std::ptrdiff_t lines);
  void click(std::size_t row);
  std::optional<Subject> subject() const;

  // arrange.cpp: which lines there are
  void arrange();
  std::vector<std::size_t> arranged_strays() const;
  std::vector<std::size_t> arranged_tree() const;
  bool matches(const std::string& text) const;
  std::size_t size_of_list() const { return list_.size(); }
  ProcessKey key_at(std::size_t line) const;
  Cursor& cursor() { return cursors_[static_cast<std::size_t>(view_)]; }
  const Cursor& cursor() const { return cursors_[static_cast<std::size_t>(view_)]; }
  void keep_in_view();

  // drawing.cpp: how they look
  std::vector<Line> head() const;
  Line title() const;
  Line totals() const;
  Line place() const;
  Line columns_head() const;
  Line stray_line(const StrayRow& row) const;
  Line tree_line(const TreeRow& row) const;
  Line status() const;
  std::string hints() const;
  std::vector<std::string> front_lines() const;
  std::size_t body_rows() const;

  const bool capture_;
  std::size_t rows_ = 24, columns_ = 80;
  std::shared_ptr<const Snapshot> now_ = std::make_shared<Snapshot>();
  bool known_ = false;  // a snapshot came
  View view_ = View::strays;
  Over over_ = Over::nothing;
  Wanted::DetailOf page_;
  std::size_t page_top_ = 0;
  Prompt prompt_ = Prompt::none;
  std::string typed_, filter_, message_;
  Subject about_;  // what the prompt asks of
  Sort sort_ = Sort::severity;
  bool kernel_threads_ = false;
  std::set<ProcessKey> folded_;
  std::uint64_t reload_ = 0;
  std::array<Cursor, 2> cursors_;
  std::vector<std::size_t> list_;  // of now_->strays or now_->tree
};

}  // namespace stray::top
