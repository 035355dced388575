# SPDX-License-Identifier: Apache-2.0
"""stray diff: what differs between two moments of a capture."""
import json
import os
import signal

from tracing import Folder, JsonTrace, action, stray


class Diff(Folder):
    def record(self):
        """A capture in which one process ends, one comes, and a stray is found; with the times of both moments."""
        capture = str(self.folder / "host.stray")
        old = self.start("sleep", "1001")
        with JsonTrace("--capture", capture, "--after", "all=1s", "--events", "all") as trace:
            trace.ready()
            mark = self.start("sleep", "0.01")
            first = trace.wait(lambda d: action(d) == "exit" and d["process"]["pid"] == mark.pid, "the mark")
            new = self.start("sleep", "1002")
            os.kill(old.pid, signal.SIGKILL)
            trace.wait(lambda d: action(d) == "exit" and d["process"]["pid"] == old.pid, "its end")
            left = self.leave_behind(*self.server())
            trace.wait(lambda d: action(d) == "raised" and d["process"]["pid"] == left, "the finding")
            trace.end(signal.SIGTERM)
        return capture, first["@timestamp"][:23].replace("T", " "), old.pid, new.pid, left

    def test_who_came_and_who_ended(self):
        capture, moment, old, new, left = self.record()
        quick = ("--utc", "--after", "all=1s")
        done = stray("diff", capture, "--at", moment, *quick)
        text = done.stdout.decode()
        self.assertEqual((done.returncode, done.stderr), (0, b""))
        self.assertRegex(text, rf"(?m)^\+ {new} +\S+  sleep 1002  by ")
        self.assertRegex(text, rf"(?m)^- {old} +\S+  sleep 1001  killed by SIGKILL from ")
        self.assertRegex(text, rf"(?m)^\+ {left} +orphan: ")
        documents = [json.loads(line) for line in stray("diff", "--json", capture, "--at", moment, *quick).stdout.splitlines()]
        self.assertEqual({d["process"]["pid"]: action(d) for d in documents if d["process"]["pid"] in (old, new)},
                         {old: "ended", new: "came"})
        self.assertIn(left, [d["process"]["pid"] for d in documents if action(d) == "raised"])
        only = stray("diff", capture, "--at", moment, *quick, "--argv", "sleep 1002").stdout.decode()
        self.assertIn("sleep 1002", only)
        self.assertNotIn("sleep 1001", only)
        same = stray("diff", capture, "--at", moment, "--at", moment, *quick).stdout.decode()
        self.assertIn(": nothing differs", same)

    def test_usage(self):
        capture = self.record()[0]
        for arguments, said in (((), b"FILE is missing"), ((capture, *("--at", "+1s") * 3), b"not more"),
                                ((capture, "--at", "-0s", "--at", "+0s"), b"is before --at"),
                                ((capture, "--at", "soon"), b"--at: \"soon\" is not a valid time")):
            done = stray("diff", *arguments)
            self.assertEqual(done.returncode, 2, arguments)
            self.assertIn(said, done.stderr)
