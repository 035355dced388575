// SPDX-License-Identifier: Apache-2.0
#include "privilege/filter.hpp"

#include <string>
#include <string_view>

#include "base/words.hpp"

#ifdef STRAY_SECCOMP
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/fs.h>
#include <linux/perf_event.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <memory>
#include <vector>
#endif

namespace stray::privilege {
namespace {

struct Calls {
  std::string_view more;  // beside kCommon
  bool write_files = false;
  bool memory_of_files = false;  // maps libraries: user names may come from one
  bool threads = false, processes = false;
  bool programs = false;  // bpf(2): reads counters and the task iterator
  bool sockets = false;   // local ones and netlink
  bool terminal = false;  // sets how a terminal behaves
};

// Memory, threads, time, signals to oneself, and reading; some of these are safe whatever their arguments
// are, the others of kByArguments.
constexpr std::string_view kCommon =
    "brk munmap mremap madvise membarrier futex set_robust_list rseq sched_yield sched_getaffinity gettid "
    "getpid getppid getuid geteuid getgid getegid exit exit_group rt_sigaction rt_sigprocmask rt_sigreturn "
    "rt_sigtimedwait rt_sigpending sigaltstack restart_syscall clock_gettime clock_getres clock_nanosleep "
    "nanosleep "
    "gettimeofday time read readv pread64 preadv write writev pwrite64 pwritev lseek close fstat newfstatat "
    "fstatat64 stat lstat statx fstatfs statfs access faccessat faccessat2 readlink readlinkat getdents64 "
    "getcwd fcntl dup dup2 dup3 pipe2 poll ppoll select pselect6 epoll_create1 epoll_wait epoll_pwait "
    "epoll_pwait2 epoll_ctl eventfd2 signalfd4 fadvise64 uname sysinfo getrandom getrusage getrlimit wait4 "
    "waitid capget "
    "capset";
constexpr std::string_view kByArguments = "mmap mprotect tgkill ioctl prctl prlimit64 seccomp";
constexpr std::string_view kWriting =
    "creat unlink unlinkat rename renameat renameat2 ftruncate fallocate fsync fdatasync sync_file_range "
    "flock "
    "fchmod fchown umask";

constexpr Calls calls(Role role) {
  switch (role) {
    case Role::pipeline:
      return {.more = "sendto recvfrom sendmsg memfd_create fallocate ftruncate fsync",
              .threads = true,
              .programs = true};
    case Role::reporter:
      return {.more = "sendto recvfrom unlink fsync", .threads = true, .programs = true};
    case Role::observer:
      return {.more = "openat2", .memory_of_files = true, .sockets = true};
    case Role::starter:
      return {.more = "openat2 socketpair close_range",
              .memory_of_files = true,
              .threads = true,
              .processes = true,
              .sockets = true};
    case Role::output:
      return {.more = "fsync"};
    case Role::capture:
    case Role::files:
    case Role::metrics:
      return {.write_files = true};
    case Role::reader:
      return {.more = "fsync inotify_init1 inotify_add_watch inotify_rm_watch",
              .memory_of_files = true,
              .threads = true};
    case Role::exporter:
      return {.write_files = true, .threads = true};
    case Role::screen:
      return {.more = "", .terminal = true};
  }
  return {};
}

#ifdef STRAY_SECCOMP

constexpr int kWriteFlags = O_ACCMODE | O_CREAT | O_TRUNC | (O_TMPFILE & ~O_DIRECTORY);
constexpr auto kNamespaces =
    static_cast<scmp_datum_t>(CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER |
                              CLONE_NEWPID | CLONE_NEWNET);
constexpr unsigned long kTermios2 = 0x802C542A;  // TCGETS2, which <asm/termbits.h> has

class Filter {
 public:
  Filter() : context_(seccomp_init(SCMP_ACT_ERRNO(EPERM)), seccomp_release) {
    if (!context_) return;
    // Before Linux 5.16 a filter also switched speculation off, which costs much more than the filter.
    seccomp_attr_set(context_.get(), SCMP_FLTATR_CTL_SSB, 1);
    seccomp_attr_set(context_.get(), SCMP_FLTATR_CTL_OPTIMIZE, 2);
  }
  bool load() { return context_ && whole_ && seccomp_load(context_.get()) == 0; }

  void allow(std::string_view names) {
    any_part(names, ' ', [this](std::string_view name) {
      rule(SCMP_ACT_ALLOW, std::string(name), {});
      return false;
    });
  }
  void allow(const char* name, const std::vector<scmp_arg_cmp>& when) { rule(SCMP_ACT_ALLOW, name, when); }
  // glibc asks again with clone(2), whose flags a filter can read.
  void not_there(const char* name) { rule(SCMP_ACT_ERRNO(ENOSYS), name, {}); }

 private:
  // Calls that this architecture or this libseccomp does not know stay refused.
  void rule(std::uint32_t action, const std::string& name, const std::vector<scmp_arg_cmp>& when) {
    const int number = seccomp_syscall_resolve_name(name.c_str());
    if (!context_ || number == __NR_SCMP_ERROR) return;
    whole_ &= seccomp_rule_add_array(context_.get(), action, number, static_cast<unsigned>(when.size()),
                                     when.data()) == 0;
  }

