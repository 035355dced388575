// SPDX-License-Identifier: Apache-2.0
#include "privilege/capabilities.hpp"

#include <linux/capability.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <iterator>

namespace stray::privilege {
namespace {

constexpr Needed kNeeded[] = {
    {CAP_BPF, "CAP_BPF", "loads the kernel programs", {}},
    {CAP_PERFMON, "CAP_PERFMON", "lets these programs read the kernel's structures", {}},
    {CAP_SYS_PTRACE, "CAP_SYS_PTRACE",
     "reads the environment, the directories and the executable of other users' processes",
     "the environment, the directories and the executable of other users' processes are not read"},
    {CAP_DAC_READ_SEARCH, "CAP_DAC_READ_SEARCH",
     "reads sockets of other users' processes, and scripts and packages that only their owner may read",
     "sockets of other users' processes, and files that only their owner may read, are not read"},
};

std::string joined(const std::vector<std::string>& names) {
  std::string out;
  for (std::size_t i = 0; i < names.size(); ++i)
    out += (i == 0 ? "" : i + 1 == names.size() ? " and " : ", ") + names[i];
  return out.empty() ? "none" : out;
}

}  // namespace

std::span<const Needed> needed() { return kNeeded; }

CapabilitySet held() {
  __user_cap_header_struct header{.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
  __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3]{};
  if (::syscall(SYS_capget, &header, data) != 0) return 0;
  CapabilitySet out = data[0].effective | CapabilitySet{data[1].effective} << 32;
  if (out & bit(CAP_SYS_ADMIN)) out |= bit(CAP_BPF) | bit(CAP_PERFMON);
  return out;
}

std::vector<Needed> missing(CapabilitySet held, bool required) {
  std::vector<Needed> out;
  std::copy_if(std::begin(kNeeded), std::end(kNeeded), std::back_inserter(out), [&](const Needed& one) {
    return one.without.empty() == required && (held & bit(one.number)) == 0;
  });
  return out;
}

std::string names_of(const std::vector<Needed>& list) {
  std::vector<std::string> names;
  for (const Needed& one : list) names.emplace_back(one.name);
  return joined(names);
}

std::string names_of(CapabilitySet set) {
  std::vector<std::string> names;
  for (const Needed& one : kNeeded)
    if (set & bit(one.number)) names.emplace_back(one.name), set &= ~bit(one.number);
  if (set & bit(CAP_DAC_OVERRIDE)) names.emplace_back("CAP_DAC_OVERRIDE"), set &= ~bit(CAP_DAC_OVERRIDE);
  if (set) names.push_back(std::to_string(__builtin_popcountll(set)) + " more");
  return joined(names);
}

std::string advice_for(const std::vector<Needed>& list) {
  return "add " + names_of(list) + ", or run stray as root";
}

}  // namespace stray::privilege
