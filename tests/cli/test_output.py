# SPDX-License-Identifier: Apache-2.0
"""Where stray writes to: pipes that break or are not read, full disks, files, terminals; and how it ends."""
import array
import fcntl
import json
import os
import pty
import re
import signal
import stat
import struct
import subprocess
import termios
import time

from tracing import STRAY, Folder, JsonTrace, Trace, action, on_terminal, stray, wait_for

CHILDREN = 200


def quick_children(count=CHILDREN):
    """Starts children that end at once, and returns their pids when all have ended."""
    pids = [os.posix_spawnp("true", ["true"], {"PATH": os.environ["PATH"]}) for _ in range(count)]
    for pid in pids:
        os.waitpid(pid, 0)
    return pids


def small_pipe(trace):
    """Lets the pipe from stray take no more than a page."""
    fcntl.fcntl(trace.out, fcntl.F_SETPIPE_SZ, 4096)
    return 4096


def in_pipe(pipe):
    """How many bytes wait in it."""
    held = array.array("i", [0])
    fcntl.ioctl(pipe, termios.FIONREAD, held)
    return held[0]


class Ends(Folder):
    def test_sigint_and_sigterm_write_what_is_in_flight(self):
        for number in (signal.SIGINT, signal.SIGTERM):
            with self.subTest(number=number), JsonTrace("--events", "all") as trace:
                trace.ready()
                pids = set(quick_children())
                self.assertEqual(trace.end(number), 0, trace.said())
                for kind in ("fork", "exec", "exit"):
                    seen = [d["process"]["pid"] for d in trace.documents if action(d) == kind]
                    self.assertEqual(sorted(pid for pid in seen if pid in pids), sorted(pids), kind)
                self.assertEqual(action(trace.documents[0]), "ready")
                self.assertEqual(action(trace.documents[-1]), "summary")
                self.assertEqual(trace.said(), "")

    def test_the_summary_counts_what_was_written(self):
        with JsonTrace("--events", "all") as trace:
            trace.ready()
            quick_children()
            self.assertEqual(trace.end(signal.SIGINT), 0)
            summary = trace.documents[-1]["stray"]
            for kind in ("fork", "exec", "exit", "reparent", "seed"):
                written = sum(action(d) == kind for d in trace.documents)
                self.assertEqual(summary["events"].get(kind, 0), written, kind)
            self.assertEqual(summary["malformed"], 0)

    def test_for_ends_by_itself(self):
        done = stray("run", "--json", "--for", "300ms")
        self.assertEqual((done.returncode, done.stderr), (0, b""))
        documents = [json.loads(line) for line in done.stdout.splitlines()]
        self.assertEqual([action(documents[0]), action(documents[-1])], ["ready", "summary"])

    def test_hangup_ends_it_unless_started_by_nohup(self):
        ours, terminal = pty.openpty()  # without a terminal it means: read the configuration again
        self.addCleanup(os.close, ours)
        with JsonTrace(stdin=terminal, preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0)) as trace:
            os.close(terminal)
            trace.ready()
            self.assertEqual(trace.end(signal.SIGHUP), 0)
        with JsonTrace(preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN)) as trace:
            trace.ready()
            trace.send(signal.SIGHUP)
            pid = quick_children(1)[0]
            trace.wait(lambda d: action(d) == "exit" and d["process"]["pid"] == pid, "an event after the hangup")
            self.assertEqual(trace.end(signal.SIGINT), 0)


