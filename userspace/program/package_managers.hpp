// SPDX-License-Identifier: Apache-2.0
// npm, npx, yarn, pnpm and corepack: wrappers when they run something, one-shot tools otherwise.
#pragma once

#include <optional>
#include <string>

#include "base/words.hpp"
#include "program/program.hpp"

namespace stray {

struct PackageManagerRun {
  Role role;         // wrapper or cli
  std::string name;  // "npm run dev", "npm exec prisma", "pnpm dlx degit", "npm ci"
};

// `command` is the script's base name ("npm-cli.js", "yarn-4.1.0.cjs", "pnpm") or the first word of a title;
// `args` is what follows. Nothing when it is no package manager.
std::optional<PackageManagerRun> recognise_package_manager(std::string_view command, Words args);

}  // namespace stray
