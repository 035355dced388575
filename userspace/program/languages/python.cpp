// SPDX-License-Identifier: Apache-2.0
#include "program/languages/python.hpp"

#include <algorithm>
#include <cstddef>

#include "base/words.hpp"
#include "program/desk.hpp"
#include "program/dev_tools.hpp"

namespace stray {
namespace {

constexpr std::string_view kMasters = "gunicorn|uvicorn|hypercorn|granian|celery|dramatiq|rq";
constexpr std::string_view kValueOptions = "-W|-X|--check-hash-based-pycs";

// The name of the script or module, or the code of -c, and what follows.
struct Run {
  std::string_view name, code;
  Words args;
};

Run run_of(const Words& words) {
  Run out;
  const auto rest = [&](std::size_t from) {
    return Words(words.begin() + static_cast<std::ptrdiff_t>(std::min(from, words.size())), words.end());
  };
  for (std::size_t i = 1; i < words.size(); ++i) {
    const std::string_view word = words[i];
    const std::string_view next = i + 1 < words.size() ? words[i + 1] : std::string_view();
    if (word == "-c") return {{}, next, rest(i + 2)};
    if (word == "-m") return {next, {}, rest(i + 2)};
    if (one_of(kValueOptions, word))
      ++i;
    else if (!is_option(word))
      return {file_name(word), {}, rest(i + 1)};
  }
  return out;
}

bool is_worker(std::string_view code) {
  return code.starts_with("from multiprocessing.spawn import ") ||
         code.starts_with("from multiprocessing.forkserver import ");
}

}  // namespace

void recognise_python(Program& program, const ProgramView& view) {
  const Run run = run_of(words_of(view.argv));
  if (is_worker(run.code)) {
    program.desk = Desk::worker;
    program.name = to_string(Desk::worker);
  }
  if (run.name.empty()) return;
  if (const Desk desk = desk_by_name(run.name); desk != Desk::none) {
    program.desk = desk;
    program.name = to_string(desk);
    program.ide = desk == Desk::language_server;
    if (program.ide) program.role = Role::dev_tool;
    return;
  }
  const auto match = match_command(run.name, run.args, false);
  if (match && (match->row->traits & kPython)) {
    program.role = match->row->role;
    program.name = match->name;
    program.watcher = match->has(kWatcher);
    program.desk = match->row->desk;
  } else if (one_of(kMasters, run.name)) {
    program.name = run.name;
  }
}

bool keeps_workers(const Program& program) {
  return program.role == Role::none && program.desk == Desk::none && one_of(kMasters, program.name);
}

}  // namespace stray
