# SPDX-License-Identifier: Apache-2.0
"""Processes of one program that pile up, and pools that are made to be many."""
from pathlib import Path

from case import scenario, stat_fields, wait_for

LEFT = ["orphan", "unsupervised-node"]
# One server on pipes after the other, none of which it ever ends.
GATEWAY = """const { spawn } = require('child_process');
let started = 0;
const more = setInterval(() => {
  if (++started > 30) return clearInterval(more);
  spawn('/bin/sh', ['mcp-files.sh'], { stdio: ['pipe', 'pipe', 'ignore'] });
}, 600);
"""
SERVER = "while read -r line; do echo \"$line\"; done\n"
# As php-fpm and postgres do: copies of itself, which run on without an exec, and ever more of them.
PREFORK = """import os, signal, time
for _ in range(80):
    if os.fork() == 0:
        signal.pause()
    time.sleep(0.15)
signal.pause()
"""
CLUSTER = """const cluster = require('cluster'), fs = require('fs'), http = require('http');
if (cluster.isPrimary) for (let n = 0; n < 11; n++) cluster.fork();
else http.createServer((_, answer) => answer.end('ok')).listen(0, '127.0.0.1', () => {
  fs.writeFileSync(`${process.env.UP}/${process.pid}`, ''); });
"""


@scenario({"gateway": [*LEFT, "child-hoard"]})
def a_gateway_forgets_its_servers(case):
    """A gateway that starts a stdio server for each session and ends none: they pile up below it, idle."""
    case.app()
    case.write("app/gateway.js", GATEWAY)
    case.write("app/mcp-files.sh", SERVER)
    case.left("node gateway.js")
    case.find("gateway", "node gateway.js")


@scenario({"oldest": ["child-hoard"]}, needs=("cgroup2",))
def each_run_of_a_unit_leaves_one(case):
    """A unit that a timer starts: each run leaves a process in its cgroup."""
    case.app()
    group = case.cgroup("system.slice/stray-nightly.service")
    for run in range(5):
        case.shell(f"echo $$ >{group}/cgroup.procs; setsid sleep 1000000 </dev/null >/dev/null 2>&1 &")
        if run == 0:
            case.find("oldest", "sleep 1000000")
        ticks = wait_for(lambda: len((group / "cgroup.procs").read_text().split()) == run + 1 and
                         max(int(stat_fields(pid)[19]) for pid in (group / "cgroup.procs").read_text().split()),
                         "what the run left")
        wait_for(lambda: float(Path("/proc/uptime").read_text().split()[0]) * 100 > ticks + 100, "the next run")


@scenario({"primary": LEFT}, needs=("python3",))
def pools_are_no_hoard(case):
    """A node cluster, and a server that forks ever more copies of itself as php-fpm and postgres do."""
    case.app()
    case.write("app/cluster.js", CLUSTER)
    case.write("app/prefork.py", PREFORK)
    case.left("node cluster.js")
    case.find("primary", "node cluster.js")
    case.left("python3 prefork.py")
    case.find("prefork", r"(\S*/)?python3 prefork\.py")
    wait_for(lambda: len(list((case.dir / "up").iterdir())) == 11, "the workers")
