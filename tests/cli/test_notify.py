# SPDX-License-Identifier: Apache-2.0
"""[[notify]]: notifications of findings, by real programs and servers; and that none of them holds up the tracer."""
import email
import email.policy
import http.server
import json
import os
import re
import shutil
import signal
import socket
import ssl
import subprocess
import threading
import unittest
import urllib.request
from pathlib import Path

from tracing import Folder, JsonTrace, is_alert, stray, wait_for

NOBODY = 65534


def child_named(pid, name):
    """The pid of the child of that process with this name, or None."""
    for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
        try:
            if Path(f"/proc/{child}/comm").read_text().strip() == name:
                return int(child)
        except OSError:
            pass
    return None


def is_there(pid):
    try:
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return False


class Notify(Folder):
    def setUp(self):
        super().setUp()
        self.folder.chmod(0o755)
        self.config = self.folder / "stray.toml"
        self.out = self.folder / "out"
        self.out.mkdir()
        os.chown(self.out, NOBODY, NOBODY)
        self.state = self.folder / "state"
        self.state.mkdir(mode=0o700)

    def target(self, name, **keys):
        """Adds a [[notify]] to the configuration."""
        lines = ["[[notify]]", f"name = {json.dumps(name)}"]
        lines += [f"{key} = {json.dumps(value)}" for key, value in keys.items()]
        with self.config.open("a") as file:
            file.write("\n".join(lines) + "\n")

    def script(self, name, body):
        path = self.folder / name
        path.write_text("#!/bin/sh\n" + body)
        path.chmod(0o755)
        return str(path)

    def run_stray(self, *arguments, **options):
        trace = JsonTrace("--config", str(self.config), "--after", "all=1s", "--events", "none", *arguments, **options)
        self.addCleanup(trace.__exit__)
        return trace.ready()

    def raised(self, trace, pid, state="raised"):
        return trace.wait(lambda d: is_alert(d, "orphan", state) and d["process"]["pid"] == pid, f"the orphan {state}")

    def documents(self):
        """{action: document} of what the script below has stored."""
        return [json.loads(path.read_text()) for path in sorted(self.out.glob("*.json"))]

    def about(self, pid, state):
        return [d for d in self.documents()
                if d["event"]["action"] == state and d["rule"]["name"] == "orphan" and d["process"]["pid"] == pid]

    STORE = 'file=$(mktemp {out}/XXXXXX)\ncat > $file\nmv $file $file.json\n'

    def store(self, more=""):
        return self.script("store", more + self.STORE.format(out=self.out))


