/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* A process that is alive when the snapshot is read. Kernel threads too; of a zombie its parent alone. */
#ifndef STRAY_SEED_BPF_H
#define STRAY_SEED_BPF_H

#include "task.bpf.h"

static __always_inline void fill_seed_paths(struct stray_seed* seed, struct task_struct* task,
                                            __u64* length) {
  struct fs_struct* fs = BPF_CORE_READ(task, fs);
  struct file* file = BPF_CORE_READ(task, mm, exe_file);
  __u32 flags = 0;
  if (file) {
    fill_file(seed, file);
    __u32 state = path_state(&file->f_path);
    if (state & FILE_DELETED) flags |= STRAY_SEED_EXE_DELETED;
    if (state & FILE_MEMFD) flags |= STRAY_SEED_MEMFD;
    if (fs &&
        end_span(&seed->exe, length, append_path(SLOT_SEED, *length, (__u64)&file->f_path, (__u64)&fs->root)))
      flags |= STRAY_SEED_EXE_CUT;
  }
  if (fs) { /* none any more: a leader that ended before its threads */
    if (path_state(&fs->pwd) & FILE_DELETED) flags |= STRAY_SEED_CWD_DELETED;
    if (end_span(&seed->cwd, length, append_path(SLOT_SEED, *length, (__u64)&fs->pwd, (__u64)&fs->root)))
      flags |= STRAY_SEED_CWD_CUT;
  }
  struct kernfs_node* cgroup = BPF_CORE_READ(task, cgroups, dfl_cgrp, kn);
  if (end_span(&seed->cgroup, length, append_cgroup(SLOT_SEED, *length, (__u64)cgroup)))
    flags |= STRAY_SEED_CGROUP_CUT;
  seed->head.flags |= flags;
}

static __always_inline int write_seed(struct bpf_iter__task* context) {
  struct task_struct* task = context->task;
  if (!task || task->pid != task->tgid) return 0;
  __u64 length = sizeof(struct stray_seed);
  struct scratch* scratch = scratch_of(SLOT_SEED);
  if (!scratch) return 0;
  struct stray_seed* seed = (void*)scratch;
  __builtin_memset(seed, 0, sizeof *seed);
  fill_head(&seed->head, STRAY_SEED, 0);
  fill_task(seed, task);
  seed->ns_pid = innermost(task).nr;
  fill_id(&seed->parent, task->real_parent);
  struct signal_struct* signal = BPF_CORE_READ(task, signal);
  if (task->flags & PF_KTHREAD) seed->head.flags |= STRAY_SEED_KTHREAD;
  if (BPF_CORE_READ_BITFIELD_PROBED(signal, is_child_subreaper)) seed->head.flags |= STRAY_SEED_SUBREAPER;
  if (seed->ns_pid == 1) seed->head.flags |= STRAY_SEED_NAMESPACE_INIT;
  if (fill_login(&seed->loginuid, &seed->audit_session, task)) seed->head.flags |= STRAY_SEED_LOGINUID;
  if (task->signal->live.counter == 0)
    seed->head.flags |= STRAY_SEED_ZOMBIE;
  else
    fill_seed_paths(seed, task, &length);
  seed->head.size = length;
  if (length <= STRAY_RECORD_MAX) bpf_seq_write(context->meta->seq, scratch->bytes, length);
  return 0;
}

#endif
