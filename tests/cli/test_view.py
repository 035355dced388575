# SPDX-License-Identifier: Apache-2.0
"""What stray says where it cannot see all of the host: no all-clear, and exit code 4."""
import json
import os
import shutil
import signal
import subprocess
import unittest

from tracing import PATIENCE, STRAY, Folder, JsonTrace, about, wait_for

INSIDE = ("unshare", "--pid", "--fork", "--mount-proc")
WARNING = "limited view: stray runs inside a pid namespace"


def inside(*arguments):
    return subprocess.run([*INSIDE, STRAY, *arguments], stdin=subprocess.DEVNULL, capture_output=True,
                          timeout=PATIENCE, check=False)


@unittest.skipUnless(shutil.which("unshare"), "no unshare")
class PidNamespace(Folder):
    def setUp(self):
        super().setUp()
        self.policy = self.folder / "policy.toml"
        self.policy.write_text("[findings]\nnone_of = [\"restart-storm\"]\n")
        self.none = self.folder / "stray.toml"
        self.none.write_text('[[allow]]\nargv = "*"\nreason = "only the view is looked at here"\n')
        self.alone = ("--config", str(self.none))

    def commands(self):
        return {
            "scan": ("scan", *self.alone),
            "plan": ("plan", *self.alone),
            "report": ("report", *self.alone),
            "check": ("check", str(self.policy), *self.alone),
            "run": ("run", "--for", "10ms", *self.alone),
        }

    def test_each_command_says_so_and_ends_with_4(self):
        for name, arguments in self.commands().items():
            with self.subTest(name):
                done = inside(*arguments)
                self.assertEqual(done.returncode, 4, done.stderr)
                self.assertIn(WARNING, done.stderr.decode())
                self.assertNotIn("Nothing is astray", done.stdout.decode())
                if name != "check":
                    self.assertIn("inside a pid namespace", done.stdout.decode())

    def test_that_only_the_namespace_is_meant_can_be_said(self):
        for name, arguments in self.commands().items():
            with self.subTest(name):
                done = inside(*arguments, "--this-namespace")
                self.assertEqual((done.returncode, done.stderr), (0, b""))
                self.assertNotIn("Nothing is astray", done.stdout.decode())

    def test_documents(self):
        for arguments in (("scan",), ("run", "--for", "10ms")):
            with self.subTest(arguments[0]):
                lines = [json.loads(line) for line in inside(*arguments, "--json", *self.alone).stdout.splitlines()]
                said = [line for line in lines if line["event"]["action"] in ("ready", "summary")]
                self.assertEqual(len(said), 2 if arguments[0] == "run" else 1)
                for line in said:
                    self.assertEqual([one["code"] for one in line["stray"]["limits"]], ["pid-namespace"])
        for arguments in (("plan",), ("check", str(self.policy))):
            with self.subTest(arguments[0]):
                last = json.loads(inside(*arguments, "--json", *self.alone).stdout.splitlines()[-1])
                self.assertEqual([one["code"] for one in last["limits"]], ["pid-namespace"])

    def test_a_monitor_is_told_unknown(self):
        done = inside("check", str(self.policy), "--nagios", *self.alone)
        self.assertEqual(done.returncode, 3)
        self.assertTrue(done.stdout.startswith(b"STRAY UNKNOWN - "), done.stdout)


class LostRecords(Folder):
    def lose(self, trace, meanwhile=lambda: None):
        """Has the trace lose records while it is stopped, those of `meanwhile` among them."""
        trace.send(signal.SIGSTOP)
        os.waitid(os.P_PID, trace.process.pid, os.WSTOPPED)
        for _ in range(100):  # far more than a page of records
            subprocess.run(["true"], check=True)
        meanwhile()
        trace.send(signal.SIGCONT)

    def test_a_run_that_lost_records_says_so(self):
        with JsonTrace("--ring-size", "4KiB") as trace:
            trace.ready()
            self.lose(trace)
            self.assertEqual(trace.end(signal.SIGINT), 4)
            self.assertIn("limited view: ", trace.said())
        limits = trace.documents[-1]["stray"]["limits"]
        self.assertEqual([one["code"] for one in limits], ["lost-records"])
        self.assertGreater(trace.documents[-1]["stray"]["lost"], 0)

    def test_an_exec_that_was_lost_is_repaired(self):
        child = self.start("sh", "-c", "read line; exec sleep 1000", stdin=subprocess.PIPE)
        sleep = os.path.realpath(shutil.which("sleep"))

        def execute():
            child.stdin.write(b"\n")
            child.stdin.close()
            wait_for(lambda: os.readlink(f"/proc/{child.pid}/exe") == sleep, "the exec")

        with JsonTrace("--ring-size", "4KiB") as trace:
            trace.ready()
            self.lose(trace, execute)
            found = trace.wait(about(child.pid, "exec"), "its exec")
            self.assertTrue(found["stray"]["inferred"])
            self.assertEqual(found["process"]["executable"], sleep)
            trace.end(signal.SIGINT)