class Pipes(Folder):
    def one_line(self, trace, pattern):
        self.assertRegex(trace.said(), rf"\Astray: {pattern}\n\Z")

    def ended_silently(self, code, said):
        """As `ls | head` ends."""
        self.assertEqual((code, said), (-signal.SIGPIPE, ""))

    def test_a_broken_pipe_ends_it(self):
        with JsonTrace() as trace:
            trace.ready()
            trace.process.stdout.close()
            trace.out = None
            quick_children()
            self.ended_silently(trace.end(), trace.said())

    def test_a_broken_pipe_is_seen_without_an_event(self):
        with JsonTrace("--events", "none", "--after", "all=36500d") as trace:
            trace.ready()
            trace.process.stdout.close()
            trace.out = None
            self.ended_silently(trace.end(), trace.said())

    def test_a_late_reader_gets_everything(self):
        with JsonTrace() as trace:
            size = small_pipe(trace)
            wait_for(lambda: in_pipe(trace.out) == size, "the pipe to be full")
            pids = set(quick_children())
            self.assertEqual(trace.end(signal.SIGINT), 0, trace.said())
            self.assertEqual({d["process"]["pid"] for d in trace.documents if action(d) == "exit"} & pids, pids)

    def test_a_pipe_that_nobody_reads_does_not_keep_it(self):
        with JsonTrace() as trace:
            size = small_pipe(trace)
            wait_for(lambda: in_pipe(trace.out) == size, "the pipe to be full")
            quick_children()
            trace.send(signal.SIGINT)
            self.assertEqual(trace.process.wait(30), 5)
            self.one_line(trace, r"standard output: nobody reads it; \d+ lines could not be written")
            lost = int(re.search(r"(\d+) lines", trace.said())[1])
            # Some line was cut, so what is whole in the pipe and what is lost make all that was to be written: ready,
            # summary, and at least what this test did.
            trace.end()
            self.assertGreaterEqual(len(trace.documents) + lost, 2 + 2 * CHILDREN)
            self.assertLess(len(trace.documents), 100)

    def test_looks_fail_the_same_way(self):
        for command in (["scan", "--json"], ["tree"], ["tree", "--json"], ["explain", "1"], ["report"], ["doctor"]):
            with self.subTest(command=command):
                reading, writing = os.pipe()
                os.close(reading)
                done = stray(*command, capture_output=False, stdout=writing, stderr=subprocess.PIPE)
                os.close(writing)
                self.ended_silently(done.returncode, done.stderr.decode())

    def test_a_closed_standard_output(self):
        for command in (["tree"], ["run", "--json"]):
            done = stray(*command, capture_output=False, stderr=subprocess.PIPE, preexec_fn=lambda: os.close(1))
            self.assertEqual(done.returncode, 5)
            self.assertIn(b"standard output: Bad file descriptor", done.stderr)


class Files(Folder):
    def test_output_to_a_file(self):
        file = self.folder / "events"
        with JsonTrace("--output", str(file)) as trace:
            wait_for(lambda: file.exists() and b'"ready"' in file.read_bytes(), "the ready line")
            pids = set(quick_children())
            self.assertEqual(trace.end(signal.SIGINT), 0)
            self.assertEqual(bytes(trace.bytes), b"")
        documents = [json.loads(line) for line in file.read_bytes().decode().splitlines()]
        self.assertEqual({d["process"]["pid"] for d in documents if action(d) == "exit"} & pids, pids)
        self.assertEqual([action(documents[0]), action(documents[-1])], ["ready", "summary"])
        self.assertEqual(stat.S_IMODE(file.stat().st_mode), 0o600)

    def test_standard_output_to_a_file(self):
        file = self.folder / "events"
        with open(file, "wb") as out, Trace("--json", stdout=out) as trace:
            wait_for(lambda: b'"ready"' in file.read_bytes(), "the ready line")
            quick_children(1)
            self.assertEqual(trace.end(signal.SIGINT), 0)
        self.assertEqual(action(json.loads(file.read_bytes().splitlines()[-1])), "summary")

    def test_a_file_that_is_there_is_never_overwritten(self):
        file, link = self.folder / "events", self.folder / "link"
        file.write_text("precious")
        link.symlink_to(self.folder / "elsewhere")
        for path in (file, link):
            done = stray("run", "--output", str(path))
            self.assertEqual((done.returncode, done.stdout), (5, b""))
            self.assertEqual(done.stderr.decode(), f"stray: --output {path}: File exists\n")
        self.assertEqual(file.read_text(), "precious")
        self.assertFalse((self.folder / "elsewhere").exists())

    def test_a_folder_that_is_missing(self):
        path = self.folder / "missing" / "events"
        done = stray("run", "--output", str(path))
        self.assertEqual((done.returncode, done.stderr.decode()),
                         (5, f"stray: --output {path}: No such file or directory\n"))

    def test_a_full_disk_ends_it(self):
        # In a mount namespace of its own; what was written comes out of it before it goes.
        script = 'mount -t tmpfs -o size=64k tmpfs "$1" && { "$2" run --json --output "$1/events"; ' \
                 'code=$?; cat "$1/events"; exit $code; }'
        errors = open(self.folder / "errors", "wb")
        self.addCleanup(errors.close)
        disk = self.folder / "disk"
        disk.mkdir()
        alone = ["unshare", "--mount", "--propagation", "private", "sh", "-c", script, "sh"]
        shell = subprocess.Popen([*alone, disk, STRAY],
                                 stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=errors)
        while shell.poll() is None and not in_pipe(shell.stdout):
            quick_children(20)
        written = shell.communicate(timeout=60)[0]
        said = (self.folder / "errors").read_text()
        self.assertEqual(shell.returncode, 5, said)
        self.assertRegex(said, r"\Astray: \S+/events: No space left on device; \d+ lines? could not be written\n\Z")
        self.assertEqual(len(written), 64 << 10)
        whole = written.split(b"\n")[:-1]
        self.assertEqual(action(json.loads(whole[0])), "ready")
        self.assertTrue(all(json.loads(line) for line in whole))


