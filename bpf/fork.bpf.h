/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* A new thread group: who made it, and whose child it is. */
#ifndef STRAY_FORK_BPF_H
#define STRAY_FORK_BPF_H

#include "task.bpf.h"

static __always_inline int record_fork(struct task_struct* creator, struct task_struct* child) {
  if (child->pid != child->tgid) return 0; /* a thread */
  struct stray_fork* fork = reserve_record(struct stray_fork);
  if (!fork) return 0;
  fill_head(&fork->head, STRAY_FORK, sizeof *fork);
  fill_subject(&fork->head, child);
  fill_id(&fork->parent, child->real_parent);
  fill_id(&fork->creator, creator);
  fork->creator_tid = creator->pid;
  fork->cgroup_id = child->cgroups->dfl_cgrp->kn->id;
  struct upid inside = innermost(child);
  fork->pidns = BPF_CORE_READ(inside.ns, ns.inum);
  fork->ns_pid = inside.nr;
  fork->uid = child->cred->uid.val;
  fork->sid = root_number(child->signal, PIDTYPE_SID);
  fork->pgid = root_number(child->signal, PIDTYPE_PGID);
  submit_record(fork);
  return 0;
}

#endif