class Exec(Notify):
    def test_the_document_is_on_stdin_and_nothing_of_root_is_left(self):
        kept = self.folder / "out" / "kept"
        script = self.store(f'test -e {kept} || {{ id -un; env | sort; ls -l /proc/self/fd | wc -l; pwd; umask; '
                            f'grep -E "NoNewPrivs|CapEff" /proc/self/status; echo "$#:$1"; }} > {kept}.new\n'
                            f'mv {kept}.new {kept} 2>/dev/null\n')
        self.target("store", type="exec", command=[script, "one $(id) argument"], user="nobody", kinds=["orphan"])
        trace = self.run_stray("--state", str(self.state), env=os.environ | {"SECRET": "of-root"})
        self.server()
        hostile = self.folder / 'a"b $(touch x)\n\tX: y' / "node"
        hostile.parent.mkdir()
        os.link(self.folder / "node", hostile)
        pid = self.leave_behind(str(hostile), "1000", "0.0")
        printed = self.raised(trace, pid)
        document, = wait_for(lambda: self.about(pid, "raised"), "the program to have it")
        self.assertEqual(document, printed)  # the very document of --json
        self.assertEqual(document["process"]["executable"], str(hostile))
        user, *environment, descriptors, folder, mask, privileges, capabilities, argument = kept.read_text().splitlines()
        self.assertEqual((user, folder, mask, argument), ("nobody", "/", "0077", "1:one $(id) argument"))
        self.assertEqual({line.split("=")[0] for line in environment} - {"_", "PWD", "SHLVL", "OLDPWD"},
                         {"PATH", "LANG", "HOME", "USER", "LOGNAME"})
        self.assertLessEqual(int(descriptors), 5)  # 0 to 2, the folder that is listed, and a line about the total
        self.assertEqual((privileges.split(), capabilities.split()), (["NoNewPrivs:", "1"], ["CapEff:", "0" * 16]) if
                         privileges.startswith("No") else (["CapEff:", "0" * 16], ["NoNewPrivs:", "1"]))
        os.kill(pid, signal.SIGKILL)
        self.raised(trace, pid, "cleared")
        wait_for(lambda: self.about(pid, "cleared"), "the program to have the resolution")
        notifier = child_named(trace.process.pid, "stray-notify")
        self.assertEqual(trace.end(signal.SIGINT), 0, trace.said())
        self.assertFalse(is_there(notifier))
        self.assertEqual(list((self.state / "notify" / "store").iterdir()), [])
        self.assertNotIn("notify", trace.said())

    def test_a_program_that_hangs_ends_with_all_that_it_started(self):
        """One that ignores SIGTERM too: its group is killed, and the next message has its turn."""
        pids = self.out / "pids"
        hangs = self.store(f'test -e {pids} || {{ trap "" TERM; sleep 1000 & echo "$$ $!" > {pids}.new; '
                           f'mv {pids}.new {pids}; while :; do wait; done; }}\n')
        self.target("slow", type="exec", command=[hangs], user="nobody", timeout="1s", kinds=["orphan"])
        trace = self.run_stray()
        first = self.leave_behind(*self.server())
        self.raised(trace, first)
        started = [int(pid) for pid in wait_for(lambda: pids.exists() and pids.read_text(), "the program to hang").split()]
        second = self.leave_behind(*self.server())
        self.raised(trace, second)
        wait_for(lambda: self.about(second, "raised"), "the next message")
        wait_for(lambda: not any(map(is_there, started)), "the program and its child to be gone")
        self.assertIn("notify slow: ", trace.said())
        self.assertIn("took longer than 1s and was ended; orphan:", trace.said())
        self.assertEqual(trace.end(signal.SIGINT), 0, trace.said())

    def test_a_program_that_fails_is_reported_with_its_first_words_and_one_that_asks_is_started_again(self):
        fails = self.script("fails", "cat > /dev/null; printf 'no \\033[2Jpager\\nmore\\n' >&2; exit 3\n")
        asks = self.store(f"test -e {self.out}/asked || {{ touch {self.out}/asked; exit 75; }}\n")
        dies = self.script("dies", "kill -9 $$\n")
        for name, program in (("fails", fails), ("asks", asks), ("dies", dies), ("none", "/no/such")):
            self.target(name, type="exec", command=[program], user="nobody", kinds=["orphan"])
        metrics = self.folder / "stray.prom"
        trace = self.run_stray("--metrics", str(metrics))
        pid = self.leave_behind(*self.server())
        self.raised(trace, pid)
        wait_for(lambda: self.about(pid, "raised"), "the second try")
        for said in ("/fails exited with 3: no \\x1b[2Jpager; orphan:", "/dies was ended by signal 9; orphan:",
                     "/store exited with 75; it is tried again", "/no/such could not be started: No such file",
                     "notify none: /no/such: No such file or directory"):
            wait_for(lambda: said in trace.said(), f"{said!r} in {trace.said()}")
        self.assertEqual(trace.end(signal.SIGINT), 0, trace.said())
        text = metrics.read_text()
        for name, result in (("fails", "failed"), ("dies", "failed"), ("none", "failed"), ("asks", "sent")):
            count, = re.findall(rf'stray_notifications_total{{target="{name}",result="{result}"}} (\d+)', text)
            self.assertGreaterEqual(int(count), 1, (name, text))
        self.assertIn('stray_lost_total{where="notify"} 0', text)

    def test_a_stuck_notifier_holds_up_nothing(self):
        self.target("store", type="exec", command=[self.store()], user="nobody")
        trace = self.run_stray()
        notifier = child_named(trace.process.pid, "stray-notify")
        os.kill(notifier, signal.SIGSTOP)
        for _ in range(3):
            document = self.raised(trace, self.leave_behind(*self.server()))
            self.assertEqual(document["stray"]["lost"], 0)
        self.assertEqual(trace.end(signal.SIGINT), 0, trace.said())
        self.assertIn("its process does not end; it is killed", trace.said())
        wait_for(lambda: not is_there(notifier), "the death signal")

    def test_a_notifier_that_is_killed_is_reported(self):
        self.target("store", type="exec", command=[self.store()], user="nobody")
        trace = self.run_stray()
        notifier = child_named(trace.process.pid, "stray-notify")
        os.kill(notifier, signal.SIGKILL)
        wait_for(lambda: "notify: its process has ended" in trace.said(), "the report")
        self.assertFalse(Path(f"/proc/{notifier}").exists())  # reaped
        self.raised(trace, self.leave_behind(*self.server()))
        self.assertEqual(trace.end(signal.SIGINT), 5, trace.said())

    def test_what_is_kept_of_privileges(self):
        self.target("store", type="exec", command=[self.store()], user="nobody")
        trace = self.run_stray()
        notifier = child_named(trace.process.pid, "stray-notify")
        status = dict(line.split(":\t", 1) for line in Path(f"/proc/{notifier}/status").read_text().splitlines() if ":\t" in line)
        setuid, setgid, kill = 1 << 7, 1 << 6, 1 << 5
        self.assertEqual(int(status["CapPrm"], 16), setuid | setgid | kill)
        self.assertEqual(status["CapAmb"], "0" * 16)
        descriptors = {os.readlink(fd) for fd in Path(f"/proc/{notifier}/fd").iterdir()}
        self.assertEqual({"bpf" in name or "perf" in name for name in descriptors}, {False})
        trace.process.kill()
        wait_for(lambda: not is_there(notifier), "it to end with the tracer")

    def test_root_runs_nothing_that_another_could_change(self):
        script = self.store()
        self.target("root", type="exec", command=[script], user="root")
        for change, back, what in (((os.chmod, script, 0o757), (os.chmod, script, 0o755), script),
                                   ((os.chown, script, NOBODY, NOBODY), (os.chown, script, 0, 0), script),
                                   ((os.chown, self.folder, NOBODY, NOBODY), (os.chown, self.folder, 0, 0), self.folder)):
            change[0](*change[1:])
            done = stray("doctor", "--config", str(self.config), "--notify", "root")
            why = f"others than root can write to {what}"
            self.assertEqual((done.returncode, why in done.stdout.decode()), (5, True), done.stdout)
            back[0](*back[1:])
        self.assertEqual(stray("doctor", "--config", str(self.config), "--notify", "root").returncode, 0)
        self.assertEqual([d["event"]["action"] for d in self.documents()], ["test"])

    def test_doctor_lists_targets_and_says_what_they_lack(self):
        self.target("page", type="exec", command=[self.store()], user="nobody", severity="warning", rate="10/h")
        self.target("who", type="exec", command=[self.store()], user="no-such-user")
        whole = stray("doctor", "--config", str(self.config)).stdout.decode()
        self.assertIn(f"ok       notify page: exec of {self.folder}/store as nobody, warning and worse, at most 10/h\n", whole)
        self.assertIn('limited  notify who: ', whole)
        self.assertIn('there is no user "no-such-user"', whole)
        less = stray("doctor", "--config", str(self.config), under=("setpriv", "--bounding-set", "-setuid", "--inh-caps=-all"))
        self.assertIn("limited  notify page: ", less.stdout.decode())
        self.assertIn("stray needs CAP_SETUID, CAP_SETGID and CAP_KILL", less.stdout.decode())
        unknown = stray("doctor", "--config", str(self.config), "--notify", "pages")
        self.assertEqual((unknown.returncode, b"did you mean page?" in unknown.stderr), (6, True), unknown.stderr)

    def test_the_status_line_counts_what_was_not_delivered(self):
        self.target("fails", type="exec", command=["/bin/false"], user="nobody")
        path = self.folder / "notify"
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
            manager.bind(str(path))
            manager.settimeout(60)
            trace = self.run_stray(env=os.environ | {"NOTIFY_SOCKET": str(path)})
            self.raised(trace, self.leave_behind(*self.server()))
            while not re.search(rb"STATUS=.* records lost, \d+ notifications? not delivered$", manager.recv(4096)):
                pass
            self.assertEqual(trace.end(signal.SIGINT), 0, trace.said())

    def test_a_reload_says_that_a_new_target_needs_a_restart(self):
        self.target("store", type="exec", command=[self.store()], user="nobody")
        trace = self.run_stray()
        trace.send(signal.SIGHUP)
        wait_for(lambda: "configuration read again" in trace.said(), "the reload")
        self.assertNotIn("[[notify]] has changed", trace.said())
        self.target("other", type="exec", command=[self.store()], user="nobody")
        trace.send(signal.SIGHUP)
        wait_for(lambda: "[[notify]] has changed: restart stray" in trace.said(), "the report")
        self.assertEqual(trace.end(signal.SIGINT), 0, trace.said())

    def test_what_waited_is_delivered_by_the_next_run_and_only_from_a_folder_of_root(self):
        go = self.out / "go"
        self.target("store", type="exec", command=[self.store(f"test -e {go} || exit 75\n")], user="nobody", kinds=["orphan"])
        trace = self.run_stray("--state", str(self.state))
        pid = self.leave_behind(*self.server())
        self.raised(trace, pid)
        spool = self.state / "notify" / "store"
        waiting = wait_for(lambda: [path for path in spool.iterdir() if str(pid) in path.read_text()], "the spool")
        self.assertEqual({path.stat().st_mode & 0o777 for path in (*waiting, spool, spool.parent)}, {0o600, 0o700})
        trace.process.kill()
        trace.process.wait()
        secret = self.folder / "secret"
        secret.write_text("of root")
        (spool / f"{7:020}").symlink_to(secret)
        go.touch()
        again = self.run_stray("--state", str(self.state))
        document, = wait_for(lambda: self.about(pid, "raised"), "the message of the run before")
        self.assertEqual(document["event"]["action"], "raised")
        self.assertEqual(again.end(signal.SIGINT), 0, again.said())
        self.assertEqual(secret.read_text(), "of root")
        self.assertFalse([path for path in self.out.iterdir() if "of root" in path.read_text()])
        os.chown(spool, NOBODY, NOBODY)
        third = self.run_stray("--state", str(self.state))
        wait_for(lambda: "it belongs to uid 65534; what waits is kept in memory alone" in third.said(), "the refusal")
        self.assertEqual(third.end(signal.SIGINT), 0, third.said())


