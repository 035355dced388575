/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* What a record says about a task. Pointers that came as tracepoint arguments are read directly (a load that
 * faults gives 0); what the verifier cannot follow (array elements, addresses) goes through the probe
 * helpers. */
#ifndef STRAY_TASK_BPF_H
#define STRAY_TASK_BPF_H

#include "path.bpf.h"

const volatile __u32 page_shift = 12; /* set before loading */

/* Identity is that of the thread group: its leader's start. de_thread() gives a thread that calls execve the
 * leader's start and makes it the leader, so the identity stays. */
static __always_inline void fill_subject(struct stray_head* head, struct task_struct* task) {
  head->tgid = task->tgid;
  head->start_ns = task->group_leader->start_boottime;
}

static __always_inline void fill_id(struct stray_id* id, struct task_struct* task) {
  id->tgid = task->tgid;
  id->start_ns = task->group_leader->start_boottime;
}

/* The same for a task that the verifier knows as a number only. */
static __always_inline void fill_id_at(struct stray_id* id, struct task_struct* task) {
  id->tgid = BPF_CORE_READ(task, tgid);
  id->start_ns = BPF_CORE_READ(task, group_leader, start_boottime);
}

static __always_inline struct task_struct* current_task(void) {
  return (void*)bpf_get_current_task(); /* the typed helper needs 5.11 */
}

/* The task's pid namespace and its pid there: the deepest of its numbers. */
static __always_inline struct upid innermost(struct task_struct* task) {
  struct upid upid = {};
  struct pid* pid = BPF_CORE_READ(task, thread_pid);
  __u32 level = BPF_CORE_READ(pid, level);
  bpf_core_read(&upid, sizeof upid, &pid->numbers[level]);
  return upid;
}

/* A session's or process group's number in the root pid namespace. */
#define root_number(signal, type) ((signal)->pids[type]->numbers[0].nr)

/* The controlling terminal, as tty_devnum() of drivers/tty has it. */
static __always_inline void fill_tty(__u32* major, __u32* minor, struct signal_struct* signal) {
  struct tty_struct* tty = signal->tty;
  if (!tty) return;
  *major = tty->driver->major;
  *minor = tty->driver->minor_start + tty->index;
}

static __always_inline bool fill_login(__u32* loginuid, __u32* session, struct task_struct* task) {
  if (!bpf_core_field_exists(task->loginuid)) return false;
  *loginuid = task->loginuid.val;
  *session = task->sessionid;
  return true;
}

#define FILE_DELETED 1u
#define FILE_MEMFD 2u

static __always_inline __u32 path_state(struct path* path) {
  struct dentry* dentry = BPF_CORE_READ(path, dentry);
  struct mount* mount = (void*)BPF_CORE_READ(path, mnt) - bpf_core_field_offset(struct mount, mnt);
  __u32 links = BPF_CORE_READ(dentry, d_inode, i_nlink);
  bool in_no_tree = BPF_CORE_READ(dentry, d_parent) == dentry;
  __u32 state = 0;
  if (!links || (!in_no_tree && !BPF_CORE_READ(dentry, d_hash.pprev))) state |= FILE_DELETED;
  /* A file without a name on a mount that only the kernel has (MNT_NS_INTERNAL, fs/mount.h). */
  if (!links && BPF_CORE_READ(mount, mnt_ns) == (void*)-EINVAL) state |= FILE_MEMFD;
  return state;
}

/* Grows with each exec of the thread group, and a child begins with its maker's. */
static __always_inline __u32 exec_count(struct task_struct* task) {
  return bpf_core_field_exists(task->self_exec_id) ? task->self_exec_id : 0;
}

/* Sets what exec and seed records have in common. */
#define fill_task(record, task)                                         \
  ({                                                                    \
    struct signal_struct* signal_ = (task)->signal;                     \
    fill_subject(&(record)->head, task);                                \
    (record)->cgroup_id = (task)->cgroups->dfl_cgrp->kn->id;            \
    (record)->uid = (task)->cred->uid.val;                              \
    (record)->euid = (task)->cred->euid.val;                            \
    (record)->gid = (task)->cred->gid.val;                              \
    (record)->sid = root_number(signal_, PIDTYPE_SID);                  \
    (record)->pgid = root_number(signal_, PIDTYPE_PGID);                \
    (record)->pidns = BPF_CORE_READ(innermost(task).ns, ns.inum);       \
    (record)->mntns = (task)->nsproxy->mnt_ns->ns.inum;                 \
    (record)->execs = exec_count(task);                                 \
    fill_tty(&(record)->tty_major, &(record)->tty_minor, signal_);      \
    bpf_core_read((record)->comm, sizeof(record)->comm, &(task)->comm); \
  })

#define fill_file(record, file)                            \
  ({                                                       \
    struct inode* inode_ = BPF_CORE_READ(file, f_inode);   \
    __u32 dev_ = BPF_CORE_READ(inode_, i_sb, s_dev);       \
    (record)->inode = BPF_CORE_READ(inode_, i_ino);        \
    (record)->nlink = BPF_CORE_READ(inode_, i_nlink);      \
    (record)->dev_major = dev_ >> MINOR_BITS;              \
    (record)->dev_minor = dev_ & ((1u << MINOR_BITS) - 1); \
  })

/* Ends a span that began at `length` and moves on; true when it was cut. */
static __always_inline bool end_span(struct stray_span* span, __u64* length, __u64 result) {
  __u64 end = APPEND_LENGTH(result);
  span->offset = *length;
  span->length = end - *length;
  *length = end;
  return result & APPEND_CUT;
}

#endif
