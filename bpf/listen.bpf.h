/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* A TCP socket that begins to listen: its process, address and port. */
#ifndef STRAY_LISTEN_BPF_H
#define STRAY_LISTEN_BPF_H

#include "task.bpf.h"

/* listen(2) changes the state in its caller's context, before an unbound socket gets its port: that port is
 * 0. */
static __always_inline int record_listen(const struct sock* sock, int new_state) {
  if (new_state != TCP_LISTEN || sock->sk_protocol != IPPROTO_TCP) return 0;
  struct stray_listen* listen = reserve_record(struct stray_listen);
  if (!listen) return 0;
  fill_head(&listen->head, STRAY_LISTEN, sizeof *listen);
  struct task_struct* task = current_task();
  listen->head.tgid = BPF_CORE_READ(task, tgid);
  listen->head.start_ns = BPF_CORE_READ(task, group_leader, start_boottime);
  listen->family = sock->__sk_common.skc_family;
  listen->port = sock->__sk_common.skc_num;
  listen->netns = BPF_CORE_READ(sock, __sk_common.skc_net.net, ns.inum);
  if (listen->family == AF_INET6)
    bpf_core_read(listen->address, 16, &sock->__sk_common.skc_v6_rcv_saddr);
  else
    bpf_core_read(listen->address, 4, &sock->__sk_common.skc_rcv_saddr);
  submit_record(listen);
  return 0;
}

#endif