class Server(http.server.ThreadingHTTPServer):
    """Answers each POST with the next of `answers`, and 200 behind them; "die" closes the connection."""
    allow_reuse_address = True

    def __init__(self, port=0, answers=(), context=None):
        self.answers, self.posts, self.headers, self.lock = list(answers), [], [], threading.Lock()
        server = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                with server.lock:
                    answer = server.answers.pop(0) if server.answers else 200
                    server.headers.append(dict(self.headers) | {"path": self.path})
                    if answer == 200:
                        server.posts.append(json.loads(body))
                if answer == "die":
                    return self.connection.close()
                if answer == "stall":
                    return self.rfile.read(1)  # until the client goes
                self.send_response(answer)
                self.send_header("Content-Length", "0")
                if answer == 302:
                    self.send_header("Location", "/elsewhere")
                self.end_headers()

            def log_message(self, *_):
                pass

        super().__init__(("127.0.0.1", port), Handler)
        self.scheme = "https" if context else "http"
        if context:
            self.socket = context.wrap_socket(self.socket, server_side=True)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def handle_error(self, *_):
        pass  # a client that leaves

    def url(self):
        return f"{self.scheme}://127.0.0.1:{self.server_address[1]}/hook/secret-path"

    def about(self, pid, state):
        with self.lock:
            return [d for d in self.posts if "rule" in d and d["event"]["action"] == state and
                    d["rule"]["name"] == "orphan" and d["process"]["pid"] == pid]

    def stop(self):
        self.shutdown()
        self.server_close()


