// SPDX-License-Identifier: Apache-2.0
#include "privilege/confine.hpp"

#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/capability.h>
#include <pthread.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <fstream>
#include <iterator>

#include "privilege/filter.hpp"

namespace stray::privilege {
namespace {

struct Sets {
  CapabilitySet effective = 0, permitted = 0;
};

// glibc has no wrapper; libcap's would be of the thread as well. Never gains anything.
bool set(const Sets& sets) {
  __user_cap_header_struct header{.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
  __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3]{};
  for (unsigned i = 0; i < std::size(data); ++i) {
    data[i].effective = static_cast<__u32>(sets.effective >> (32 * i));
    data[i].permitted = static_cast<__u32>(sets.permitted >> (32 * i));
  }
  return ::syscall(SYS_capset, &header, data) == 0;
}

CapabilitySet permitted() {
  __user_cap_header_struct header{.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
  __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3]{};
  if (::syscall(SYS_capget, &header, data) != 0) return 0;
  return data[0].permitted | CapabilitySet{data[1].permitted} << 32;
}

// Before Linux 5.19 a host that refuses bpf(2) to unprivileged processes, as all distributions do, refuses it
// also on descriptors that are open. To be asked without capabilities.
bool bpf_needs_capability() {
  union bpf_attr attributes {};
  attributes.info.bpf_fd = ~__u32{0};
  return ::syscall(SYS_bpf, BPF_OBJ_GET_INFO_BY_FD, &attributes, sizeof attributes) < 0 && errno == EPERM;
}

// To be asked without capabilities too. What is not there is reported by who opens it.
bool refused(const std::string& path, int mode) {
  return ::faccessat(AT_FDCWD, path.c_str(), mode, AT_EACCESS) != 0 && errno == EACCES;
}

bool another_directory(const std::string& path) {
  struct stat info {};
  return ::stat(path.c_str(), &info) == 0 && S_ISDIR(info.st_mode) && info.st_uid != ::geteuid();
}

CapabilitySet needed_for(Role role, const Files& files) {
  CapabilitySet out = 0;
  if ((kept_by(role) & bit(CAP_BPF)) && bpf_needs_capability()) out |= bit(CAP_BPF);
  for (const std::string& path : files.read)
    if (!path.empty() && (refused(path, R_OK) || another_directory(path))) out |= bit(CAP_DAC_READ_SEARCH);
  const auto slash = files.written.rfind('/');
  const std::string directory = slash == std::string::npos ? "." : files.written.substr(0, slash + 1);
  if (!files.written.empty() && refused(directory, W_OK | X_OK)) out |= bit(CAP_DAC_OVERRIDE);
  return out;
}

// Needs CAP_SETPCAP. Without it nothing can be gained either: no_new_privs, and nothing may be executed.
void empty_bounding_set() {
  for (int capability = 0, there = 0; (there = ::prctl(PR_CAPBSET_READ, capability, 0, 0, 0)) >= 0;
       ++capability)
    if (there) ::prctl(PR_CAPBSET_DROP, capability, 0, 0, 0);
}

bool observes(Role role) { return role == Role::observer || role == Role::starter; }

const char* thread_name(Role role) {
  switch (role) {
    case Role::observer:
      return "stray-observer";
    case Role::starter:
      return "stray-starter";
    case Role::output:
      return "stray-output";
    case Role::capture:
      return "stray-capture";
    case Role::files:
      return "stray-output";
    case Role::metrics:
      return "stray-metrics";
    case Role::screen:
      return "stray-screen";
    default:
      return nullptr;  // the main thread, which ps shows as the program
  }
}

CapabilitySet hex_at(const std::string& line, std::size_t at) {
  CapabilitySet out = 0;
  std::from_chars(line.data() + at, line.data() + line.size(), out, 16);
  return out;
}

}  // namespace

CapabilitySet kept_by(Role role) {
  switch (role) {
    case Role::observer:
    case Role::starter:
      return bit(CAP_SYS_PTRACE) | bit(CAP_DAC_READ_SEARCH);
    case Role::pipeline:
    case Role::reporter:
      return bit(CAP_BPF) | bit(CAP_DAC_READ_SEARCH);
    case Role::capture:
    case Role::files:
    case Role::metrics:
      return bit(CAP_DAC_OVERRIDE);
    case Role::reader:
      return bit(CAP_DAC_READ_SEARCH);
    case Role::exporter:
      return bit(CAP_DAC_READ_SEARCH) | bit(CAP_DAC_OVERRIDE);
    case Role::output:
    case Role::screen:
      break;
  }
  return 0;
}

bool confine(Role role, const Files& files) {
  if (const char* name = thread_name(role)) ::pthread_setname_np(::pthread_self(), name);
  ::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
  empty_bounding_set();
  const CapabilitySet had = permitted();
  set({.effective = 0, .permitted = had});
  const CapabilitySet kept =
      had & kept_by(role) & (observes(role) ? ~CapabilitySet{0} : needed_for(role, files));
  set({.effective = kept, .permitted = kept});
  ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  return load_filter(role);
}

void keep_only(CapabilitySet kept, bool programs) {
  ::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
  if (!programs) empty_bounding_set();
  kept &= permitted();
  set({.effective = kept, .permitted = kept});
  if (!programs) ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}

std::string_view name_of(Role role) {
  static constexpr std::array<std::string_view, kRoles> names{"pipeline", "reporter", "observer", "starter",
                                                              "output",   "capture",  "reader",   "exporter",
                                                              "files",    "metrics",  "screen"};
  return names[static_cast<std::size_t>(role)];
}

Confinement confinement_now() {
  Confinement out;
  std::ifstream status("/proc/thread-self/status");
  for (std::string line; std::getline(status, line);) {
    const auto at = line.find('\t');
    if (at == std::string::npos) continue;
    const std::string_view name = std::string_view(line).substr(0, at);
    if (name == "CapEff:") out.effective = hex_at(line, at + 1);
    if (name == "CapPrm:") out.permitted = hex_at(line, at + 1);
    if (name == "CapBnd:") out.bounding = hex_at(line, at + 1);
    if (name == "NoNewPrivs:") out.no_new_privs = line.substr(at + 1) == "1";
    if (name == "Seccomp:") out.seccomp = static_cast<int>(hex_at(line, at + 1));
  }
  return out;
}

}  // namespace stray::privilege
