# SPDX-License-Identifier: Apache-2.0
"""Programs of a user that have the name of a supervisor, or of something else than node."""
import json
import os
import pwd
import shutil
import signal
import stat
import subprocess
import unittest
from pathlib import Path

from tracing import Folder, JsonTrace, end, is_alert, stray, wait_for

USER, OTHER = pwd.getpwnam("nobody"), pwd.getpwnam("daemon")
NODE = shutil.which("node")
NAMES = ("runsv", "s6-supervise", "supervise", "nomad", "perpd", "conmon", "cron", "supervise-daemon")
SERVER = """const fs = require('fs');
require('http').createServer(() => {}).listen(0, '127.0.0.1', () => fs.writeFileSync(process.env.UP + '/' + process.pid, ''));
"""
# The script starts both servers as PM2's daemon would, and then has the title of one.
DAEMON = """const { spawn } = require('child_process');
for (const id of process.argv.slice(2))
  spawn('setpriv', ['--reuid=' + id, '--regid=nogroup', '--clear-groups', process.execPath, process.env.APP + '/server.js'],
        { stdio: 'ignore', env: { ...process.env, NODE_CHANNEL_FD: undefined } });
if (process.env.TITLE) process.title = process.env.TITLE;
setInterval(() => {}, 1e6);
"""