class Webhook(Notify):
    def serve(self, *arguments, **options):
        server = Server(*arguments, **options)
        self.addCleanup(server.stop)
        return server

    def certificate(self):
        """A certificate that nobody else signed, for this address."""
        if not shutil.which("openssl"):
            raise unittest.SkipTest("no openssl")
        key, certificate = self.folder / "key.pem", self.folder / "certificate.pem"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", key,
                        "-out", certificate, "-days", "2", "-subj", "/CN=test", "-addext", "subjectAltName=IP:127.0.0.1"],
                       check=True, capture_output=True)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        return context, certificate

    def test_a_server_that_fails_in_every_way_has_it_in_the_end(self):
        server = self.serve(answers=["die", 503, 429, "stall"])
        token = self.folder / "token"
        token.write_text("Authorization: Bearer secret-token\n")
        token.chmod(0o600)
        self.target("hook", type="webhook", url=server.url(), timeout="1s", header_file=str(token), kinds=["orphan"])
        trace = self.run_stray("--state", str(self.state))
        pid = self.leave_behind(*self.server())
        printed = self.raised(trace, pid)
        document, = wait_for(lambda: server.about(pid, "raised"), "the server to have it")
        self.assertEqual(document, printed)
        self.assertGreaterEqual(len(server.headers), 5)
        self.assertEqual({(h["Authorization"], h["Content-Type"], h["path"]) for h in server.headers},
                         {("Bearer secret-token", "application/json", "/hook/secret-path")})
        self.assertEqual(trace.end(signal.SIGINT), 0, trace.said())
        self.assertIn("it is tried again", trace.said())
        self.assertIn("it answers again", trace.said())
        self.assertNotIn("secret", trace.said())

    def test_what_it_refuses_is_reported_once_and_redirects_are_not_followed(self):
        server = self.serve(answers=[404, 302])
        self.target("hook", type="webhook", url=server.url(), kinds=["orphan"])
        self.target("again", type="webhook", url=server.url().replace("/hook", "/again"), kinds=["orphan"])
        trace = self.run_stray()
        self.raised(trace, self.leave_behind(*self.server()))
        wait_for(lambda: "answered 404; orphan:" in trace.said() and "answered 302; orphan:" in trace.said(), "both reports")
        self.assertEqual(trace.end(signal.SIGINT), 0, trace.said())
        self.assertNotIn("/elsewhere", {headers["path"] for headers in server.headers})

    def test_a_server_that_is_down_and_a_killed_stray_lose_nothing(self):
        server = Server()
        port = server.server_address[1]
        self.target("hook", type="webhook", url=server.url(), kinds=["orphan"])
        server.stop()
        trace = self.run_stray("--state", str(self.state))
        pid = self.leave_behind(*self.server())
        self.raised(trace, pid)
        wait_for(lambda: "it is tried again" in trace.said(), "the first try")
        spool = self.state / "notify" / "hook"
        wait_for(lambda: [path for path in spool.iterdir() if str(pid) in path.read_text()], "the spool")
        trace.process.kill()
        trace.process.wait()
        again = self.run_stray("--state", str(self.state))
        server = self.serve(port)
        wait_for(lambda: server.about(pid, "raised"), "what waited over the restart")
        self.assertEqual(again.end(signal.SIGINT), 0, again.said())

    def test_what_ends_while_nobody_watches_is_resolved_and_nothing_is_sent_twice(self):
        server = self.serve()
        self.target("hook", type="webhook", url=server.url(), kinds=["orphan"])
        trace = self.run_stray("--state", str(self.state))
        gone, stays = (self.leave_behind(*self.server()) for _ in range(2))
        for pid in (gone, stays):
            self.raised(trace, pid)
            wait_for(lambda: server.about(pid, "raised"), "the server to have it")
        self.assertEqual(trace.end(signal.SIGINT), 0, trace.said())
        os.kill(gone, signal.SIGKILL)
        again = self.run_stray("--state", str(self.state))
        self.raised(again, gone, "cleared")
        wait_for(lambda: server.about(gone, "cleared"), "that it is resolved")
        os.kill(stays, signal.SIGKILL)
        self.raised(again, stays, "cleared")
        wait_for(lambda: server.about(stays, "cleared"), "that this one is resolved too")
        self.assertEqual(again.end(signal.SIGINT), 0, again.said())
        self.assertEqual([len(server.about(pid, "raised")) for pid in (gone, stays)], [1, 1])

    def test_tls_is_verified(self):
        context, certificate = self.certificate()
        server = self.serve(context=context)
        self.target("trusts", type="webhook", url=server.url(), ca_file=str(certificate))
        self.target("asks", type="webhook", url=server.url())
        self.target("name", type="webhook", url=server.url().replace("127.0.0.1", "localhost"), ca_file=str(certificate))
        for name, code in (("trusts", 0), ("asks", 5), ("name", 5)):
            done = stray("doctor", "--config", str(self.config), "--notify", name)
            self.assertEqual(done.returncode, code, (name, done.stdout, done.stderr))
        test, = server.posts
        self.assertEqual(test["event"]["action"], "test")

    def test_more_than_the_rate_is_one_message(self):
        server = self.serve()
        self.target("hook", type="webhook", url=server.url(), rate="1/3s", kinds=["orphan"])
        trace = self.run_stray()
        pids = [self.leave_behind(*self.server()) for _ in range(4)]
        for pid in pids:
            self.raised(trace, pid)
        digest = wait_for(lambda: [d for d in server.posts if d["event"]["action"] == "digest"], "the digest")[0]
        self.assertGreaterEqual(digest["stray"]["held_back"]["orphan"], 2)
        for pid in pids:
            os.kill(pid, signal.SIGKILL)
        sent = [pid for pid in pids if server.about(pid, "raised")]
        for pid in pids:
            self.raised(trace, pid, "cleared")
        for pid in sent:
            wait_for(lambda: server.about(pid, "cleared"), "what was sent to be resolved")
        self.assertEqual(trace.end(signal.SIGINT), 0, trace.said())
        self.assertFalse([pid for pid in pids if pid not in sent and server.about(pid, "cleared")])

    def test_a_header_file_that_others_may_read_is_not_used(self):
        token = self.folder / "token"
        token.write_text("Authorization: Bearer secret-token\n")
        token.chmod(0o644)
        server = self.serve()
        self.target("hook", type="webhook", url=server.url(), header_file=str(token))
        done = stray("doctor", "--config", str(self.config), "--notify", "hook")
        self.assertEqual((done.returncode, server.posts), (5, []))
        self.assertIn(b"run: chmod 0600", done.stdout)
        listed = stray("doctor", "--config", str(self.config)).stdout.decode()
        self.assertIn("limited  notify hook: webhook to http://127.0.0.1:", listed)
        self.assertNotIn("secret", listed)


