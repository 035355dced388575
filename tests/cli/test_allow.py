# SPDX-License-Identifier: Apache-2.0
"""stray allow: a finding is accepted by a snippet, as a run reads it; listed, expired and removed."""
import signal
import tomllib

from tracing import Folder, JsonTrace, is_alert, stray


class Allow(Folder):
    def setUp(self):
        super().setUp()
        self.config = self.folder / "stray.toml"
        self.config.write_text("")
        self.snippets = self.folder / "conf.d"

    def allow(self, *arguments):
        return stray("allow", *arguments, "--config", str(self.config))

    def test_a_run_resolves_what_is_accepted_and_raises_it_again_when_the_rule_goes(self):
        server = [*self.server(), "*"]  # a pattern would match more
        pid = self.leave_behind(*self.server())
        trace = JsonTrace("--config", str(self.config), "--after", "all=1s", "--events", "none")
        self.addCleanup(trace.__exit__)

        def wait(state, after=0):
            return trace.wait(lambda d: is_alert(d, "orphan", state) and d["process"]["pid"] == pid, f"{state}", after)

        finding = wait("raised")["stray"]["finding"]["id"]
        done = self.allow(finding, "--until", "2099-01-01", "--reason", 'a "demo"')
        self.assertEqual((done.returncode, done.stderr), (0, b""))
        snippet, = self.snippets.iterdir()
        rule, = tomllib.loads(snippet.read_text())["allow"]
        self.assertEqual({name: rule[name] for name in ("exe", "kind", "until", "reason")},
                         {"exe": [server[0]], "kind": ["orphan"], "until": "2099-01-01", "reason": 'a "demo"'})
        self.assertEqual(stray("config", "check", "--config", str(self.config)).returncode, 0)
        trace.send(signal.SIGHUP)
        self.assertEqual(wait("cleared")["stray"]["finding"]["reason"], "it is accepted by the configuration")
        listed = self.allow("--list").stdout.decode()
        self.assertIn(f"{snippet}:2:\n[[allow]]\n", listed)
        before = len(trace.documents)
        identity = finding.split(":")[1]
        self.assertEqual(self.allow("--remove", identity).returncode, 0)
        self.assertEqual(list(self.snippets.iterdir()), [])
        trace.send(signal.SIGHUP)
        self.assertEqual(wait("raised", before)["stray"]["finding"]["id"], finding)
        self.assertEqual(trace.end(signal.SIGINT), 0, trace.said())

    def test_patterns_are_literal_and_expiry_is_reported(self):
        child = self.start("/bin/sleep", "1000", "0.0", "0")
        done = self.allow(str(child.pid), "--until", "2020-01-01", "--kind", "orphan", "--reason", "over")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("expired", self.allow("--list").stdout.decode())
        self.assertIn(b"ended on", stray("scan", "--brief", "--config", str(self.config)).stderr)
        odd = self.folder / "a*b[c]?"
        self.server()
        (self.folder / "node").rename(odd)
        child = self.start(str(odd), "1000")
        self.assertEqual(self.allow(str(child.pid), "--reason", "odd").returncode, 0)
        rules = [rule for file in self.snippets.iterdir() for rule in tomllib.loads(file.read_text())["allow"]]
        self.assertIn([str(odd).replace("*", "\\*").replace("[", "\\[").replace("?", "\\?")],
                      [rule["exe"] for rule in rules])

    def test_what_is_refused(self):
        for arguments, code, text in ((("1",), 2, "--reason"), ((), 2, "PID or ID"), (("4194303", "--reason", "x"), 6, "pid"),
                                      (("1", "--reason", "x", "--until", "soon"), 2, "--until"),
                                      (("1", "--reason", "x", "--kind", "no"), 2, "--kind"),
                                      (("--remove", "nothing"), 6, "nothing")):
            done = self.allow(*arguments)
            self.assertEqual((done.returncode, text in done.stderr.decode()), (code, True), (arguments, done.stderr))
        self.assertFalse(self.snippets.exists())