  std::unique_ptr<void, void (*)(scmp_filter_ctx)> context_;
  bool whole_ = true;
};

scmp_arg_cmp is(unsigned argument, scmp_datum_t value) { return {argument, SCMP_CMP_EQ, value, 0}; }
scmp_arg_cmp has(unsigned argument, scmp_datum_t mask, scmp_datum_t value) {
  return {argument, SCMP_CMP_MASKED_EQ, mask, value};
}

void allow_memory(Filter& filter, bool of_files) {
  filter.allow("mmap", {has(2, PROT_EXEC, 0)});
  filter.allow("mprotect", {has(2, PROT_EXEC, 0)});
  if (of_files) filter.allow("mmap", {has(2, PROT_EXEC | PROT_WRITE, PROT_EXEC)});
}

void allow_files(Filter& filter, bool to_write) {
  if (to_write) {
    filter.allow("open openat");
    filter.allow(kWriting);
    return;
  }
  filter.allow("open", {has(1, kWriteFlags, O_RDONLY)});
  filter.allow("openat", {has(2, kWriteFlags, O_RDONLY)});
}

void allow_starting(Filter& filter, const Calls& what) {
  filter.not_there("clone3");
  if (what.processes) {
    filter.allow("clone", {has(0, kNamespaces, 0)});
    filter.allow("kill", {is(1, SIGKILL)});
  }
  if (what.threads && !what.processes)
    filter.allow("clone", {has(0, kNamespaces | CLONE_THREAD, CLONE_THREAD)});
}

// What confine() itself does, which only ever takes away, and what is harmless only with these arguments.
void allow_by_arguments(Filter& filter) {
  filter.allow("tgkill", {is(0, static_cast<scmp_datum_t>(::getpid()))});
  for (const unsigned long request :
       {static_cast<unsigned long>(TCGETS), kTermios2, static_cast<unsigned long>(TIOCGWINSZ),
        static_cast<unsigned long>(FIONREAD)})
    filter.allow("ioctl", {is(1, request)});
  for (const int option : {PR_SET_NAME, PR_SET_NO_NEW_PRIVS, PR_GET_NO_NEW_PRIVS, PR_CAPBSET_READ,
                           PR_CAPBSET_DROP, PR_CAP_AMBIENT, PR_SET_PDEATHSIG})
    filter.allow("prctl", {is(0, static_cast<scmp_datum_t>(option))});
  filter.allow("prlimit64", {is(2, 0)});
  filter.allow("seccomp", {is(0, SECCOMP_SET_MODE_FILTER), has(1, SECCOMP_FILTER_FLAG_NEW_LISTENER, 0)});
  filter.allow("seccomp", {is(0, SECCOMP_GET_ACTION_AVAIL)});
}

void allow_programs(Filter& filter) {
  for (const bpf_cmd command : {BPF_OBJ_GET_INFO_BY_FD, BPF_ITER_CREATE})
    filter.allow("bpf", {is(0, static_cast<scmp_datum_t>(command))});
  filter.allow("ioctl", {is(1, PERF_EVENT_IOC_DISABLE)});
}

void allow_sockets(Filter& filter) {
  for (const int family : {AF_UNIX, AF_NETLINK})
    filter.allow("socket", {is(0, static_cast<scmp_datum_t>(family))});
  filter.allow(
      "connect sendto sendmsg sendmmsg recvfrom recvmsg getsockname getpeername getsockopt setsockopt "
      "shutdown "
      "timerfd_create timerfd_settime");
}

// Not TIOCSTI, which would type for the person.
void allow_terminal(Filter& filter) {
  for (const unsigned long request : {TCSETS, TCSETSW, TCSETSF, TCFLSH, TIOCGPGRP})
    filter.allow("ioctl", {is(1, request)});
}

#endif

}  // namespace

std::string calls_of(Role role) {
  const Calls what = calls(role);
  std::string out = std::string(kCommon) + " " + std::string(kByArguments) + " openat";
  if (!what.more.empty()) out += " " + std::string(what.more);
  if (what.write_files) out += " " + std::string(kWriting);
  if (what.threads || what.processes) out += " clone";
  if (what.processes) out += " kill";
  if (what.programs) out += " bpf";
  if (what.sockets) out += " socket connect";
  return out;
}

#ifdef STRAY_SECCOMP

bool load_filter(Role role) {
  const Calls what = calls(role);
  Filter filter;
  filter.allow(kCommon);
  filter.allow(what.more);
  allow_memory(filter, what.memory_of_files);
  allow_files(filter, what.write_files);
  allow_starting(filter, what);
  allow_by_arguments(filter);
  if (what.programs) allow_programs(filter);
  if (what.sockets) allow_sockets(filter);
  if (what.terminal) allow_terminal(filter);
  return filter.load();
}

#else

bool load_filter(Role) { return false; }

#endif

}  // namespace stray::privilege
