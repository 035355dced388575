# SPDX-License-Identifier: Apache-2.0
"""adopt moves a server under a supervisor, or leaves everything as it was."""
import json
import os
import shutil
import signal
import socket
import subprocess
from pathlib import Path

from tracing import PATIENCE, STRAY, Folder, end, wait_for

TOOLS = Path(STRAY).parent / "scenario-tools/node_modules"
USER, UID = "strayadopt", 47123
SERVER = """const fs = require('fs'), http = require('http');
const seen = JSON.stringify({pid: process.pid, argv: process.argv.slice(2), env: process.env});
http.createServer((_, answer) => answer.end('ok')).listen(PORT, '127.0.0.1', () => fs.writeFileSync(`up.${process.pid}`, seen));
"""


def alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def terminal(pid):
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[4])


def by_hand(shown):
    """The steps that --show prints: what each is about, its command, what is expected."""
    return [tuple(step.strip().split("\n")) for step in shown.partition("# ---- by hand")[2].split("\n\n")[1:]]


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


class Host(Folder):
    """A mount namespace with a user of its own, who has a home in this test's folder."""

    def setUp(self):
        super().setUp()
        if not shutil.which("node"):
            self.skipTest("no node")
        self.folder.chmod(0o755)
        self.home = self.folder / "home"
        self.home.mkdir()
        os.chown(self.home, UID, UID)
        self.etc = self.folder / "etc"
        # A file that somebody replaces meanwhile may be missing.
        subprocess.run(["cp", "-a", "/etc", self.etc], stderr=subprocess.DEVNULL, check=False)
        (self.etc / "passwd").write_text(Path("/etc/passwd").read_text() + f"{USER}:x:{UID}:{UID}::{self.home}:/bin/sh\n")
        self.mounts = [f"mount --bind {self.etc} /etc"]

    def open(self):
        """Makes the namespace; further mounts are in it when they were added before."""
        script = " && ".join([*self.mounts, "echo ready", "read _"])
        self.holder = subprocess.Popen(["unshare", "-m", "sh", "-c", script], stdin=subprocess.PIPE,
                                       stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.addCleanup(self.close)
        self.assertEqual(self.holder.stdout.readline(), b"ready\n")

    def close(self):
        self.holder.stdin.close()
        self.holder.wait(PATIENCE)
        self.holder.stdout.close(), self.holder.stderr.close()

    def inside(self, *command, **options):
        options = {"stdin": subprocess.DEVNULL, "capture_output": True, "text": True, "timeout": 3 * PATIENCE} | options
        return subprocess.run(["nsenter", "-t", str(self.holder.pid), "-m", *map(str, command)], check=False, **options)

    def stray(self, *arguments, **options):
        return self.inside(STRAY, *arguments, **options)

    def app(self, name="app", package="intranet-backend", port=0):
        folder = self.home / name
        (folder / "dist").mkdir(parents=True)
        (folder / "dist/index.js").write_text(SERVER.replace("PORT", str(port)))
        (folder / "package.json").write_text(json.dumps({"name": package}))
        for path in (folder, folder / "dist", folder / "dist/index.js", folder / "package.json"):
            os.chown(path, UID, UID)
        return folder

    def left(self, folder, *words, env=()):
        """The user's server whose starter is gone; it listens."""
        script = 'cd "$1"; shift; setsid "$@" </dev/null >/dev/null 2>&1 & echo $!'
        variables = {"PATH": os.environ["PATH"], "HOME": str(self.home), "NODE_ENV": "production", "SSH_TTY": "/dev/pts/9",
                     "TERM": "xterm", "SECRET_KEY": "a \"b\" $c"} | dict(env)
        command = ["setpriv", f"--reuid={UID}", f"--regid={UID}", "--clear-groups", "env", "-i",
                   *(f"{k}={v}" for k, v in variables.items()), "sh", "-c", script, "sh", str(folder), "node", "dist/index.js", *words]
        pid = int(self.inside(*command).stdout)
        self.addCleanup(end, pid, os.pidfd_open(pid))
        wait_for((folder / f"up.{pid}").exists, "the server to listen")
        return pid

    def end_of_user(self):
        """Ends what this test's user still runs."""
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit():
                try:
                    if entry.stat().st_uid == UID:
                        os.kill(int(entry.name), signal.SIGKILL)
                except (FileNotFoundError, ProcessLookupError):
                    pass


class UnderPm2(Host):
    def setUp(self):
        super().setUp()
        if not (TOOLS / ".bin/pm2").exists():
            self.skipTest("no pm2")
        (self.home / "node_modules").symlink_to(TOOLS)
        self.addCleanup(self.end_of_user)

    def served_by(self, folder, but):
        """The pid of another process of the app that listens, or 0."""
        return next((pid for pid in (int(p.name[3:]) for p in folder.glob("up.*")) if pid != but and alive(pid)), 0)

    def test_moves_a_server(self):
        self.open()
        folder = self.app()
        old = self.left(folder, "a b", "$(id)")
        done = self.stray("adopt", old, "--under", "pm2", "--yes", "--json", env=dict(os.environ, ROOTS="secret"))
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        got = json.loads(done.stdout)
        self.assertEqual((got["name"], got["old_pid"]), ("intranet-backend", old))
        self.assertFalse(alive(old))
        new = got["pid"]
        self.assertEqual(Path(f"/proc/{new}").stat().st_uid, UID)
        self.assertEqual(terminal(new), 0)
        seen = json.loads(wait_for((folder / f"up.{new}").exists, "it") and (folder / f"up.{new}").read_text())
        self.assertEqual(seen["argv"], ["a b", "$(id)"])
        self.assertEqual((seen["env"]["NODE_ENV"], seen["env"]["SECRET_KEY"]), ("production", 'a "b" $c'))
        self.assertEqual({"SSH_TTY", "TERM", "ROOTS"} & set(seen["env"]), set())
        dump = self.home / ".pm2/dump.pm2"
        self.assertEqual((dump.stat().st_uid, dump.stat().st_mode & 0o777), (UID, 0o600))
        self.assertNotIn("ROOTS", dump.read_text())
        made = self.home / ".stray/intranet-backend"
        for name in ("ecosystem.config.js", "environment.json"):
            self.assertEqual(((made / name).stat().st_uid, (made / name).stat().st_mode & 0o777), (UID, 0o600))
        again = self.stray("adopt", new, "--under", "pm2", "--yes")
        self.assertEqual(again.returncode, 2)
        self.assertIn("supervised by pm2", again.stderr)
        self.assertIn("pm2 reload intranet-backend", again.stderr)

    def test_shows_and_changes_nothing(self):
        self.open()
        old = self.left(self.app())
        done = self.stray("adopt", old, "--under", "pm2", "--show")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertIn(f"{self.home}/.stray/intranet-backend/ecosystem.config.js", done.stdout)
        self.assertIn("max_memory_restart: '512M'", done.stdout)
        self.assertIn('"SECRET_KEY": "..."', done.stdout)
        self.assertNotIn("$c", done.stdout)
        self.assertTrue(alive(old))
        self.assertFalse((self.home / ".stray").exists())
        self.assertFalse((self.home / ".pm2").exists())

    def test_by_hand_as_the_report_has_it(self):
        self.open()
        old = self.left(self.app(port=free_port()), env={"LESSOPEN": "x", "TERM_PROGRAM": "y", "LINES_2": "two\nlines"})
        steps = by_hand(self.stray("adopt", old, "--under", "pm2", "--show").stdout)
        self.assertEqual(len(steps), 9)
        for head, command, expected in steps:
            self.assertRegex(head, r"^# \d\. (now|in the next maintenance window): ")
            self.assertTrue(command and expected.startswith("# expected: "), (head, command, expected))
        report = self.stray("report", "--format", "md", "--this-namespace").stdout
        for head, command, expected in steps:
            self.assertIn(command.replace(f"{self.home}/.stray", "~/.stray"), report)
        for _, command, _ in steps[1:3]:
            done = self.inside("setpriv", f"--reuid={UID}", f"--regid={UID}", "--clear-groups", "sh", "-c", command)
            self.assertEqual((done.returncode, done.stderr), (0, ""))
        file = self.home / ".stray/intranet-backend/environment.json"
        saved = json.loads(file.read_text())
        self.assertEqual(file.stat().st_mode & 0o777, 0o600)
        self.assertEqual((saved["SECRET_KEY"], saved["LINES_2"]), ('a "b" $c', "two\nlines"))
        self.assertEqual({"SSH_TTY", "TERM", "TERM_PROGRAM", "LESSOPEN"} & set(saved), set())

    def test_nothing_is_ended_when_it_cannot_work(self):
        self.open()
        folder = self.app()
        old = self.left(folder)
        (folder / "dist/index.js").chmod(0)
        self.refused(old, "cannot be read by")
        (folder / "dist/index.js").chmod(0o644)
        (self.home / "node_modules").unlink()
        self.refused(old, "PM2 is not installed for " + USER)
        (self.home / "node_modules").symlink_to(TOOLS)
        (self.home / ".stray").mkdir()
        os.chown(self.home / ".stray", UID, UID)
        target = self.folder / "planted"
        (self.home / ".stray/intranet-backend").symlink_to(target)
        self.refused(old, "is there already")
        self.assertFalse(target.exists())
        self.refused(old, "letters, digits", "--name", "../x", code=2)

    def refused(self, pid, why, *more, code=4):
        done = self.stray("adopt", pid, "--under", "pm2", "--yes", *more)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        self.assertIn(why, done.stderr)
        self.assertTrue(alive(pid))

    def test_a_folder_of_links_is_not_followed(self):
        self.open()
        old = self.left(self.app())
        outside = self.folder / "outside"
        outside.mkdir()
        (self.home / ".stray").symlink_to(outside)
        done = self.stray("adopt", old, "--under", "pm2", "--yes")
        self.assertEqual(done.returncode, 4, done.stderr)
        self.assertIn("nothing was ended", done.stderr)
        self.assertEqual(list(outside.iterdir()), [])
        self.assertTrue(alive(old))

    def test_the_old_one_runs_again_when_the_new_one_does_not_serve(self):
        self.open()
        folder = self.app()
        old = self.left(folder, "a b")
        (folder / "dist/index.js").write_text("if (process.env.pm_id) process.exit(1)\n" + SERVER.replace("PORT", "0"))
        done = self.stray("adopt", old, "--under", "pm2", "--yes", "--timeout", "8s")
        self.assertEqual(done.returncode, 5, done.stdout + done.stderr)
        self.assertIn("the old one runs again, as pid", done.stderr)
        self.assertFalse(alive(old))
        new = self.served_by(folder, old)
        self.assertTrue(new)
        seen = json.loads((folder / f"up.{new}").read_text())
        self.assertEqual((seen["argv"], seen["env"]["SSH_TTY"]), (["a b"], "/dev/pts/9"))
        self.assertEqual((Path(f"/proc/{new}").stat().st_uid, terminal(new)), (UID, 0))
        self.assertFalse((self.home / ".stray/intranet-backend").exists())

    def test_names_that_mean_harm(self):
        self.open()
        for name in ("a;touch X;b", "app$(touch X)", "it's \"q\"", "-n", "100%", "new\nline"):
            with self.subTest(name=name):
                folder = self.app(name, package="")
                old = self.left(folder)
                done = self.stray("adopt", old, "--under", "pm2", "--yes")
                self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
                self.assertFalse(alive(old))
                self.assertTrue(self.served_by(folder, old))
        self.assertEqual([str(p) for p in self.folder.rglob("X")], [])


# Tells what it was asked, and starts nothing.
SYSTEMCTL = """#!/bin/sh
echo "$*" >>FOLDER/asked
"""


class UnderSystemd(Host):
    """With a systemctl that writes down what it is asked; the real one is for a virtual machine (tests/vm)."""

    def setUp(self):
        super().setUp()
        systemctl = self.folder / "systemctl"
        systemctl.write_text(SYSTEMCTL.replace("FOLDER", str(self.folder)))
        systemctl.chmod(0o755)
        self.units = self.etc / "systemd/system"
        self.units.mkdir(parents=True, exist_ok=True)
        self.mounts += [f"mount --bind {systemctl} /usr/bin/systemctl", "mount -t tmpfs none /run",
                        "mkdir -p /run/systemd/system"]
        self.before = set(self.units.iterdir())

    def asked(self):
        file = self.folder / "asked"
        return file.read_text().splitlines() if file.exists() else []

    def test_writes_what_it_says_and_takes_it_back(self):
        self.open()
        folder = self.app("100% $HOME")
        old = self.left(folder, "%n", "$x")
        shown = self.stray("adopt", old, "--under", "systemd", "--show")
        self.assertEqual((shown.returncode, shown.stderr), (0, ""))
        self.assertEqual(self.asked(), [])
        self.assertIn('"%%n" "$$x"', shown.stdout)
        self.assertIn("EnvironmentFile=/etc/stray/env/intranet-backend.env", shown.stdout)
        self.assertNotIn("SSH_TTY", shown.stdout)
        done = self.stray("adopt", old, "--under", "systemd", "--yes", "--timeout", "1s")
        self.assertEqual(done.returncode, 5, done.stderr)
        self.assertEqual(self.asked(), ["daemon-reload", "enable --now intranet-backend.service",
                                        "disable --now intranet-backend.service", "daemon-reload"])
        self.assertIn("the old one runs again, as pid", done.stderr)
        self.assertEqual(set(self.units.iterdir()), self.before)
        self.assertEqual(list((self.etc / "stray/env").iterdir()), [])
        again = int(done.stderr.rpartition("as pid ")[2].split()[0])
        self.addCleanup(end, again, os.pidfd_open(again))

    def test_by_hand_saves_the_same_environment(self):
        self.open()
        old = self.left(self.app(), env={"LESSOPEN": "x", "TWO": "two\nlines `id` \\"})
        command = by_hand(self.stray("adopt", old, "--under", "systemd", "--show").stdout)[0][1]
        done = self.inside("sh", "-c", command)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        file = self.etc / "stray/env/intranet-backend.env"
        self.assertEqual((file.stat().st_mode & 0o777, file.parent.stat().st_mode & 0o777), (0o600, 0o700))
        saved = file.read_text()
        self.assertIn('SECRET_KEY="a \\"b\\" \\$c"\n', saved)
        self.assertIn('TWO="two\nlines \\`id\\` \\\\"\n', saved)
        for name in ("SSH_TTY", "TERM", "LESSOPEN"):
            self.assertNotIn(name + "=", saved)

    def test_never_a_taken_name_nor_a_link(self):
        self.open()
        old = self.left(self.app(package="nginx"))
        unit = self.units / "nginx.service"
        unit.write_text("theirs")
        self.refused(old, "is there already")
        self.assertEqual(unit.read_text(), "theirs")
        unit.unlink()
        unit.symlink_to(self.folder / "planted")
        self.refused(old, "is there already")
        unit.unlink()
        self.units.chmod(0o777)
        self.refused(old, "others than root can write to it")
        self.assertFalse((self.folder / "planted").exists())
        self.assertEqual(self.asked(), [])

    def refused(self, pid, why):
        done = self.stray("adopt", pid, "--under", "systemd", "--yes")
        self.assertEqual(done.returncode, 4, done.stdout + done.stderr)
        self.assertIn(why, done.stderr)
        self.assertTrue(alive(pid))

    def test_a_folder_that_systemd_could_not_enter(self):
        self.open()
        folder = self.app()
        old = self.left(folder)
        os.chown(folder, 0, 0)
        folder.chmod(0o700)
        self.refused(old, "cannot")
