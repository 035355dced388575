// SPDX-License-Identifier: Apache-2.0
// A TOML file read to its end: everything that is wrong is collected with its line, not only the first thing.
// The one header that knows toml++; for the parsers of this project's files.
#pragma once

#include <toml++/toml.h>

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace stray {

class TomlReader {
 public:
  // `text`: what the file holds, where it was read already.
  explicit TomlReader(std::string path, std::optional<std::string> text = {})
      : path_(std::move(path)), text_(std::move(text)) {}

  // The root, or nothing: what is wrong is a problem then.
  std::optional<toml::table> parse();

  void problem(const toml::source_region& at, std::string what);
  std::string where(const toml::source_region& at) const;  // "FILE:LINE"
  std::vector<std::string> problems() const;               // by line
  std::size_t count() const { return problems_.size(); }

  // Each key of a table goes to the function of its name; one without is a problem that names those there
  // are.
  using Take = std::function<void(const toml::node&)>;
  using Keys = std::vector<std::pair<std::string_view, Take>>;
  void each_key(const toml::table& table, const Keys& keys);
  void unknown(const toml::key& key, const std::string& known);

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
  std::multimap<std::uint32_t, std::string> problems_;
};

}  // namespace stray
