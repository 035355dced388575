/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* Appending variable data to a record in its scratch slot.
 *
 * Each function takes the slot and the length so far and returns the new length, with APPEND_CUT set when not
 * all found room. They are global functions with scalar arguments on purpose: the verifier then checks each
 * one once and by itself, not again on every way into it, which keeps the programs far below the limits
 * of 5.10.
 *
 * bpf_d_path() is not allowed in tracepoint programs on any kernel: paths are walked by hand. */
#ifndef STRAY_PATH_BPF_H
#define STRAY_PATH_BPF_H

#include "emit.bpf.h"

#define NAME_SIZE 256ull  /* NAME_MAX and its NUL */
#define TEXT_SIZE 4096ull /* PATH_MAX */
#define CHUNK_SIZE 4096ull
#define TEXT_END (STRAY_RECORD_MAX - STRAY_ARGV_MAX) /* everything but argv ends here */

#define APPEND_CUT (1ull << 30)
#define APPEND_LENGTH(result) ((result) & (2 * STRAY_RECORD_MAX - 1))

static __always_inline __u64 append_name(struct scratch* scratch, __u64 length, const void* name) {
  long copied = bpf_probe_read_kernel_str(scratch->bytes + length, NAME_SIZE, name);
  return copied > 1 ? copied : 0; /* an empty name adds nothing */
}

/* The path of a struct path as seen from `root` (the fs->root of its task), leaf first. A path that is not
 * below `root` ends at the top of its mount namespace. */
__noinline __u64 append_path(__u64 slot, __u64 length, __u64 path_address, __u64 root_address) {
  const struct path *path = (void*)path_address, *root = (void*)root_address;
  struct scratch* scratch = scratch_of(slot);
  if (!scratch) return length;

  struct dentry* dentry = BPF_CORE_READ(path, dentry);
  struct vfsmount* mnt = BPF_CORE_READ(path, mnt);
  struct dentry* mnt_root = BPF_CORE_READ(mnt, mnt_root);
  struct dentry* root_dentry = BPF_CORE_READ(root, dentry);
  struct vfsmount* root_mnt = BPF_CORE_READ(root, mnt);

  for (int depth = 0; depth < STRAY_PATH_DEPTH; depth++) {
    length &= STRAY_RECORD_MAX - 1; /* the same range in every round lets the verifier prune */
    if (dentry == root_dentry && mnt == root_mnt) return length;
    if (length > TEXT_END - NAME_SIZE) break;
    if (dentry == mnt_root) { /* over to the mount that this one hangs in */
      struct mount* mount = (void*)mnt - bpf_core_field_offset(struct mount, mnt);
      struct mount* above = BPF_CORE_READ(mount, mnt_parent);
      if (above == mount) return length; /* the top */
      dentry = BPF_CORE_READ(mount, mnt_mountpoint);
      mnt = (void*)above + bpf_core_field_offset(struct mount, mnt);
      mnt_root = BPF_CORE_READ(mnt, mnt_root);
      continue;
    }
    length += append_name(scratch, length, BPF_CORE_READ(dentry, d_name.name));
    struct dentry* parent = BPF_CORE_READ(dentry, d_parent);
    if (parent == dentry) return length; /* in no tree: memfd */
    dentry = parent;
  }
  return length | APPEND_CUT;
}

/* The path of a cgroup in its hierarchy, leaf first. The root adds nothing. */
__noinline __u64 append_cgroup(__u64 slot, __u64 length, __u64 node_address) {
  struct kernfs_node* node = (void*)node_address;
  struct scratch* scratch = scratch_of(slot);
  if (!scratch) return length;
  for (int depth = 0; depth < STRAY_CGROUP_DEPTH; depth++) {
    length &= STRAY_RECORD_MAX - 1;
    struct kernfs_node* parent = kernfs_parent(node);
    if (!parent) return length;
    if (length > TEXT_END - NAME_SIZE) break;
    length += append_name(scratch, length, BPF_CORE_READ(node, name));
    node = parent;
  }
  return length | (kernfs_parent(node) ? APPEND_CUT : 0);
}

/* A string of the kernel, without its NUL. */
__noinline __u64 append_text(__u64 slot, __u64 length, __u64 text_address) {
  struct scratch* scratch = scratch_of(slot);
  if (!scratch) return length;
  if (length > TEXT_END - TEXT_SIZE) return length | APPEND_CUT;
  long copied = bpf_probe_read_kernel_str(scratch->bytes + length, TEXT_SIZE, (void*)text_address);
  return length + (copied > 0 ? copied - 1 : 0);
}

/* Memory of the current process. In one piece when it is all there; else page by page up to the first page
 * that is not: what is missing shows in the length. */
__noinline __u64 append_user(__u64 slot, __u64 length, __u64 address, __u64 size) {
  struct scratch* scratch = scratch_of(slot);
  if (!scratch || length > TEXT_END || size > STRAY_ARGV_MAX) return length;
  if (!bpf_probe_read_user(scratch->bytes + length, size, (void*)address)) return length + size;
  for (__u64 chunks = 0, left = size; left && chunks <= STRAY_ARGV_MAX / CHUNK_SIZE; chunks++) {
    __u64 chunk = CHUNK_SIZE - (address & (CHUNK_SIZE - 1));
    if (chunk > left) chunk = left;
    barrier_var(chunk); /* clang knows the next bound and would drop it; 5.10 does not */
    if (chunk > CHUNK_SIZE || length > STRAY_RECORD_MAX - CHUNK_SIZE) break; /* never: for the verifier */
    if (bpf_probe_read_user(scratch->bytes + length, chunk, (void*)address)) break;
    address += chunk;
    length += chunk;
    left -= chunk;
  }
  return length;
}

#endif
