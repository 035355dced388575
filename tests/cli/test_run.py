# SPDX-License-Identifier: Apache-2.0
"""What stray run says of processes whose fate this test knows."""
import base64
import os
import pty
import re
import resource
import shutil
import signal
import subprocess
import unittest

from tracing import Folder, JsonTrace, Trace, about, action, is_alert

EVIL = b"a\nb\x1b]0;owned\x07\x1b[2J\x9b31m\xe2\x80\xae\x7f\r\0".rstrip(b"\0")  # newline, ESC, C1, RLO, DEL


class Documents(Folder):
    """One stray for all tests of this class."""

    @classmethod
    def setUpClass(cls):
        cls.trace = JsonTrace("--events", "all", "--lineage", "full").ready()

    @classmethod
    def tearDownClass(cls):
        cls.trace.end(signal.SIGINT)
        cls.trace.__exit__()

    def told(self, pid, *actions):
        return self.trace.wait(about(pid, *actions), f"{actions} of pid {pid}")

    def run_child(self, *command, **options):
        """Runs a child to its end; returns its pid and its status."""
        child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, **options)
        child.wait()
        return child.pid, child.returncode

    def test_the_first_line(self):
        ready = self.trace.documents[0]
        self.assertEqual(action(ready), "ready")
        with open("/proc/sys/kernel/random/boot_id", encoding="ascii") as file:
            self.assertEqual(ready["host"]["boot"]["id"].replace("-", ""), file.read().strip().replace("-", ""))
        self.assertEqual(ready["host"]["os"]["kernel"], os.uname().release)
        self.assertEqual(ready["host"]["hostname"], os.uname().nodename)
        self.assertEqual(ready["ecs"]["version"], "8.17.0")
        self.assertRegex(ready["stray"]["version"], r"^\d+\.\d+\.\d+$")

    def test_processes_that_were_there_are_seeds(self):
        seed = self.told(os.getpid(), "seed")
        self.assertEqual(seed["process"]["executable"], os.path.realpath("/proc/self/exe"))
        self.assertEqual(seed["process"]["parent"]["pid"], os.getppid())

    def test_the_life_of_a_child(self):
        pid, _ = self.run_child("sh", "-c", "exit 7", "a b", "", cwd=self.folder)
        fork, execution, exit_ = (self.told(pid, kind) for kind in ("fork", "exec", "exit"))
        documents = self.trace.all(about(pid, "fork", "exec", "exit"))
        self.assertEqual([action(d) for d in documents], ["fork", "exec", "exit"])
        for document, kind in ((fork, "start"), (execution, "start"), (exit_, "end")):
            self.assertEqual(document["event"]["type"], [kind])
            self.assertEqual(document["event"]["category"], ["process"])
            self.assertEqual(document["event"]["kind"], "event")
            self.assertEqual(document["process"]["parent"]["pid"], os.getpid())
            self.assertEqual(document["process"]["user"]["id"], str(os.getuid()))
            self.assertEqual(document["stray"]["lost"], 0)
        self.assertEqual(len({d["process"]["entity_id"] for d in documents}), 1)
        self.assertEqual(len({d["process"]["start"] for d in documents}), 1)
        self.assertLessEqual(fork["@timestamp"], execution["@timestamp"])
        self.assertLess(execution["@timestamp"], exit_["@timestamp"])
        process = execution["process"]
        self.assertEqual(process["args"], ["sh", "-c", "exit 7", "a b", ""])
        self.assertEqual(process["args_count"], 5)
        self.assertEqual(process["executable"], os.path.realpath(shutil.which("sh")))
        self.assertEqual(process["working_directory"], os.path.realpath(self.folder))
        self.assertEqual([edge["pid"] for edge in execution["stray"]["lineage"]][-2:], [os.getpid(), pid])
        self.assertEqual(execution["stray"]["lineage"][-1]["edge"], "observed")
        self.assertEqual(exit_["process"]["exit_code"], 7)
        self.assertEqual(exit_["process"]["end"], exit_["@timestamp"])
        self.assertGreater(exit_["stray"]["exit"]["max_rss"], 0)

    def test_the_script_is_named_beside_its_interpreter(self):
        script = self.folder / "job"
        script.write_text("#!/bin/sh\nexit 0\n")
        script.chmod(0o755)
        pid, _ = self.run_child(str(script), "x")
        execution = self.told(pid, "exec")
        self.assertEqual(execution["stray"]["script"], str(script))
        self.assertEqual(execution["process"]["args"], ["/bin/sh", str(script), "x"])

    def test_the_terminal(self):
        master, slave = pty.openpty()
        try:
            tty = os.fstat(slave).st_rdev
            subprocess.run(["setsid", "--ctty", "--wait", "sh", "-c", "true; true"], stdin=slave, stdout=slave)
        finally:
            os.close(master)
            os.close(slave)
        execution = self.trace.wait(lambda d: action(d) == "exec" and d["process"]["args"][-1:] == ["true; true"] and
                                    d["process"]["args"][0] == "sh", "the shell on the terminal")
        self.assertEqual(execution["process"]["tty"]["char_device"], {"major": os.major(tty), "minor": os.minor(tty)})

    def test_a_name_of_any_bytes(self):
        folder = os.fsencode(self.folder) + b"/\xff\xfe"
        os.mkdir(folder)
        pid, _ = self.run_child(b"true", EVIL, b"\xff\xfe\xc3", b"", "größe 😀".encode(), cwd=folder)
        execution = self.told(pid, "exec")
        words = [b"true", EVIL, b"\xff\xfe\xc3", b"", "größe 😀".encode()]
        args = execution["process"]["args"]
        self.assertEqual(args[0], "true")
        self.assertIn("a\nb\x1b]0;owned", args[1])
        self.assertEqual(args[2], "\ufffd" * 3)
        self.assertEqual(args[3:], ["", "größe 😀"])
        kept = execution["stray"]["base64"]
        self.assertEqual(base64.b64decode(kept["process.args"]), b"".join(word + b"\0" for word in words))
        self.assertEqual(base64.b64decode(kept["process.working_directory"]), os.path.realpath(folder))

    def test_two_megabytes_of_arguments(self):
        words = ["true"] + [f"{i:04}" + "x" * 100_000 for i in range(21)]
        hard = resource.getrlimit(resource.RLIMIT_STACK)[1]  # a quarter of the stack is what arguments may take
        room = lambda: resource.setrlimit(resource.RLIMIT_STACK, (64 << 20, hard))
        pid, _ = self.run_child(*words, preexec_fn=room)
        execution = self.told(pid, "exec")
        self.assertEqual(execution["stray"]["argv_bytes"], sum(len(word) + 1 for word in words))
        self.assertGreater(execution["stray"]["argv_bytes"], 2 << 20)
        self.assertEqual(execution["process"]["args_count"], len(words))
        text = "\0".join(execution["process"]["args"])
        self.assertTrue("\0".join(words).startswith(text))
        self.assertGreater(len(text), 16 << 10)
        self.told(pid, "exit")

    def test_secrets_are_taken_out(self):
        secret = f"hunter2{os.getpid()}"
        mark = f"--mark={os.getpid()}"
        url = f"postgres://app:{secret}@db/x"
        pid, _ = self.run_child("true", f"--password={secret}", "--token", secret, url, mark)
        execution = self.told(pid, "exec")
        self.assertEqual(execution["process"]["args"], ["true", "--password=<redacted>", "--token", "<redacted>",
                                                        "postgres://app:<redacted>@db/x", mark])
        self.assertTrue(execution["stray"]["redacted"])
        self.told(pid, "exit")
        self.assertNotIn(secret, str(self.trace.documents))

    def test_who_killed_it(self):
        child = self.start("sleep", "1000")
        self.told(child.pid, "exec")
        killer = subprocess.Popen(["sh", "-c", f"kill -TERM {child.pid}; exit 0"])
        killer.wait()
        child.wait()
        sent = self.told(child.pid, "signal")["stray"]["signal"]
        self.assertEqual((sent["number"], sent["from_kernel"], sent["sender"]["pid"]), (15, False, killer.pid))
        exit_ = self.told(child.pid, "exit")
        self.assertEqual(exit_["process"]["exit_code"], 128 + 15)
        self.assertEqual(exit_["stray"]["exit"]["signal"], 15)
        self.assertEqual(exit_["stray"]["exit"]["sender"]["pid"], killer.pid)
        fork = self.told(killer.pid, "fork")
        self.assertEqual(exit_["stray"]["exit"]["sender"]["entity_id"], fork["process"]["entity_id"])

    def test_a_fault_comes_from_the_kernel(self):
        pid, status = self.run_child("sh", "-c", "kill -SEGV $$")
        self.assertEqual(status, -signal.SIGSEGV)
        self.assertEqual(self.told(pid, "exit")["stray"]["exit"]["sender"]["pid"], pid)  # itself, by kill
        crash = "import ctypes; ctypes.string_at(0)"
        child = subprocess.Popen(["python3", "-c", crash], stderr=subprocess.DEVNULL)
        if child.wait() != -signal.SIGSEGV:
            self.skipTest("python does not crash here")
        self.assertTrue(self.told(child.pid, "signal")["stray"]["signal"]["from_kernel"])
        self.assertNotIn("sender", self.told(child.pid, "exit")["stray"]["exit"])

    def test_a_double_fork_is_a_new_parent(self):
        # The middle shell writes its pid and that of what it leaves, then ends.
        middle = subprocess.Popen(["sh", "-c", "sleep 1000 >/dev/null & echo $!"], stdout=subprocess.PIPE)
        left = int(middle.communicate()[0])
        handle = os.pidfd_open(left)
        self.addCleanup(os.close, handle)
        self.addCleanup(signal.pidfd_send_signal, handle, signal.SIGKILL)
        change = self.told(left, "reparent")
        with open(f"/proc/{left}/stat", encoding="ascii") as file:
            parent = int(file.read().rpartition(") ")[2].split()[1])
        self.assertEqual(change["stray"]["reparent"]["from"]["pid"], middle.pid)
        self.assertEqual(change["stray"]["reparent"]["from_exit_code"], 0)
        self.assertEqual(change["stray"]["reparent"]["to"]["pid"], parent)
        self.assertEqual(change["process"]["parent"]["pid"], parent)
        self.assertEqual(change["stray"]["reparent"]["edge"], "observed")
        self.assertEqual(change["process"]["entity_id"], self.told(left, "fork")["process"]["entity_id"])
        end = self.told(middle.pid, "exit")
        self.assertEqual(end["stray"]["exit"]["reaper"]["pid"], parent)


