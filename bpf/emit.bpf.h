/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* How records leave the kernel: one ring for all CPUs, so the order of reservation is the order of the host.
 */
#ifndef STRAY_EMIT_BPF_H
#define STRAY_EMIT_BPF_H

#include "kernel.h"

struct {
  __uint(type, BPF_MAP_TYPE_RINGBUF);
  __uint(max_entries, 4096); /* set before loading */
} ring SEC(".maps");

__u64 lost;               /* records that found no room in the ring, since loading */
volatile __u32 need_wake; /* set by the consumer before it sleeps */

/* Waking costs more than all the rest of a record: only a sleeping consumer is woken, by the first record. */
static __always_inline __u64 wake_flag(void) {
  if (!need_wake) return BPF_RB_NO_WAKEUP;
  need_wake = 0;
  return BPF_RB_FORCE_WAKEUP;
}

static __always_inline void count_lost(void) { __sync_fetch_and_add(&lost, 1); }

/* Room for a record of fixed size, zeroed: reserved memory holds what was there before. NULL: counted as
 * lost. */
#define reserve_record(type)                                     \
  ({                                                             \
    type* record_ = bpf_ringbuf_reserve(&ring, sizeof(type), 0); \
    if (record_)                                                 \
      __builtin_memset(record_, 0, sizeof(type));                \
    else                                                         \
      count_lost();                                              \
    record_;                                                     \
  })

static __always_inline void submit_record(void* record) { bpf_ringbuf_submit(record, wake_flag()); }

static __always_inline void fill_head(struct stray_head* head, __u32 kind, __u32 size) {
  head->size = size;
  head->kind = kind;
  head->cpu = bpf_get_smp_processor_id();
  head->time_ns = bpf_ktime_get_boot_ns();
  head->lost = lost;
}

/* Records of variable size are built in a scratch page and copied out at their exact size (ring dynptrs would
 * save the copy, but need 5.19). Nobody else writes a slot while a program uses it:
 *  - exec has one slot a CPU. Tracepoint programs run with preemption off. Should a kernel let them be
 * preempted, they still do not migrate, and prog->active (05b24ff9b2cf) keeps a second run of the same
 * program off this CPU and counts it as a miss, which user space adds to the losses.
 *  - oom has one slot: mark_oom_victim() is called with the kernel's oom_lock held.
 *  - seed has one slot: the iterator is read by the one thread that made it.
 * A plain array indexed by CPU, because values of per-CPU maps end at 32 KiB. */
struct scratch {
  __u8 bytes[STRAY_RECORD_MAX];
};
struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, 3); /* SLOT_FIRST_CPU + possible CPUs: set before loading */
  __type(key, __u32);
  __type(value, struct scratch);
} scratches SEC(".maps");

enum { SLOT_OOM, SLOT_SEED, SLOT_FIRST_CPU };

static __always_inline struct scratch* scratch_of(__u32 slot) {
  return bpf_map_lookup_elem(&scratches, &slot);
}

static __always_inline void output_record(struct scratch* scratch, __u64 size) {
  if (size > STRAY_RECORD_MAX) return; /* never: for the verifier */
  if (bpf_ringbuf_output(&ring, scratch->bytes, size, wake_flag())) count_lost();
}

#endif
