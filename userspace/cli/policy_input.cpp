// SPDX-License-Identifier: Apache-2.0
#include "cli/policy_input.hpp"

#include <pwd.h>
#include <spdlog/spdlog.h>

#include <vector>

#include "base/errors.hpp"

namespace stray {
namespace {

std::vector<std::string> users_of_this_host() {
  std::vector<std::string> out;
  ::setpwent();
  while (const passwd* user = ::getpwent()) out.emplace_back(user->pw_name);
  ::endpwent();
  return out;
}

}  // namespace

Policy read_policy_for(const std::string& path, const Config& config, bool this_host) {
  PolicyNames names;
  if (config.detect.programs)
    for (const SupervisorRule& rule : config.detect.programs->supervisors)
      names.supervisors.push_back(rule.name);
  if (this_host) {
    names.is_user = [](const std::string& name) { return ::getpwnam(name.c_str()) != nullptr; };
    names.users = users_of_this_host();
  }
  Policy policy;
  const auto problems = read_policy(path, names, policy);
  if (problems.empty()) return policy;
  for (std::size_t i = 0; i + 1 < problems.size(); ++i) spdlog::error("{}", problems[i]);
  throw UsageError(problems.back());
}

}  // namespace stray
