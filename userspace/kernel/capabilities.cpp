// SPDX-License-Identifier: Apache-2.0
#include "kernel/capabilities.hpp"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <linux/magic.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <memory>
#include <span>
#include <string_view>
#include <thread>

#include "kernel/kernel_source.hpp"
#include "kernel/programs.hpp"
#include "lifecycle.skel.h"
#include "privilege/confine.hpp"
#include "procfs/host.hpp"

namespace stray {
namespace {

constexpr std::uint64_t kRootPidNamespace = 0xEFFFFFFC;  // PROC_PID_INIT_INO, include/linux/proc_ns.h

Capability kernel_release() {
  utsname system{};
  ::uname(&system);
  return {"kernel", Offer::info, std::string(system.release) + " " + system.machine, ""};
}

Capability privileges() {
  const privilege::CapabilitySet held = privilege::held();
  if (const auto lacking = privilege::missing(held, true); !lacking.empty())
    return {"privileges", Offer::missing,
            privilege::names_of(lacking) + (lacking.size() == 1 ? " is" : " are") + " missing",
            privilege::advice_for(lacking)};
  const auto lacking = privilege::missing(held, false);
  if (lacking.empty()) {
    const std::span all = privilege::needed();
    return {"privileges", Offer::ok, privilege::names_of({all.begin(), all.end()}), ""};
  }
  std::string what;
  for (const privilege::Needed& one : lacking)
    what += (what.empty() ? "" : "; ") + std::string(one.name) + " is missing: " + std::string(one.without);
  return {"privileges", Offer::limited, what, privilege::advice_for(lacking)};
}

// What a thread of each kind keeps, found by starting one.
Capability confined(privilege::Role role) {
  privilege::Confinement found;
  bool filtered = false;
  std::thread([&] {
    filtered = privilege::confine(role);
    found = privilege::confinement_now();
  }).join();
  const std::string name = "confined " + std::string(privilege::name_of(role));
  const std::string kept = "capabilities " + privilege::names_of(found.permitted) + ", " +
                           (found.no_new_privs ? "no_new_privs" : "without no_new_privs");
  if (filtered && found.seccomp == 2) return {name, Offer::ok, kept + ", system calls filtered", ""};
  return {name, Offer::limited, kept + ", system calls not filtered",
          "use a kernel with CONFIG_SECCOMP_FILTER, and a stray that was built with it"};
}

Capability type_information() {
  if (kernel::has_btf()) return {"BTF", Offer::ok, "/sys/kernel/btf/vmlinux", ""};
  return {
      "BTF", Offer::missing, "/sys/kernel/btf/vmlinux cannot be read",
      "use a kernel built with CONFIG_DEBUG_INFO_BTF (all current distributions); `stray scan --no-bpf` does "
      "without"};
}

// A kernel without CONFIG_BPF_SYSCALL does not know the system call; else this command is one of no kernel.
bool has_bpf() { return ::syscall(SYS_bpf, -1, nullptr, 0) == 0 || errno != ENOSYS; }

constexpr const char* kLockdown = "/sys/kernel/security/lockdown";  // "none integrity [confidentiality]"

// At confidentiality no program may read the kernel's memory (LOCKDOWN_BPF_READ_KERNEL, security/security.c).
Capability lockdown() {
  const std::string mode = proc::first_line(kLockdown);
  if (mode.find("[confidentiality]") == std::string::npos)
    return {"lockdown", Offer::ok, mode.empty() ? "not there" : mode, ""};
  return {"lockdown", Offer::missing, "confidentiality: no kernel program may read the kernel's memory",
          "boot with lockdown=integrity; `stray scan --no-bpf` does without kernel programs"};
}

// Loads one program by itself, as the live source would.
Capability try_program(std::string_view name) {
  Capability result{"program " + std::string(name), Offer::ok, "loads", ""};
  try {
    const kernel::LibbpfOutput output;
    const kernel::Skeleton skeleton =
        kernel::open_programs({name}, static_cast<std::uint32_t>(::sysconf(_SC_PAGESIZE)));
    if (const int error = lifecycle::load(skeleton.get()); error != 0) {
      result.offer = Offer::missing;
      result.detail = kernel::why_refused(output.text(), error);
      result.advice = "stray run needs it: please report the kernel release with this line";
    }
  } catch (const SetupError& error) {
    result.offer = Offer::missing;
    result.detail = error.what();
  }
  return result;
}

// The source as a whole, without probes and with them: what the other commands will do.
Capability try_source(bool probes) {
  const std::string name = probes ? "ring and probes" : "snapshot";
  try {
    KernelSource source({.probes = probes});
    if (probes) return {name, Offer::ok, "attached and detached again", ""};
    std::size_t seeds = 0;
    source.snapshot([&](RawRecord) { ++seeds; });
    return {name, Offer::ok, std::to_string(seeds) + " processes and kernel threads", ""};
  } catch (const SetupError& error) {
    return {name, Offer::missing, error.what(), ""};
  }
}

bool loads(bpf_prog_type type, bpf_attach_type attach, const char* function) {
  const std::unique_ptr<btf, void (*)(btf*)> types(btf__load_vmlinux_btf(), btf__free);
  const int id = types ? btf__find_by_name_kind(types.get(), function, BTF_KIND_FUNC) : -ENOENT;
  if (id < 0) return false;
  const bpf_insn program[] = {
      {.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 0, .src_reg = 0, .off = 0, .imm = 0},
      {.code = BPF_JMP | BPF_EXIT, .dst_reg = 0, .src_reg = 0, .off = 0, .imm = 0}};
  LIBBPF_OPTS(bpf_prog_load_opts, options, .expected_attach_type = attach,
              .attach_btf_id = static_cast<__u32>(id));
  const int fd = bpf_prog_load(type, "stray_try", "GPL", program, std::size(program), &options);
  if (fd < 0) return false;
  // Loading proves nothing yet: some hosts refuse the attachment.
  const int link = bpf_link_create(fd, 0, attach, nullptr);
  if (link >= 0) ::close(link);
  ::close(fd);
  return link >= 0;
}

Capability improvement(const char* name, bool there) {
  return {name, Offer::info, there ? "available" : "refused here",
          there ? "" : "not needed: stray uses tracepoints"};
}

Capability pid_namespace() {
  if (proc::own_namespace("pid") == kRootPidNamespace)
    return {"pid namespace", Offer::ok, "that of the host", ""};
  return {"pid namespace", Offer::limited, "not that of the host: the snapshot and /proc show this one only",
          "run stray on the host, or in a container with the host's pid namespace (--pid=host)"};
}

Capability cgroups() {
  struct statfs info {};
  if (::statfs("/sys/fs/cgroup", &info) != 0)
    return {"cgroups", Offer::limited, std::string("/sys/fs/cgroup: ") + std::strerror(errno),
            "mount the cgroup file system: systemd units and containers are recognised by it"};
  if (static_cast<unsigned long>(info.f_type) == CGROUP2_SUPER_MAGIC)
    return {"cgroups", Offer::ok, "version 2", ""};
  if (::access("/sys/fs/cgroup/unified", F_OK) == 0)
    return {"cgroups", Offer::ok, "version 1 with the unified hierarchy beside it", ""};
  return {"cgroups", Offer::limited,
          "version 1 only: kernel records carry no cgroup path, /proc is read for it", ""};
}

}  // namespace

std::vector<Capability> capabilities() {
  std::vector<Capability> list{kernel_release(), privileges(), type_information(), lockdown()};
  if (!has_bpf())
    list.push_back({"bpf(2)", Offer::missing, "this kernel has no such system call",
                    "use a kernel built with CONFIG_BPF_SYSCALL; `stray scan --no-bpf` does without"});
  else if (privilege::missing(privilege::held(), true).empty() && kernel::has_btf()) {
    for (const std::string_view name : kernel::wanted_programs(true)) list.push_back(try_program(name));
    list.push_back(try_source(false));
    list.push_back(try_source(true));
    const kernel::LibbpfOutput quiet;
    list.push_back(improvement("fentry", loads(BPF_PROG_TYPE_TRACING, BPF_TRACE_FENTRY, "do_exit")));
    list.push_back(improvement("LSM", loads(BPF_PROG_TYPE_LSM, BPF_LSM_MAC, "bpf_lsm_task_free")));
  }
  for (int role = 0; role < privilege::kRoles; ++role)
    list.push_back(confined(static_cast<privilege::Role>(role)));
  list.push_back(pid_namespace());
  list.push_back(cgroups());
  return list;
}

}  // namespace stray
