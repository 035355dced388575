// SPDX-License-Identifier: Apache-2.0
// How a command declares what it takes. Hides the library that reads the command line (CLI11).
#pragma once

#include <functional>
#include <string>
#include <vector>

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace stray {

class Arguments {
 public:
  explicit Arguments(CLI::App& app) : app_(app) {}

  // Names: "--json", "-n,--count"; a name without dashes takes what stands alone. Values are borrowed until
  // the command was read. `type` is what help shows for the value.
  void flag(const std::string& name, bool& value, const std::string& help);
  void flag(const std::string& name, const std::function<void()>& when_given, const std::string& help);
  // A default that is not empty is shown in the help.
  void value(const std::string& name, std::string& value, const std::string& help, const std::string& type);
  // One of these words.
  void choice(const std::string& name, std::string& value, std::vector<std::string> words,
              const std::string& help, const std::string& type);
  // Given several times, one value each.
  void list(const std::string& name, std::vector<std::string>& values, const std::string& help,
            const std::string& type);
  // Several values at once.
  void many(const std::string& name, std::vector<std::string>& values, const std::string& help,
            const std::string& type);
  // The one of that name must be given: else "WHAT is missing".
  void needs(const std::string& name, const std::string& what);

  // The first thing that is missing; empty: nothing.
  std::string missing() const;

 private:
  struct Needed {
    const CLI::Option* option;
    std::string what;
  };
  CLI::App& app_;
  std::vector<Needed> needed_;
};

// The words that the option's value may be, when it was declared as a choice.
std::vector<std::string> words_of(const CLI::Option& option);

}  // namespace stray