class Choices(Folder):
    def test_only_the_chosen_events(self):
        with JsonTrace("--events", "exec") as trace:
            trace.ready()
            child = subprocess.Popen(["sh", "-c", "exit 3"])
            child.wait()
            trace.wait(about(child.pid, "exec"), "the exec")
            self.assertEqual(trace.end(signal.SIGINT), 0)
            events = {action(d) for d in trace.documents if d["event"]["kind"] == "event"}
            self.assertEqual(events, {"ready", "exec", "summary"})
            self.assertGreater(trace.documents[-1]["stray"]["events"]["exit"], 0)  # counted all the same

    def test_findings_are_always_shown(self):
        with JsonTrace("--events", "none", "--after", "all=1ms") as trace:
            trace.ready()
            pid = self.leave_behind(*self.server())
            finding = trace.wait(lambda d: is_alert(d, "orphan", "raised") and d["process"]["pid"] == pid, "the orphan")
            self.assertEqual(finding["stray"]["lineage"][-1]["pid"], pid)
            self.assertEqual(finding["stray"]["finding"]["id"], "orphan:" + finding["process"]["entity_id"])
            self.assertEqual(trace.end(signal.SIGINT), 0)
            events = {action(d) for d in trace.documents if d["event"]["kind"] == "event"}
            self.assertEqual(events, {"ready", "summary"})

    def test_the_end_of_a_process_clears_its_findings(self):
        with JsonTrace("--events", "none", "--after", "all=1ms") as trace:
            trace.ready()
            pid = self.leave_behind(*self.server())
            is_mine = lambda kind, state: lambda d: is_alert(d, kind, state) and d["process"]["pid"] == pid
            raised = trace.wait(is_mine("orphan", "raised"), "the orphan")
            os.kill(pid, signal.SIGKILL)
            cleared = trace.wait(is_mine("orphan", "cleared"), "its end")
            self.assertEqual(cleared["stray"]["finding"]["id"], raised["stray"]["finding"]["id"])
            self.assertTrue(cleared["stray"]["finding"]["reason"])