class Watched(Folder):
    """A run on a terminal: a line a stray, and a last line that is drawn again."""

    def run_on(self, *arguments, columns=120, term="xterm"):
        reading, writing = pty.openpty()
        fcntl.ioctl(writing, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
        trace = Trace("--color", "never", "--after", "all=1s", *arguments, stdout=writing, env=os.environ | {"TERM": term})
        os.close(writing)
        trace.out = reading
        self.addCleanup(os.close, reading)
        return trace

    def end(self, trace):
        trace.send(signal.SIGINT)
        try:
            while trace.read_more(time.monotonic() + 60):
                pass
        except OSError:  # EIO: stray has closed the terminal
            pass
        self.assertEqual(trace.process.wait(60), 0)
        return trace.bytes.decode().replace("\r\n", "\n")

    def test_strays_in_one_line_and_the_state_in_the_last(self):
        with self.run_on() as trace:
            trace.wait_for_bytes(b" processes  ")
            pid = self.leave_behind(*self.server())
            children = quick_children(3)
            trace.wait_for_bytes(f"  {pid} ".encode())
            os.kill(pid, signal.SIGKILL)
            trace.wait_for_bytes(b"  resolved  ")
            text = self.end(trace)
        printed = [line.rpartition("\r\x1b[K")[2] for line in text.split("\n")]
        mine = [line for line in printed if f"  {pid} " in line]
        self.assertRegex(mine[0], rf"^\d\d:\d\d:\d\d  raised    (notice|warning)  +[a-z, ]*stop it +{pid} +[a-z, -]+: (\S.*)$")
        command = mine[0].rpartition(": ")[2]  # cut where more kinds are found at once
        self.assertTrue(f"{self.folder}/node 1000".startswith(command.removesuffix("…")) and len(command) > 10, mine[0])
        self.assertRegex(mine[-1], rf"^\d\d:\d\d:\d\d  resolved  (notice|warning) +[a-z, ]*stop it +{pid} ")
        self.assertEqual({line[10:18].strip() for line in mine} - {"updated"}, {"raised", "resolved"})
        for child in children:
            self.assertNotRegex(text, rf" {child} ")
        self.assertRegex(text, r"\n\d\d:\d\d:\d\d  \d+ strays?\b.*  \d+ processes  \d+ lives/s  0 lost .*\r\x1b\[K")
        self.assertRegex(printed[-2], "^stray: .* exec, .* lost; findings: ")
        self.assertLessEqual(max(map(len, re.split("\r\x1b.K|\n", text)[1:-2])), 120)

    def test_events_where_they_are_asked_for(self):
        with self.run_on("--events", "exec") as trace:
            trace.wait_for_bytes(b" processes  ")
            child = quick_children(1)[0]
            trace.wait_for_bytes(f"exec     {child} ".encode())
            self.end(trace)

    def test_a_terminal_that_draws_nothing_again(self):
        with self.run_on(term="dumb") as trace:
            pid = self.leave_behind(*self.server())
            trace.wait_for_bytes(f"  {pid} ".encode())
            text = self.end(trace)
        self.assertNotIn("\x1b", text)
        self.assertNotIn("lives/s", text)


class Rotation(Folder):
    def series(self, file):
        return sorted(self.folder.glob(file.name + "*"))

    def documents(self, *files):
        return [json.loads(line) for file in files for line in file.read_bytes().splitlines()]

    def test_by_size_each_file_stands_on_its_own_and_the_oldest_go(self):
        file = self.folder / "events"
        for until in ("events.000003", "events.000007"):  # the second run goes on behind the first
            with JsonTrace("--output", str(file), "--output-rotate", "64KiB", "--output-total", "200KiB") as trace:
                while not (self.folder / until).exists():
                    quick_children(50)
                self.assertEqual(trace.end(signal.SIGINT), 0, trace.said())
                self.assertEqual(trace.said(), "")
        self.assertFalse(file.exists(), "the oldest goes")
        files = self.series(file)
        self.assertLessEqual(sum(f.stat().st_size for f in files[:-1]), 200 << 10)
        for one in files:
            first, *rest = self.documents(one)
            self.assertEqual(action(first), "ready", one)
            said = set()
            for document in (d for d in rest if "process" in d):
                # A child of a process outside this pid namespace has no parent that anybody sees.
                if action(document) == "exec" and "parent" not in document["process"]:
                    self.assertIn(document["stray"]["edge"], ("none", "broken"), document)
                elif action(document) == "exec" and "lineage" not in document["stray"]:
                    self.assertIn(document["process"]["parent"]["entity_id"], said, one)
                said |= {edge["entity_id"] for edge in document["stray"].get("lineage", [])}
                said.add(document["process"]["entity_id"])

    def test_no_event_is_lost_between_two_files(self):
        file = self.folder / "events"
        with JsonTrace("--output", str(file), "--output-rotate", "64KiB") as trace:
            wait_for(lambda: file.exists() and b'"ready"' in file.read_bytes(), "the ready line")
            pids = set()
            while len(self.series(file)) < 3:
                pids |= set(quick_children(50))
            self.assertEqual(trace.end(signal.SIGINT), 0, trace.said())
        documents = self.documents(*self.series(file))
        self.assertEqual({d["process"]["pid"] for d in documents if action(d) == "exit"} & pids, pids)
        self.assertEqual([d["stray"].get("continued", False) for d in documents if action(d) == "ready"][:2], [False, True])

    def test_hangup_opens_a_file_again_that_was_moved_and_reads_the_configuration(self):
        file, moved = self.folder / "events", self.folder / "events.1"
        with JsonTrace("--output", str(file)) as trace:
            wait_for(lambda: file.exists() and b'"ready"' in file.read_bytes(), "the ready line")
            trace.send(signal.SIGHUP)  # nothing was moved: it is the configuration that is meant
            wait_for(lambda: "configuration read again" in trace.said(), "the configuration")
            file.rename(moved)
            file.touch(mode=0o600)  # as logrotate's "create" does
            trace.send(signal.SIGHUP)
            wait_for(lambda: b'"ready"' in file.read_bytes(), "the file to be opened again")
            pids = set(quick_children())
            self.assertEqual(trace.end(signal.SIGINT), 0)
        self.assertTrue(self.documents(file)[0]["stray"]["continued"])
        self.assertEqual({d["process"]["pid"] for d in self.documents(file) if action(d) == "exit"} & pids, pids)
        self.assertNotIn("continued", self.documents(moved)[0]["stray"])

    def test_a_file_with_content_is_not_continued(self):
        file = self.folder / "events"
        with JsonTrace("--output", str(file)) as trace:
            wait_for(lambda: file.exists() and b'"ready"' in file.read_bytes(), "the ready line")
            file.rename(self.folder / "moved")
            file.write_text("precious")
            trace.send(signal.SIGHUP)
            wait_for(lambda: "the file before is continued" in trace.said(), "the warning")
            self.assertEqual(trace.end(signal.SIGINT), 0)
        self.assertEqual(file.read_text(), "precious")
        self.assertEqual(action(self.documents(self.folder / "moved")[-1]), "summary")

    def test_what_cannot_be_meant(self):
        for words, message in ((["--output-rotate", "1MiB"], "--output-rotate needs --output FILE"),
                               (["--output", "x", "--output-rotate", "1KiB"], "is less than 64KiB"),
                               (["--output", "x", "--output-age", "10ms"], "is less than 1s")):
            done = stray("run", *words, cwd=self.folder)
            self.assertEqual(done.returncode, 2)
            self.assertIn(message, done.stderr.decode())
        self.assertEqual(list(self.folder.iterdir()), [])


class Terminal(Folder):
    """Colours: on a terminal, unless told otherwise; never in a pipe."""

    def printed(self, *arguments, terminal=True, environment=None):
        env = {key: value for key, value in os.environ.items() if key != "NO_COLOR"} | (environment or {})
        out, code = on_terminal(*arguments, env=env, pipe=not terminal)
        self.assertEqual(code, 0)
        return out

    def test_color(self):
        pid = str(os.getpid())
        self.assertIn(b"\x1b[", self.printed("tree", pid))
        self.assertNotIn(b"\x1b", self.printed("tree", pid, environment={"NO_COLOR": "1"}))
        self.assertNotIn(b"\x1b", self.printed("tree", pid, "--color", "never"))
        self.assertNotIn(b"\x1b", self.printed("tree", pid, terminal=False))
        self.assertIn(b"\x1b[", self.printed("tree", pid, "--color", "always", terminal=False))
        self.assertNotIn(b"\x1b", self.printed("tree", pid, "--json"))

    def test_color_of_a_run(self):
        self.assertIn(b"\x1b[", self.run_text("--color", "always"))
        self.assertNotIn(b"\x1b", self.run_text())
        self.assertNotIn(b"\x1b", self.run_text("--color", "always", "--json"))

    def run_text(self, *arguments):
        with Trace(*arguments) as trace:
            trace.wait_for_bytes(b"\n")
            pid = str(quick_children(1)[0])
            trace.wait_for_bytes(pid.encode())
            self.assertEqual(trace.end(signal.SIGINT), 0)
            return bytes(trace.bytes)
