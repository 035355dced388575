// SPDX-License-Identifier: Apache-2.0
#include "program/loader.hpp"

#include "base/words.hpp"

namespace stray {
namespace {

// Options of glibc's and musl's loader that take a word.
constexpr std::string_view kValueOptions =
    "--library-path|--preload|--argv0|--audit|--inhibit-rpath|--glibc-hwcaps-prepend|--glibc-hwcaps-mask";
constexpr std::string_view kNoProgram = "--list|--verify|--help|--version|--list-tunables|--list-diagnostics";

}  // namespace

bool is_loader(std::string_view exe) {
  const std::string_view name = file_name(exe);
  return name == "ld.so" || (name.starts_with("ld-") && contains(name, ".so"));
}

std::optional<ProgramView> loaded_program(const ProgramView& loader) {
  const Words words = words_of(loader.argv);
  for (std::size_t i = 1; i < words.size(); ++i) {
    if (one_of(kNoProgram, words[i])) return {};
    if (one_of(kValueOptions, words[i])) {
      ++i;
    } else if (!words[i].starts_with("--") || words[i] == "--") {
      if (words[i] == "--" && ++i == words.size()) return {};
      ProgramView program = loader;
      program.exe = words[i];
      const std::string_view all = loader.argv.bytes();
      program.argv = StringList(all.substr(static_cast<std::size_t>(words[i].data() - all.data())));
      return program;
    }
  }
  return {};
}

}  // namespace stray
