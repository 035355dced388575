# SPDX-License-Identifier: Apache-2.0
"""Code that is not what is on disk, and services that use up what they have or stand open."""
import re
import shutil
import signal
import socket
from pathlib import Path

from case import Failed, scenario, stat_fields, wait_for

LEFT = ["orphan", "unsupervised-node"]
HOLD = "setInterval(() => {}, 1e6);\n"
UP = "require('fs').writeFileSync(`${process.env.UP}/${process.pid}`, '');\n"


def looked_at(case, role):
    """Waits until the file that a process runs was surely read: by node itself, and by stray's first look."""
    case.up(role)
    wait_for(lambda: float(Path("/proc/uptime").read_text().split()[0]) * 100
             > int(stat_fields(case.pids[role])[19]) + 300, f"stray's first look at {role}")


@scenario({"node": [*LEFT, "stale-release"]})
def release_switched(case):
    """Releases beside each other: started in `current`, which then leads to a newer one. The old one still exists."""
    case.app()
    for number in ("1", "2"):
        shutil.copytree(case.app_dir, case.dir / "releases" / number)
    current = case.dir / "current"
    current.symlink_to("releases/1")
    case.shell(f"cd {current} && (setsid node src/server.js </dev/null >/dev/null 2>&1 &)")
    case.find("node", "node src/server.js")
    looked_at(case, "node")
    current.unlink()
    current.symlink_to("releases/2")


@scenario({"node": [*LEFT, "stale-release"]})
def release_switched_by_absolute_path(case):
    """The same with the link in the script's own path."""
    case.app()
    for number in ("1", "2"):
        shutil.copytree(case.app_dir, case.dir / "releases" / number)
    current = case.dir / "current"
    current.symlink_to("releases/1")
    case.left(f"node {current}/src/server.js")
    case.find("node", f"node {current}/src/server.js")
    looked_at(case, "node")
    current.unlink()
    current.symlink_to("releases/2")


@scenario({"node": [*LEFT, "old-code"]})
def script_replaced(case):
    """A deployment writes a new file and moves it over the one that runs; nobody restarts it."""
    case.app()
    case.left("node dist/index.js")
    case.find("node", "node dist/index.js")
    looked_at(case, "node")
    new = case.write("app/dist/new.js", (case.app_dir / "dist/index.js").read_text() + "// second version\n")
    new.rename(case.app_dir / "dist/index.js")


@scenario({"node": LEFT})
def script_deployed_again(case):
    """The same content under a new inode, and touched: nothing has changed."""
    case.app()
    case.left("node dist/index.js")
    case.find("node", "node dist/index.js")
    looked_at(case, "node")
    new = case.write("app/dist/new.js", (case.app_dir / "dist/index.js").read_text())
    new.rename(case.app_dir / "dist/index.js")
    (case.app_dir / "dist/index.js").touch()


@scenario({"node": [*LEFT, "exe-replaced"]})
def runtime_upgraded(case):
    """The node that runs is replaced by another file, as a package upgrade does."""
    case.app()
    own = case.dir / "bin/node"
    own.parent.mkdir()
    shutil.copy(Path(shutil.which("node")).resolve(), own)
    case.left(f"{own} dist/index.js")
    case.find("node", f"{own} dist/index.js")
    looked_at(case, "node")
    shutil.copy(own, case.dir / "bin/new")
    (case.dir / "bin/new").rename(own)


@scenario({"old": [*LEFT, "duplicate"]}, needs=("pm2",), cost=5)
def second_copy_below_pm2(case):
    """A server left by hand, and the same started below PM2 later: the orphan is one too many."""
    case.app()
    case.left("node dist/index.js")
    case.find("old", "node dist/index.js")
    looked_at(case, "old")
    wait_for(lambda: float(Path("/proc/uptime").read_text().split()[0]) * 100
             > int(stat_fields(case.pids["old"])[19]) + 600, "copies that did not start together")
    case.shell("pm2 start dist/index.js --name web", PM2_HOME=f"{case.dir}/pm2")
    case.find("god", r"PM2 v[0-9.]+: God Daemon .*")
    case.find("node", f"node {case.app_dir}/dist/index.js", parent="god")


@scenario({"god": ["restart-storm"]}, needs=("pm2",), cost=10)
def pm2_crash_loop(case):
    """An app that ends at once: PM2 starts it again and again, then gives up."""
    case.app()
    case.write("app/dist/crash.js", "setTimeout(() => { throw new Error('boom'); }, 100);\n")
    case.shell("pm2 start dist/crash.js --name crash", PM2_HOME=f"{case.dir}/pm2")
    case.find("god", r"PM2 v[0-9.]+: God Daemon .*")
    log = case.dir / "pm2/pm2.log"
    wait_for(lambda: "too many unstable restarts" in log.read_text(errors="replace"), "PM2 to give up")


@scenario({"node": [*LEFT, "memory-high"]})
def memory_over_its_limit(case):
    """Buffers outside of the heap that --max-old-space-size limits: they grow beyond one and a half of it."""
    case.app()
    case.write("app/grow.js", "const kept = [];\nconst more = setInterval(() => {\n"
               "  if (kept.length < 40) kept.push(Buffer.alloc(5e6, 1)); else clearInterval(more);\n}, 20);\n" + HOLD)
    case.left("node --max-old-space-size=64 grow.js")
    case.find("node", "node --max-old-space-size=64 grow.js")
    wait_for(lambda: int(re.search(r"RssAnon:\s+(\d+)", Path(f"/proc/{case.pids['node']}/status").read_text())[1])
             > 150_000, "200 MB")


@scenario({"node": [*LEFT, "inspector-open"]})
def inspector_to_the_network(case):
    """node --inspect on all addresses."""
    case.app()
    case.left("node --inspect=0.0.0.0:0 dist/index.js")
    case.find("node", r"node --inspect=0\.0\.0\.0:0 dist/index\.js")
    case.up("node")


@scenario({"node": [*LEFT, "inspector-open"]})
def inspector_by_signal(case):
    """SIGUSR1 opens node's inspector on 127.0.0.1:9229 in any process, in production too."""
    with socket.socket() as probe:
        if probe.connect_ex(("127.0.0.1", 9229)) == 0:
            raise Failed("port 9229 is taken on this host")
    case.app()
    case.left("env NODE_ENV=production node dist/index.js")
    case.find("node", "node dist/index.js")
    case.up("node")
    case.signal("node", signal.SIGUSR1)


@scenario({"parent": ["zombie-leak"], "sh": ["?orphan"]}, needs=("python3",))
def children_not_waited_for(case):
    """A program that starts children and never waits for them."""
    case.write("leak.py", "import os, time\nfor _ in range(60):\n    if os.fork() == 0:\n        os._exit(0)\n"
               "time.sleep(1000000)\n")
    case.app()
    case.shell(f"setsid sh -c 'python3 {case.dir}/leak.py; exit 0' </dev/null >/dev/null 2>&1 &")
    case.find("parent", rf"(\S*/)?python3 {case.dir}/leak.py")
    case.find("sh", "sh -c python3 .*")


@scenario({"node": LEFT})
def inspector_on_loopback(case):
    """node --inspect on 127.0.0.1, not in production: nobody's danger."""
    case.app()
    case.left("node --inspect=127.0.0.1:0 dist/index.js")
    case.find("node", r"node --inspect=127\.0\.0\.1:0 dist/index\.js")
    case.up("node")
