// SPDX-License-Identifier: Apache-2.0
#include "config/toml_reader.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <system_error>

#include "base/descriptor.hpp"
#include "base/errors.hpp"
#include "base/layout.hpp"
#include "base/nearest.hpp"
#include "base/quote.hpp"
#include "config/toml_bounds.hpp"

namespace stray {

namespace {

std::string mode_text(mode_t mode) {
  char text[8];
  std::snprintf(text, sizeof text, "%04o", static_cast<unsigned>(mode & 07777));
  return text;
}

[[noreturn]] void fail(int error) { throw UsageError(std::strerror(error)); }

// What decides what root does must be root's, and nobody else's to write.
void refuse_if_others(const struct stat& info, const std::string& path) {
  if (::geteuid() != 0) return;
  if (info.st_uid != 0)
    throw UsageError("it belongs to uid " + std::to_string(info.st_uid) +
                     ", and root obeys it; run: chown root " + shell_quote(path));
  if (info.st_mode & (S_IWGRP | S_IWOTH))
    throw UsageError("others may write it (mode " + mode_text(info.st_mode) +
                     "), and root obeys it; run: chmod go-w " + shell_quote(path));
}

// One byte more than may be parsed is enough to say so. Throws UsageError.
std::string read_file(const std::string& path, TomlReader::Trust trust) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (!file) fail(errno);
  struct stat info {};
  if (::fstat(file.get(), &info) != 0) fail(errno);
  if (S_ISDIR(info.st_mode)) fail(EISDIR);
  // A FIFO without a writer would be waited for without end, or be taken for an empty file.
  if (!S_ISREG(info.st_mode)) throw UsageError("not a regular file");
  if (trust == TomlReader::Trust::own) refuse_if_others(info, path);
  std::string out;
  char block[16 << 10];
  while (out.size() <= kLargestToml) {
    const ssize_t got = ::read(file.get(), block, sizeof block);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) fail(errno);
    if (got == 0) break;
    out.append(block, static_cast<std::size_t>(got));
  }
  return out;
}

}  // namespace

std::optional<toml::table> TomlReader::parse() {
  try {
    if (!text_) text_ = read_file(path_, trust_);
  } catch (const UsageError& error) {
    problems_.emplace(std::pair(0u, 0u), path_ + ": " + error.what());
    return {};
  }
  if (const auto excess = toml_excess(*text_)) {
    problems_.emplace(std::pair(excess->line, 0u),
                      path_ + ":" + std::to_string(excess->line) + ": " + excess->what);
    return {};
  }
  try {
    return toml::parse(*text_, path_);
  } catch (const toml::parse_error& wrong) {
    problem(wrong.source(), std::string(wrong.description()));
    return {};
  }
}

std::string TomlReader::where(const toml::source_region& at) const {
  return path_ + ":" + std::to_string(at.begin.line);
}

void TomlReader::problem(const toml::source_region& at, std::string what) {
  problems_.emplace(std::pair(at.begin.line, at.begin.column),
                    where(at) + ":" + std::to_string(at.begin.column) + ": " + std::move(what));
}

std::vector<std::string> TomlReader::problems() const {
  std::vector<std::string> out;
  for (const auto& [place, text] : problems_) out.push_back(text);
  return out;
}

void TomlReader::unknown(const toml::key& key, const std::vector<std::string>& known) {
  problem(key.source(), "\"" + std::string(key.str()) + "\" is not a key here" +
                            did_you_mean(key.str(), known) + "; keys: " + joined(known));
}

void TomlReader::each_key(const toml::table& table, const Keys& keys) {
  for (const auto& [key, node] : table) {
    const std::string_view written = key.str();
    const auto found =
        std::find_if(keys.begin(), keys.end(), [&](const auto& one) { return one.first == written; });
    if (found != keys.end()) {
      found->second(node);
      continue;
    }
    std::vector<std::string> known;
    for (const auto& [name, take] : keys) known.emplace_back(name);
    unknown(key, known);
  }
}

const toml::table* TomlReader::table(const toml::node& node, std::string_view name) {
  if (!node.is_table()) problem(node.source(), "[" + std::string(name) + "] must be a table");
  return node.as_table();
}

void TomlReader::tables(const toml::node& node, std::string_view name,
                        const std::function<void(const toml::table&)>& each) {
  if (!node.is_array_of_tables())
    return problem(node.source(),
                   std::string(name) + " is a list of tables, written as [[" + std::string(name) + "]]");
  for (const auto& entry : *node.as_array()) each(*entry.as_table());
}

std::optional<std::string> TomlReader::text(const toml::node& node, std::string_view key) {
  if (!node.is_string()) {
    problem(node.source(), std::string(key) + " must be a string, in quotes");
    return {};
  }
  return node.value<std::string>();
}

std::optional<bool> TomlReader::yes_or_no(const toml::node& node, std::string_view key) {
  if (!node.is_boolean()) problem(node.source(), std::string(key) + " must be true or false");
  return node.is_boolean() ? node.value<bool>() : std::nullopt;
}

std::optional<std::int64_t> TomlReader::number(const toml::node& node, std::string_view key) {
  if (!node.is_integer()) problem(node.source(), std::string(key) + " must be a whole number");
  return node.is_integer() ? node.value<std::int64_t>() : std::nullopt;
}

std::vector<std::string> TomlReader::texts(const toml::node& node, std::string_view key) {
  std::vector<std::string> out;
  if (node.is_string()) return {*node.value<std::string>()};
  if (!node.is_array()) {
    problem(node.source(), std::string(key) + " must be a list of strings");
    return out;
  }
  for (const auto& entry : *node.as_array())
    if (auto one = text(entry, key)) out.push_back(std::move(*one));
  return out;
}

void TomlReader::guard(const toml::node& at, const std::function<void()>& action) {
  try {
    action();
  } catch (const UsageError& error) {
    problem(at.source(), error.what());
  }
}

TomlReader::Take TomlReader::into(std::string& out, std::string_view key) {
  return [this, &out, key](const toml::node& node) { out = text(node, key).value_or(""); };
}

TomlReader::Take TomlReader::into(std::vector<std::string>& out, std::string_view key) {
  return [this, &out, key](const toml::node& node) { out = texts(node, key); };
}

TomlReader::Take TomlReader::into(bool& out, std::string_view key) {
  return [this, &out, key](const toml::node& node) { out = yes_or_no(node, key).value_or(out); };
}

}  // namespace stray
