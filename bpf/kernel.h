/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* The kernel's structures as far as stray reads them. libbpf relocates every access to the running kernel by
 * its BTF (preserve_access_index), so order, size and the missing rest do not matter, and no vmlinux.h is
 * needed to build. A field that is not the same on all kernels from 5.10 on has a ___flavour with the commit
 * that changed it; the functions that choose between them stand at the end. */
#ifndef STRAY_KERNEL_H
#define STRAY_KERNEL_H

typedef unsigned char __u8;
typedef unsigned short __u16;
typedef unsigned int __u32;
typedef unsigned long long __u64;
typedef signed char __s8;
typedef short __s16;
typedef int __s32;
typedef long long __s64;
typedef __u16 __be16; /* named by libbpf's helper declarations */
typedef __u32 __be32;
typedef __u32 __wsum;
typedef _Bool bool;
enum { false, true };

/* include/uapi/linux/bpf.h: ABI, never renumbered. */
enum {
  BPF_MAP_TYPE_ARRAY = 2,
  BPF_MAP_TYPE_RINGBUF = 27,
};
enum {
  BPF_RB_NO_WAKEUP = 1,
  BPF_RB_FORCE_WAKEUP = 2,
};

#include <bpf/bpf_helpers.h>

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_tracing.h>

#pragma clang diagnostic push
#pragma clang diagnostic error "-Wpadded"
#include "event.h"
#pragma clang diagnostic pop

#define PF_EXITING 0x00000004
#define PF_KTHREAD 0x00200000
#define SIGNAL_GROUP_EXIT 0x00000004
#define SEND_SIG_NOINFO 0 /* kernel_siginfo pointers that are not pointers */
#define SEND_SIG_PRIV 1
#define SI_USER 0
#define SI_KERNEL 0x80
#define TCP_LISTEN 10
#define IPPROTO_TCP 6
#define AF_INET 2
#define AF_INET6 10
#define EINVAL 22
#define MINOR_BITS 20 /* dev_t inside the kernel */

enum { PIDTYPE_PID, PIDTYPE_TGID, PIDTYPE_PGID, PIDTYPE_SID }; /* since 4.19 */
enum { MM_FILEPAGES, MM_ANONPAGES, MM_SWAPENTS, MM_SHMEMPAGES };

/* The number depends on the kernel's configuration: asked for by name (bpf_core_enum_value). */
enum cgroup_subsys_id { memory_cgrp_id = 4 };

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

typedef struct {
  int counter;
} atomic_t;
typedef struct {
  long counter;
} atomic_long_t;
typedef struct {
  __u32 val;
} kuid_t, kgid_t;

struct list_head {
  struct list_head* next;
};
struct hlist_node {
  struct hlist_node* next;
};
struct hlist_head {
  struct hlist_node* first;
};
struct hlist_bl_node {
  struct hlist_bl_node** pprev;
};

struct ns_common {
  unsigned int inum;
};
struct mnt_namespace {
  struct ns_common ns;
};
struct net {
  struct ns_common ns;
};
struct nsproxy {
  struct mnt_namespace* mnt_ns;
};

/* The table of pids: an XArray behind struct idr (since 4.20). */
struct xarray {
  void* xa_head;
};
struct xa_node {
  unsigned char shift;
  void* slots[64];
};
struct idr {
  struct xarray idr_rt;
};
struct pid_namespace {
  struct idr idr;
  struct task_struct* child_reaper;
  struct ns_common ns;
};
struct upid {
  int nr;
  struct pid_namespace* ns;
};
struct pid {
  unsigned int level;
  struct hlist_head tasks[4];
  struct upid numbers[1];
};

struct super_block {
  __u32 s_dev;
};
struct inode {
  struct super_block* i_sb;
  unsigned long i_ino;
  unsigned int i_nlink;
};
struct qstr {
  const unsigned char* name;
};
struct dentry {
  struct hlist_bl_node d_hash;
  struct dentry* d_parent;
  struct qstr d_name;
  struct inode* d_inode;
};
struct vfsmount {
  struct dentry* mnt_root;
};
struct mount {
  struct mount* mnt_parent;
  struct dentry* mnt_mountpoint;
  struct vfsmount mnt;
  struct mnt_namespace* mnt_ns;
};
struct path {
  struct vfsmount* mnt;
  struct dentry* dentry;
};
struct file {
  struct path f_path;
  struct inode* f_inode;
};
struct fs_struct {
  struct path root;
  struct path pwd;
};

struct kernfs_node {
  const char* name;
  __u64 id;
};
struct cgroup {
  struct kernfs_node* kn;
};
struct cgroup_subsys_state {
  struct cgroup* cgroup;
  struct cgroup_subsys_state* parent;
};
struct css_set {
  struct cgroup_subsys_state* subsys[1];
  struct cgroup* dfl_cgrp;
};
struct page_counter {
  atomic_long_t usage;
  unsigned long max;
};
struct mem_cgroup {
  struct cgroup_subsys_state css; /* always the first member */
  struct page_counter memory;
};

