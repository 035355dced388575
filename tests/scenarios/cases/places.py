# SPDX-License-Identifier: Apache-2.0
"""Namespaces, control groups, subreapers and multiplexers: where a process can be besides a plain session."""
import hashlib

from case import scenario

LEFT_BELOW = """sh -c 'sh -c "node dist/index.js & exit 0"; exec sleep 1000000'"""


@scenario({"node": ["orphan", "unsupervised-node"]}, needs=("tini",))
def subreaper(case):
    """The forking shell dies below a subreaper: that is the new parent, not pid 1."""
    case.app()
    case.left(f"tini -s -- {LEFT_BELOW}")
    case.find("tini", "tini -s .*")
    case.find("node", "node dist/index.js", parent="tini")


@scenario({"node": ["orphan", "unsupervised-node"]}, needs=("unshare",))
def pid_namespace(case):
    """An orphan in a pid namespace: its parent is the namespace's init, a mere sleep."""
    case.app()
    case.left(f"unshare --pid --fork --mount-proc {LEFT_BELOW}")
    case.find("init", "sleep 1000000")
    case.find("node", "node dist/index.js", parent="init")


@scenario({"node": ["unsupervised-node"]}, needs=("unshare",))
def init_of_a_namespace(case):
    """node as pid 1 of a namespace, as in a container without an engine."""
    case.app()
    case.left("unshare --pid --fork --mount-proc node dist/index.js")
    case.find("unshare", "unshare .*")
    case.find("node", "node dist/index.js", parent="unshare")


@scenario({"node": ["container-unsupervised"]}, needs=("unshare", "cgroup2"))
def container(case):
    """A container by hand: pid namespace and docker's cgroup. Restarting is the engine's business."""
    case.app()
    name = hashlib.sha256(case.mark.encode()).hexdigest()
    group = case.cgroup(f"system.slice/docker-{name}.scope")
    case.shell(f"echo $$ >{group}/cgroup.procs; "
               "setsid unshare --pid --fork --mount-proc node dist/index.js </dev/null >/dev/null 2>&1 &")
    case.find("unshare", "unshare .*")
    case.find("node", "node dist/index.js", parent="unshare")


@scenario({"node": ["orphan", "unsupervised-node"]}, needs=("cgroup2",))
def login_session(case):
    """Left by a login over ssh: pam_systemd's session scope, pam_loginuid's loginuid, ssh's environment."""
    case.app()
    group = case.cgroup("user.slice/user-54321.slice/session-54321.scope")
    case.shell(f"echo $$ >{group}/cgroup.procs; echo 54321 >/proc/self/loginuid; "
               "setsid sh -c 'node dist/index.js & exit 0' </dev/null >/dev/null 2>&1",
               SSH_CONNECTION="192.0.2.7 50000 192.0.2.2 22", XDG_SESSION_ID="54321")
    case.find("node", "node dist/index.js")
    case.up("node")


@scenario({"node": ["unsupervised-node"]}, needs=("screen",))
def detached_screen(case):
    """node in a detached screen: a multiplexer keeps the terminal, and restarts nothing."""
    case.app()
    (case.dir / "screens").mkdir(mode=0o700)
    case.shell("screen -dmS scenario node dist/index.js", SCREENDIR=f"{case.dir}/screens")
    case.find("screen", "SCREEN .*")
    case.find("node", "node dist/index.js", parent="screen")


@scenario({"node": ["unsupervised-node"]}, needs=("tmux",))
def detached_tmux(case):
    """The same in tmux, from a shell of its server."""
    case.app()
    (case.dir / "tmux").mkdir(mode=0o700)
    case.shell("tmux -f /dev/null new-session -d 'node dist/index.js; exit'", TMUX_TMPDIR=f"{case.dir}/tmux")
    case.find("tmux", "tmux .*")
    case.find("node", "node dist/index.js")
