// SPDX-License-Identifier: Apache-2.0
// A TOML file read to its end: everything that is wrong is collected with its place, not only the first
// thing. The one header that knows toml++; for the parsers of this project's files.
#pragma once

#include <toml++/toml.h>

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace stray {

class TomlReader {
 public:
  // Whose file it must be. `own`: what root reads must belong to root and be writable by nobody else, since
  // it decides what root does.
  enum class Trust { any, own };
  explicit TomlReader(std::string path, Trust trust = Trust::any) : path_(std::move(path)), trust_(trust) {}
  // `text`: what the file holds, where it was read already.
  TomlReader(std::string path, std::string text) : path_(std::move(path)), text_(std::move(text)) {}

  // The root, or nothing: what is wrong is a problem then. Never waits: only a regular file is read.
  std::optional<toml::table> parse();

  void problem(const toml::source_region& at, std::string what);
  std::string where(const toml::source_region& at) const;  // "FILE:LINE"
  std::vector<std::string> problems() const;               // "FILE:LINE:COLUMN: what", by place
  std::size_t count() const { return problems_.size(); }

  // Each key of a table goes to the function of its name; one without is a problem that names those there
  // are.
  using Take = std::function<void(const toml::node&)>;
  using Keys = std::vector<std::pair<std::string_view, Take>>;
  void each_key(const toml::table& table, const Keys& keys);
  void unknown(const toml::key& key, const std::vector<std::string>& known);

  // A value of that type, or nothing and a problem.
  const toml::table* table(const toml::node& node, std::string_view name);
  void tables(const toml::node& node, std::string_view name,
              const std::function<void(const toml::table&)>& each);  // [[name]]
  std::optional<std::string> text(const toml::node& node, std::string_view key);
  std::optional<bool> yes_or_no(const toml::node& node, std::string_view key);
  std::optional<std::int64_t> number(const toml::node& node, std::string_view key);
  std::vector<std::string> texts(const toml::node& node, std::string_view key);  // a string is a list of one

  // What throws UsageError is a problem there.
  void guard(const toml::node& at, const std::function<void()>& action);

  Take into(std::string& out, std::string_view key);
  Take into(std::vector<std::string>& out, std::string_view key);
  Take into(bool& out, std::string_view key);

 private:
  std::string path_;
  std::optional<std::string> text_;
  Trust trust_ = Trust::any;
  std::multimap<std::pair<std::uint32_t, std::uint32_t>, std::string> problems_;  // by line and column
};

}  // namespace stray
