/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* The record contract: every byte the core may know, written by the kernel programs, by the observer at the
 * edge, by tests, and kept as it is in captures. C and C++, no functions.
 *
 * A record is one of the structs below followed by its variable data. Variable data is named by spans whose
 * offset counts from the first byte of the record. Numbers are host byte order, times are nanoseconds of
 * CLOCK_BOOTTIME, memory is bytes. Unused bytes are zero. Numbers given to kinds and flags are never reused
 * or renumbered: add at the end. A struct may only grow at its end; a reader takes the smaller record and
 * sees zeros (STRAY_CONTRACT counts the growths).
 *
 * Paths resolved in the kernel are written leaf first, each name ended by NUL ("node\0bin\0usr\0" is
 * /usr/bin/node): walking dentries gives them in that order, and appending needs no second buffer. Lists of
 * strings (argv, environment) are NUL separated, as in /proc/PID/cmdline. */
#ifndef STRAY_EVENT_H
#define STRAY_EVENT_H

#ifdef __bpf__
/* fixed-width types come from kernel.h */
#else
#include <linux/types.h>
#endif

#define STRAY_CONTRACT 7

#define STRAY_ARGV_MAX 32768u   /* bytes of argv kept in an exec record */
#define STRAY_RECORD_MAX 65536u /* bytes of one record of any kind */
#define STRAY_PATH_DEPTH 48     /* path components kept; more are cut and flagged */
#define STRAY_CGROUP_DEPTH 16
#define STRAY_REAPER_WALK 64 /* ancestors looked at for a subreaper; more means "unknown" */

enum stray_kind {
  /* made in the kernel */
  STRAY_FORK = 1,
  STRAY_EXEC = 2,
  STRAY_EXIT = 3,
  STRAY_OOM = 4,
  STRAY_SIGNAL = 5,
  STRAY_SEED = 6,
  STRAY_LISTEN = 7,
  /* made at the edge, in user space */
  STRAY_SESSION = 32, /* first record: which host, boot and stray */
  STRAY_CLOCK = 33,   /* boot time against wall time, again after suspend or a step */
  STRAY_TICK = 34,    /* time passed, and the running total of lost records */
  STRAY_READY = 35,   /* probes attached and the snapshot is in */
  STRAY_END = 36,     /* clean stop: everything in flight was read */
  STRAY_GAP = 37,     /* records were lost; the table was held against a snapshot */
  STRAY_SAW_PROCESS = 38,
  STRAY_SAW_SCRIPT = 39,
  STRAY_SAW_USAGE = 40,
  STRAY_SAW_SOCKETS = 41,
  STRAY_INFERRED_EXIT = 42, /* a process of the table is gone and its exit was never seen */
  STRAY_SAW_CHILDREN = 43,
  /* made in user space: what the core knew at one moment, for readers that begin there (struct stray_state)
   */
  STRAY_STATE_IMAGE = 48,   /* a program image, shared by the processes that name its number */
  STRAY_STATE_PROCESS = 49, /* head: a process, alive, or dead and still needed */
  STRAY_STATE_WATCH = 50,   /* head: a process that the detectors watch */
  STRAY_STATE_OOM = 51,     /* head: a victim of the OOM killer that is still told of */
  STRAY_STATE_CORE = 52,    /* all that is of no single process */
  STRAY_STATE_END = 53,     /* the state is whole; events follow */
  STRAY_STATE_FINDING = 54, /* head: a process; a finding of the run before that was open at its end */
};

struct stray_span {
  __u32 offset;
  __u32 length;
};

/* A process: tgid in the root pid namespace and the start of its thread group leader. The start stays the
 * same over exec and over de_thread (fs/exec.c copies it to the new leader). All zero: nobody, or not known.
 */
struct stray_id {
  __u64 start_ns;
  __u32 tgid;
  __u32 reserved;
};

struct stray_head {
  __u32 size; /* of the whole record, spans included */
  __u16 kind;
  __u16 cpu;
  __u64 time_ns;
  __u64 lost;     /* records that found no room in the ring so far, since it was made */
  __u64 start_ns; /* with tgid: the process the record is about */
  __u32 tgid;
  __u32 flags; /* STRAY_<KIND>_… below */
};

