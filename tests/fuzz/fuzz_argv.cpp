// SPDX-License-Identifier: Apache-2.0
// Any command line as one of node, bun, deno, electron, python, ruby, java, php, a shell or a package
// manager. An input is a byte that chooses the program, then the arguments with a NUL behind each; an empty
// one ends them, and the environment follows.
#include <cstdint>
#include <iterator>
#include <string>
#include <string_view>

#include "broken.hpp"
#include "program/program.hpp"

using namespace stray;

namespace {

struct Choice {
  Runtime runtime;
  std::string_view exe;
};

constexpr Choice kChoices[] = {
    {Runtime::node, "/usr/bin/node"},
    {Runtime::bun, "/usr/bin/bun"},
    {Runtime::deno, "/usr/bin/deno"},
    {Runtime::electron, "/opt/electron"},
    {Runtime::python, "/usr/bin/python3"},
    {Runtime::ruby, "/usr/bin/ruby"},
    {Runtime::java, "/usr/bin/java"},
    {Runtime::php, "/usr/bin/php"},
    {Runtime::none, "/bin/sh"},
    {Runtime::none, "/usr/bin/npm"},
    {Runtime::none, "/usr/bin/screen"},
};
constexpr std::uint8_t kReadLater = 0x80, kAtTerminal = 0x40;

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view all(reinterpret_cast<const char*>(data + 1), size - 1);
  const auto end = all.find(std::string_view("\0\0", 2));
  const Choice& choice = kChoices[(data[0] & 0x3f) % std::size(kChoices)];
  ProgramView view;
  view.exe = choice.exe, view.runtime = choice.runtime, view.argv = StringList(all.substr(0, end));
  if (end != std::string_view::npos) view.env = StringList(all.substr(end + 2));
  view.argv_at_exec = (data[0] & kReadLater) == 0;
  if (data[0] & kAtTerminal) view.stdin_terminal = true;
  const std::string saved = save_program(recognise(view));
  Program restored;
  if (!restore_program(restored, saved)) fuzz::broken("cannot restore", saved);
  if (save_program(restored) != saved) fuzz::broken("restores another program than", saved);
  return 0;
}
