# SPDX-License-Identifier: Apache-2.0
"""Captures that stray run wrote, and what replay and the questions make of them."""
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import time
from pathlib import Path

from tracing import PATIENCE, STRAY, Folder, Trace, about, action, is_alert, stray, wait_for

QUICK = ("--after", "all=1s")
FULL = ("--lineage", "full")  # of a window or a file alone: what was said before is said again


class Recording(Trace):
    """stray run --json --capture, its lines in a file."""

    def __init__(self, folder, *options):
        self.capture, self.lines = str(folder / "host.stray"), folder / "live.ndjson"
        self.file = open(self.lines, "wb")
        super().__init__("--json", "--capture", self.capture, *QUICK, *options, stdout=self.file)
        self.wait(lambda d: action(d) == "ready", "ready")

    def __exit__(self, *_):
        super().__exit__()
        self.file.close()

    def documents(self):
        return [json.loads(line) for line in self.lines.read_bytes().split(b"\n")[:-1]]

    def wait(self, condition, what):
        def found():
            if self.process.poll() is not None:
                raise AssertionError(f"stray ended before {what}: {self.said()}")
            return next((d for d in self.documents() if condition(d)), None)
        return wait_for(found, what)


def documents(done):
    return [json.loads(line) for line in done.stdout.decode().splitlines()]


def storm(count):
    """Two shells at once that start so many programs."""
    script = f"i=0; while [ $i -lt {count} ]; do /bin/true; i=$((i+1)); done"
    for child in [subprocess.Popen(["sh", "-c", script]) for _ in range(2)]:
        child.wait()


class Recorded(Folder):
    def record(self, *options):
        trace = Recording(self.folder, *options)
        self.addCleanup(trace.__exit__)
        return trace

    def incident(self, *options):
        """A left-behind server, found, ended, and its finding cleared; returns the recording and the pid."""
        trace = self.record(*options)
        pid = self.leave_behind(*self.server())
        trace.wait(lambda d: is_alert(d, "orphan", "raised") and d["process"]["pid"] == pid, "the finding")
        os.kill(pid, signal.SIGTERM)
        trace.wait(lambda d: is_alert(d, "orphan", "cleared") and d["process"]["pid"] == pid, "its end")
        return trace, pid

    def ended(self, trace):
        self.assertEqual(trace.end(signal.SIGINT), 0, trace.said())
        self.assertEqual(trace.said(), "")
        return trace.capture

    def replay(self, *arguments, **options):
        return stray("replay", *QUICK, *arguments, **options)


class Chosen(Recorded):
    def test_a_tree_and_a_command_line(self):
        trace = self.record()
        # The shell in the middle ends at once: what it started belongs to the tree all the same.
        top = self.start("sh", "-c", "sh -c 'sleep 4711 &'; exec sleep 4712")
        sleeper = trace.wait(lambda d: action(d) == "exec" and d["process"].get("args") == ["sleep", "4711"], "the sleep")["process"]["pid"]
        self.addCleanup(os.kill, sleeper, signal.SIGKILL)
        trace.wait(lambda d: action(d) == "exec" and d["process"].get("args") == ["sleep", "4712"], "the other")
        capture = self.ended(trace)

        def pids(*options):
            done = self.replay("--json", *options, capture)
            self.assertEqual(done.returncode, 0, done.stderr)
            return {d["process"]["pid"] for d in documents(done) if "process" in d and d["event"]["kind"] == "event"}

        tree = pids("--tree-of", str(top.pid))
        self.assertLessEqual({top.pid, sleeper}, tree)
        self.assertEqual(len(tree), 3)
        self.assertEqual(pids("--argv", "sleep 471?"), {top.pid, sleeper})
        self.assertEqual(pids("--argv", "sleep 4711", "--tree-of", str(top.pid)), {sleeper})
        self.assertEqual(pids("--argv", "sleep 4711", "--tree-of", "999999999"), set())
        database = self.folder / "host.db"
        done = stray("export", "--format", "sqlite", "--tree-of", str(top.pid), "--output", str(database), capture)
        self.assertEqual((done.returncode, done.stderr), (0, b""))
        with sqlite3.connect(database) as db:
            self.assertEqual({pid for pid, in db.execute("SELECT pid FROM processes")}, tree)
        graph = stray("export", "--format", "dot", "--argv", "sleep 471?", capture).stdout.decode()
        self.assertIn("sleep 4711", graph)
        self.assertNotIn("[label=\"init", graph)
        self.assertEqual(graph.count("[label="), 2)


