# SPDX-License-Identifier: Apache-2.0
"""The configuration file: checked, shown, read again by a run, and what its rules do to real processes."""
import json
import os
import shutil
import signal
import subprocess
import tomllib

from tracing import Folder, JsonTrace, action, is_alert, stray, wait_for


class Config(Folder):
    def config(self, text, name="stray.toml"):
        file = self.folder / name
        file.write_text(text)
        return str(file)

    def test_check(self):
        file = self.config('[times]\norphan_grace = "1s"\n')
        done = stray("config", "check", file)
        self.assertEqual((done.returncode, done.stderr), (0, b""))
        self.assertIn(file.encode(), done.stdout)
        file = self.config('[times]\norphan_grace = 1\n\n[severity]\norphan = "x"\n[more]\n')
        done = stray("config", "check", file)
        self.assertEqual((done.returncode, done.stdout), (2, b""))
        lines = done.stderr.decode().splitlines()
        self.assertEqual([line.split(": ")[1] for line in lines], [f"{file}:2:16", f"{file}:5:10", f"{file}:6:2"])
        # Other commands tell the first, in one line.
        done = stray("scan", "--config", file)
        self.assertEqual(done.returncode, 2)
        self.assertRegex(done.stderr.decode(), rf"^stray: {file}:2:16: .*; and 2 more: stray config check --config {file}\n$")

    def test_snippets_go_over_the_file_by_name(self):
        file = self.config('[times]\nmin_age = "1s"\n[[allow]]\nuser = "a"\nreason = "file"\n')
        folder = self.folder / "conf.d"
        folder.mkdir()
        allow = '[[allow]]\nuser = "{0}"\nreason = "{0}"\n'
        for name, text in (("20.toml", '[times]\nmin_age = "3s"\n' + allow.format("c")), ("10.toml", allow.format("b")),
                           ("README", "no TOML")):
            (folder / name).write_text(text)
        shown = tomllib.loads(stray("config", "show", "--config", file).stdout.decode())
        self.assertEqual(shown["times"]["min_age"], "3s")
        self.assertEqual([one["user"] for one in shown["allow"]], ["a", "b", "c"])
        document = json.loads(stray("config", "show", "--json", "--config", file).stdout)
        self.assertEqual(document["snippets"], [f"{folder}/10.toml", f"{folder}/20.toml"])
        self.assertIn({"table": "[[allow]]", "name": "user", "value": '"b"', "from": f"{folder}/10.toml:1"},
                      document["values"])
        done = stray("config", "check", "--config", file)
        self.assertEqual((done.returncode, done.stdout.count(b" is valid.")), (0, 3))
        (folder / "10.toml").write_text("wrong")
        for command in (("config", "check", "--config", file), ("scan", "--config", file)):
            done = stray(*command)
            self.assertEqual((done.returncode, f"stray: {folder}/10.toml:1:" in done.stderr.decode()), (2, True), command)
        self.assertEqual(stray("config", "check", file).returncode, 0)  # that file alone
        os.chown(folder / "20.toml", 65534, 65534)
        self.assertIn(b"20.toml", stray("config", "check", "--config", file).stderr)

    def test_show_can_be_saved(self):
        file = self.config('[severity]\norphan = "critical"\n[[allow]]\nargv = "x\\"y"\nreason = "why"\n')
        shown = stray("config", "show", "--config", file, "--after", "dev-tool=5s").stdout.decode()
        values = tomllib.loads(shown)
        self.assertEqual(values["severity"], {"orphan": "critical"})
        self.assertEqual(values["after"], {"dev-tool": "5s"})
        self.assertEqual(values["allow"], [{"argv": 'x"y', "reason": "why"}])
        self.assertIn("# --after\n", shown)
        self.assertEqual(stray("config", "check", self.config(shown, "saved.toml")).returncode, 0)
        document = json.loads(stray("config", "show", "--json", "--config", file).stdout)
        origins = {(v["table"], v["name"]): v["from"] for v in document["values"]}
        self.assertEqual(origins["[severity]", "orphan"], f"{file}:2")
        self.assertEqual(origins["[times]", "orphan_grace"], "default")

    def test_rules_and_severity_hold_for_what_runs(self):
        tool = self.folder / "mocker"
        shutil.copy(shutil.which("sleep"), tool)
        pid = self.leave_behind(str(tool), "1000")
        file = self.config('[[dev_tool]]\nname = "mock server"\nexe = ["mocker"]\n[severity]\norphan = "critical"\n')
        alerts = [json.loads(line) for line in stray("scan", "--json", "--config", file).stdout.splitlines()[:-1]]
        mine = {d["rule"]["name"]: d for d in alerts if d["process"]["pid"] == pid}
        self.assertEqual(sorted(mine), ["dev-tool", "orphan"])
        self.assertIn("dev tool mock server", mine["dev-tool"]["message"])
        self.assertEqual(mine["orphan"]["event"]["severity"], 90)

    def test_an_allowance_that_has_ended_is_warned_about(self):
        pid = self.leave_behind(*self.server())
        told = {}
        for until in ("2020-01-31", "2199-01-31"):
            file = self.config(f'[[allow]]\nexe = "{self.folder}/node"\nkind = ["orphan"]\nuntil = {until}\nreason = "a demo"\n')
            done = stray("scan", "--json", "--utc", "--config", file)
            told[until] = {d["rule"]["name"] for d in map(json.loads, done.stdout.splitlines()[:-1])
                           if d["process"]["pid"] == pid}
            warning = f"stray: {file}:1: this [[allow]] ended on 2020-02-01 00:00:00 UTC and no longer applies (a demo)\n"
            self.assertEqual(done.stderr.decode(), warning if until == "2020-01-31" else "")
        self.assertIn("orphan", told["2020-01-31"])
        self.assertEqual(told["2199-01-31"], told["2020-01-31"] - {"orphan"})

    def test_redaction_patterns(self):
        child = self.start("sh", "-c", "read line", "plum-4711", stdin=subprocess.PIPE)
        self.addCleanup(child.stdin.close)
        file = self.config("[redact]\npatterns = ['plum-(\\d+)']\n")
        args = json.loads(stray("tree", str(child.pid), "--json", "--config", file).stdout.splitlines()[0])["process"]
        self.assertEqual(args["args"][3], "plum-<redacted>")


    def test_a_pid_file_in_a_directory_of_the_configuration(self):
        pid = self.leave_behind(*self.server())
        (self.folder / "pids").mkdir()
        (self.folder / "pids" / "server.pid").write_text(f"{pid}\n")
        file = self.config(f'[host]\npidfile_dirs = ["{self.folder}/pids"]\n')
        told = {}
        for name, options in (("without", ()), ("with", ("--config", file))):
            lines = stray("scan", "--json", *options).stdout.splitlines()[:-1]
            told[name] = {d["rule"]["name"] for d in map(json.loads, lines) if d["process"]["pid"] == pid}
        self.assertIn("orphan", told["without"])
        self.assertEqual(told["with"], told["without"] - {"orphan"})


