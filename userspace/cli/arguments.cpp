// SPDX-License-Identifier: Apache-2.0
#include "cli/arguments.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <iterator>
#include <sstream>

#include "cli/help_text.hpp"

namespace stray {
namespace {

// The empty variable of a script is not a value: to go on as if the option were absent would be a surprise.
const CLI::Validator kNotEmpty(
    [](std::string& value) { return std::string(value.empty() ? "its value is empty" : ""); }, "");

// "a", "a or b", "a, b or c"
std::string alternatives(const std::vector<std::string>& words) {
  std::string out;
  for (std::size_t i = 0; i < words.size(); ++i)
    out += (i == 0 ? "" : i + 1 == words.size() ? " or " : ", ") + words[i];
  return out;
}

}  // namespace

void Arguments::flag(const std::string& name, bool& value, const std::string& help) {
  app_.add_flag(name, value, help);
}

void Arguments::flag(const std::string& name, const std::function<void()>& when_given,
                     const std::string& help) {
  app_.add_flag_callback(name, when_given, help);
}

void Arguments::value(const std::string& name, std::string& value, const std::string& help,
                      const std::string& type) {
  CLI::Option* option = app_.add_option(name, value, help)->check(kNotEmpty)->type_name(type)->take_last();
  if (!value.empty()) option->capture_default_str();
}

void Arguments::choice(const std::string& name, std::string& value, std::vector<std::string> words,
                       const std::string& help, const std::string& type) {
  this->value(name, value, help, type);
  std::string spaced;
  for (const std::string& word : words) spaced += (spaced.empty() ? "" : " ") + word;
  app_.get_option(name)->check(CLI::Validator(
      [words = std::move(words)](std::string& given) {
        if (std::find(words.begin(), words.end(), given) != words.end()) return std::string();
        return "\"" + given + "\" is not " + alternatives(words);
      },
      "", spaced));  // the name holds the words; a description would be shown as part of the type
}

void Arguments::list(const std::string& name, std::vector<std::string>& values, const std::string& help,
                     const std::string& type) {
  app_.add_option(name, values, help)->check(kNotEmpty)->type_name(type)->allow_extra_args(false)->take_all();
}

void Arguments::many(const std::string& name, std::vector<std::string>& values, const std::string& help,
                     const std::string& type) {
  app_.add_option(name, values, help)->check(kNotEmpty)->type_name(type + "...");
}

void Arguments::needs(const std::string& name, const std::string& what) {
  CLI::Option* option = app_.get_option(name);
  option->group(kRequired);
  needed_.push_back({option, what});
}

std::vector<std::string> words_of(const CLI::Option& option) {
  // The library gives validators only of what may be changed, and throws behind the last one.
  auto& changeable = const_cast<CLI::Option&>(option);
  try {
    for (int i = 0;; ++i) {
      std::istringstream in(changeable.get_validator(i)->get_name());
      std::vector<std::string> words{std::istream_iterator<std::string>(in), {}};
      if (!words.empty()) return words;
    }
  } catch (const CLI::OptionNotFound&) {
    return {};
  }
}

std::string Arguments::missing() const {
  for (const Needed& one : needed_)
    if (one.option->count() == 0) return one.what + " is missing";
  return {};
}

}  // namespace stray