class Exact(Recorded):
    def test_the_same_bytes(self):
        trace, pid = self.incident()
        storm(1500)
        capture = self.ended(trace)
        done = self.replay("--json", capture)
        self.assertEqual((done.returncode, done.stderr), (0, b""))
        live = trace.lines.read_bytes()
        self.assertTrue(done.stdout == live, "replay differs from the run")
        self.assertGreater(live.count(b'"action":"exec"'), 3000)
        with open(capture, "rb") as file:
            piped = self.replay("--json", "-", stdin=file)
        self.assertTrue(piped.stdout == live, "replay of a pipe differs from the run")

    def test_zstd_reads_it(self):
        trace, _ = self.incident()
        capture = self.ended(trace)
        plain = subprocess.run(["zstd", "-dc", capture], capture_output=True, check=True, timeout=PATIENCE).stdout
        self.assertIn(str(self.folder).encode(), plain)

    def test_mode_and_no_overwriting(self):
        capture = self.ended(self.record())
        self.assertEqual(os.stat(capture).st_mode & 0o7777, 0o600)
        before = Path(capture).read_bytes()
        done = stray("run", "--capture", capture, "--for", "1s")
        self.assertEqual(done.returncode, 5)
        self.assertIn(f"--capture {capture}: File exists".encode(), done.stderr)
        self.assertEqual(Path(capture).read_bytes(), before)

    def test_secrets_are_not_in_it(self):
        trace = self.record()
        subprocess.run(["sh", "-c", "true", "--password=hunter2secret"], check=True)
        trace.wait(lambda d: action(d) == "exec" and "--password" in str(d["process"].get("args")), "the exec")
        capture = self.ended(trace)
        plain = subprocess.run(["zstd", "-dc", capture], capture_output=True, check=True, timeout=PATIENCE).stdout
        self.assertIn(b"--password", plain)
        self.assertNotIn(b"hunter2secret", plain)


class Rotated(Recorded):
    def test_each_file_stands_alone(self):
        trace = self.record("--capture-age", "2s", *FULL)
        pid = self.leave_behind(*self.server())
        raised = trace.wait(lambda d: is_alert(d, "orphan", "raised") and d["process"]["pid"] == pid, "the finding")

        def files():
            return sorted(str(file) for file in self.folder.glob("host.stray*"))

        def rotated():
            subprocess.run(["true"], check=True)  # a file's age is looked at when there is work
            return len(files()) >= 3
        wait_for(rotated, "three files")
        last = subprocess.Popen(["sleep", "0"])
        last.wait()
        trace.wait(about(last.pid, "exit"), "its exit")
        self.ended(trace)
        live = trace.lines.read_bytes()
        done = self.replay("--json", *FULL, *reversed(files()))
        self.assertEqual((done.returncode, done.stderr), (0, b""))
        self.assertTrue(done.stdout == live, "replay of all files differs from the run")
        # The last file by itself: who lives is told first, then the same lines, and the same summary.
        done = self.replay("--json", *FULL, files()[-1])
        self.assertEqual(done.returncode, 0)
        alone = done.stdout.splitlines()
        self.assertEqual(action(json.loads(alone[0])), "ready")
        self.assertIn(pid, [d["process"]["pid"] for d in map(json.loads, alone) if action(d) == "seed"])
        events = [line for line in alone[1:] if action(json.loads(line)) != "seed"]
        self.assertGreater(len(events), 3)
        self.assertEqual(events, live.splitlines()[-len(events):])
        scan = stray("scan", "--json", *QUICK, "--capture", files()[-1])
        mine = [d for d in documents(scan) if d["event"]["kind"] == "alert" and d["process"]["pid"] == pid]
        self.assertIn(raised["stray"]["finding"]["since"],
                      [d["stray"]["finding"]["since"] for d in mine if d["rule"]["name"] == "orphan"])
        for gap in (files()[::2], files()[1:]):
            self.assertEqual(self.replay("--json", *gap).returncode, 0)
        self.assertIn(b"before it missing", self.replay("--json", *files()[::2]).stderr)

    def test_the_total_is_kept(self):
        trace = self.record("--capture-total", "128KiB")

        def deleted():
            storm(300)
            return not Path(trace.capture).exists()
        wait_for(deleted, "the first file to be deleted")
        self.assertEqual(trace.end(signal.SIGINT), 0, trace.said())
        files = sorted(self.folder.glob("host.stray*"))
        self.assertLessEqual(sum(file.stat().st_size for file in files), 128 << 10)
        done = self.replay("--json", *map(str, files))
        self.assertEqual(done.returncode, 0)
        lines = done.stdout.splitlines()
        self.assertEqual(lines[-1], trace.lines.read_bytes().splitlines()[-1])


