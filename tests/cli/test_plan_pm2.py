# SPDX-License-Identifier: Apache-2.0
"""The plan's move of a server below PM2, done for real."""
import json
import os
import shutil
import signal
import subprocess
from pathlib import Path

from tracing import STRAY, Folder, stray, wait_for

TOOLS = Path(STRAY).parent / "scenario-tools/node_modules/.bin"
SERVER = """const fs = require('fs'), http = require('http');
http.createServer((_, answer) => answer.end('ok')).listen(0, '127.0.0.1', () => fs.writeFileSync(`up.${process.pid}`, ''));
"""


def alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def findings(pid):
    done = stray("scan", "--json")
    documents = [json.loads(line) for line in done.stdout.splitlines()]
    return sorted(d["rule"]["name"] for d in documents if d["event"]["kind"] == "alert" and d["process"]["pid"] == pid)


class Move(Folder):
    def setUp(self):
        super().setUp()
        if not (TOOLS / "pm2").exists():
            self.skipTest("no pm2")
        self.env = {"PATH": f"{TOOLS}:{os.environ['PATH']}", "HOME": str(self.folder), "PM2_HOME": f"{self.folder}/pm2",
                    "NODE_ENV": "production", "LANG": "C.UTF-8", "STRAY_PLAN_DIR": f"{self.folder}/plan"}
        self.addCleanup(self.end_pm2)

    def end_pm2(self):
        subprocess.run(["pm2", "kill"], env=self.env, capture_output=True, timeout=60)

    def app(self, module):
        folder = self.folder / "app"
        (folder / "dist").mkdir(parents=True)
        (folder / "dist/index.js").write_text("import fs from 'fs'; import http from 'http';\n" + SERVER.partition("\n")[2]
                                              if module else SERVER)
        (folder / "package.json").write_text(json.dumps({"name": "web", "main": "dist/index.js",
                                                         "type": "module" if module else "commonjs"}))
        return folder

    def left(self, folder):
        script = "setsid node dist/index.js </dev/null >/dev/null 2>&1 & echo $!"
        pid = int(subprocess.check_output(["sh", "-c", script], cwd=folder, env=self.env))
        handle = os.pidfd_open(pid)
        self.addCleanup(self.end, handle)
        wait_for((folder / f"up.{pid}").exists, "the server to listen")
        return pid

    @staticmethod
    def end(handle):
        try:
            signal.pidfd_send_signal(handle, signal.SIGKILL)
        except ProcessLookupError:
            pass
        os.close(handle)

    def run_script(self, script, *arguments):
        return subprocess.run(["sh", script, *arguments], cwd=self.folder, env=self.env, capture_output=True, text=True,
                              timeout=120)

    def move(self, module):
        folder = self.app(module)
        old = self.left(folder)
        self.assertEqual(findings(old), ["orphan", "unsupervised-node"])
        script = self.folder / "plan.sh"
        text = stray("plan", str(old)).stdout.decode()
        # What makes units on the host that runs the test is not for a test.
        script.write_text(text.replace("[ -d /run/systemd/system ]", "false"))
        done = self.run_script(script)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertTrue(alive(old), "the server was ended with what nobody needs")
        done = self.run_script(script, "pm2", "1")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertIn("after a reboot PM2 must be started by hand", done.stdout)
        self.assertFalse(alive(old))
        apps = json.loads(subprocess.check_output(["pm2", "jlist"], env=self.env).splitlines()[-1])
        self.assertEqual([(a["name"], a["pm2_env"]["status"]) for a in apps], [("app", "online")])
        new = apps[0]["pid"]
        wait_for((folder / f"up.{new}").exists, "the server to listen again")
        self.assertEqual(findings(new), [])
        self.assertTrue((Path(self.env["PM2_HOME"]) / "dump.pm2").exists())
        self.assertIn("looked after pm2: app, restarts it", stray("explain", str(new), "--color", "never").stdout.decode().lower())
        policy = self.folder / "policy.toml"
        policy.write_text(f'[[app]]\nname = "web"\nmatch = {{ argv = "*dist/index.js", cwd = "{folder}" }}\ninstances = 1\nsupervisor = "pm2"\n')
        done = stray("check", str(policy))
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_a_server(self):
        self.move(False)

    def test_a_server_whose_package_is_of_modules(self):
        self.move(True)