@unittest.skipUnless(NODE, "needs node")
class Supervisors(Folder):
    def setUp(self):
        super().setUp()
        self.folder.chmod(0o755)
        self.up = self.folder / "up"
        self.up.mkdir()
        self.up.chmod(0o777)
        self.home = self.folder / "home"
        self.home.mkdir()
        (self.home / "server.js").write_text(SERVER)
        self.env = {"PATH": os.environ["PATH"], "UP": str(self.up), "APP": str(self.home)}

    def own(self, file):
        """Gives the file to the user, with what is between it and the home."""
        while file != self.home.parent:
            os.chown(file, USER.pw_uid, USER.pw_gid)
            file = file.parent

    def copy(self, program, name):
        file = self.home / name
        shutil.copy(program, file)
        file.chmod(file.stat().st_mode | stat.S_IXUSR | stat.S_IXOTH)
        self.own(file)
        return file

    def run_as_user(self, *command, caps=True, **env):
        """As the user, whom these capabilities let start something as another: as sudo would."""
        ambient = ["--ambient-caps=+setuid,+setgid", "--inh-caps=+setuid,+setgid"] if caps else []
        return self.start("setpriv", f"--reuid={USER.pw_uid}", f"--regid={USER.pw_gid}", "--clear-groups", *ambient,
                          *map(str, command), env={**self.env, **env}, start_new_session=True, stderr=subprocess.DEVNULL)

    def servers(self, name, count=2):
        """The pids by uid of the servers that listen."""
        up = self.up / name
        found = wait_for(lambda: len(list(up.iterdir())) >= count and [int(f.name) for f in up.iterdir()],
                         f"the servers of {name}")
        for pid in found:
            self.addCleanup(end, pid, os.pidfd_open(pid))
        return {os.stat(f"/proc/{pid}").st_uid: pid for pid in found}

    def up_of(self, name):
        (self.up / name).mkdir()
        (self.up / name).chmod(0o777)
        return str(self.up / name)

    def scanned(self):
        """(pid, kind): the finding."""
        alerts = [d for d in map(json.loads, stray("scan", "--json").stdout.splitlines()) if d["event"]["kind"] == "alert"]
        return {(d["process"]["pid"], d["rule"]["name"]): d for d in alerts}

    def supervision(self, pid):
        return json.loads(stray("explain", "--json", str(pid)).stdout.splitlines()[0])["stray"]["supervision"]

    def both(self, found, servers, verdict, file):
        """The user's server is the user's supervisor's; the other's is nobody's, and why is said."""
        whose = f"of user nobody, from {file}"
        mine, other = servers[USER.pw_uid], servers[OTHER.pw_uid]
        own = self.supervision(mine)
        self.assertEqual((own["verdict"], own["owner"], own["whose"]), (verdict, "user", whose))
        self.assertTrue(any(whose in line for line in own["evidence"]), own)
        self.assertNotIn((mine, "unsupervised-node"), found)
        finding = found.get((other, "unsupervised-node"))
        self.assertTrue(finding)
        self.assertEqual(finding["stray"]["supervision"]["verdict"], "nobody")
        if verdict != "job":
            self.assertTrue(any(whose in e["text"] for e in finding["stray"]["finding"]["evidence"]
                                if e["code"] == "not-believed"), finding)

    def test_a_name_is_believed_for_its_users_processes(self):
        verdicts = {"conmon": "container", "cron": "job"}
        for name in NAMES:
            self.run_as_user(self.copy(shutil.which("bash"), name), "-c", f"""
for id in {USER.pw_uid} {OTHER.pw_uid}; do
  setpriv --reuid=$id --regid=nogroup --clear-groups {NODE} $APP/server.js </dev/null >/dev/null 2>&1 & done
wait""", UP=self.up_of(name))
        servers = {name: self.servers(name) for name in NAMES}
        found = self.scanned()
        for name in NAMES:
            with self.subTest(name):
                self.both(found, servers[name], verdicts.get(name, "supervisor"), self.home / name)
        # A person reads it too.
        whose = f"of user nobody, from {self.home}/runsv"
        self.assertIn("runit " + whose, stray("explain", str(servers["runsv"][USER.pw_uid])).stdout.decode())
        self.assertIn(whose, stray("scan").stdout.decode())

    def test_pm2_by_its_script_and_by_its_title(self):
        cases = {"pm2/lib/Daemon.js": "", "own.js": "PM2 v7.0.4: God Daemon (/x)"}
        for script, title in cases.items():
            file = self.home / script
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(DAEMON)
            self.own(file)
            god = self.run_as_user(NODE, file, USER.pw_uid, OTHER.pw_uid, TITLE=title, UP=self.up_of(file.stem))
        wait_for(lambda: Path(f"/proc/{god.pid}/cmdline").read_text().startswith("PM2"), "the title")
        servers = {script: self.servers(Path(script).stem) for script in cases}
        found = self.scanned()
        for script, title in cases.items():
            with self.subTest(script):
                # A title hides the script.
                self.both(found, servers[script], "pm2", os.path.realpath(NODE) if title else self.home / script)

    def test_a_users_monit_manages_no_others_service(self):
        self.run_as_user(self.copy(shutil.which("sleep"), "monit"), 1000)
        env = {**self.env, "MONIT_SERVICE": "web", "UP": self.up_of("monit")}
        for uid in (USER.pw_uid, OTHER.pw_uid):
            self.start("setpriv", f"--reuid={uid}", "--regid=nogroup", "--clear-groups", NODE,
                       str(self.home / "server.js"), env=env, start_new_session=True)
        servers = self.servers("monit")
        mine = self.supervision(servers[USER.pw_uid])
        self.assertEqual((mine["name"], mine["whose"]), ("monit", f"of user nobody, from {self.home}/monit"))
        self.assertEqual(self.supervision(servers[OTHER.pw_uid])["verdict"], "nobody")

    def disguised(self):
        """Node named as what stray knows to be no server, in memory, and behind the loader: name -> process."""
        script = str(self.home / "server.js")
        loader = "/lib64/ld-linux-x86-64.so.2"
        programs = {name: [str(self.copy(NODE, name))] for name in ("nginx", "runsv", "worker")}
        if os.path.exists(loader):
            programs["loader"] = [loader, NODE]
        out = {name: self.run_as_user(*program, script, caps=False, UP=self.up_of(name))
               for name, program in programs.items()}
        memory = os.memfd_create("kworker", 0)
        self.addCleanup(os.close, memory)
        with open(NODE, "rb") as whole, open(memory, "wb", closefd=False) as copy:
            shutil.copyfileobj(whole, copy)
        out["memfd"] = self.start(f"/proc/self/fd/{memory}", script, env={**self.env, "UP": self.up_of("memfd")},
                                  pass_fds=[memory], start_new_session=True)
        for name in out:
            self.servers(name, 1)
        return out

    def test_node_under_another_name_is_found_by_scan(self):
        children = self.disguised()
        found = self.scanned()
        for name, child in children.items():
            with self.subTest(name):
                finding = found.get((child.pid, "unsupervised-node"))
                self.assertTrue(finding)
                self.assertTrue(finding["message"].startswith("node server"), finding["message"])

    def test_node_under_another_name_is_found_by_run(self):
        with JsonTrace("--after", "unsupervised-node=1s") as trace:
            trace.ready()
            for name, child in self.disguised().items():
                with self.subTest(name):
                    trace.wait(lambda d: is_alert(d, "unsupervised-node", "raised") and d["process"]["pid"] == child.pid,
                               f"a finding about {name}")
            self.assertEqual(trace.end(signal.SIGINT), 0)

    def test_a_system_supervisor_is_the_systems(self):
        runsv = shutil.which("runsv")
        if not runsv:
            self.skipTest("needs runit")
        service = self.folder / "service"
        service.mkdir()
        (service / "run").write_text(f"#!/bin/sh\nexec {NODE} {self.home}/server.js\n")
        (service / "run").chmod(0o755)
        self.start(runsv, str(service), env={**self.env, "UP": self.up_of("runit")}, start_new_session=True)
        found = self.supervision(self.servers("runit", 1)[0])
        self.assertEqual((found["name"], found["owner"], found.get("whose")), ("runit", "system", None))
