# SPDX-License-Identifier: Apache-2.0
"""npm between the shell and the server."""
import signal

from case import scenario
from terminal import Terminal


def npm_run_dev(case):
    case.app()
    terminal = Terminal(case)
    terminal.run("npm run dev &")
    case.find("npm", "npm run dev")
    case.find("sh", "sh -c node src/server.js", parent="npm")
    case.find("node", "node src/server.js", parent="sh")
    case.up("node")
    return terminal


@scenario({"npm": ["orphan"], "node": ["unsupervised-node"]})
def npm_run_then_exit(case):
    """`npm run dev &`, the shell exits: npm, sh and node live on as one group, npm its root."""
    terminal = npm_run_dev(case)
    shell = case.pids["shell"]
    terminal.exit()
    case.inherited("npm", shell)


@scenario({"node": ["orphan", "unsupervised-node"]})
def npm_killed(case):
    """`kill NPM`: npm passes SIGTERM on to sh, sh dies, and node, which gets nothing, is left."""
    terminal = npm_run_dev(case)
    sh = case.pids["sh"]
    case.end("npm", signal.SIGTERM)
    case.gone("sh")
    case.inherited("node", sh)
    terminal.exit()


@scenario({"sh": ["orphan"], "node": ["unsupervised-node"]})
def npm_killed_hard(case):
    """`kill -9 NPM`: npm can pass nothing on; sh and node below it are left."""
    terminal = npm_run_dev(case)
    npm = case.pids["npm"]
    case.end("npm", signal.SIGKILL)
    case.inherited("sh", npm)
    terminal.exit()
