// SPDX-License-Identifier: Apache-2.0
// Man pages, shell completions and the configuration file of a package, written from the same tables as
// --help and `stray config show`.
#pragma once

#include <map>
#include <string>

namespace CLI {
class App;
}

namespace stray {

// roff of man(7) by file name: "stray.8", and "stray-scan.8" for each command; those of a command's own
// commands are sections of its page.
std::map<std::string, std::string> man_pages(const CLI::App& app);

// A configuration file that changes nothing: every value with its meaning, as a comment below its table.
std::string commented_defaults();

// Complete commands, options, the words of an option that takes some, and files. Nothing is run to complete.
std::string bash_completion(const CLI::App& app);
std::string zsh_completion(const CLI::App& app);
std::string fish_completion(const CLI::App& app);

}  // namespace stray
