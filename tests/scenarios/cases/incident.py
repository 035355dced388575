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
    """What a person must be able to read off `stray scan`."""
    wanted = [
        (rf"orphan .*`node src/server\.js` \(pid {case.pids['old_node']}\)", "the old server as an orphan"),
        (rf"unsupervised-node .*`node src/server\.js` \(pid {case.pids['old_node']}\)", "the old server unsupervised"),
        (rf"stale-script .*`node src/server\.js` \(pid {case.pids['old_node']}\).*server\.js", "its missing file"),
        (rf"dev-tool .*prisma studio \(pid {case.pids['studio']}", "the studio as a dev tool"),
        (rf"unsupervised-node .*dist/index\.js` \(pid {case.pids['main']}\)", "the main server unsupervised"),
        (r"\b\d+(\.\d+)? MB\b", "memory in MB"),
        (r"\b\d+(\.\d+)? ?%", "memory as a share of the host's"),
        (rf"^ +(do +)?kill\b.* {case.pids['old_node']}\b", "the command that ends the old server"),
        (r"\d+ findings about \d+ processes", "totals"),
    ]
    found = [f"stray scan does not show {what}" for pattern, what in wanted
             if not re.search(pattern, scan.stdout, re.MULTILINE)]
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
