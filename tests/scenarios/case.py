# SPDX-License-Identifier: Apache-2.0
"""What a scenario is made of: processes that carry its mark, a terminal, a small service, waiting for what happens.

A scenario is a function that gets a Case and brings the host into a state; its declaration says which findings stray
must raise for that state, by the roles that the function names. Whatever is started inherits the mark in its
environment, so that stop() finds and ends all of it, and nothing else.
"""
import errno
import os
import re
import shutil
import signal
import subprocess
import time
from pathlib import Path

MARK = "STRAY_SCENARIO"
SCENARIOS = {}


class Failed(Exception):
    """The host did not come into the state that the scenario is about."""


class Scenario:
    def __init__(self, function, expect, needs, scan, cost):
        self.name = function.__name__.replace("_", "-")
        self.about = function.__doc__
        self.function, self.expect, self.needs, self.scan, self.cost = function, expect, needs, scan, cost

    def skip_reason(self, tools):
        """Why it cannot run here, or None."""
        if os.geteuid() != 0:
            return "needs root"
        path = search_path(tools)
        for need in ("node", "npm", "setsid", *self.needs):
            if need == "cgroup2":
                if cgroup2() is None:
                    return "needs a writable cgroup v2"
            elif need == "nobody":  # after what he must be able to run
                if subprocess.run(["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups", "test", "-x",
                                   shutil.which("pm2", path=path)], capture_output=True).returncode != 0:
                    return "needs tools that every user can reach"
            elif shutil.which(need, path=path) is None:
                return f"needs {need}"
        version = subprocess.run(["node", "--version"], capture_output=True, text=True, env={"PATH": path}).stdout
        major = re.match(r"v(\d+)", version)
        return None if major and int(major[1]) >= 18 else f"needs node 18 or newer, not {version.strip() or 'none'}"


def scenario(expect, needs=(), scan=None, cost=0):
    """Declares a scenario. expect: role -> kinds that must be raised for it, no others for any process of the case; a
    kind with a leading ? may be raised. needs: commands, or "cgroup2". scan: a function that judges the text of
    `stray scan` at that moment. cost: seconds beyond the usual, so that the slowest start first."""

    def declare(function):
        made = Scenario(function, expect, needs, scan, cost)
        SCENARIOS[made.name] = made
        return function

    return declare


def search_path(tools):
    return f"{tools}/node_modules/.bin:{os.environ.get('PATH', '')}:/usr/local/sbin:/usr/sbin:/sbin"


def cgroup2():
    """The root of the v2 hierarchy: alone, or beside v1."""
    for root in (Path("/sys/fs/cgroup"), Path("/sys/fs/cgroup/unified")):
        if (root / "cgroup.controllers").exists() and os.access(root / "cgroup.procs", os.W_OK):
            return root
    return None


def removed(group):
    """Whether the cgroup is gone: what has ended and is not reaped keeps it, although cgroup.procs does not list that."""
    try:
        group.rmdir()
    except OSError as error:
        if error.errno != errno.EBUSY:
            raise
        return False
    return True


def wait_for(condition, what, seconds=30):
    """Looks until the condition gives something true, and returns that."""
    end = time.monotonic() + seconds
    while True:
        result = condition()
        if result:
            return result
        if time.monotonic() > end:
            raise Failed(f"waited {seconds} s for {what}")
        time.sleep(0.02)


def command_line(pid):
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").rstrip()
    except OSError:
        return ""


def stat_fields(pid):
    """Of /proc/PID/stat, from the state on; [] when it is gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(") ")[2].split()
    except OSError:
        return []


def alive(pid):
    fields = stat_fields(pid)
    return bool(fields) and fields[0] not in "ZX"


def parent_of(pid):
    fields = stat_fields(pid)
    return int(fields[1]) if fields else 0


SERVER = """const http = require('http'), fs = require('fs');
http.createServer((_, answer) => answer.end('ok\\n')).listen(+(process.env.PORT || 0), '127.0.0.1', () => {
  if (process.env.UP) fs.writeFileSync(`${process.env.UP}/${process.pid}`, '');
});
"""
PACKAGE = """{"name": "intranet-backend", "version": "1.0.0", "main": "dist/index.js",
 "scripts": {"start": "node dist/index.js", "dev": "node src/server.js"}}
