# SPDX-License-Identifier: Apache-2.0
"""The incident that stray was made for, as one host state."""
import re
import signal

from case import scenario
from terminal import Terminal

# `prisma studio` as npx starts it: the argv, the chain and the port of the real tool, without a database.
PRISMA = """#!/usr/bin/env node
const port = process.argv[process.argv.indexOf('--port') + 1];
require('http').createServer((_, answer) => answer.end('<title>Prisma Studio</title>')).listen(+port, '127.0.0.1');
"""


def studio(case):
    case.write("studio/package.json", '{"name": "studio", "version": "1.0.0"}')
    case.write("studio/node_modules/prisma/package.json",
               '{"name": "prisma", "version": "0.0.0", "bin": {"prisma": "build/index.js"}}')
    case.write("studio/node_modules/prisma/build/index.js", PRISMA, executable=True)
    (case.dir / "studio/node_modules/.bin").mkdir()
    (case.dir / "studio/node_modules/.bin/prisma").symlink_to("../prisma/build/index.js")


def names_everything(case, scan):
    """What a person must be able to read off `stray scan`: an entry a stray, and in it what is wrong and what to do."""
    entries = {}  # by the first pid of its first line
    for entry in scan.stdout.split("\n\n")[1:]:
        if head := re.match(r"\w+ +(.+?)  +(\d+) ", entry):
            entries[int(head[2])] = (head[1], entry)
    wanted = [
        ("old_node", "stop it", [r"stale-script +runs code that no longer exists: src/server\.js", r"orphan +is orphaned",
                                 r"unsupervised-node +runs by hand", r"do +now +ss -tnp", r"stray stop \w{12} "]),
        ("npx", "stop it", [r"dev-tool +was left running", r"stray stop \w{12} "]),
        ("main", "move it under PM2", [r"unsupervised-node +runs by hand", r"stray adopt \w{12} --under pm2 --show ",
                                       r"window +stray adopt \w{12} --under pm2 ", r"limited to 512 MiB"]),
    ]
    found = []
    for role, title, parts in wanted:
        got, entry = entries.get(case.pids[role], ("nothing", ""))
        if got != title:
            found.append(f"stray scan says {got!r} of {role}, not {title!r}")
        found += [f"stray scan's entry of {role} does not show {part}" for part in parts if not re.search(part, entry)]
    if "stray stop" in entries.get(case.pids["main"], ("", ""))[1]:
        found.append("stray scan would stop the main server")
    for pattern, what in ((r"\b\d+(\.\d+)? Mi?B\b", "memory"), (r"\b\d+(\.\d+)? ?%", "memory as a share of the host's"),
                          (r"^\d+ strays: .*; \d+ findings about \d+ processes", "totals")):
        if not re.search(pattern, scan.stdout, re.MULTILINE):
            found.append(f"stray scan does not show {what}")
    if scan.returncode != 1:
        found.append(f"stray scan with findings ended with {scan.returncode}, not 1")
    return found


@scenario({"old_node": ["orphan", "unsupervised-node", "stale-script"], "npx": ["orphan"], "studio": ["dev-tool"],
           "main": ["orphan", "unsupervised-node"]}, scan=names_everything)
def incident(case):
    """The whole incident: `npm run dev` whose npm was ended with kill, so that its node lives on under init, its file
    gone since; prisma studio left by a closed session; the main server started by hand."""
    case.app()
    studio(case)
    terminal = Terminal(case)
    terminal.run("npm run dev &")
    npm = case.find("npm", "npm run dev")
    sh = case.find("sh", "sh -c node src/server.js", parent="npm")
    case.find("old_node", "node src/server.js", parent="sh")
    case.up("old_node")
    terminal.run(f"kill -{signal.SIGTERM.value} {npm}")
    case.gone("npm")
    case.gone("sh")
    case.inherited("old_node", sh)

    terminal.run(f"cd {case.dir}/studio")
    terminal.run(f"nohup npx prisma studio --browser none --port 0 >{case.dir}/studio.log 2>&1 &")
    case.find("npx", "npm exec prisma studio .*")
    case.find("studio", "node .*/node_modules/.bin/prisma studio .*")

    terminal.run(f"cd {case.app_dir}")
    terminal.run(f"nohup node {case.app_dir}/dist/index.js >app.log 2>&1 &")
    case.find("main", f"node {case.app_dir}/dist/index.js")
    case.up("main")

    terminal.exit()
    for file in (case.app_dir / "src").iterdir():
        file.unlink()
    (case.app_dir / "src").rmdir()