class Windows(Recorded):
    def test_since_and_until(self):
        trace = self.record()
        early = subprocess.Popen(["true"])
        early.wait()
        trace.wait(lambda d: action(d) == "exit" and d["process"]["pid"] == early.pid, "a life before the window")
        pid = self.leave_behind(*self.server())
        trace.wait(lambda d: is_alert(d, "orphan", "raised") and d["process"]["pid"] == pid, "the finding")
        capture = self.ended(trace)
        everything = documents(self.replay("--json", *FULL, capture))
        at = next(d for d in everything if action(d) == "exec" and d["process"]["pid"] == pid)["@timestamp"]
        begun = documents(self.replay("--json", *FULL, "--since", at, capture))
        self.assertEqual(action(begun[0]), "ready")
        self.assertEqual(action(begun[-1]), "summary")
        events = [d for d in begun if action(d) not in ("ready", "seed", "summary")]
        # The window opens when a record shows that its time has come. Records of two processors may come in
        # another order than they happened, so one that is a little older can still be behind the first.
        whole = [d for d in everything if action(d) not in ("seed", "summary")]
        before, within = whole[:-len(events)], whole[-len(events):]
        self.assertEqual(events, within)
        self.assertEqual([d for d in before if d["@timestamp"] >= at], [])
        self.assertIn(early.pid, [d["process"]["pid"] for d in before if "process" in d])
        self.assertNotIn(early.pid, [d["process"]["pid"] for d in within if "process" in d])
        self.assertEqual(begun[-1]["stray"]["events"]["exec"], sum(action(d) == "exec" for d in events))
        # Who was alive then is told first, with the ancestry that lies before the window.
        execution = next(d for d in begun if action(d) == "exec" and d["process"]["pid"] == pid)
        self.assertEqual(execution, next(d for d in everything if d == execution))
        self.assertIn(os.getpid(), [d["process"]["pid"] for d in begun if action(d) == "seed"])

        stopped = documents(self.replay("--json", *FULL, "--until", at, capture))
        self.assertEqual(action(stopped[-1]), "summary")
        told = stopped[:-1]
        self.assertEqual(told, everything[:len(told)])
        self.assertLessEqual(max(d["@timestamp"] for d in told), at)
        self.assertIn(early.pid, [d["process"]["pid"] for d in told if "process" in d])

    def test_moments_outside_and_nonsense(self):
        capture = self.ended(self.record())
        for arguments, text in ((["--since", "1999-01-01"], b"not in the capture"), (["--until", "1999-01-01"], b"not in the capture"),
                                (["--since", "yesterdayish"], b"not a valid time"), (["--since", "-0s", "--until", "+0"], b"--until")):
            with self.subTest(arguments=arguments):
                done = self.replay(*arguments, capture)
                self.assertEqual((done.returncode, done.stdout), (2, b""))
                self.assertIn(text, done.stderr)
        self.assertRegex(self.replay("--since", "2150-01-01", capture).stderr.decode(),
                         r'--since: "2150-01-01" .* is not in the capture, which goes from 20.* to 20')
        # UTC for what is read and for what is shown, whatever the zone is.
        text = self.replay("--utc", "--since", "2150-01-01 12:00", capture, env={**os.environ, "TZ": "Asia/Tokyo"}).stderr
        self.assertIn(b'"2150-01-01 12:00" (2150-01-01 12:00:00 UTC)', text)

    def test_from_the_beginning_it_is_ready_once(self):
        capture = self.ended(self.record())
        actions = [action(d) for d in documents(self.replay("--json", "--since", "+0", capture))]
        self.assertEqual(actions.count("ready"), 1)

    def test_the_pace_it_happened(self):
        trace = self.record()
        trace.wait(lambda d: action(d) == "ready", "ready")
        subprocess.run(["sleep", "1.5"], check=True)
        subprocess.run(["true"], check=True)
        capture = self.ended(trace)
        begun = time.monotonic()
        done = self.replay("--json", "--speed", "1x", capture)
        self.assertGreaterEqual(time.monotonic() - begun, 1.5)
        self.assertEqual(done.stdout, trace.lines.read_bytes())