/* ---- kernel records ---- */

struct stray_fork { /* head: the child. Only new thread groups. */
  struct stray_head head;
  struct stray_id parent;  /* real_parent: differs from creator for CLONE_PARENT */
  struct stray_id creator; /* who called clone */
  __u64 clone_flags;       /* 0 where the kernel does not tell */
  __u64 cgroup_id;
  __u32 pidns;  /* inode of the child's pid namespace */
  __u32 ns_pid; /* the child's pid in it */
  __u32 uid;
  __u32 sid;
  __u32 pgid;
  __u32 creator_tid;
};

#define STRAY_EXEC_EXE_DELETED (1u << 0)
#define STRAY_EXEC_MEMFD (1u << 1)
#define STRAY_EXEC_BY_THREAD (1u << 2) /* a thread other than the leader called execve */
#define STRAY_EXEC_EXE_CUT (1u << 3)
#define STRAY_EXEC_CWD_CUT (1u << 4)
#define STRAY_EXEC_CGROUP_CUT (1u << 5)
#define STRAY_EXEC_ARGV_CUT (1u << 6)
#define STRAY_EXEC_ARGV_FAULT (1u << 7) /* a page of argv could not be read */
#define STRAY_EXEC_CWD_DELETED (1u << 8)
#define STRAY_EXEC_LOGINUID (1u << 9) /* the kernel has loginuid and the audit session */
#define STRAY_EXEC_NAME_CUT (1u << 10)
#define STRAY_EXEC_REDACTED (1u << 11) /* set in user space: a secret was taken out of argv */
#define STRAY_EXEC_INFERRED \
  (1u << 12) /* in user space only: its record was lost, a snapshot shows its outcome */

struct stray_exec {
  struct stray_head head;
  __u64 inode; /* of the executable (the interpreter, for a script) */
  __u64 cgroup_id;
  __u32 dev_major;
  __u32 dev_minor;
  __u32 nlink;
  __u32 argc;
  __u32 argv_bytes; /* whole length of argv in the new image, also when cut */
  __u32 old_tid;
  __u32 uid;
  __u32 euid;
  __u32 gid;
  __u32 loginuid;
  __u32 audit_session;
  __u32 tty_major; /* controlling terminal; 0,0: none */
  __u32 tty_minor;
  __u32 sid;
  __u32 pgid;
  __u32 pidns;
  __u32 mntns;
  __u32 execs;              /* grows with each exec, kept over fork; 0: not known (contract 4) */
  struct stray_span exe;    /* leaf first */
  struct stray_span cwd;    /* leaf first */
  struct stray_span cgroup; /* of the unified hierarchy, leaf first */
  struct stray_span name;   /* as given to execve: the script itself, for a script */
  struct stray_span interp; /* what runs it, when that differs from name */
  struct stray_span argv;
  __u8 comm[16];
};

#define STRAY_EXIT_HAD_CHILDREN (1u << 0)
#define STRAY_EXIT_REAPER_UNKNOWN (1u << 1) /* the walk for a subreaper was too long */
#define STRAY_EXIT_NAMESPACE_ENDS (1u << 2) /* the init of a pid namespace: the kernel kills the rest */

struct stray_exit { /* head: the process whose last thread left */
  struct stray_head head;
  struct stray_id parent; /* real_parent at that moment */
  struct stray_id reaper; /* gets its children, seen or not; zero: unknown, or NAMESPACE_ENDS */
  __u64 user_ns;
  __u64 system_ns;
  __u64 runtime_ns; /* scheduler's figure, all threads; the last stretch, up to a tick, is missing */
  __u64 max_rss;
  __u32 status; /* as wait(2) reports: code << 8 | signal, 0x80 core dumped */
  __u32 reserved;
  __u8 comm[16];
};

#define STRAY_OOM_MEMCG (1u << 0) /* a memory cgroup was at its limit; else the host */

struct stray_oom { /* head: the victim */
  struct stray_head head;
  struct stray_id trigger; /* the process whose allocation failed */
  __u64 total_vm;
  __u64 anon_rss;
  __u64 file_rss;
  __u64 shmem_rss;
  __u64 swap;
  __u64 page_tables;
  __u64 limit; /* of the memory cgroup */
  __s32 score_adj;
  __u32 uid;
  struct stray_span cgroup; /* the memory cgroup at its limit, leaf first */
  __u8 comm[16];
};

