// SPDX-License-Identifier: Apache-2.0
// Which lines the lists have: what the filter lets through, in which order, and what is folded away.
#include <algorithm>
#include <cctype>
#include <numeric>

#include "top/model.hpp"

namespace stray::top {
namespace {

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return out;
}

// What a filter looks at.
std::string words_of(const StrayRow& row) {
  return std::to_string(row.pid) + " " + row.user + " " + row.title + " " + row.found + " " +
         std::string(to_string(row.severity)) + " " + row.id + " " + row.command;
}

std::string words_of(const TreeRow& row) {
  return std::to_string(row.key.tgid) + " " + row.user + " " + row.supervisor + " " + row.found + " " +
         row.command;
}

}  // namespace

bool Model::matches(const std::string& text) const {
  return filter_.empty() || lower(text).find(lower(filter_)) != std::string::npos;
}

std::vector<std::size_t> Model::arranged_strays() const {
  const auto& rows = now_->strays;
  std::vector<std::size_t> out;
  for (std::size_t i = 0; i < rows.size(); ++i)
    if (matches(words_of(rows[i]))) out.push_back(i);
  // The order of `scan` is that of severity already.
  std::stable_sort(out.begin(), out.end(), [&](std::size_t a, std::size_t b) {
    switch (sort_) {
      case Sort::memory:
        return rows[a].memory > rows[b].memory;
      case Sort::age:
        return rows[a].age > rows[b].age;
      case Sort::user:
        return rows[a].user < rows[b].user;
      case Sort::command:
        return rows[a].command < rows[b].command;
      case Sort::severity:
        break;
    }
    return false;
  });
  return out;
}

// What matches is shown with what stands above it, whatever is folded.
std::vector<std::size_t> Model::arranged_tree() const {
  const auto& rows = now_->tree;
  std::vector<bool> shown(rows.size(), filter_.empty());
  std::vector<std::size_t> above;  // the way down to the row, by depth
  for (std::size_t i = 0; i < rows.size() && !filter_.empty(); ++i) {
    above.resize(std::min(above.size(), rows[i].depth));
    above.push_back(i);
    if (matches(words_of(rows[i])))
      for (const std::size_t one : above) shown[one] = true;
  }
  std::vector<std::size_t> out;
  std::optional<std::size_t> hidden_below;  // this depth
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (hidden_below && rows[i].depth > *hidden_below) continue;
    hidden_below.reset();
    if (!shown[i] || (rows[i].kernel && !kernel_threads_)) continue;
    out.push_back(i);
    if (filter_.empty() && folded_.contains(rows[i].key)) hidden_below = rows[i].depth;
  }
  return out;
}

ProcessKey Model::key_at(std::size_t line) const {
  if (line >= list_.size()) return {};
  return view_ == View::strays ? now_->strays[list_[line]].key : now_->tree[list_[line]].key;
}

// The cursor stays with its process; where that is gone, at its line.
void Model::arrange() {
  list_ = view_ == View::strays ? arranged_strays() : arranged_tree();
  Cursor& now = cursor();
  if (now.key && key_at(now.at) != now.key)
    for (std::size_t i = 0; i < list_.size(); ++i)
      if (key_at(i) == now.key) now.at = i;
  now.at = std::min(now.at, list_.empty() ? 0 : list_.size() - 1);
  if (!list_.empty()) now.key = key_at(now.at);
  keep_in_view();
}

void Model::keep_in_view() {
  Cursor& now = cursor();
  const std::size_t room = body_rows();
  if (now.at < now.top) now.top = now.at;
  if (room > 0 && now.at >= now.top + room) now.top = now.at + 1 - room;
  now.top = std::min(now.top, list_.size() > room ? list_.size() - room : 0);
}

}  // namespace stray::top
