# SPDX-License-Identifier: Apache-2.0
"""A plan is read by people, a shell and a linter, and ends what it names and nothing else."""
import json
import os
import shutil
import subprocess
import unittest
from pathlib import Path

from tracing import PATIENCE, STRAY, Folder, end, stray


def alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


class Plan(Folder):
    def plan(self, *pids):
        done = stray("plan", *map(str, pids))
        self.assertEqual((done.returncode, done.stderr), (1, b""))
        script = self.folder / "plan.sh"
        script.write_bytes(done.stdout)
        subprocess.run(["sh", "-n", script], check=True)
        return script

    def run_script(self, script, *arguments):
        environment = dict(os.environ, PATH=f"{Path(STRAY).parent}:{os.environ['PATH']}")
        return subprocess.run(["sh", script, *arguments], cwd=self.folder, env=environment, capture_output=True, text=True,
                              timeout=PATIENCE, check=False)

    def forgotten(self, folder="", *words):
        """A dev tool that was left: nobody needs it."""
        where = self.folder / (folder or "tool")
        where.mkdir(exist_ok=True)
        node = where / "node"
        shutil.copy(os.path.realpath(shutil.which("sh")), node)
        (where / "vite.js").write_text(f"read line < {self.never()}\n")
        return self.leave_behind(str(node), str(where / "vite.js"), *words)

    def never(self):
        fifo = self.folder / "never"
        if not fifo.exists():
            os.mkfifo(fifo)
        return fifo

    def test_shows_first_and_ends_when_told(self):
        pid, other = self.forgotten("one"), self.forgotten("two")
        script = self.plan(pid)
        self.assertRegex(script.read_text(), r"(?m)^stray stop \S+ --yes$")
        shown = self.run_script(script)
        self.assertEqual((shown.returncode, shown.stderr), (0, ""))
        self.assertIn("would run: stray stop ", shown.stdout)
        self.assertTrue(alive(pid))
        done = self.run_script(script, "end")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertIn(f"pid {pid} ended on SIGTERM", done.stdout)
        self.assertFalse(alive(pid))
        self.assertTrue(alive(other))
        self.assertEqual(self.run_script(script, "all").returncode, 2)

    def test_another_boot_is_left_alone(self):
        pid = self.forgotten()
        script = self.plan(pid)
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        script.write_text(script.read_text().replace(f"'{boot}'", f"'{'0' * 36}'"))
        done = self.run_script(script, "end")
        self.assertEqual((done.returncode, done.stdout), (2, ""))
        self.assertTrue(alive(pid))

    @unittest.skipUnless(shutil.which("shellcheck"), "no shellcheck")
    def test_names_that_mean_harm(self):
        for number, name in enumerate(["a;touch X;b", "a$(touch X)`touch X`", "it's", "new\nline\ntouch X", "\x1b[2J"]):
            with self.subTest(name=name):
                pid = self.forgotten(f"{name}{number}", "\ntouch X\n", "$(touch X)")
                script = self.plan(pid)
                subprocess.run(["shellcheck", script], check=True)
                self.assertNotIn(b"\x1b", script.read_bytes())
                done = self.run_script(script, "end")
                self.assertEqual((done.returncode, done.stderr), (0, ""))
                self.assertFalse(alive(pid))
        self.assertEqual([str(p) for p in self.folder.rglob("X")], [])

    def test_a_job_is_never_ended_by_default(self):
        node = self.folder / "node"
        shutil.copy(shutil.which("sleep"), node)
        pid = self.nohup(node)
        text = self.plan(pid).read_text()
        self.assertNotRegex(text, r"(?m)^stray stop")

    def nohup(self, node):
        script = 'nohup "$@" </dev/null >nohup.out 2>&1 & echo $!'
        pid = int(subprocess.check_output(["setsid", "sh", "-c", script, "sh", str(node), "1000"], cwd=self.folder))
        self.addCleanup(end, pid, os.pidfd_open(pid))
        return pid

    def test_documents(self):
        pid = self.forgotten()
        plan = json.loads(stray("plan", "--json", str(pid)).stdout)
        one, = plan["strays"]
        self.assertEqual((one["pid"], one["processes"]), (pid, [pid]))
        self.assertEqual(one["treatment"]["action"], "end")
        self.assertEqual(plan["boot_id"], Path("/proc/sys/kernel/random/boot_id").read_text().strip())
        stops = [step["command"] for step in one["treatment"]["steps"] if step["command"].startswith("stray stop")]
        self.assertEqual(stops, [f"stray stop {one['id']}"])