#define STRAY_SIGNAL_FROM_KERNEL (1u << 0)
#define STRAY_SIGNAL_TO_GROUP (1u << 1)

struct stray_signal { /* head: the target */
  struct stray_head head;
  struct stray_id sender;
  __u32 signal;
  __s32 code;   /* si_code */
  __u32 result; /* TRACE_SIGNAL_*: 0 delivered, 1 ignored, 2 already pending, 3 and 4 lost */
  __u32 sender_uid;
};

struct stray_listen { /* head: the process that called listen */
  struct stray_head head;
  __u16 family; /* AF_INET, AF_INET6 */
  __u16 port;   /* host byte order */
  __u32 netns;
  __u8 address[16]; /* network order; IPv4 in the first four */
};

#define STRAY_SEED_KTHREAD (1u << 0)
#define STRAY_SEED_SUBREAPER (1u << 1)
#define STRAY_SEED_NAMESPACE_INIT (1u << 2)
#define STRAY_SEED_EXE_DELETED (1u << 3)
#define STRAY_SEED_EXE_CUT (1u << 4)
#define STRAY_SEED_CWD_CUT (1u << 5)
#define STRAY_SEED_CGROUP_CUT (1u << 6)
#define STRAY_SEED_CWD_DELETED (1u << 7)
#define STRAY_SEED_LOGINUID (1u << 8)
#define STRAY_SEED_MEMFD (1u << 9)
/* A zombie: only its parent is set. Between the iterator and the edge, which counts them and keeps none. */
#define STRAY_SEED_ZOMBIE (1u << 10)

struct stray_seed { /* head: a process alive at the snapshot */
  struct stray_head head;
  struct stray_id parent; /* real_parent now; who created it is not known */
  __u64 inode;
  __u64 cgroup_id;
  __u32 dev_major;
  __u32 dev_minor;
  __u32 nlink;
  __u32 uid;
  __u32 euid;
  __u32 gid;
  __u32 loginuid;
  __u32 audit_session;
  __u32 tty_major;
  __u32 tty_minor;
  __u32 sid;
  __u32 pgid;
  __u32 pidns;
  __u32 ns_pid;
  __u32 mntns;
  __u32 execs; /* as in struct stray_exec */
  struct stray_span exe;
  struct stray_span cwd;
  struct stray_span cgroup;
  __u8 comm[16];
};

/* ---- records made at the edge ---- */

struct stray_session {
  struct stray_head head;
  __u64 real_ns; /* CLOCK_REALTIME at head.time_ns */
  __u64 memory;  /* of the host, bytes */
  __u8 boot_id[16];
  __u32 contract;
  __u32 cpus;
  __u32 ticks_per_second;
  __u32 pidns; /* the one stray runs in */
  struct stray_span host;
  struct stray_span kernel;
  struct stray_span version; /* of stray */
  struct stray_span machine_id;
};

struct stray_clock {
  struct stray_head head;
  __u64 real_ns;
};

struct stray_tick {
  struct stray_head head;
};

struct stray_ready {
  struct stray_head head;
  /* contract 4 */
  __u32 missing_kinds; /* bit N: this kernel offers no records of kind N, although they were asked for */
  __u32 missing_capabilities; /* bit N: the observer lacks capability N of linux/capability.h */
  /* contract 6 */
  __u64 unwatched_from_ns; /* the end of the run of this boot that this one goes on from; 0: of none */
};

struct stray_end {
  struct stray_head head;
};

struct stray_gap { /* head.lost: the total after it */
  struct stray_head head;
  __u64 from_ns; /* the last record before the loss could begin */
  __u64 count;
};

struct stray_inferred_exit { /* head: the process */
  struct stray_head head;
};

