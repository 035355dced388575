/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* Who sent the signal that may end a process. signal_generate runs in the sender's context. */
#ifndef STRAY_SIGNAL_BPF_H
#define STRAY_SIGNAL_BPF_H

#include "task.bpf.h"

#define ABNORMAL_SIGNALS                                                                           \
  (1ull << 1 | 1ull << 2 | 1ull << 3 | 1ull << 4 | 1ull << 5 | 1ull << 6 | 1ull << 7 | 1ull << 8 | \
   1ull << 9 | 1ull << 11 | 1ull << 15 | 1ull << 24 | 1ull << 31)

static __always_inline int record_signal(int number, struct kernel_siginfo* info, struct task_struct* target,
                                         int group, int result) {
  if (number < 1 || number > 63 || !(ABNORMAL_SIGNALS >> number & 1)) return 0;
  struct stray_signal* signal = reserve_record(struct stray_signal);
  if (!signal) return 0;
  fill_head(&signal->head, STRAY_SIGNAL, sizeof *signal);
  fill_subject(&signal->head, target);
  fill_id_at(&signal->sender, current_task());
  signal->sender_uid = (__u32)bpf_get_current_uid_gid();
  signal->signal = number;
  signal->result = result;
  if ((__u64)info == SEND_SIG_NOINFO)
    signal->code = SI_USER;
  else if ((__u64)info == SEND_SIG_PRIV)
    signal->code = SI_KERNEL;
  else
    signal->code = BPF_CORE_READ(info, si_code);
  if (signal->code > 0)
    signal->head.flags |= STRAY_SIGNAL_FROM_KERNEL; /* SI_FROMKERNEL of asm-generic/siginfo.h */
  if (group) signal->head.flags |= STRAY_SIGNAL_TO_GROUP;
  submit_record(signal);
  return 0;
}

#endif
