# SPDX-License-Identifier: Apache-2.0
"""A policy held against processes of this test."""
import json
import os
import re
import shutil
import socket
import subprocess

from tracing import Folder, stray, wait_for


class Check(Folder):
    def setUp(self):
        super().setUp()
        self.app = self.folder / "shop"
        shutil.copy(shutil.which("sleep"), self.app)

    def policy(self, text):
        file = self.folder / "policy.toml"
        file.write_text(text)
        return str(file)

    def rule(self, *lines):
        return "\n".join(["[[app]]", 'name = "shop"', f'match = {{ exe = "{self.app}" }}', *lines, ""])

    def check(self, text, *arguments):
        done = stray("check", self.policy(text), "--json", *arguments)
        self.assertEqual(done.stderr, b"")
        *lines, summary = [json.loads(line) for line in done.stdout.splitlines()]
        self.assertEqual(done.returncode, 1 if summary["not_met"] else 0)
        return [(line["expected"].split(" ")[0], line["met"]) for line in lines]

    def test_lines_met_and_not(self):
        self.assertEqual(self.check(self.rule("instances = 1", 'user = "root"')), [("instances", False)])
        child = self.start(str(self.app), "1000")
        wait_for(lambda: os.readlink(f"/proc/{child.pid}/exe") == str(self.app), "the app")
        self.assertEqual(self.check(self.rule("instances = 1", 'user = "root"', 'memory_below = "1GiB"')),
                         [("instances", True), ("memory_below", True), ("user", True)])
        self.assertEqual(self.check(self.rule("instances = 2", 'user = "nobody"', 'memory_below = "4KiB"',
                                              'supervisor = "systemd"', 'unit = "x.service"', "restarts = true",
                                              "saved_for_reboot = true", 'listens = ["1"]')),
                         [(name, False) for name in ("instances", "supervisor", "unit", "restarts", "saved_for_reboot",
                                                     "memory_below", "listens", "user")])

    def test_a_socket_that_listens(self):
        with socket.create_server(("127.0.0.1", 0)) as server:
            port = server.getsockname()[1]
            child = self.start(str(self.app), "1000", pass_fds=[server.fileno()])
            wait_for(lambda: os.readlink(f"/proc/{child.pid}/exe") == str(self.app), "the app")
        self.assertEqual(self.check(self.rule(f'listens = ["127.0.0.1:{port}", "{port}", "0.0.0.0:{port}"]')),
                         [("instances", True), ("listens", True), ("listens", True), ("listens", False)])

    def test_under_a_supervisor(self):
        keeper = self.folder / "keeperd"
        shutil.copy(os.path.realpath(shutil.which("sh")), keeper)
        config = self.folder / "stray.toml"
        config.write_text('[[supervisor]]\nname = "keeper"\nexe = ["keeperd"]\n')
        top = self.start(str(keeper), "-c", f"{self.app} 1000 & read line; kill $!", stdin=subprocess.PIPE)
        self.addCleanup(top.wait)
        self.addCleanup(top.stdin.close)
        wait_for(lambda: self.check(self.rule())[0][1], "the app")
        policy = self.rule('supervisor = "keeper"', "restarts = true")
        self.assertEqual(self.check(policy, "--config", str(config)),
                         [("instances", True), ("supervisor", True), ("restarts", True)])
        # Without the configuration nobody knows that name.
        done = stray("check", self.policy(policy))
        self.assertEqual((done.returncode, done.stdout), (2, b""))
        self.assertIn(b'"keeper" is not a supervisor', done.stderr)
        policy = self.rule('supervisor = "pm2"', "restarts = true")
        self.assertEqual(self.check(policy), [("instances", True), ("supervisor", False), ("restarts", False)])

    def test_forbidden_and_findings(self):
        forbid = f'[[forbid]]\nmatch = {{ exe = "{self.app}" }}\nreason = "closed"\n'
        self.assertEqual(self.check(forbid), [("closed", True)])
        pid = self.leave_behind(*self.server())
        self.start(str(self.app), "1000")
        found = dict(self.check(forbid + '[findings]\nnone_of = ["orphan"]\n'))
        self.assertEqual(found, {"closed": False, "no": False})
        said = stray("check", self.policy('[findings]\nnone_of = ["orphan"]\n')).stdout.decode()
        self.assertRegex(said, r"(?m)^critical  findings  no orphan: \d+ open: pid ")
        self.assertTrue(pid)

    def test_nagios(self):
        def state(text):
            done = stray("check", "--nagios", self.policy(text))
            self.assertEqual(done.stderr, b"")
            line = done.stdout.decode()
            self.assertEqual((line.count("\n"), line.count("|")), (1, 1), line)
            return done.returncode, line

        forbid = f'[[forbid]]\nmatch = {{ exe = "{self.app}" }}\nreason = "a | b"\nlevel = "%s"\n'
        code, line = state(forbid % "warning")
        self.assertEqual((code, line), (0, "STRAY OK - all 1 met | 'not_met'=0;;;0;1\n"))
        child = self.start(str(self.app), "1000")
        wait_for(lambda: os.readlink(f"/proc/{child.pid}/exe") == str(self.app), "the app")
        code, line = state(forbid % "warning")
        self.assertEqual(code, 1)
        self.assertTrue(line.startswith("STRAY WARNING - 1 of 1 not met: forbid a / b (1 run: pid "), line)
        code, line = state(forbid % "critical" + self.rule('memory_below = "1GiB"'))
        self.assertEqual(code, 2)
        self.assertRegex(line, r"^STRAY CRITICAL - 1 of 3 not met: .* \| 'not_met'=1;;;0;3 'shop_instances'=1 "
                               r"'shop_memory'=\d+B;;1073741824\n$")
        done = stray("check", "--nagios", self.policy("bogus = 1\n"))
        self.assertEqual(done.returncode, 3)
        self.assertRegex(done.stdout.decode(), r"^STRAY UNKNOWN - .*policy.toml:1:\d+: \"bogus\" is not a key")

    def test_a_bad_policy(self):
        file = self.policy('[[app]]\nname = "x"\nbogus = 1\n[[forbid]]\nmatch = { exe = "x" }\n')
        done = stray("check", file)
        self.assertEqual((done.returncode, done.stdout), (2, b""))
        lines = done.stderr.decode().splitlines()
        self.assertEqual([re.search(r"policy\.toml:(\d+)", line)[1] for line in lines], ["1", "3", "4"])
        done = stray("check", str(self.folder / "missing.toml"))
        self.assertEqual(done.returncode, 2)
        self.assertIn(b"No such file", done.stderr)
