# SPDX-License-Identifier: Apache-2.0
"""Other supervisors, alive and killed, and cron, which is none."""
import signal

from case import parent_of, scenario, wait_for

SUPERVISORD = """[supervisord]
nodaemon=false
logfile={dir}/supervisord.log
pidfile={dir}/supervisord.pid
childlogdir={dir}
[program:web]
command=node dist/index.js
directory={dir}/app
autorestart=true
"""
MONIT = """set daemon 1
set pidfile {dir}/monit.pid
set idfile {dir}/monit.id
set statefile {dir}/monit.state
set logfile {dir}/monit.log
set httpd unixsocket {dir}/monit.sock allow user:pass
check process web with pidfile {dir}/web.pid
  start program = "/bin/sh {dir}/start-web"
  stop program = "/bin/true"
"""
# monit starts programs with an environment of its own: the mark goes along by hand.
START_WEB = """cd {dir}/app
exec >/dev/null 2>&1
export {mark} PATH={path}
node dist/index.js &
echo $! >{dir}/web.pid
"""
# A cron of its own, that sees only this job: in a mount namespace, so that a cron of the host goes on undisturbed.
CRON = """exec setsid unshare --mount --propagation private sh -c '
mount -t tmpfs tmpfs /run && mount --bind {dir}/cron.d /etc/cron.d && mount --bind /dev/null /etc/crontab &&
mount -t tmpfs tmpfs /var/spool/cron && exec cron -f' </dev/null >{dir}/cron.log 2>&1 &"""


# An atd of its own, in the same way.
AT = """exec setsid unshare --mount --propagation private sh -c '
mount -t tmpfs tmpfs /run && mount -t tmpfs tmpfs /var/spool/cron && cd /var/spool/cron && mkdir -m 1770 atjobs atspool &&
touch atjobs/.SEQ && chmod 600 atjobs/.SEQ && chown -R daemon:daemon . && {{ at -f {dir}/job now; exec atd -f; }}
' </dev/null >{dir}/at.log 2>&1 &"""


def supervisord(case):
    case.app()
    config = case.write("supervisord.conf", SUPERVISORD.format(dir=case.dir))
    case.shell(f"supervisord -c {config}")
    case.find("supervisord", ".*python3.* .*supervisord -c .*")
    case.find("node", "node dist/index.js", parent="supervisord")


def run_script(case):
    return case.write("services/web/run", f"#!/bin/sh\ncd {case.app_dir}\nexec node dist/index.js\n", executable=True)


@scenario({}, needs=("supervisord",))
def supervisord_program(case):
    """A program of supervisord."""
    supervisord(case)


@scenario({"node": ["orphan", "unsupervised-node", "supervisor-lost"]}, needs=("supervisord",))
def supervisord_killed(case):
    """supervisord gets SIGKILL: its program stays, SUPERVISOR_ENABLED still in its environment."""
    supervisord(case)
    case.up("node")
    daemon = case.pids["supervisord"]
    case.end("supervisord", signal.SIGKILL)
    case.inherited("node", daemon)


@scenario({}, needs=("runsvdir", "runsv"))
def runit_service(case):
    """runsvdir, runsv, node."""
    case.app()
    run_script(case)
    case.left(f"runsvdir -P {case.dir}/services")
    case.find("runsvdir", "runsvdir -P .*")
    case.find("runsv", "runsv web", parent="runsvdir")
    case.find("node", "node dist/index.js", parent="runsv")


@scenario({}, needs=("s6-svscan", "s6-supervise"))
def s6_service(case):
    """s6-svscan, s6-supervise, node."""
    case.app()
    run_script(case)
    case.left(f"s6-svscan {case.dir}/services")
    case.find("svscan", "s6-svscan .*")
    case.find("supervise", "s6-supervise web", parent="svscan")
    case.find("node", "node dist/index.js", parent="supervise")


@scenario({}, needs=("svscan", "supervise"))
def daemontools_service(case):
    """svscan, supervise, node."""
    case.app()
    run_script(case)
    case.left(f"svscan {case.dir}/services")
    case.find("svscan", "svscan .*")
    case.find("supervise", "supervise web", parent="svscan")
    case.find("node", "node dist/index.js", parent="supervise")


@scenario({}, needs=("forever",))
def forever_app(case):
    """forever start: a detached monitor with the app below it."""
    case.app()
    case.shell("forever start dist/index.js")
    case.find("monitor", ".*node .*/forever/bin/monitor dist/index.js")
    case.find("node", f".*node {case.app_dir}/dist/index.js", parent="monitor")


@scenario({"node": ["orphan", "unsupervised-node", "supervisor-lost"]}, needs=("forever",))
def forever_killed(case):
    """forever's monitor gets SIGKILL: the app lives on."""
    forever_app(case)
    case.up("node")
    monitor = case.pids["monitor"]
    case.end("monitor", signal.SIGKILL)
    case.inherited("node", monitor)


@scenario({}, needs=("monit",))
def monit_service(case):
    """monit starts by command and watches by pidfile: the app is a child of init, and supervised all the same."""
    case.app()
    case.write("start-web", START_WEB.format(dir=case.dir, mark=case.mark_setting, path=case.env["PATH"]))
    config = case.write("monitrc", MONIT.format(dir=case.dir))
    config.chmod(0o600)
    case.shell(f"monit -c {config}")
    case.find("monit", "monit -c .*")
    case.find("node", "node dist/index.js")
    case.up("node")


def cron(case, command):
    case.app()
    case.write("cron.d/job", f"{case.mark_setting}\nPATH={case.env['PATH']}\n"
                             f"* * * * * root cd {case.app_dir} && {command}\n")
    case.shell(CRON.format(dir=case.dir))
    case.find("cron", "cron -f")
    case.find("node", "node dist/index.js", seconds=90)
    (case.dir / "cron.d/job").unlink()


@scenario({"node": ["unsupervised-node"]}, needs=("cron",), cost=60)
def cron_job(case):
    """A server as a cron job: a child of the job's shell, and nothing restarts it."""
    cron(case, "node dist/index.js")


@scenario({"node": ["orphan", "unsupervised-node"]}, needs=("cron",), cost=60)
def left_by_a_cron_job(case):
    """A job that ends and leaves a server in the background."""
    cron(case, "{ node dist/index.js >/dev/null 2>&1 & }")
    wait_for(lambda: parent_of(case.pids["node"]) not in case.marked(), "the end of the job")


@scenario({"node": ["unsupervised-node"]}, needs=("atd", "at"))
def at_job(case):
    """A server as a job of at: nothing restarts it."""
    case.app()
    case.write("job", f"export {case.mark_setting} PATH={case.env['PATH']}; cd {case.app_dir}\nnode dist/index.js\n")
    case.shell(AT.format(dir=case.dir))
    case.find("atd", "atd -f")
    case.find("node", "node dist/index.js", seconds=90)
