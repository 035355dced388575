// SPDX-License-Identifier: Apache-2.0
#include "top/model.hpp"

#include <algorithm>
#include <iterator>
#include <optional>
#include <utility>

namespace stray::top {
namespace {

using KeyKind = Key::Kind;
using ActionKind = Action::Kind;

constexpr std::ptrdiff_t kWheel = 3;  // lines
constexpr std::size_t kLongestTyped = 200;
constexpr Sort kSorts[] = {Sort::severity, Sort::memory, Sort::age, Sort::user, Sort::command};

bool is_end_of_page(const Key& key) {
  return key.kind == KeyKind::escape || key.kind == KeyKind::enter || key.kind == KeyKind::backspace ||
         key.text == "q";
}

// How many lines a key goes down in what is shown; beyond its ends is its end. Nothing: it is no key for
// that.
std::optional<std::ptrdiff_t> lines_moved(const Key& key, std::size_t rows) {
  constexpr std::ptrdiff_t kAll = 1 << 24;
  const auto page = static_cast<std::ptrdiff_t>(rows);
  switch (key.kind) {
    case KeyKind::up:
      return -1;
    case KeyKind::down:
      return 1;
    case KeyKind::wheel_up:
      return -kWheel;
    case KeyKind::wheel_down:
      return kWheel;
    case KeyKind::page_up:
      return -page;
    case KeyKind::page_down:
      return page;
    case KeyKind::home:
      return -kAll;
    case KeyKind::end:
      return kAll;
    default:
      return {};
  }
}

void drop_last_character(std::string& text) {
  while (!text.empty() && (text.back() & 0xc0) == 0x80) text.pop_back();
  if (!text.empty()) text.pop_back();
}

}  // namespace

std::string_view to_string(Sort sort) {
  static constexpr std::string_view kNames[] = {"severity", "memory", "age", "user", "command"};
  return kNames[static_cast<std::size_t>(sort)];
}

void Model::resize(std::size_t rows, std::size_t columns) {
  rows_ = rows, columns_ = columns;
  arrange();
}

void Model::show(std::shared_ptr<const Snapshot> snapshot) {
  now_ = std::move(snapshot);
  known_ = true;
  arrange();
}

Wanted Model::wanted() const {
  Wanted out{.tree = view_ == View::tree, .detail = {}, .in_view = {}, .reload = reload_};
  if (over_ == Over::page) {
    out.detail = page_;
    out.in_view.push_back(page_.key);
  } else if (view_ == View::tree) {
    const std::size_t end = std::min(list_.size(), cursor().top + body_rows());
    for (std::size_t i = cursor().top; i < end; ++i) out.in_view.push_back(key_at(i));
  }
  return out;
}

Action Model::press(const Key& key) {
  message_.clear();
  if (key.text == "\x03") return {ActionKind::quit};
  if (prompt_ != Prompt::none) return press_in_prompt(key);
  return over_ != Over::nothing ? press_in_front(key) : press_in_list(key);
}

Action Model::press_in_prompt(const Key& key) {
  if (key.kind == KeyKind::enter) return end_prompt();
  if (key.kind == KeyKind::escape) {
    if (prompt_ == Prompt::filter) filter_.clear();
    prompt_ = Prompt::none;
  } else if (key.kind == KeyKind::backspace) {
    drop_last_character(typed_);
  } else if (key.kind == KeyKind::character && typed_.size() < kLongestTyped &&
             static_cast<unsigned char>(key.text[0]) >= ' ') {
    typed_ += key.text;
  }
  if (prompt_ == Prompt::filter) filter_ = typed_;  // at once, while it is typed
  arrange();
  return {};
}

Action Model::end_prompt() {
  const Prompt asked = std::exchange(prompt_, Prompt::none);
  if (asked == Prompt::reason) {
    if (!typed_.empty()) return {.kind = ActionKind::allow, .id = about_.accept_id, .text = typed_};
    message_ = "nothing was accepted: the reason is missing";
  } else if (asked == Prompt::time && !typed_.empty()) {
    return {.kind = ActionKind::go, .id = {}, .text = typed_};
  }
  return {};
}

Action Model::press_in_front(const Key& key) {
  const auto scroll = [&](std::ptrdiff_t lines) {
    const auto all = static_cast<std::ptrdiff_t>(front_lines().size());
    const auto last = std::max<std::ptrdiff_t>(0, all - static_cast<std::ptrdiff_t>(body_rows()));
    page_top_ = static_cast<std::size_t>(
        std::clamp<std::ptrdiff_t>(static_cast<std::ptrdiff_t>(page_top_) + lines, 0, last));
  };
  if (const auto lines = lines_moved(key, body_rows())) return scroll(*lines), Action{};
  if (is_end_of_page(key)) {
    over_ = Over::nothing;
    return {};
  }
  const bool about_one = over_ == Over::page && key.text.size() == 1;
  if (about_one && std::string_view("kapg<>").find(key.text[0]) != std::string_view::npos)
    return press_letter(key.text[0]);
  return press_time(key);
}

Action Model::press_in_list(const Key& key) {
  if (const auto lines = lines_moved(key, body_rows())) return move(*lines), Action{};
  switch (key.kind) {
    case KeyKind::click:
      return click(key.row), Action{};
    case KeyKind::enter:
      return open(Page::explain), Action{};
    case KeyKind::escape:
      filter_.clear();
      return arrange(), Action{};
    default:
      break;
  }
  if (key.kind == KeyKind::character && key.text.size() == 1 && !(capture_ && key.text == " "))
    return press_letter(key.text[0]);
  return press_time(key);
}

// In a capture arrows move through time; of this host they fold and unfold the tree.
Action Model::press_time(const Key& key) {
  if (capture_) {
    if (key.kind == KeyKind::left) return {.kind = ActionKind::move, .steps = -1};
    if (key.kind == KeyKind::right) return {.kind = ActionKind::move, .steps = 1};
    if (key.text == " ") return {ActionKind::play};
  } else if (over_ == Over::nothing && view_ == View::tree && !list_.empty()) {
    if (key.kind == KeyKind::left) folded_.insert(cursor().key);
    if (key.kind == KeyKind::right) folded_.erase(cursor().key);
    arrange();
  }
  return {};
}

Action Model::press_letter(char letter) {
  const auto one = subject();
  const auto ask = [&](Prompt prompt, std::string begin = {}) {
    prompt_ = prompt, typed_ = std::move(begin);
    if (one) about_ = *one;
  };
  switch (letter) {
    case 'q':
      return {ActionKind::quit};
    case 't':
      view_ = view_ == View::strays ? View::tree : View::strays;
      break;
    case '/':
      ask(Prompt::filter, filter_);
      break;
    case 's':
      if (view_ == View::strays)
        sort_ = kSorts[(static_cast<std::size_t>(sort_) + 1) % std::size(kSorts)];
      else
        message_ = "the tree has one order; t shows the list, which is sorted";
      break;
    case '?':
      over_ = Over::help, page_top_ = 0;
      break;
    case 'p':
      open(Page::plan);
      break;
    case ' ':
    case 'f':
      fold(false);
      break;
    case 'F':
      fold(true);
      break;
    case 'K':
      kernel_threads_ = !kernel_threads_;
      break;
    case 'k':
    case 'a':
      if (capture_)
        message_ = "this is a capture: nothing is stopped or accepted in it";
      else if (one && letter == 'k')
        return {.kind = ActionKind::stop, .id = one->id};
      else if (one)
        ask(Prompt::reason);
      break;
    case 'g':
      if (capture_) ask(Prompt::time);
      break;
    case '<':
    case '>':
      if (capture_) return {letter == '<' ? ActionKind::slower : ActionKind::faster};
      break;
    default:
      break;
  }
  arrange();
  return {};
}

void Model::fold(bool all) {
  if (view_ != View::tree || list_.empty()) return;
  if (!all) {
    if (!folded_.erase(cursor().key)) folded_.insert(cursor().key);
  } else if (folded_.empty()) {
    for (const TreeRow& row : now_->tree)
      if (row.parent && row.depth > 0) folded_.insert(row.key);
  } else {
    folded_.clear();
  }
}

void Model::open(Page page) {
  const auto one = subject();
  if (!one) return;
  over_ = Over::page;
  page_ = {one->key, page};
  page_top_ = 0;
}

void Model::move(std::ptrdiff_t lines) {
  if (list_.empty()) return;
  const auto last = static_cast<std::ptrdiff_t>(list_.size()) - 1;
  cursor().at = static_cast<std::size_t>(
      std::clamp<std::ptrdiff_t>(static_cast<std::ptrdiff_t>(cursor().at) + lines, 0, last));
  cursor().key = key_at(cursor().at);
  keep_in_view();
}

// On a line: the cursor goes there; on the line of the cursor: as Enter.
void Model::click(std::size_t row) {
  const std::size_t first = head().size();
  if (row < first || row >= first + body_rows()) return;
  const std::size_t line = cursor().top + row - first;
  if (line >= list_.size()) return;
  if (line == cursor().at) return open(Page::explain);
  move(static_cast<std::ptrdiff_t>(line) - static_cast<std::ptrdiff_t>(cursor().at));
}

// The process of the page, or of the line that the cursor is on.
std::optional<Model::Subject> Model::subject() const {
  const bool page = over_ == Over::page;
  const ProcessKey key = page ? page_.key : list_.empty() ? ProcessKey{} : cursor().key;
  if (!key) return {};
  for (const StrayRow& row : now_->strays)
    if (row.key == key) return Subject{key, row.id, row.accept_id, row.command};
  for (const TreeRow& row : now_->tree)
    if (row.key == key) return Subject{key, row.id, row.id, row.command};
  return {};
}

}  // namespace stray::top
