# SPDX-License-Identifier: Apache-2.0
"""Servers started by hand from a shell, and what becomes of them when the person leaves."""
from case import Failed, alive, scenario
from terminal import Terminal

DOUBLE_FORK = """import os, sys
if os.fork():
    os._exit(0)
os.setsid()
if os.fork():
    os._exit(0)
null = os.open(os.devnull, os.O_RDWR)
for fd in range(3):
    os.dup2(null, fd)
os.execvp(sys.argv[1], sys.argv[1:])
"""


@scenario({"node": ["orphan", "unsupervised-node"]})
def background_then_exit(case):
    """`node dist/index.js &`, the shell then exits normally: no SIGHUP is sent, node lives on under init."""
    case.app()
    terminal = Terminal(case)
    terminal.run("node dist/index.js &")
    case.find("node", "node dist/index.js")
    case.up("node")
    shell = case.pids["shell"]
    terminal.exit()
    case.inherited("node", shell)


@scenario({})
def background_then_hangup(case):
    """`node dist/index.js &`, then the terminal goes away: SIGHUP ends node, and nothing is left to report."""
    case.app()
    terminal = Terminal(case)
    terminal.run("node dist/index.js &")
    case.find("node", "node dist/index.js")
    case.up("node")
    terminal.hang_up()
    case.gone("node")


@scenario({"node": ["orphan", "unsupervised-node"]})
def nohup_then_exit(case):
    """`nohup node dist/index.js &`, the shell exits."""
    case.app()
    terminal = Terminal(case)
    terminal.run("nohup node dist/index.js &")
    case.find("node", "node dist/index.js")
    case.up("node")
    shell = case.pids["shell"]
    terminal.exit()
    case.inherited("node", shell)


@scenario({"node": ["orphan", "unsupervised-node"]})
def setsid_from_a_terminal(case):
    """`setsid node ... &` from a terminal: a session of its own, which SIGHUP does not reach."""
    case.app()
    terminal = Terminal(case)
    terminal.run("setsid node dist/index.js >/dev/null 2>&1 </dev/null &")
    node = case.find("node", "node dist/index.js")
    case.up("node")
    terminal.hang_up()
    if not alive(node):
        raise Failed("node died with the terminal")


@scenario({"node": ["orphan", "unsupervised-node"]})
def disown_then_hangup(case):
    """`node dist/index.js & disown`, then the terminal goes away: bash passes its SIGHUP on to the others only."""
    case.app()
    terminal = Terminal(case)
    terminal.run("node dist/index.js >/dev/null 2>&1 </dev/null &")
    terminal.run("disown")
    node = case.find("node", "node dist/index.js")
    case.up("node")
    shell = case.pids["shell"]
    terminal.hang_up()
    case.inherited("node", shell)
    if not alive(node):
        raise Failed("node died with the terminal")


@scenario({"node": ["orphan", "unsupervised-node"]})
def double_fork(case):
    """The classic daemon: fork, setsid, fork, no descriptor kept. Nobody restarts it, and node is no daemon."""
    case.app()
    case.write("daemon.py", DOUBLE_FORK)
    case.shell(f"python3 {case.dir}/daemon.py node dist/index.js")
    case.find("node", "node dist/index.js")


@scenario({"node": ["unsupervised-node"]}, needs=("start-stop-daemon",))
def daemon_with_a_pidfile(case):
    """start-stop-daemon with a pidfile: a daemon on purpose, so no orphan; nothing restarts it all the same."""
    case.app()
    case.shell(f'start-stop-daemon --start --background --make-pidfile --pidfile {case.dir}/web.pid '
               f'--chdir {case.app_dir} --exec "$(command -v node)" -- dist/index.js')
    case.find("node", ".*/node dist/index.js")


@scenario({})
def a_developer_at_work(case):
    """`npm run dev` in the foreground of an open terminal: somebody is looking after it."""
    case.app()
    terminal = Terminal(case)
    terminal.run("npm run dev", foreground=True)
    case.find("npm", "npm run dev")
    case.find("sh", "sh -c node src/server.js", parent="npm")
    case.find("node", "node src/server.js", parent="sh")
    case.up("node")


@scenario({})
def a_node_prompt(case):
    """A node REPL on a terminal."""
    case.app()
    terminal = Terminal(case)
    terminal.run("node", foreground=True)
    case.find("node", "node")


@scenario({})
def short_lived_commands(case):
    """A burst of short runs, some orphaned for the moment they live."""
    case.app()
    case.shell("for i in 1 2 3 4 5; do node -e 0; (setsid node -e 'setTimeout(() => {}, 300)' </dev/null &); done;"
               " npm --version")
