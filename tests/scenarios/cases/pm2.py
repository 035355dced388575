# SPDX-License-Identifier: Apache-2.0
"""PM2, which manages its apps as long as its God daemon lives."""
import signal

from case import scenario

GOD = r"PM2 v[0-9.]+: God Daemon .*"
ECOSYSTEM = """module.exports = {apps: [{
  name: 'intranet-backend', script: './dist/index.js', cwd: '%s', env: {NODE_ENV: 'production'}, instances: 1,
  exec_mode: 'fork', watch: false, max_memory_restart: '1G', error_file: './logs/error.log',
  out_file: './logs/out.log', merge_logs: true, autorestart: true, max_restarts: 10, min_uptime: '10s'}]};
"""
FAMILY = """const {fork, spawn} = require('child_process');
if (process.argv[2] !== 'child') {
  fork(__filename, ['child'], {stdio: 'ignore'});
  spawn('node', ['src/server.js'], {stdio: 'ignore'});
  spawn('node', ['dist/index.js'], {stdio: 'ignore', detached: true}).unref();
}
setInterval(() => {}, 1e6);
"""


def pm2(case, arguments):
    case.shell(f"pm2 {arguments}", PM2_HOME=f"{case.dir}/pm2")
    case.find("god", GOD)


@scenario({}, needs=("pm2",))
def pm2_fork(case):
    """pm2 start, fork mode."""
    case.app()
    pm2(case, "start dist/index.js --name web")
    case.find("node", f"node {case.app_dir}/dist/index.js", parent="god")


@scenario({}, needs=("pm2",))
def pm2_cluster(case):
    """pm2 start -i 2: the workers share session and process group with the God daemon."""
    case.app()
    pm2(case, "start dist/index.js --name web -i 2")
    case.find("node", f"node {case.app_dir}/dist/index.js", parent="god")


@scenario({}, needs=("pm2",))
def pm2_ecosystem(case):
    """The incident, solved: an ecosystem file with a memory limit, for production."""
    case.app()
    case.write("app/ecosystem.config.js", ECOSYSTEM % case.app_dir)
    pm2(case, "start ecosystem.config.js")
    case.find("node", f"node {case.app_dir}/dist/index.js", parent="god")


@scenario({}, needs=("pm2",))
def pm2_npm_start(case):
    """pm2 start npm -- start: npm, sh and node below the God daemon."""
    case.app()
    pm2(case, "start npm --name web -- start")
    case.find("npm", "npm start", parent="god")
    case.find("sh", "sh -c node dist/index.js", parent="npm")
    case.find("node", "node dist/index.js", parent="sh")


@scenario({"node": ["orphan", "unsupervised-node", "supervisor-lost"]}, needs=("pm2",))
def pm2_god_killed(case):
    """The God daemon gets SIGKILL: an app without PM2's metrics module lives on, pm_id still in its environment."""
    case.app()
    pm2(case, "start dist/index.js --name web --no-pmx")
    case.find("node", f"node {case.app_dir}/dist/index.js", parent="god")
    case.up("node")
    god = case.pids["god"]
    case.end("god", signal.SIGKILL)
    case.inherited("node", god)


@scenario({}, needs=("pm2",))
def pm2_app_with_children(case):
    """A PM2 app with forked, spawned and detached children: all of them hang below a supervisor."""
    case.app()
    case.write("app/dist/parent.js", FAMILY)
    pm2(case, "start dist/parent.js --name web")
    case.find("node", f"node {case.app_dir}/dist/parent.js", parent="god")
    case.find("forked", ".*node .*/dist/parent.js child", parent="node")
    case.find("spawned", "node src/server.js", parent="node")
    case.find("detached", "node dist/index.js", parent="node")


@scenario({}, needs=("pm2",))
def pm2_daemon_under_another_title(case):
    """PM2_DAEMON_TITLE: nothing in the daemon's command line says PM2."""
    case.app()
    case.shell("pm2 start dist/index.js --name web", PM2_HOME=f"{case.dir}/pm2", PM2_DAEMON_TITLE="keeper of the web")
    case.find("god", "keeper of the web")
    case.find("node", f"node {case.app_dir}/dist/index.js", parent="god")


@scenario({"root": ["orphan", "unsupervised-node", "supervisor-lost"]}, needs=("pm2", "setpriv", "nobody"))
def pm2_of_two_users(case):
    """Two users have a God daemon each; one is killed. The other does not manage what that one left."""
    case.app()
    case.dir.parent.chmod(0o755)
    for folder in (case.dir, case.dir / "up", case.app_dir, case.app_dir / "dist"):
        folder.chmod(0o777)
    (case.app_dir / "dist/index.js").chmod(0o644)
    case.shell("setpriv --reuid=nobody --regid=nogroup --clear-groups pm2 start dist/index.js --name web",
               PM2_HOME=f"{case.dir}/pm2-of-nobody", HOME=f"{case.dir}")
    case.find("other", GOD)
    case.find("theirs", f"node {case.app_dir}/dist/index.js", parent="other")
    case.shell("pm2 start dist/index.js --name web --no-pmx", PM2_HOME=f"{case.dir}/pm2")
    case.find("god", r"PM2 v[0-9.]+: God Daemon .*/pm2\)")
    case.find("root", f"node {case.app_dir}/dist/index.js", parent="god")
    case.up("root")
    god = case.pids["god"]
    case.end("god", signal.SIGKILL)
    case.inherited("root", god)