struct percpu_counter {
  __s64 count;
};
struct mm_struct {
  atomic_long_t pgtables_bytes;
  unsigned long total_vm;
  unsigned long arg_start, arg_end;
  struct percpu_counter rss_stat[4];
  struct file* exe_file;
};

struct tty_driver {
  int major;
  int minor_start;
};
struct tty_struct {
  struct tty_driver* driver;
  int index;
};
struct cred {
  kuid_t uid;
  kgid_t gid;
  kuid_t euid;
};
struct signal_struct {
  atomic_t live;
  int nr_threads;
  struct list_head thread_head;
  int group_exit_code;
  unsigned int flags;
  unsigned int is_child_subreaper : 1;
  unsigned int has_child_subreaper : 1;
  struct pid* pids[4];
  struct tty_struct* tty;
  __u64 utime, stime;
  unsigned long maxrss;
  unsigned long long sum_sched_runtime;
  short oom_score_adj;
};
struct sched_entity {
  __u64 sum_exec_runtime;
};
struct task_struct {
  unsigned int flags;
  struct sched_entity se;
  struct mm_struct* mm;
  int exit_code;
  int pid;
  int tgid;
  struct task_struct* real_parent;
  struct list_head children;
  struct task_struct* group_leader;
  struct pid* thread_pid;
  struct hlist_node pid_links[4];
  struct list_head thread_node;
  __u64 utime, stime;
  __u64 start_boottime;
  __u64 self_exec_id; /* 64 bits since 5.7 */
  const struct cred* cred;
  char comm[16];
  struct fs_struct* fs;
  struct nsproxy* nsproxy;
  struct signal_struct* signal;
  kuid_t loginuid; /* with CONFIG_AUDIT */
  unsigned int sessionid;
  struct css_set* cgroups;
};

struct linux_binprm {
  int argc;
  const char* filename;
  const char* interp;
};
struct kernel_siginfo {
  int si_code;
};

struct in6_addr {
  __u8 bytes[16];
};
typedef struct {
  struct net* net;
} possible_net_t;
struct sock_common {
  __u32 skc_rcv_saddr;
  __u16 skc_num;
  unsigned short skc_family;
  possible_net_t skc_net;
  struct in6_addr skc_v6_rcv_saddr;
};
struct sock {
  struct sock_common __sk_common;
  __u16 sk_protocol; /* a plain field since 5.6 */
};

struct seq_file;
struct bpf_iter_meta {
  struct seq_file* seq;
};
struct bpf_iter__task {
  struct bpf_iter_meta* meta;
  struct task_struct* task;
};

/* 6.15, commit 633488947ef6 ("kernfs: Use RCU to access kernfs_node::parent") renamed parent to __parent. */
struct kernfs_node___before_6_15 {
  struct kernfs_node* parent;
};
struct kernfs_node___since_6_15 {
  struct kernfs_node* __parent;
};

/* 6.2, commit f1a7941243c1 ("mm: convert mm's rss stats into percpu_counter"). */
struct mm_rss_stat___before_6_2 {
  atomic_long_t count[4];
};
struct mm_struct___before_6_2 {
  struct mm_rss_stat___before_6_2 rss_stat;
};

/* Only in kernels with the version 1 memory controller (all before 6.11, CONFIG_MEMCG_V1 since). */
struct mem_cgroup___v1 {
  bool oom_lock;
};

#pragma clang attribute pop

static __always_inline struct kernfs_node* kernfs_parent(struct kernfs_node* node) {
  struct kernfs_node___since_6_15* now = (void*)node;
  struct kernfs_node___before_6_15* old = (void*)node;
  if (bpf_core_field_exists(now->__parent)) return BPF_CORE_READ(now, __parent);
  return BPF_CORE_READ(old, parent);
}

/* Pages. Since 6.2 what each CPU has not folded in yet (some tens of pages) is missing. */
static __always_inline __u64 rss_pages(struct mm_struct* mm, int member) {
  struct mm_struct___before_6_2* old = (void*)mm;
  __s64 pages = 0;
  if (bpf_core_type_exists(struct mm_rss_stat___before_6_2)) {
    bpf_core_read(&pages, sizeof pages, &old->rss_stat.count[member].counter);
  } else { /* an index that is no constant is not relocated: the element has the kernel's size, not ours */
    struct percpu_counter* counter =
        (void*)&mm->rss_stat + member * bpf_core_type_size(struct percpu_counter);
    pages = BPF_CORE_READ(counter, count);
  }
  return pages > 0 ? pages : 0;
}

#endif