"""


class Case:
    def __init__(self, name, home, tools):
        self.dir, self.app_dir = Path(home), Path(home) / "app"
        self.tools = Path(tools)
        self.pids = {}
        self.past = {}  # of roles whose process has ended
        self.seen = set()  # every pid that ever carried the mark
        self.cgroups = []
        self.mark = f"{name}.{os.getpid()}"
        self.mark_setting = f"{MARK}={self.mark}"  # for what starts programs with an environment of its own
        # Nothing of the caller's session: its variables are evidence for stray.
        self.env = {"PATH": search_path(tools), "HOME": str(self.dir), "SHELL": "/bin/bash", "TERM": "dumb",
                    "LANG": "C.UTF-8", "UP": str(self.dir / "up"), "npm_config_update_notifier": "false",
                    MARK: self.mark}
        (self.dir / "up").mkdir(parents=True)

    # --- files -------------------------------------------------------------------------------------------------------
    def app(self):
        """The small service of the incident, in `app`."""
        for folder in ("src", "dist", "logs"):
            (self.app_dir / folder).mkdir(parents=True, exist_ok=True)
        for entry in ("src/server.js", "dist/index.js"):
            (self.app_dir / entry).write_text(SERVER)
        (self.app_dir / "package.json").write_text(PACKAGE)

    def write(self, path, text, executable=False):
        target = self.dir / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)
        if executable:
            target.chmod(0o755)
        return target

    # --- processes ---------------------------------------------------------------------------------------------------
    def shell(self, script, cwd=None, **env):
        """Runs a script under sh and waits for the shell, not for what it left in the background."""
        log = self.dir / "shell.log"
        with open(log, "ab") as out:
            code = subprocess.call(["sh", "-c", script], cwd=cwd or self.app_dir, env={**self.env, **env},
                                   stdin=subprocess.DEVNULL, stdout=out, stderr=out, start_new_session=True)
        if code != 0:
            raise Failed(f"`{script}` ended with {code}: {log.read_text(errors='replace')[-500:]}")

    def left(self, command, cwd=None):
        """Starts a command in a session of its own from a subshell that is gone at once: init inherits it."""
        self.shell(f"setsid {command} </dev/null >/dev/null 2>&1 &", cwd)

    def marked(self):
        """The living processes of this case."""
        found = [int(entry) for entry in os.listdir("/proc") if entry.isdigit() and self._carries_mark(entry)]
        self.seen.update(found)
        return found

    def _carries_mark(self, pid):
        try:
            return self.mark_setting.encode() in Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
        except OSError:
            return False

    def find(self, role, pattern, parent=None, seconds=30):
        """Waits for one process of this case with that whole command line (and parent role), and names it."""
        def look():
            for pid in self.marked():
                if re.fullmatch(pattern, command_line(pid)) and alive(pid):
                    if parent is None or parent_of(pid) == self.pids[parent]:
                        return pid
            return None
        self.pids[role] = wait_for(look, f"`{pattern}` as {role}", seconds)
        self.seen.add(self.pids[role])
        return self.pids[role]

    def up(self, role):
        """Waits until the service listens: its files are read, what happens to them now is after the start."""
        wait_for((self.dir / "up" / str(self.pids[role])).exists, f"{role} to listen")

    def signal(self, role, number):
        os.kill(self.pids[role], number)

    def end(self, role, number):
        """Ends a process by a signal, and forgets its role."""
        os.kill(self.pids[role], number)
        self.gone(role)

    def gone(self, role):
        pid = self.past[role] = self.pids.pop(role)
        wait_for(lambda: not alive(pid), f"the end of {role}")
        return pid

    def inherited(self, role, creator):
        """Waits until the kernel has given the process to another parent than the one that started it."""
        wait_for(lambda: parent_of(self.pids[role]) not in (0, creator), f"another parent of {role}")

    # --- control groups ----------------------------------------------------------------------------------------------
    def cgroup(self, path):
        group = cgroup2()
        for part in path.split("/"):
            group = group / part
            if not group.exists():
                group.mkdir()
                self.cgroups.append(group)
        return group

    # --- the end -----------------------------------------------------------------------------------------------------
    def stop(self):
        """Ends what carries the mark, and nothing else: by SIGTERM, then by SIGKILL. Returns what is left."""
        for attempt in range(200):
            left = self.marked()
            if not left:
                break
            if attempt % 10 == 0:
                for pid in left:
                    self._end(pid, signal.SIGTERM if attempt < 20 else signal.SIGKILL)
            time.sleep(0.05)
        for group in reversed(self.cgroups):
            wait_for(lambda: removed(group), f"{group} to be empty")
        self.cgroups.clear()
        return self.marked()

    def _end(self, pid, number):
        try:
            handle = os.pidfd_open(pid)
        except OSError:
            return
        try:
            if self._carries_mark(pid):  # still the process that the handle means
                signal.pidfd_send_signal(handle, number)
        except ProcessLookupError:
            pass
        finally:
            os.close(handle)