#define STRAY_SAW_GONE (1u << 0)    /* the process was gone or a zombie: nothing else is set */
#define STRAY_SAW_ENVIRON (1u << 1) /* its environment could be read */
#define STRAY_SAW_STDIO (1u << 2)
#define STRAY_SAW_CWD_DELETED (1u << 3) /* its directory has no link left */
#define STRAY_SAW_EXE_DELETED (1u << 4)
#define STRAY_SAW_PIDFILE (1u << 5)
#define STRAY_SAW_REDACTED (1u << 6)
/* stray had no means to look (no descriptor left): nothing else is set */
#define STRAY_SAW_UNREAD (1u << 7)
#define STRAY_SAW_UNIT_MAIN \
  (1u << 8) /* of a Type=forking unit: the main process by its PIDFile=, or guessed (contract 3) */

enum stray_stdio {
  STRAY_STDIO_UNKNOWN = 0,
  STRAY_STDIO_CLOSED = 1,
  STRAY_STDIO_NULL = 2,
  STRAY_STDIO_FILE = 3,
  STRAY_STDIO_PIPE = 4,
  STRAY_STDIO_SOCKET = 5,
  STRAY_STDIO_TTY = 6,
  STRAY_STDIO_TTY_GONE = 7, /* /dev/pts/N (deleted) */
  STRAY_STDIO_NOHUP = 8,    /* a file named nohup.out */
  STRAY_STDIO_OTHER = 9,
};

enum stray_boot {
  STRAY_BOOT_UNKNOWN = 0,
  STRAY_BOOT_ENABLED = 1,     /* a link in a .wants directory starts its unit with the host */
  STRAY_BOOT_NOT_ENABLED = 2, /* the unit is known and nothing starts it */
};

enum stray_saved {
  STRAY_SAVED_UNKNOWN = 0, /* not PM2's, or its dump could not be read */
  STRAY_SAVED_YES = 1,     /* PM2's dump names the app */
  STRAY_SAVED_NO = 2,
};

enum stray_restart {
  STRAY_RESTART_UNKNOWN = 0, /* not in a service, or its unit file could not be read */
  STRAY_RESTART_NO = 1,      /* not after a crash */
  STRAY_RESTART_YES = 2,
};

/* Whether others than root can change what a process runs. */
enum stray_owner {
  STRAY_OWNER_UNKNOWN = 0, /* not observed: an older capture, or one of the files could not be looked at */
  STRAY_OWNER_ROOT = 1,    /* root's, as every directory on its path, and nobody else may write to any */
  STRAY_OWNER_USER = 2,    /* not so: owner_uid has it, or may write to it or to a directory on its path */
};

enum stray_content {
  STRAY_CONTENT_UNKNOWN = 0, /* not looked at, or not readable */
  STRAY_CONTENT_OTHER = 1,   /* none of these */
  STRAY_CONTENT_NODE = 2,
  STRAY_CONTENT_BUN = 3,
  STRAY_CONTENT_DENO = 4,
};

struct stray_saw_process {
  struct stray_head head;
  __u32 ppid; /* in the observer's pid namespace; 0: not known */
  __u32 sid;
  __u32 pgid;
  __u32 tty_major;
  __u32 tty_minor;
  __u32 uid;
  __u32 loginuid;
  __u32 restart; /* enum stray_restart: of its systemd unit; 0 in captures older than this field */
  __u8 stdio[4]; /* enum stray_stdio of descriptors 0 to 2 */
  __u8 state;    /* letter of /proc/PID/stat */
  __u8 reserved2[3];
  struct stray_span argv;    /* as it stands now: may be a title */
  struct stray_span env;     /* only names on the allow list, NAME=value */
  struct stray_span cwd;     /* whole path, root first */
  struct stray_span exe;     /* whole path, root first */
  struct stray_span cgroup;  /* whole path: unified, else name=systemd */
  struct stray_span user;    /* name of uid */
  struct stray_span login;   /* name of loginuid */
  struct stray_span pidfile; /* whole path of a pid file that holds its pid */
  struct stray_span pm2;     /* an ecosystem file beside its code, or empty */
  __u32 stdio_tty_major;     /* the terminal among descriptors 0 to 2, also when it is gone */
  __u32 stdio_tty_minor;
  /* contract 2 */
  __u32 boot;                /* enum stray_boot: of its systemd unit; for PM2's apps of PM2's own */
  __u32 saved;               /* enum stray_saved */
  struct stray_span boot_by; /* the link that starts it, or the file of the unit that nothing starts */
  /* contract 5 */
  __u32 owner;     /* enum stray_owner: of its executable, or of the script that makes it a supervisor */
  __u32 owner_uid; /* of STRAY_OWNER_USER */
  __u32 content;   /* enum stray_content: of the executable, by what it exports */
  __u32 reserved3;
  struct stray_span owned; /* whole path of the file that owner is about */
};

