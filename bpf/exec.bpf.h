/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* A program that replaced another in its process: its file, arguments, folder and cgroup. */
#ifndef STRAY_EXEC_BPF_H
#define STRAY_EXEC_BPF_H

#include "task.bpf.h"

/* argv as it stands in the new image. argc of bprm counts what a script's interpreter line added. */
static __always_inline void fill_argv(struct stray_exec* exec, struct task_struct* task, __u64 slot,
                                      __u64* length) {
  __u64 start = task->mm->arg_start, bytes = task->mm->arg_end - start, kept = bytes;
  exec->argv_bytes = bytes;
  if (kept > STRAY_ARGV_MAX) {
    kept = STRAY_ARGV_MAX;
    exec->head.flags |= STRAY_EXEC_ARGV_CUT;
  }
  end_span(&exec->argv, length, append_user(slot, *length, start, kept));
  if (exec->argv.length < kept) exec->head.flags |= STRAY_EXEC_ARGV_FAULT;
}

static __always_inline void fill_names(struct stray_exec* exec, struct linux_binprm* bprm, __u64 slot,
                                       __u64* length) {
  const char *name = BPF_CORE_READ(bprm, filename), *interp = BPF_CORE_READ(bprm, interp);
  bool cut = end_span(&exec->name, length, append_text(slot, *length, (__u64)name));
  if (interp != name) cut |= end_span(&exec->interp, length, append_text(slot, *length, (__u64)interp));
  if (cut) exec->head.flags |= STRAY_EXEC_NAME_CUT;
}

static __always_inline void fill_paths(struct stray_exec* exec, struct task_struct* task, __u64 slot,
                                       __u64* length) {
  struct fs_struct* fs = BPF_CORE_READ(task, fs);
  struct file* file = BPF_CORE_READ(task, mm, exe_file);
  __u32 flags = 0;
  if (file) {
    fill_file(exec, file);
    __u32 state = path_state(&file->f_path);
    if (state & FILE_DELETED) flags |= STRAY_EXEC_EXE_DELETED;
    if (state & FILE_MEMFD) flags |= STRAY_EXEC_MEMFD;
    if (end_span(&exec->exe, length, append_path(slot, *length, (__u64)&file->f_path, (__u64)&fs->root)))
      flags |= STRAY_EXEC_EXE_CUT;
  }
  if (path_state(&fs->pwd) & FILE_DELETED) flags |= STRAY_EXEC_CWD_DELETED;
  if (end_span(&exec->cwd, length, append_path(slot, *length, (__u64)&fs->pwd, (__u64)&fs->root)))
    flags |= STRAY_EXEC_CWD_CUT;
  struct kernfs_node* cgroup = BPF_CORE_READ(task, cgroups, dfl_cgrp, kn);
  if (end_span(&exec->cgroup, length, append_cgroup(slot, *length, (__u64)cgroup)))
    flags |= STRAY_EXEC_CGROUP_CUT;
  exec->head.flags |= flags;
}

static __always_inline int record_exec(struct task_struct* task, int old_pid, struct linux_binprm* bprm) {
  __u64 slot = SLOT_FIRST_CPU + bpf_get_smp_processor_id(), length = sizeof(struct stray_exec);
  struct scratch* scratch = scratch_of(slot);
  if (!scratch) return 0;
  struct stray_exec* exec = (void*)scratch;
  __builtin_memset(exec, 0, sizeof *exec);
  fill_head(&exec->head, STRAY_EXEC, 0);
  fill_task(exec, task);
  exec->argc = bprm->argc;
  exec->old_tid = old_pid;
  /* de_thread() has given the calling thread the leader's pid: the old one tells that it was another. */
  if (old_pid != task->pid) exec->head.flags |= STRAY_EXEC_BY_THREAD;
  if (fill_login(&exec->loginuid, &exec->audit_session, task)) exec->head.flags |= STRAY_EXEC_LOGINUID;
  fill_names(exec, bprm, slot, &length);
  fill_paths(exec, task, slot, &length);
  fill_argv(exec, task, slot, &length);
  exec->head.size = length;
  output_record(scratch, length);
  return 0;
}

#endif