class Text(Folder):
    def test_no_byte_of_a_process_moves_the_cursor(self):
        mark = f"mark{os.getpid()}".encode()
        with Trace("--events", "fork,exec,exit,signal,reparent", "--after", "all=1ms") as trace:
            trace.wait_for_bytes(b"watching")
            node, script = self.folder / "node", os.fsencode(self.folder) + b"/" + EVIL
            shutil.copy(shutil.which("tail"), node)
            open(script, "wb").close()
            left = self.leave_behind(os.fsencode(node), b"-f", script)
            subprocess.run([b"sh", b"-c", b"kill -9 $$", mark + EVIL], stdin=subprocess.DEVNULL)
            trace.wait_for_bytes(f"orphan  pid {left}  ".encode())
            trace.wait_for_bytes(b"killed by SIGKILL from sh")
            self.assertEqual(trace.end(signal.SIGINT), 0)
            text = bytes(trace.bytes).decode()  # UTF-8, whatever the arguments were
        escaped = "a\\x0ab\\x1b]0;owned\\x07\\x1b[2J\\x9b31m\\u{202e}\\x7f\\x0d"
        self.assertIn(f"{mark.decode()}{escaped}", text)
        self.assertRegex(text, rf"raised .* orphan  pid {left}  .*{re.escape(escaped)}` is orphaned: ")
        # Bytes that are no UTF-8 are escaped one by one; \x9b within valid text would be \u{9b}.
        moving = {c for c in text if (ord(c) < 0x20 and c != "\n") or 0x7f <= ord(c) <= 0x9f or c == "\u202e"}
        self.assertEqual(moving, set())

    def test_a_line_holds_no_novel(self):
        with Trace("--events", "exec") as trace:
            trace.wait_for_bytes(b"watching")
            child = subprocess.Popen(["true", "x" * 30_000, "end"])
            child.wait()
            trace.wait_for_bytes(b"true xxx")
            self.assertEqual(trace.end(signal.SIGINT), 0)
            line = next(line for line in bytes(trace.bytes).splitlines() if b"true xxx" in line)
        self.assertLess(len(line), 600)
        self.assertIn(b"...", line)
