/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* The kernel programs: a table of contents. Each one turns a tracepoint's moment into one record of event.h:
 *
 *   on_fork            tp_btf/sched_process_fork    STRAY_FORK     new thread groups
 *   on_exec            tp_btf/sched_process_exec    STRAY_EXEC
 *   on_exit            tp_btf/sched_process_exit    STRAY_EXIT     kernels that say which exit ends the group
 *   on_exit_by_count   tp_btf/sched_process_exit    STRAY_EXIT     older kernels
 *   on_oom             tp_btf/mark_victim           STRAY_OOM      kernels that pass the victim
 *   on_oom_by_pid      tp_btf/mark_victim           STRAY_OOM      kernels that pass its pid
 *   on_signal          tp_btf/signal_generate       STRAY_SIGNAL   the signals that end processes
 *   on_listen          tp_btf/inet_sock_set_state   STRAY_LISTEN   TCP
 *   snapshot           iter/task                    STRAY_SEED     every process alive, when read
 *
 * User space loads the variant that the running kernel's BTF asks for. */
#include "exec.bpf.h"
#include "exit.bpf.h"
#include "fork.bpf.h"
#include "listen.bpf.h"
#include "oom.bpf.h"
#include "seed.bpf.h"
#include "signal.bpf.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

SEC("tp_btf/sched_process_fork")
int BPF_PROG(on_fork, struct task_struct* creator, struct task_struct* child) {
  return record_fork(creator, child);
}

SEC("tp_btf/sched_process_exec")
int BPF_PROG(on_exec, struct task_struct* task, int old_pid, struct linux_binprm* bprm) {
  return record_exec(task, old_pid, bprm);
}

/* Since 6.16 the tracepoint passes group_dead (and stands before exit_mm()). */
SEC("tp_btf/sched_process_exit")
int BPF_PROG(on_exit, struct task_struct* task, bool group_dead) {
  return group_dead ? record_exit(task) : 0;
}

SEC("tp_btf/sched_process_exit")
int BPF_PROG(on_exit_by_count, struct task_struct* task) { return record_exit_once(task); }

/* 6.9, commit 72ba14deb40a ("mm: update mark_victim tracepoints fields"), also in later stable kernels. */
SEC("tp_btf/mark_victim")
int BPF_PROG(on_oom, struct task_struct* victim) { return record_oom(victim); }

SEC("tp_btf/mark_victim")
int BPF_PROG(on_oom_by_pid, int pid) { return record_oom_of_pid(pid); }

SEC("tp_btf/signal_generate")
int BPF_PROG(on_signal, int number, struct kernel_siginfo* info, struct task_struct* target, int group,
             int result) {
  return record_signal(number, info, target, group, result);
}

SEC("tp_btf/inet_sock_set_state")
int BPF_PROG(on_listen, const struct sock* sock, int old_state, int new_state) {
  return record_listen(sock, new_state);
}

SEC("iter/task")
int snapshot(struct bpf_iter__task* context) { return write_seed(context); }
