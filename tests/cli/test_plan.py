# SPDX-License-Identifier: Apache-2.0
"""The script of a plan is read by a shell and a linter, and ends what it names and nothing else."""
import json
import os
import re
import shutil
import subprocess
import unittest
from pathlib import Path

from tracing import PATIENCE, Folder, end, stray, wait_for


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
        return subprocess.run(["sh", script, *arguments], cwd=self.folder, capture_output=True, text=True,
                              timeout=PATIENCE, check=False)

    def test_ends_what_was_left_behind_and_nothing_else(self):
        pid, other = self.leave_behind(*self.server()), self.leave_behind(*self.server())
        script = self.plan(pid)
        done = self.run_script(script)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertIn(f"pid {pid}: TERM", done.stdout)
        self.assertFalse(alive(pid))
        self.assertTrue(alive(other))
        again = self.run_script(script)
        self.assertEqual(again.returncode, 0)
        self.assertIn("left alone", again.stdout)

    def test_what_ignores_term_is_killed(self):
        node = self.folder / "node"
        shutil.copy(os.path.realpath(shutil.which("sh")), node)
        os.mkfifo(self.folder / "never")
        (self.folder / "wait.js").write_text(f"trap '' TERM\nread line < {self.folder}/never\n")
        pid = self.leave_behind(str(node), str(self.folder / "wait.js"))
        script = self.plan(pid)
        script.write_text(script.read_text().replace("tries=100", "tries=2"))
        done = self.run_script(script)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn(f"pid {pid}: KILL", done.stdout)
        self.assertFalse(alive(pid))

    def test_a_pid_with_another_start_is_left_alone(self):
        pid = self.leave_behind(*self.server())
        script = self.plan(pid)
        text = script.read_text()
        changed = re.sub(rf"(term|gone) {pid} (\d+)", lambda m: f"{m[1]} {pid} {int(m[2]) - 1}", text)
        self.assertNotEqual(text, changed)
        script.write_text(changed)
        done = self.run_script(script)
        self.assertEqual(done.returncode, 0)
        self.assertIn(f"pid {pid}: ended already, or another process now: left alone", done.stdout)
        self.assertTrue(alive(pid))

    def test_another_boot_is_left_alone(self):
        pid = self.leave_behind(*self.server())
        script = self.plan(pid)
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        script.write_text(script.read_text().replace(boot, "0" * 36))
        done = self.run_script(script)
        self.assertEqual((done.returncode, done.stdout), (2, ""))
        self.assertTrue(alive(pid))

    def test_names_that_mean_harm(self):
        evil = self.folder / "a'b $(touch harm) `touch harm`"
        evil.mkdir()
        node = evil / "node"
        shutil.copy(shutil.which("sleep"), node)
        pid = self.leave_behind(str(node), "1000", "0.1")
        script = self.plan(pid)
        done = self.run_script(script)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertFalse(alive(pid))
        self.assertEqual([str(p) for p in self.folder.rglob("harm")], [])

    @unittest.skipUnless(shutil.which("shellcheck") and shutil.which("node"), "no shellcheck or no node")
    def test_a_server_is_proposed(self):
        app = self.folder / "it's 100% $HOME"
        app.mkdir()
        (app / "server.js").write_text("require('net').createServer().listen(0, '127.0.0.1')\n")
        node = os.path.realpath(shutil.which("node"))
        launch = 'cd "$1" || exit 1; shift; setsid "$@" </dev/null >/dev/null 2>&1 & echo $!'
        words = ["server.js", "a b", "$(id)", "x\ny", "'"]
        pid = int(subprocess.check_output(["sh", "-c", launch, "sh", str(app), node, *words]))
        self.addCleanup(end, pid, os.pidfd_open(pid))
        wait_for(lambda: json.loads(stray("plan", "--json", str(pid)).stdout)["servers"], "the server to be seen")
        script = self.plan(pid)
        subprocess.run(["shellcheck", script], check=True)
        done = self.run_script(script, "files")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertTrue(alive(pid), "a proposal ends nothing")
        ecosystem, = self.folder.glob("stray-plan/*/ecosystem.config.js")
        read = subprocess.check_output([node, "-e", "console.log(JSON.stringify(require(process.argv[1])))", ecosystem])
        proposed, = json.loads(read)["apps"]
        self.assertEqual(proposed["cwd"], os.path.realpath(app))
        self.assertEqual(proposed["script"], os.path.realpath(app) + "/server.js")
        self.assertEqual(proposed["args"], ["a b", "$(id)", "x\ny", "'"])
        self.assertEqual((proposed["instances"], proposed["exec_mode"], proposed["autorestart"]), (1, "fork", True))
        unit, = self.folder.glob("stray-plan/*/*.service")
        if shutil.which("systemd-analyze"):
            said = subprocess.run(["systemd-analyze", "verify", unit], capture_output=True, text=True, check=False).stderr
            self.assertNotIn(unit.name + ":", said)

    def test_documents(self):
        pid = self.leave_behind(*self.server())
        done = stray("plan", "--json", str(pid))
        plan = json.loads(done.stdout)
        ending = plan["end"][0]["stages"][0][0]
        start = int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19])
        self.assertEqual((ending["pid"], ending["start_ticks"]), (pid, start))
