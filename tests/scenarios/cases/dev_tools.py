# SPDX-License-Identifier: Apache-2.0
"""Tools for a developer's machine that were left running, and helpers of agents and test runs whose client was killed."""
import os
import shutil
import signal

from case import scenario
from terminal import Terminal


@scenario({"nodemon": ["orphan", "dev-tool"]}, needs=("nodemon",))
def nodemon_left(case):
    """nodemon orphaned by its shell: it watches files, it does not restart after a crash."""
    case.app()
    terminal = Terminal(case)
    terminal.run("nodemon dist/index.js >nodemon.log 2>&1 </dev/null &")
    case.find("nodemon", "node .*/nodemon dist/index.js")
    case.find("node", ".*node dist/index.js", parent="nodemon")
    shell = case.pids["shell"]
    terminal.exit()
    case.inherited("nodemon", shell)


@scenario({"vite": ["orphan", "dev-tool"]}, needs=("vite",))
def vite_left(case):
    """An orphaned vite dev server."""
    case.app()
    case.write("app/index.html", "<h1>x</h1>\n")
    terminal = Terminal(case)
    terminal.run("vite --port 0 >vite.log 2>&1 </dev/null &")
    case.find("vite", "node .*/vite --port 0")
    shell = case.pids["shell"]
    terminal.exit()
    case.inherited("vite", shell)


# next's own process tree: the command forks the server, which then titles itself.
NEXT = """#!/usr/bin/env node
require('child_process').fork(require.resolve('../server/lib/start-server.js'), {stdio: 'ignore'});
"""
NEXT_SERVER = """process.title = 'next-server (v16.4.6)';
require('http').createServer((_, answer) => answer.end('ok')).listen(0, '127.0.0.1');
process.on('disconnect', () => {});
"""


# The parent is an orphan itself for as long as it lives: on a slow host it is reported before it is killed.
@scenario({"server": ["orphan", "dev-tool"], "next": ["?orphan", "?dev-tool"]})
def next_left(case):
    """next dev gets SIGKILL: its child, titled next-server (v...), lives on. A stand-in with next's processes."""
    case.app()
    case.write("app/node_modules/next/dist/bin/next", NEXT, executable=True)
    case.write("app/node_modules/next/dist/server/lib/start-server.js", NEXT_SERVER)
    (case.app_dir / "node_modules/.bin").mkdir()
    (case.app_dir / "node_modules/.bin/next").symlink_to("../next/dist/bin/next")
    case.left("env NODE_ENV=development node_modules/.bin/next dev -p 0")
    case.find("next", "node .*next dev -p 0")
    case.find("server", r"next-server \(v.*", parent="next")
    parent = case.pids["next"]
    case.end("next", signal.SIGKILL)
    case.inherited("server", parent)


# What an agent starts over pipes. Another process holds the write end too, as a sibling that was forked from the agent
# does: the end of the agent is no end of file.
AGENT = """const [, , input, ...command] = process.argv;
const stdin = require('fs').openSync(input, 'r+');
require('child_process').spawn(command[0], command.slice(1), {stdio: [stdin, 'ignore', 'ignore'], detached: true});
setInterval(() => {}, 1e6);
"""


def killed_client(case, role, command, pattern):
    case.app()
    case.write("app/client.js", AGENT)
    case.shell("mkfifo input && (setsid sleep 1000000 <>input >&0 2>&1 &)")
    case.shell(f"setsid node client.js input {command} </dev/null >/dev/null 2>&1 &")
    case.find("client", "node client.js .*")
    case.find(role, pattern, parent="client")
    client = case.pids["client"]
    case.end("client", signal.SIGKILL)
    case.inherited(role, client)


@scenario({"server": ["orphan"], "client": ["?orphan"]})
def mcp_server_left(case):
    """An agent gets SIGKILL: its MCP server (stdio) lives on. It serves nobody else, and is no server run by hand."""
    case.write("app/node_modules/mcp-server-notes/index.js", "#!/usr/bin/env node\nprocess.stdin.resume();\n", executable=True)
    (case.app_dir / "node_modules/.bin").mkdir()
    (case.app_dir / "node_modules/.bin/mcp-server-notes").symlink_to("../mcp-server-notes/index.js")
    killed_client(case, "server", "node_modules/.bin/mcp-server-notes stdio", "node .*/mcp-server-notes stdio")


@scenario({"browser": ["orphan"], "client": ["?orphan"]})
def headless_browser_left(case):
    """A test run gets SIGKILL: the headless browser that it started in a session of its own lives on. A stand-in with the
    name of the real binary."""
    browser = case.dir / "chrome-headless-shell"
    shutil.copy(os.path.realpath(shutil.which("sh")), browser)
    case.write("app/browse", f"read line <{case.app_dir}/input\n")
    killed_client(case, "browser", f"{browser} browse --headless", ".*/chrome-headless-shell browse --headless")


UVICORN = """import multiprocessing, time


def work():
    time.sleep(1e6)


if __name__ == "__main__":
    multiprocessing.set_start_method("spawn")
    worker = multiprocessing.Process(target=work)
    worker.start()
    worker.join()
"""


@scenario({"worker": ["orphan", "supervisor-lost"], "master": ["?orphan"]}, needs=("python3",))
def python_workers_left(case):
    """The master of a python server gets SIGKILL: the worker that multiprocessing spawned lives on, and nothing starts it
    again. A stand-in with uvicorn's name and processes."""
    case.app()
    case.write("app/bin/uvicorn", UVICORN)
    case.left("python3 bin/uvicorn app:app --workers 1")
    case.find("master", "python3 bin/uvicorn .*")
    case.find("worker", ".*python3.* -c from multiprocessing.spawn import .*", parent="master")
    master = case.pids["master"]
    case.end("master", signal.SIGKILL)
    case.inherited("worker", master)
