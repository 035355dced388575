/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* The kernel programs. Each one turns a tracepoint's moment into one record of event.h:
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
#include "exit.bpf.h"
#include "oom.bpf.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

#define ABNORMAL_SIGNALS                                                                           \
  (1ull << 1 | 1ull << 2 | 1ull << 3 | 1ull << 4 | 1ull << 5 | 1ull << 6 | 1ull << 7 | 1ull << 8 | \
   1ull << 9 | 1ull << 11 | 1ull << 15 | 1ull << 24 | 1ull << 31)

SEC("tp_btf/sched_process_fork")
int BPF_PROG(on_fork, struct task_struct* creator, struct task_struct* child) {
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

SEC("tp_btf/sched_process_exec")
int BPF_PROG(on_exec, struct task_struct* task, int old_pid, struct linux_binprm* bprm) {
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

static __always_inline int group_ended(struct task_struct* task) {
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

/* Since 6.16 the tracepoint passes group_dead (and stands before exit_mm()). */
SEC("tp_btf/sched_process_exit")
int BPF_PROG(on_exit, struct task_struct* task, bool group_dead) {
  return group_dead ? group_ended(task) : 0;
}

SEC("tp_btf/sched_process_exit")
int BPF_PROG(on_exit_by_count, struct task_struct* task) {
  return task->signal->live.counter == 0 && first_to_tell(task) ? group_ended(task) : 0;
}

/* 6.9, commit 72ba14deb40a ("mm: update mark_victim tracepoints fields"), also in later stable kernels. */
SEC("tp_btf/mark_victim")
int BPF_PROG(on_oom, struct task_struct* victim) { return oom_victim(victim); }

SEC("tp_btf/mark_victim")
int BPF_PROG(on_oom_by_pid, int pid) {
  struct task_struct* victim = task_of_pid(pid);
  return victim ? oom_victim(victim) : 0;
}

SEC("tp_btf/signal_generate")
int BPF_PROG(on_signal, int number, struct kernel_siginfo* info, struct task_struct* target, int group,
             int result) {
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

/* listen(2) changes the state in its caller's context, before an unbound socket gets its port: that port is
 * 0. */
SEC("tp_btf/inet_sock_set_state")
int BPF_PROG(on_listen, const struct sock* sock, int old_state, int new_state) {
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

SEC("iter/task")
int snapshot(struct bpf_iter__task* context) {
  struct task_struct* task = context->task;
  if (!task || task->pid != task->tgid) return 0;
  if (task->signal->live.counter == 0) return 0; /* a zombie */
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
  fill_seed_paths(seed, task, &length);
  seed->head.size = length;
  if (length <= STRAY_RECORD_MAX) bpf_seq_write(context->meta->seq, scratch->bytes, length);
  return 0;
}