class Filters(Recorded):
    def test_filters(self):
        trace, pid = self.incident()
        capture = self.ended(trace)
        full = ["--json", "--lineage", "full"]  # what a filter leaves out says nothing for what passes
        everything = documents(self.replay(*full, capture))
        mine = [d for d in everything if d.get("process", {}).get("pid") == pid]
        identity = mine[0]["process"]["entity_id"]
        for words in (["--pid", str(pid)], ["--id", identity]):
            with self.subTest(words=words):
                got = [d for d in documents(self.replay(*full, *words, capture)) if "process" in d]
                self.assertEqual(got, mine)
        node = [d for d in everything if d.get("process", {}).get("executable", "").endswith("/node")]
        got = [d for d in documents(self.replay(*full, "--exe", "node", capture)) if "process" in d]
        self.assertEqual(got, node)
        alerts = [d for d in everything if d["event"]["kind"] == "alert" and d["rule"]["name"] == "orphan"]
        got = [d for d in documents(self.replay(*full, "--finding", "orphan", capture)) if "process" in d]
        self.assertEqual(got, alerts)
        self.assertGreaterEqual(len(alerts), 2)
        nobody = documents(self.replay(*full, "--user", "nobody-of-that-name", capture))
        self.assertEqual([action(d) for d in nobody], ["ready", "summary"])
        # The summary counts what is shown.
        self.assertEqual(set(nobody[-1]["stray"]["events"].values()), {0})
        self.assertEqual(nobody[-1]["stray"]["findings"]["raised"], 0)
        own = documents(self.replay(*full, "--pid", str(pid), capture))
        self.assertEqual(own[-1]["stray"]["events"]["exec"], sum(action(d) == "exec" for d in own))
        self.assertEqual(own[-1]["stray"]["findings"]["raised"], sum(action(d) == "raised" for d in own))
        done = self.replay("--finding", "orphans", capture)
        self.assertEqual(done.returncode, 2)
        self.assertIn(b'--finding: "orphans" is not a kind of finding; did you mean orphan?', done.stderr)