class Mail(Notify):
    def sendmail(self):
        return self.script("sendmail", f"cat > {self.out}/mail.new\nprintf '%s\\n' \"$@\" > {self.out}/arguments\n"
                                       f"id -un > {self.out}/who\nmv {self.out}/mail.new {self.out}/mail\n")

    def test_a_hostile_name_makes_no_header(self):
        self.target("ops", type="mail", to=["ops@example.org", "second@example.org"], user="nobody", sendmail=self.sendmail(),
                    kinds=["orphan"], **{"from": "stray@example.org"})
        hostile = self.folder / "a\nBcc: x@evil.org\n\nbody \u00e9\n.\n" / "node"
        self.server()
        hostile.parent.mkdir()
        os.link(self.folder / "node", hostile)
        trace = self.run_stray()
        pid = self.leave_behind(str(hostile), "1000")
        self.raised(trace, pid)
        def stored():
            mail = self.out / "mail"
            return mail.exists() and str(pid).encode() in mail.read_bytes() and mail.read_bytes()
        raw = wait_for(stored, "the mail about it")
        mail = email.message_from_bytes(raw, policy=email.policy.default)
        self.assertEqual((self.out / "arguments").read_text().split(), ["-i", "-f", "stray@example.org", "--", "ops@example.org", "second@example.org"])
        self.assertEqual((self.out / "who").read_text().strip(), "nobody")
        self.assertEqual(set(mail.keys()), {"From", "To", "Subject", "Date", "Message-ID", "References", "Auto-Submitted", "MIME-Version",
                                            "Content-Type", "Content-Transfer-Encoding"})
        self.assertNotIn("\n", mail["Subject"])
        self.assertIn("is orphaned", mail["Subject"] + mail.get_content())
        self.assertFalse([part for part in raw.split(b"\n") if part.startswith((b"Bcc", b".")) or len(part) > 76])
        self.assertIn("\\x0aBcc: x@evil.org", mail.get_content())
        self.assertEqual(mail.defects, [])
        self.assertEqual(trace.end(signal.SIGINT), 0, trace.said())


