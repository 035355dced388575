// SPDX-License-Identifier: Apache-2.0
#include "adopt/home.hpp"

#include <fcntl.h>
#include <unistd.h>

#include "base/printable.hpp"
#include "base/root_files.hpp"

namespace stray {
namespace {

constexpr std::chrono::seconds kPatience{5};

struct Access {
  std::string path;
  int mode;
  std::string why_not;
};

}  // namespace

std::vector<std::string> common_problems(const Moving& moving) {
  const Adoption& a = moving.adoption;
  std::vector<std::string> out;
  if (!moving.image.same_mounts)
    out.push_back("it runs in another view of the file system, such as a container's");
  if (!a.args_known) out.push_back("its arguments are not known: it changed its title");
  std::vector<Access> asked{{a.interpreter, X_OK, "cannot be executed by " + a.user},
                            {a.cwd, X_OK, "is a folder that " + a.user + " cannot enter"}};
  if (!a.script.empty()) asked.push_back({a.script, R_OK, "cannot be read by " + a.user});
  for (const Access& one : asked) {
    const int got = as_person(moving.person, kPatience, [&] {
      return ::faccessat(AT_FDCWD, one.path.c_str(), one.mode, AT_EACCESS) == 0 ? 0 : 1;
    });
    if (got == 0) continue;
    out.push_back(printable(one.path) +
                  (got == 1 ? " " + one.why_not : " does not answer: a mount that hangs?"));
  }
  if (moving.person.uid == 0)
    for (const Access& one : asked)
      if (const std::string why = root_may_run(one.path); !why.empty())
        out.push_back("it runs as root, and " + why + ": whoever that is would be root");
  return out;
}

}  // namespace stray
