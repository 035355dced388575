# SPDX-License-Identifier: Apache-2.0
"""stray as others start it, and what it says: documents, text, exit code."""
import fcntl
import json
import os
import pty
import select
import shutil
import signal
import struct
import subprocess
import tempfile
import termios
import time
import unittest
from pathlib import Path

STRAY = os.environ.get("STRAY", "")  # set by `run`
PATIENCE = 60  # seconds; a bound for what is broken, not a measure


def stray(*arguments, under=(), **options):
    """Runs stray to its end, as the last words of the command `under`."""
    options = {"capture_output": True, "timeout": PATIENCE} | options
    if "input" not in options:
        options.setdefault("stdin", subprocess.DEVNULL)
    return subprocess.run([*under, STRAY, *arguments], **options)


def on_terminal(*arguments, columns=None, env=None, pipe=False):
    """What stray prints on a terminal (or into a pipe), and its exit code."""
    reading, writing = os.pipe() if pipe else pty.openpty()
    if columns:
        fcntl.ioctl(writing, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    child = subprocess.Popen([STRAY, *arguments], stdin=subprocess.DEVNULL, stdout=writing, env=env)
    os.close(writing)
    out = b""
    try:
        while got := os.read(reading, 1 << 16):
            out += got
    except OSError:  # EIO: the other side of the terminal is closed
        pass
    os.close(reading)
    return out, child.wait()


def wait_for(condition, what):
    """Looks until the condition gives something true, and returns that."""
    end = time.monotonic() + PATIENCE
    while not (result := condition()):
        if time.monotonic() > end:
            raise AssertionError(f"waited {PATIENCE} s for {what}")
        time.sleep(0.01)
    return result


def action(document):
    return document["event"]["action"]


def is_alert(document, kind, state):
    return document["event"]["kind"] == "alert" and document["rule"]["name"] == kind and action(document) == state


def about(pid, *actions):
    """A condition: a document with one of these actions about that process."""
    return lambda document: action(document) in actions and document["process"]["pid"] == pid


class Trace:
    """A stray that runs; its output is read when somebody waits for something."""

    def __init__(self, *arguments, command=(), **options):
        self.errors = tempfile.TemporaryFile()
        options = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "start_new_session": True} | options
        self.process = subprocess.Popen([*command, STRAY, "run", *arguments], stderr=self.errors, **options)
        self.out = self.process.stdout.fileno() if self.process.stdout else None
        self.bytes = bytearray()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        if self.process.stdout:
            self.process.stdout.close()
        self.errors.close()

    def said(self):
        """What is on standard error."""
        self.errors.seek(0)
        return self.errors.read().decode(errors="replace")

    def read_more(self, end):
        """Reads what is there; False at the end of the output."""
        if not select.select([self.out], [], [], max(0, end - time.monotonic()))[0]:
            raise AssertionError(f"waited {PATIENCE} s; stray says: {self.said()}")
        got = os.read(self.out, 1 << 20)
        self.bytes += got
        return bool(got)

    def wait_for_bytes(self, wanted):
        end = time.monotonic() + PATIENCE
        while wanted not in self.bytes:
            if not self.read_more(end):
                raise AssertionError(f"the output ended without {wanted!r}; stray says: {self.said()}")

    def send(self, number):
        self.process.send_signal(number)

    def end(self, number=None):
        """Sends the signal, reads to the end, and returns the exit code."""
        if number is not None:
            self.send(number)
        end = time.monotonic() + PATIENCE
        while self.out is not None and self.read_more(end):
            pass
        return self.process.wait(PATIENCE)


class JsonTrace(Trace):
    """stray run --json. Each line is held against JSON and UTF-8 on the way."""

    def __init__(self, *arguments, **options):
        super().__init__("--json", *arguments, **options)
        self.documents = []

    def read_more(self, end):
        more = super().read_more(end)
        *lines, rest = self.bytes.split(b"\n")
        self.documents += [json.loads(line.decode()) for line in lines]
        self.bytes = bytearray(rest)
        return more

    def wait(self, condition, what, after=0):
        """The first document for which the condition holds."""
        end = time.monotonic() + PATIENCE
        at = after
        while True:
            for document in self.documents[at:]:
                if condition(document):
                    return document
            at = len(self.documents)
            if not self.read_more(end):
                raise AssertionError(f"the output ended before {what}; stray says: {self.said()}")

    def ready(self):
        self.wait(lambda document: action(document) == "ready", "the ready line")
        return self

    def all(self, condition):
        return [document for document in self.documents if condition(document)]


class Folder(unittest.TestCase):
    """A test with a folder of its own, and processes that end with it."""

    def setUp(self):
        self.folder = Path(tempfile.mkdtemp(prefix="stray-cli-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)

    def start(self, *command, **options):
        """A child of this test that runs until the test is over."""
        options = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL} | options
        child = subprocess.Popen(command, **options)
        self.addCleanup(child.wait)
        self.addCleanup(child.kill)
        return child

    def server(self):
        """A program that stray takes for a node server: its executable is called node."""
        node = self.folder / "node"
        if not node.exists():
            shutil.copy(shutil.which("sleep"), node)
        return [str(node), "1000"]

    def leave_behind(self, *command):
        """Starts a program of this test whose starter is gone at once, and returns its pid."""
        script = 'setsid "$@" </dev/null >/dev/null 2>&1 & echo $!'
        pid = int(subprocess.check_output(["sh", "-c", script, "sh", *command]))
        self.addCleanup(end, pid, os.pidfd_open(pid))
        program = os.path.realpath(os.fsdecode(command[0]))
        wait_for(lambda: os.readlink(f"/proc/{pid}/exe") == program, f"pid {pid} to run {program}")
        return pid


def end(pid, handle):
    """Ends what is no child of ours, and waits until it has ended."""
    try:
        signal.pidfd_send_signal(handle, signal.SIGKILL)
    except ProcessLookupError:
        pass
    if not select.select([handle], [], [], PATIENCE)[0]:
        raise AssertionError(f"pid {pid} does not end")
    os.close(handle)


class MemoryCgroup:
    """A memory cgroup with a limit, under whichever version of the controller is mounted."""

    def __init__(self, limit):
        self.name = f"/stray-cli-{os.getpid()}"
        old, new = Path("/sys/fs/cgroup/memory"), Path("/sys/fs/cgroup")
        v1 = os.access(old / "cgroup.procs", os.W_OK)
        self.path = Path(f"{old if v1 else new}{self.name}")
        try:
            if not v1:
                (new / "cgroup.subtree_control").write_text("+memory")
            self.path.mkdir()
            (self.path / ("memory.limit_in_bytes" if v1 else "memory.max")).write_text(str(limit))
        except OSError as error:
            raise unittest.SkipTest(f"no memory cgroup can be made: {error}")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        wait_for(lambda: not (self.path / "cgroup.procs").read_text(), f"{self.path} to be empty")
        self.path.rmdir()

    def enter(self):
        """For preexec_fn."""
        (self.path / "cgroup.procs").write_text("0")