ALERTMANAGER = shutil.which("prometheus-alertmanager")


class Alertmanager(Notify):
    def alerts(self, port):
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/api/v2/alerts?active=true", timeout=10) as answer:
            return [alert for alert in json.load(answer) if alert["labels"]["alertname"] in ("orphan", "stray-test")]

    def start_alertmanager(self):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        config = self.folder / "alertmanager.yml"
        config.write_text("route:\n  receiver: none\nreceivers:\n  - name: none\n")
        self.start(ALERTMANAGER, f"--config.file={config}", f"--storage.path={self.folder}/alertmanager",
                   f"--web.listen-address=127.0.0.1:{port}", "--cluster.listen-address=", stderr=subprocess.DEVNULL)

        def answers():
            try:
                return self.alerts(port) == []
            except OSError:
                return False
        wait_for(answers, "Alertmanager to answer")
        return port

    def test_a_post_has_all_that_is_open_also_after_one_that_failed(self):
        server = Server(answers=[503, "die"])
        self.addCleanup(server.stop)
        self.target("am", type="alertmanager", url=server.url(), kinds=["orphan"])
        trace = self.run_stray("--state", str(self.state))
        findings = [self.raised(trace, self.leave_behind(*self.server()))["stray"]["finding"]["id"] for _ in range(2)]

        def named():
            return {one for post in server.posts[-1:] for alert in post for one in alert["annotations"].get("findings", "").split()}
        wait_for(lambda: named().issuperset(findings), "both in one post")
        self.assertEqual({headers["path"] for headers in server.headers}, {"/hook/secret-path/api/v2/alerts"})
        self.assertEqual(trace.end(signal.SIGINT), 0, trace.said())
        self.assertEqual(list(self.state.glob("notify/*")), [])

    @unittest.skipUnless(ALERTMANAGER, "no prometheus-alertmanager")
    def test_an_alert_begins_and_ends(self):
        port = self.start_alertmanager()
        self.target("am", type="alertmanager", url=f"http://127.0.0.1:{port}/", kinds=["orphan"], severity="notice")
        done = stray("doctor", "--config", str(self.config), "--notify", "am")
        self.assertEqual(done.returncode, 0, done.stdout)
        test, = self.alerts(port)
        self.assertEqual(test["labels"]["alertname"], "stray-test")
        trace = self.run_stray()
        pid = self.leave_behind(*self.server())
        printed = self.raised(trace, pid)

        finding = printed["stray"]["finding"]["id"]

        def about():
            return [alert for alert in self.alerts(port) if finding in alert["annotations"].get("findings", "").split()]
        alert = wait_for(about, "the alert")[0]
        self.assertEqual(set(alert["labels"]) - {"unit"}, {"alertname", "severity", "host", "job"})
        self.assertEqual((alert["labels"]["alertname"], alert["labels"]["host"], alert["labels"]["job"]),
                         ("orphan", printed["host"]["name"], "stray"))
        self.assertNotIn(str(pid), json.dumps(alert["labels"]))
        self.assertGreater(alert["endsAt"], alert["updatedAt"])
        os.kill(pid, signal.SIGKILL)
        self.raised(trace, pid, "cleared")
        wait_for(lambda: not about(), "the alert to end, or to speak of others alone")
        self.assertEqual(trace.end(signal.SIGINT), 0, trace.said())
