# SPDX-License-Identifier: Apache-2.0
"""A file system that does not answer, as a network mount whose server is gone: stray goes on without it."""
import ctypes
import os
import signal
import struct
import subprocess
import threading
import unittest

from tracing import Folder, JsonTrace, about, is_alert, wait_for

LIBC = ctypes.CDLL(None, use_errno=True)
MNT_DETACH = 2
LOOKUP, FORGET, GETATTR, INIT, INTERRUPT, BATCH_FORGET = 1, 2, 3, 26, 36, 42  # linux/fuse.h
IN, OUT = struct.Struct("<IIQQIIII"), struct.Struct("<IiQ")  # fuse_in_header, fuse_out_header
DIRECTORY = struct.pack("<QIIQQQQQQIIIIIIIIII", 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0o40755, 2, 0, 0, 0, 4096, 0)

COPIES = 10  # of a server on each file system


class Silent:
    """A FUSE file system that has a root directory, and answers nobody who asks for a file in it."""

    def __init__(self, folder):
        self.folder, self.asked = str(folder), threading.Event()
        self.fd = os.open("/dev/fuse", os.O_RDWR | os.O_CLOEXEC)
        options = f"fd={self.fd},rootmode=40000,user_id=0,group_id=0"
        if LIBC.mount(b"silent", self.folder.encode(), b"fuse", 0, options.encode()):
            os.close(self.fd)
            raise unittest.SkipTest(f"cannot mount FUSE: {os.strerror(ctypes.get_errno())}")
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    def serve(self):
        while True:
            try:
                request = os.read(self.fd, 1 << 20)
            except OSError:  # unmounted
                return
            _, opcode, unique, *_ = IN.unpack_from(request)
            if opcode == INIT:
                self.answer(unique, struct.pack("<IIIIHHIIHHII24x", 7, 31, 0, 0, 0, 0, 4096, 1, 0, 0, 0, 0))
            elif opcode == GETATTR:
                self.answer(unique, DIRECTORY)
            elif opcode == LOOKUP:
                self.asked.set()
            elif opcode == INTERRUPT:  # as a network mount: who is killed waits no longer
                self.answer(struct.unpack_from("<Q", request, IN.size)[0], error=-4)
            elif opcode not in (FORGET, BATCH_FORGET):
                self.answer(unique, error=-38)  # ENOSYS

    def answer(self, unique, body=b"", error=0):
        os.write(self.fd, OUT.pack(OUT.size + len(body), error, unique) + body)

    def end(self):
        LIBC.umount2(self.folder.encode(), MNT_DETACH)
        os.close(self.fd)  # who waits is told that the connection is gone


class Hang(Folder):
    def silent(self, name):
        mount = self.folder / name
        mount.mkdir()
        made = Silent(mount)
        self.addCleanup(made.end)
        return made

    def left_in(self, silent):
        """A server with its working directory there. The shell only changes to it, which the file system allows."""
        return self.start("sh", "-c", 'cd "$1" && shift && exec "$@"', "sh", silent.folder, *self.server())

    def test_the_others_are_found_all_the_same(self):
        if not os.path.exists("/dev/fuse"):
            self.skipTest("no /dev/fuse")
        mounts = [self.silent(name) for name in ("first", "second")]
        with JsonTrace("--after", "all=1s") as trace:
            trace.ready()
            hanging = [self.left_in(mount) for mount in mounts for _ in range(COPIES)]
            for one in hanging:
                trace.wait(lambda d, pid=one.pid: about(pid, "exec")(d) and d["process"]["executable"].endswith("/node"), "its exec")
            for mount in mounts:
                self.assertTrue(mount.asked.wait(60), "stray never looked for the script")
            pid = self.leave_behind(*self.server())
            for kind in ("orphan", "unsupervised-node"):
                trace.wait(lambda d, kind=kind: is_alert(d, kind, "raised") and d["process"]["pid"] == pid, kind)
            for mount in mounts:
                wait_for(lambda mount=mount: f"{mount.folder} (fuse, silent) does not answer" in trace.said(), "the warning")
            self.assertEqual(trace.end(signal.SIGINT), 4)
            self.assertEqual([one["code"] for one in trace.documents[-1]["stray"]["limits"]], ["unread-processes"])
        scan = subprocess.run([os.environ["STRAY"], "scan"], capture_output=True, timeout=60, stdin=subprocess.DEVNULL)
        self.assertEqual(scan.returncode, 4, scan.stderr)
        self.assertIn(f"limited view: {len(hanging)} processes could not be looked at".encode(), scan.stderr)
        self.assertIn(str(pid).encode(), scan.stdout)
        self.assertNotIn(b"Nothing is astray", scan.stdout)
        for mount in mounts:
            self.assertIn(f"{mount.folder} does not answer: {COPIES} processes could not be looked at".encode(), scan.stderr)