enum stray_script_state {
  STRAY_SCRIPT_UNKNOWN = 0, /* could not be looked at (permission, other error) */
  STRAY_SCRIPT_PRESENT = 1,
  STRAY_SCRIPT_MISSING = 2,  /* ENOENT through the process's own root and directory */
  STRAY_SCRIPT_CWD_GONE = 3, /* and its working directory has no link left */
};

enum stray_exe_state {
  STRAY_EXE_UNKNOWN = 0,
  STRAY_EXE_SAME = 1,
  STRAY_EXE_GONE = 2,     /* no file is at its path any more */
  STRAY_EXE_REPLACED = 3, /* another file is */
};

struct stray_saw_script {
  struct stray_head head; /* flags: STRAY_SAW_GONE */
  __u64 inode;
  __u64 bytes;
  __u64 mtime_ns; /* CLOCK_REALTIME */
  __u64 ctime_ns;
  __u64 hash; /* of the content, up to 1 MiB; 0: not taken */
  __u32 dev_major;
  __u32 dev_minor;
  __u32 state; /* enum stray_script_state */
  __u32 reserved;
  struct stray_span entry; /* as asked */
  struct stray_span path;  /* the file it resolved to, as the process sees it */
  /* contract 2 */
  __u64 birth_ns;      /* of the file, CLOCK_REALTIME; 0 where the file system does not tell */
  __u64 link_ctime_ns; /* of the link below */
  __u32 exe;           /* enum stray_exe_state */
  __u32 reserved2;
  struct stray_span link;   /* the last symbolic link on the way to it, by the name the process was given */
  struct stray_span target; /* where that link leads now */
  /* contract 4 */
  struct stray_span package; /* the name in the nearest package.json beside or above the file */
};

struct stray_saw_usage {
  struct stray_head head; /* flags: STRAY_SAW_GONE */
  __u64 rss;
  __u64 anon;
  __u64 swap;
  __u64 cpu_ns; /* user and system since its start */
  /* contract 2 */
  __u64 limit;     /* the lowest limit of its memory cgroup and those above; 0: none, or not known */
  __u64 used;      /* of that cgroup */
  __u64 available; /* of the host, as MemAvailable of /proc/meminfo */
  /* contract 4 */
  __u64 peak; /* the most it had resident so far, VmHWM; 0: not known */
};

struct stray_saw_children {
  struct stray_head head; /* flags: STRAY_SAW_GONE */
  __u32 children;
  __u32 zombies; /* of them, ended and not waited for */
  /* contract 7 */
  __u32 pid_limit; /* of the cgroup, or one above it, in which the fewest pids are left; 0: none, or not known
                    */
  __u32 pids;      /* in that cgroup */
  __u32 host_limit; /* pid_max; 0: not known */
  __u32 host_pids;  /* tasks of the host, which have a pid each */
};

struct stray_socket { /* one listening socket */
  __u16 family;       /* AF_INET, AF_INET6, AF_UNIX (no address) */
  __u16 port;
  __u8 address[16];
};

struct stray_saw_sockets {
  struct stray_head head;    /* flags: STRAY_SAW_GONE */
  struct stray_span sockets; /* struct stray_socket[] */
  /* contract 7 */
  struct stray_span gpu; /* a device of a GPU among its descriptors, "/dev/nvidia0"; empty: none seen */
};

/* ---- the saved state: docs/capture-format.md has the fields of each kind ---- */

#define STRAY_STATE_MORE (1u << 0) /* the body goes on in the next record, of the same kind and process */

struct stray_state {
  struct stray_head head; /* time_ns: when the state was saved, the same in all of its records */
  struct stray_span body; /* fields, each: __u16 tag, __u16 zero, __u32 length, then so many bytes */
};

#endif
