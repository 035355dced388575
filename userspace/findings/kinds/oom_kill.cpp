// SPDX-License-Identifier: Apache-2.0
// oom-kill: the OOM killer ended it. Raised by the kernel's record, of a process that has exited
// (oom_kills.cpp).
#include "findings/kinds.hpp"

namespace stray {

extern const KindRow kOomKill;
const KindRow kOomKill{
    .kind = Kind::oom_kill,
    .name = "oom-kill",
    .message_id = "73879670071f459290b67d33d1ed8fb5",
    .when = "the OOM killer ended it",
    .wait = "at once",
    .impact =
        "The kernel chose what to end. What was in its memory is lost, requests were cut off, and unless "
        "something starts it again it stays down; the cause, too much memory in use, is often still there.",
    .unsupervised = Remedy::note,
    .supervised = Remedy::note,
    .reason = "It has exited already; the cause remains.",
    .hint = "give it a limit of its own (max_memory_restart, MemoryMax=) below what the host can bear",
    .of_launch = false,
    .needs = Needs::nothing_else,
    .judge = nullptr};

}  // namespace stray