class Questions(Recorded):
    def test_scan_tree_and_explain_then(self):
        trace, pid = self.incident()
        capture = self.ended(trace)
        everything = documents(self.replay("--json", capture))
        raised = next(d for d in everything if is_alert(d, "orphan", "raised") and d["process"]["pid"] == pid)
        when = raised["@timestamp"]
        scan = stray("scan", "--json", *QUICK, "--capture", capture, "--at", when)
        self.assertEqual((scan.returncode, scan.stderr), (1, b""))
        self.assertIn(pid, [d["process"]["pid"] for d in documents(scan) if d["event"]["kind"] == "alert"])
        last = stray("scan", "--json", *QUICK, "--capture", capture)
        self.assertNotIn(pid, [d["process"]["pid"] for d in documents(last) if d["event"]["kind"] == "alert"])
        tree = stray("tree", "--capture", capture, "--at", when)
        self.assertRegex(tree.stdout.decode(), rf"(?m)^ *{pid} .* {self.folder}/node 1000$")
        self.assertNotIn(f"{pid} ".encode(), stray("tree", "--capture", capture).stdout)
        for options in ([], ["--at", when]):
            with self.subTest(options=options):
                done = stray("explain", str(pid), *QUICK, "--capture", capture, *options)
                self.assertEqual((done.returncode, done.stderr), (0, b""))
                text = done.stdout.decode()
                for part in ("supervisor   none", "is orphaned", f"exec     {pid}", "setsid"):
                    self.assertIn(part, text)
                self.assertEqual("signal" in text.split("history")[-1] and f"exit     {pid}" in text, not options)

    def test_history(self):
        trace, pid = self.incident()
        capture = self.ended(trace)
        done = stray("history", "--json", *QUICK, str(pid), "--capture", capture)
        self.assertEqual((done.returncode, done.stderr), (0, b""))
        told = [(d["event"]["kind"], action(d)) for d in documents(done) if d["process"]["pid"] == pid]
        wanted = [("event", "fork"), ("event", "exec"), ("alert", "raised"), ("event", "exit"), ("alert", "cleared")]
        self.assertEqual([t for t in dict.fromkeys(told) if t in wanted], wanted)
        identity = documents(done)[0]["process"]["entity_id"]
        one = stray("history", "--json", *QUICK, f"orphan:{identity}", "--capture", capture)
        kinds = {d["rule"]["name"] for d in documents(one) if d["event"]["kind"] == "alert"}
        self.assertEqual(kinds, {"orphan"})
        text = stray("history", *QUICK, str(pid), "--capture", capture).stdout.decode()
        self.assertIn(f"process {identity}, pid {pid}, started", text)
        for who, code, message in (("99999999", 6, "has nothing about"), ("nonsense:abc", 2, "not a kind of finding")):
            done = stray("history", who, "--capture", capture)
            self.assertEqual(done.returncode, code)
            self.assertIn(message, done.stderr.decode())
        self.assertEqual(stray("history", "1").returncode, 2)


