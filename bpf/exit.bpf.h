/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* What can only be known at the moment a thread group ends: who inherits its children, and what it used. */
#ifndef STRAY_EXIT_BPF_H
#define STRAY_EXIT_BPF_H

#include "task.bpf.h"

/* Threads of an ending group that are not released yet and whose time is added; more than these are missing.
 */
#define THREADS_SUMMED 64

/* Has the group a thread that is not exiting (find_alive_thread() of kernel/exit.c)? The thread at hand
 * nearly always is one; if not, the group lives on as long as threads are counted and nothing ends all of
 * them. */
static __always_inline bool group_lives(struct task_struct* task) {
  if (!(BPF_CORE_READ(task, flags) & PF_EXITING)) return true;
  return BPF_CORE_READ(task, signal, live.counter) > 0 &&
         !(BPF_CORE_READ(task, signal, flags) & SIGNAL_GROUP_EXIT);
}

/* Who inherits the children of a group that ends: the nearest living subreaper above it in its pid namespace,
 * else the init of the namespace, as find_new_reaper() of kernel/exit.c chooses a little later in the same
 * exit. A task of the group itself: it is that init. 0: the walk is too long. */
__noinline __u64 find_reaper(__u64 task_address) {
  struct task_struct* task = (void*)task_address;
  struct signal_struct* signal = BPF_CORE_READ(task, signal);
  __u32 level = BPF_CORE_READ(task, thread_pid, level);
  struct task_struct* init = BPF_CORE_READ(innermost(task).ns, child_reaper);
  if (BPF_CORE_READ(init, signal) == signal) return (__u64)init;
  if (!BPF_CORE_READ_BITFIELD_PROBED(signal, has_child_subreaper)) return (__u64)init;

  struct task_struct* above = BPF_CORE_READ(task, real_parent);
  for (int steps = 0; steps < STRAY_REAPER_WALK; steps++) {
    if (BPF_CORE_READ(above, thread_pid, level) != level) return (__u64)init;
    if (!BPF_CORE_READ(above, pid)) return (__u64)init; /* the idle task, above everything */
    struct signal_struct* its = BPF_CORE_READ(above, signal);
    if (BPF_CORE_READ_BITFIELD_PROBED(its, is_child_subreaper) && group_lives(above)) return (__u64)above;
    above = BPF_CORE_READ(above, real_parent);
  }
  return 0;
}

static __always_inline __u32 fill_reaper(struct stray_id* reaper, struct task_struct* task) {
  struct task_struct* found = (void*)find_reaper((__u64)BPF_CORE_READ(task, group_leader));
  if (!found) return STRAY_EXIT_REAPER_UNKNOWN;
  if (BPF_CORE_READ(found, tgid) == task->tgid) return STRAY_EXIT_NAMESPACE_ENDS;
  fill_id_at(reaper, found);
  return 0;
}

/* part of runtime, in the proportion part / total. The operands are brought below 2^32 first. */
static __always_inline __u64 share(__u64 part, __u64 total, __u64 runtime) {
  __u32 shift = total >> 48 ? 32 : total >> 32 ? 16 : 0;
  part >>= shift;
  total >>= shift;
  return runtime / total * part + runtime % total * part / total;
}

/* Time of the whole group. User and system time are counted in ticks, the scheduler's runtime exactly: like
 * cputime_adjust() of kernel/sched/cputime.c (so as getrusage reports) the runtime is divided in the ticks'
 * proportion. */
static __always_inline void fill_times(struct stray_exit* exit, struct task_struct* task) {
  struct signal_struct* signal = task->signal; /* holds what released threads used */
  __u64 user = signal->utime, system = signal->stime, runtime = signal->sum_sched_runtime;
  struct list_head *head = &signal->thread_head, *node = signal->thread_head.next;
  for (int i = 0; i < THREADS_SUMMED && node != head; i++) {
    struct task_struct* thread = (void*)node - bpf_core_field_offset(struct task_struct, thread_node);
    user += BPF_CORE_READ(thread, utime);
    system += BPF_CORE_READ(thread, stime);
    runtime += BPF_CORE_READ(thread, se.sum_exec_runtime);
    node = BPF_CORE_READ(node, next);
  }
  exit->runtime_ns = runtime;
  exit->system_ns = !system ? 0 : !user ? runtime : share(system, user + system, runtime);
  exit->user_ns = runtime - exit->system_ns;
}

/* As wait(2) reports it (wait_task_zombie() of kernel/exit.c). */
static __always_inline __u32 wait_status(struct task_struct* task) {
  struct signal_struct* signal = task->signal;
  return signal->flags & SIGNAL_GROUP_EXIT ? signal->group_exit_code : task->group_leader->exit_code;
}

/* Children of other threads that are exiting at the same moment may already be with the reaper: the reaper is
 * always given, this only says whether any were seen. */
static __always_inline __u32 children_seen(struct task_struct* task) {
  struct task_struct* leader = task->group_leader;
  bool own = task->children.next != &task->children;
  bool leaders = leader->children.next != &leader->children;
  return own || leaders ? STRAY_EXIT_HAD_CHILDREN : 0;
}

/* Where the tracepoint does not say which exit ends the group, each thread that passes it after all have been
 * counted off sees a count of 0, not only the last one. The exits recorded so far, by start, in slots by pid:
 * only two threads that pass in the same instant still make two records, and readers take the first of a
 * process. */
#define EXIT_SLOTS 4096
__u64 exits_recorded[EXIT_SLOTS];

static __always_inline bool first_record(struct task_struct* task) {
  __u64 start = task->group_leader->start_boottime;
  __u64* recorded = &exits_recorded[task->tgid & (EXIT_SLOTS - 1)];
  if (*recorded == start) return false;
  *recorded = start;
  return true;
}

static __always_inline int record_exit(struct task_struct* task) {
  struct stray_exit* exit = reserve_record(struct stray_exit);
  if (!exit) return 0;
  fill_head(&exit->head, STRAY_EXIT, sizeof *exit);
  fill_subject(&exit->head, task);
  fill_id(&exit->parent, task->group_leader->real_parent);
  exit->head.flags = children_seen(task) | fill_reaper(&exit->reaper, task);
  fill_times(exit, task);
  exit->max_rss = (__u64)task->signal->maxrss << page_shift;
  exit->status = wait_status(task);
  bpf_core_read(exit->comm, sizeof exit->comm, &task->group_leader->comm);
  submit_record(exit);
  return 0;
}

static __always_inline int record_exit_once(struct task_struct* task) {
  return task->signal->live.counter == 0 && first_record(task) ? record_exit(task) : 0;
}

#endif