class Reload(Folder):
    """SIGHUP to a run without a terminal."""

    def setUp(self):
        super().setUp()
        self.file = self.folder / "stray.toml"

    def run_with(self, text, *arguments):
        self.file.write_text(text)
        trace = JsonTrace("--config", str(self.file), "--events", "none", *arguments)
        self.addCleanup(trace.__exit__)
        return trace.ready()

    def test_a_new_file_holds_at_once(self):
        trace = self.run_with('[after]\norphan = "1h"\nunsupervised-node = "1h"\n')
        pid = self.leave_behind(*self.server())
        self.file.write_text('[after]\norphan = "0"\nunsupervised-node = "1h"\n[severity]\norphan = "info"\n')
        trace.send(signal.SIGHUP)
        raised = trace.wait(lambda d: d["event"]["kind"] == "alert" and d["process"]["pid"] == pid, "the orphan")
        self.assertTrue(is_alert(raised, "orphan", "raised"), raised)
        self.assertEqual(raised["event"]["severity"], 10)
        self.assertIn(f"configuration read again: {self.file}", trace.said())
        self.assertEqual(trace.end(signal.SIGTERM), 0)

    def test_a_key_of_too_many_parts_changes_nothing(self):
        trace = self.run_with('[after]\norphan = "1h"\n')
        self.file.write_text(".".join(["a"] * 50_000) + " = 1\n")
        trace.send(signal.SIGHUP)
        wait_for(lambda: f"the old configuration stays: {self.file}:1: a key of more than" in trace.said(), "the reason")
        self.assertEqual(trace.end(signal.SIGTERM), 0)

    def test_a_bad_file_changes_nothing(self):
        trace = self.run_with('[after]\norphan = "1h"\n')
        self.file.write_text('[after]\norphan = "0"\nbogus = "0"\n')
        trace.send(signal.SIGHUP)
        wait_for(lambda: f"the old configuration stays: {self.file}:3:" in trace.said(), "the reason")
        self.assertEqual(trace.end(signal.SIGTERM), 0)

    def test_a_terminal_that_hangs_up_ends_the_run(self):
        leader, follower = os.openpty()
        trace = JsonTrace("--events", "none", command=("setsid", "--ctty"), stdin=follower, start_new_session=False)
        self.addCleanup(trace.__exit__)
        os.close(follower)
        trace.ready()
        os.close(leader)
        self.assertEqual(trace.end(), 0)
        self.assertEqual(action(trace.documents[-1]), "summary")

    def test_nohup_is_left_alone(self):
        leader, follower = os.openpty()
        self.addCleanup(os.close, leader)
        trace = JsonTrace("--events", "none", command=("setsid", "--ctty", "nohup"), stdin=follower,
                          start_new_session=False)
        self.addCleanup(trace.__exit__)
        os.close(follower)
        trace.ready()
        trace.send(signal.SIGHUP)
        pid = self.leave_behind(*self.server())
        self.assertIsNone(trace.process.poll(), pid)
        self.assertEqual(trace.end(signal.SIGTERM), 0)