class Damage(Recorded):
    def test_killed(self):
        trace = self.record()
        pid = self.start("sleep", "1000").pid
        trace.wait(about(pid, "exec"), "the exec")
        # What is in the run's lines is in the capture one second later at the latest.
        told = len(trace.documents())
        done = wait_for(lambda: (d := self.replay("--json", trace.capture)) and
                        d.stdout.count(b"\n") >= told and d, "the capture to be flushed")
        self.assertEqual(done.returncode, 0)
        self.assertIn(b"it is being written; read up to its present end", done.stderr)
        trace.process.kill()
        trace.process.wait()
        done = self.replay("--json", trace.capture)
        self.assertEqual(done.returncode, 3)
        self.assertIn(b"it has no end mark", done.stderr)
        live = trace.lines.read_bytes()
        whole = min(done.stdout.rfind(b"\n"), live.rfind(b"\n"))
        self.assertEqual(done.stdout[:whole], live[:whole])
        self.assertIn(f'"pid":{pid}'.encode(), done.stdout)

    def test_cut_and_flipped(self):
        trace, pid = self.incident()
        storm(300)
        capture = Path(self.ended(trace))
        whole = capture.read_bytes()
        live = trace.lines.read_bytes()
        broken = self.folder / "broken.stray"
        broken.write_bytes(whole[:len(whole) * 2 // 3])
        done = self.replay("--json", str(broken))
        self.assertEqual(done.returncode, 3)
        self.assertTrue(live.startswith(done.stdout))
        self.assertIn(b"broken.stray", done.stderr)
        flipped = bytearray(whole)
        flipped[len(whole) // 2] ^= 0x40
        broken.write_bytes(flipped)
        done = self.replay("--json", str(broken))
        self.assertEqual(done.returncode, 3)
        self.assertIn(b"cannot be used", done.stderr)
        self.assertEqual(stray("scan", "--capture", str(broken)).returncode, 3)
        done = stray("explain", str(pid), "--capture", str(broken))  # reads it twice
        self.assertEqual(done.stderr.count(b"cannot be used"), 1, done.stderr)

    def test_what_is_no_capture(self):
        capture = self.ended(self.record())
        empty, text = self.folder / "empty", self.folder / "text"
        empty.touch()
        text.write_text("no capture at all\n")
        for files, message in (([str(empty)], "is empty"), ([str(text)], "is not a capture"),
                               ([str(self.folder)], "is a directory"), (["/nowhere/at/all"], "No such file"),
                               ([capture, capture], "the same file"), ([capture, "-"], "standard input"), ([], "FILE is missing")):
            with self.subTest(files=files):
                done = stray("replay", *files)
                self.assertEqual((done.returncode, done.stdout), (2, b""))
                self.assertIn(message, done.stderr.decode())

    def test_what_cannot_be_read_or_written(self):
        capture = self.ended(self.record())
        with open("/dev/full", "wb") as full:
            done = stray("replay", "--json", capture, capture_output=False, stdout=full, stderr=subprocess.PIPE)
        self.assertEqual(done.returncode, 5)
        self.assertIn(b"No space left", done.stderr)
        os.chmod(self.folder, 0o755)  # the capture keeps its 0600
        program = shutil.copy(STRAY, self.folder)  # where it is built, nobody may look
        done = subprocess.run([program, "replay", capture], capture_output=True, timeout=PATIENCE,
                              user=65534, group=65534, extra_groups=[])
        self.assertEqual((done.returncode, done.stdout), (2, b""))
        self.assertIn(f"{capture}: Permission denied".encode(), done.stderr)
        done = stray("replay", capture, "--since")
        self.assertEqual((done.returncode, done.stdout), (2, b""))
        self.assertIn(b"--since", done.stderr)

    def test_a_terminal_is_no_capture(self):
        control, terminal = os.openpty()
        self.addCleanup(os.close, control)
        done = stray("replay", "-", stdin=terminal)
        os.close(terminal)
        self.assertEqual((done.returncode, done.stdout), (2, b""))
        self.assertIn(b"standard input is a terminal", done.stderr)

    def test_many_files(self):
        capture = self.ended(self.record())
        names = [str(self.folder / f"copy.{i}") for i in range(3000)]
        for name in names:
            os.link(capture, name)
        done = stray("replay", *names)
        self.assertEqual((done.returncode, done.stdout), (2, b""))
        self.assertIn(b"the same file of one capture", done.stderr)

    def test_a_full_disk_ends_the_capture_only(self):
        mount = self.folder / "small"
        mount.mkdir()
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", mount], check=True)
        self.addCleanup(subprocess.run, ["umount", mount], check=True)
        lines = self.folder / "lines"
        with open(lines, "wb") as file, Trace("--json", "--capture", str(mount / "c"), stdout=file) as trace:
            wait_for(lambda: b'"ready"' in lines.read_bytes(), "ready")

            def more():
                storm(200)
                return "No space left" in trace.said()
            wait_for(more, "the disk to be full")
            child = subprocess.Popen(["true"])
            child.wait()
            wait_for(lambda: f'"pid":{child.pid},'.encode() in lines.read_bytes(), "tracing to go on")
            self.assertEqual(trace.end(signal.SIGINT), 5)
            self.assertRegex(trace.said(), r"\d+ records are not in it")


class Terminal(Recorded):
    def test_a_closed_reader_ends_it(self):
        trace = self.record()
        storm(500)
        capture = self.ended(trace)
        read, write = os.pipe()
        os.close(read)
        done = stray("replay", "--json", capture, capture_output=False, stdout=write, stderr=subprocess.PIPE)
        os.close(write)
        self.assertEqual((done.returncode, done.stderr), (-signal.SIGPIPE, b""))
