/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* The OOM killer's choice: what its victim held, and whether the host or a memory cgroup was out of memory.
 */
#ifndef STRAY_OOM_BPF_H
#define STRAY_OOM_BPF_H

#include "task.bpf.h"

#define MEMCG_DEPTH 16
#define PID_TREE_DEPTH 6 /* 64 slots a level: more than PID_MAX_LIMIT needs */
#define XA_INTERNAL 2ul  /* tag of a pointer to a node, include/linux/xarray.h */

/* A charge that fails has at most order 3 (PAGE_ALLOC_COSTLY_ORDER); some more may be freed while the victim
 * is chosen. A cgroup with no more room than this is taken as the one at its limit. */
#define MEMCG_AT_LIMIT_PAGES 64

/* Looks up a pid of the root namespace in the kernel's table (idr_find). Needed only where mark_victim passes
 * no task; the kfunc for it needs 6.2. */
static __always_inline struct task_struct* task_of_pid(__u32 number) {
  struct task_struct* task = current_task();
  struct pid* pid = BPF_CORE_READ(task, thread_pid);
  __u64 entry = (__u64)BPF_CORE_READ(pid, numbers[0].ns, idr.idr_rt.xa_head);
  for (int i = 0; i < PID_TREE_DEPTH && (entry & 3) == XA_INTERNAL; i++) {
    struct xa_node* node = (void*)(entry - XA_INTERNAL);
    __u32 slot = number >> BPF_CORE_READ(node, shift) & 63;
    bpf_core_read(&entry, sizeof entry, &node->slots[slot]);
  }
  if (!entry || entry & 3) return 0;
  pid = (void*)entry;
  struct hlist_node* first = BPF_CORE_READ(pid, tasks[PIDTYPE_PID].first);
  if (!first) return 0;
  return (void*)first - bpf_core_field_offset(struct task_struct, pid_links);
}

static __always_inline struct cgroup_subsys_state* memory_css(struct task_struct* task) {
  struct css_set* set = BPF_CORE_READ(task, cgroups);
  int id = bpf_core_enum_value(enum cgroup_subsys_id, memory_cgrp_id);
  struct cgroup_subsys_state* css = 0;
  bpf_core_read(&css, sizeof css, &set->subsys[id]);
  return css;
}

/* The memory cgroup whose limit was hit, or NULL when the whole host was out of memory. The tracepoint does
 * not say. With the version 1 controller in the kernel mem_cgroup_oom_trylock() has locked that cgroup and
 * all below it: the topmost locked one above the victim. Without it the nearest one above the allocating task
 * that has no room. */
__noinline __u64 memcg_at_limit(__u64 victim_css, __u64 trigger_css) {
  struct cgroup_subsys_state *css = (void*)victim_css, *found = 0;
  struct mem_cgroup___v1* v1 = 0;
  if (bpf_core_field_exists(v1->oom_lock)) {
    for (int depth = 0; depth < MEMCG_DEPTH && css; depth++) {
      v1 = (void*)css;
      if (BPF_CORE_READ(v1, oom_lock)) found = css;
      css = BPF_CORE_READ(css, parent);
    }
    return (__u64)found;
  }
  css = (void*)trigger_css;
  for (int depth = 0; depth < MEMCG_DEPTH && css; depth++) {
    struct mem_cgroup* memcg = (void*)css;
    __u64 used = BPF_CORE_READ(memcg, memory.usage.counter);
    if (BPF_CORE_READ(css, parent) && used + MEMCG_AT_LIMIT_PAGES >= BPF_CORE_READ(memcg, memory.max))
      return (__u64)css;
    css = BPF_CORE_READ(css, parent);
  }
  return 0;
}

static __always_inline void fill_memory(struct stray_oom* oom, struct mm_struct* mm) {
  if (!mm) return;
  oom->total_vm = (__u64)BPF_CORE_READ(mm, total_vm) << page_shift;
  oom->file_rss = rss_pages(mm, MM_FILEPAGES) << page_shift;
  oom->anon_rss = rss_pages(mm, MM_ANONPAGES) << page_shift;
  oom->swap = rss_pages(mm, MM_SWAPENTS) << page_shift;
  oom->shmem_rss = rss_pages(mm, MM_SHMEMPAGES) << page_shift;
  oom->page_tables = BPF_CORE_READ(mm, pgtables_bytes.counter);
}

static __always_inline int record_oom(struct task_struct* victim) {
  struct scratch* scratch = scratch_of(SLOT_OOM);
  if (!scratch) return 0;
  __u64 length = sizeof(struct stray_oom);
  struct stray_oom* oom = (void*)scratch;
  __builtin_memset(oom, 0, sizeof *oom);
  fill_head(&oom->head, STRAY_OOM, 0);
  struct task_struct* trigger = current_task();
  oom->head.tgid = BPF_CORE_READ(victim, tgid);
  oom->head.start_ns = BPF_CORE_READ(victim, group_leader, start_boottime);
  fill_id_at(&oom->trigger, trigger);
  fill_memory(oom, BPF_CORE_READ(victim, mm));
  oom->score_adj = BPF_CORE_READ(victim, signal, oom_score_adj);
  oom->uid = BPF_CORE_READ(victim, cred, uid.val);
  bpf_core_read(oom->comm, sizeof oom->comm, &victim->comm);

  __u64 at_limit = memcg_at_limit((__u64)memory_css(victim), (__u64)memory_css(trigger));
  if (at_limit) {
    struct mem_cgroup* memcg = (void*)at_limit;
    oom->head.flags |= STRAY_OOM_MEMCG;
    oom->limit = (__u64)BPF_CORE_READ(memcg, memory.max) << page_shift;
    struct kernfs_node* node = BPF_CORE_READ(memcg, css.cgroup, kn);
    end_span(&oom->cgroup, &length, append_cgroup(SLOT_OOM, length, (__u64)node));
  }
  oom->head.size = length;
  output_record(scratch, length);
  return 0;
}

static __always_inline int record_oom_of_pid(int pid) {
  struct task_struct* victim = task_of_pid(pid);
  return victim ? record_oom(victim) : 0;
}

#endif
