# SPDX-License-Identifier: Apache-2.0
"""scan, tree, explain and doctor against processes of this test."""
import json
import os
import re
import shutil
import signal
from pathlib import Path

from tracing import Folder, action, is_alert, on_terminal, stray, wait_for


def identity(document):
    """What two looks agree on: the wall clock of a start is known to a few microseconds only."""
    return {key: value for key, value in document["process"].items() if key != "start"}


def documents(done):
    return [json.loads(line) for line in done.stdout.decode().splitlines()]


class Scan(Folder):
    def allow_all(self):
        file = self.folder / "stray.toml"
        file.write_text('[[allow]]\nargv = "*"\nreason = "whatever else runs here"\n')
        return "--config", str(file)

    def test_nothing_wrong_is_zero(self):
        self.leave_behind(*self.server())
        done = stray("scan", *self.allow_all())
        self.assertEqual((done.returncode, done.stderr), (0, b""))
        self.assertIn(b"No strays.", done.stdout)
        done = stray("scan", "--json", *self.allow_all())
        self.assertEqual((done.returncode, done.stderr), (0, b""))
        self.assertEqual([action(d) for d in documents(done)], ["summary"])

    def test_findings_are_one(self):
        pid = self.leave_behind(*self.server())
        done = stray("scan", "--json")
        self.assertEqual((done.returncode, done.stderr), (1, b""))
        *alerts, summary = documents(done)
        mine = [d for d in alerts if d["process"]["pid"] == pid]
        self.assertIn("orphan", [d["rule"]["name"] for d in mine])
        for alert in alerts:
            self.assertTrue(is_alert(alert, alert["rule"]["name"], "raised"))
            for field in ("evidence", "remedy"):
                self.assertTrue(alert["stray"]["finding"][field], alert)
            self.assertTrue(alert["message"])
            self.assertIn(alert["event"]["severity"], (10, 30, 60, 90))
        orphan = next(d for d in mine if d["rule"]["name"] == "orphan")
        self.assertTrue(any(line.startswith(f"stray stop {orphan['stray']['id']}") for line in orphan["stray"]["finding"]["remedy"]), orphan)
        self.assertEqual(orphan["stray"]["supervision"]["verdict"], "nobody")
        self.assertEqual(action(summary), "summary")
        self.assertEqual(summary["stray"]["findings"]["open"], len(alerts))

    def test_only_what_is_asked_for(self):
        pid = self.leave_behind(*self.server())
        everything = [d for d in documents(stray("scan", "--json")) if action(d) != "summary"]
        cases = [
            (["--kind", "orphan"], lambda d: d["rule"]["name"] == "orphan"),
            (["--kind", "orphan", "--kind", "dev-tool"], lambda d: d["rule"]["name"] in ("orphan", "dev-tool")),
            (["--severity", "warning"], lambda d: d["event"]["severity"] >= 60),
            (["--user", "root"], lambda d: d["process"]["user"]["id"] == "0"),
            (["--user", "4711"], lambda d: False),
            (["--unit", "no-such-unit-*"], lambda d: False),
        ]
        for options, wanted in cases:
            with self.subTest(options=options):
                done = stray("scan", "--json", *options)
                *alerts, summary = documents(done)
                self.assertTrue(all(wanted(d) for d in alerts), alerts)
                # Others may come and go meanwhile; the one of this test is there when it is wanted.
                about = {d["rule"]["name"] for d in everything if d["process"]["pid"] == pid and wanted(d)}
                self.assertEqual({d["rule"]["name"] for d in alerts if d["process"]["pid"] == pid}, about)
                self.assertEqual(summary["stray"]["findings"]["open"], len(alerts))
                self.assertEqual(done.returncode, 1 if alerts else 0)
        for options, words in ((["--severity", "loud"], '--severity: "loud" is not info, notice, warning or critical'),
                               (["--kind", "orphen"], '--kind: "orphen" is not a kind of finding; did you mean orphan?'),
                               (["--brief", "--findings"], "exclude each other")):
            done = stray("scan", *options)
            self.assertEqual((done.returncode, done.stdout), (2, b""))
            self.assertIn(words, done.stderr.decode())

    def test_text(self):
        pid = self.leave_behind(*self.server())
        done = stray("scan", "--color", "never")
        self.assertEqual((done.returncode, done.stderr), (1, b""))
        text = done.stdout.decode()
        self.assertRegex(text, r"^\d+ strays?: .*; \d+ findings? about \d+ process(es)?, ")
        self.assertRegex(text, rf"(?m)^\w+ +stop it +{pid} +\S+ .*{re.escape(self.server()[0])}")
        self.assertRegex(text, r"(?m)^ +(reasons +)?orphan +is orphaned: ")

    def test_a_crowd_is_counted_not_listed(self):
        node, script = self.folder / "node", self.folder / "crowd"
        shutil.copy(os.path.realpath(shutil.which("sh")), node)
        script.write_text("for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15; do sleep 1000 & done; wait\n")
        pid = self.leave_behind(str(node), str(script))
        children = Path(f"/proc/{pid}/task/{pid}/children")
        below = wait_for(lambda: len(all_ := children.read_text().split()) == 15 and all_, "the crowd")
        for child in below:
            self.addCleanup(os.kill, int(child), signal.SIGKILL)
        text = stray("scan", "--color", "never").stdout.decode()
        block = text[re.search(rf"(?m)^\w+ +look, then stop it +{pid} ", text).start():]
        self.assertRegex(block, r"(.*\n)+?  with +(\S+ \(\d+\)(, )?){12} and 3 more\n")

    def test_too_young_to_be_spoken_of(self):
        pid = self.leave_behind(*self.server())
        done = stray("scan", "--json", "--min-age", "1h")
        self.assertNotIn(pid, [d["process"]["pid"] for d in documents(done) if action(d) != "summary"])


class Tree(Folder):
    def chain(self):
        """This process and its ancestors, from /proc."""
        pid, found = os.getpid(), []
        while pid:
            found.append(pid)
            with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as file:
                pid = int(file.read().rpartition(") ")[2].split()[1])
        return found

    def test_documents(self):
        child = self.start("sleep", "1000")
        done = stray("tree", "--json")
        self.assertEqual((done.returncode, done.stderr), (0, b""))
        processes = {d["process"]["pid"]: d["process"] for d in documents(done)}
        up = [child.pid, *self.chain()]
        for pid, parent in zip(up, up[1:]):
            self.assertEqual(processes[pid]["parent"]["pid"], parent)
            self.assertEqual(processes[pid]["parent"]["entity_id"], processes[parent]["entity_id"])
        self.assertEqual(processes[child.pid]["args"], ["sleep", "1000"])

    def test_text_of_all(self):
        child = self.start("sleep", "1000")
        lines = stray("tree", "--color", "never").stdout.decode().splitlines()
        self.assertRegex(lines[0], r"^ +PID USER +MEMORY +AGE SUPERVISOR +COMMAND$")
        at = lines[0].index("COMMAND")
        depth = {int(line[:7]): len(re.match("[ │├└─]*", line[at:])[0]) for line in lines[1:]}
        up = [child.pid, *self.chain()]
        for pid, parent in zip(up, up[1:-1]):
            self.assertGreater(depth[pid], depth[parent])

    def test_only_a_branch(self):
        child = self.start("sh", "-c", "sleep 1000; true")
        below = wait_for(Path(f"/proc/{child.pid}/task/{child.pid}/children").read_text, "what it starts")
        self.addCleanup(os.kill, int(below), signal.SIGKILL)
        wait_for(lambda: os.readlink(f"/proc/{int(below)}/exe") == os.path.realpath(shutil.which("sleep")), "sleep")
        lines = stray("tree", str(child.pid), "--color", "never").stdout.decode().splitlines()
        self.assertEqual(len(lines), 3, lines)
        facts = r" +root +\d+ MiB +\d+ m?s \S.* "
        self.assertRegex(lines[1], rf"^ *{child.pid}{facts}sh -c sleep 1000; true$")
        self.assertRegex(lines[2], rf"^ *{int(below)}{facts}└─ sleep 1000$")
        named = documents(stray("tree", str(child.pid), "--json"))
        self.assertEqual([d["process"]["args"][0] for d in named], ["sh", "sleep"])
        again = documents(stray("tree", named[0]["process"]["entity_id"], "--json"))
        self.assertEqual([identity(d) for d in again], [identity(d) for d in named])


    def test_threads_of_the_kernel_only_where_asked_for(self):
        for options, shown in ((["--all"], True), ([], False)):
            pids = {int(line[:7]) for line in stray("tree", *options).stdout.decode().splitlines()[1:]}
            self.assertEqual(2 in pids, shown)

    def test_as_wide_as_the_terminal(self):
        pid = self.leave_behind(self.server()[0], "1000" + "0" * 300)
        for columns in (60, 80, 200):
            lines = on_terminal("tree", "--color", "never", columns=columns)[0].decode().splitlines()
            self.assertLessEqual(max(map(len, lines)), columns)
            line = next(line for line in lines if line.startswith(f"{pid:7} "))
            self.assertRegex(line, r"0…? <- \S" if columns == 200 else "<- ")


class Explain(Folder):
    def test_who_started_it(self):
        child = self.start("sleep", "1000", cwd=self.folder)
        done = stray("explain", str(child.pid), "--color", "never")
        self.assertEqual((done.returncode, done.stderr), (0, b""))
        text = done.stdout.decode()
        self.assertRegex(text, r"(?m)^process +sleep 1000$")
        self.assertRegex(text, rf"(?m)^ancestry +.*\(pid {os.getpid()}\)$")
        self.assertRegex(text, rf"(?m)^\s.*\(pid {os.getppid()}\)$")
        self.assertIn(f"in {os.path.realpath(self.folder)}", text)
        # The test itself may descend from an orphan: no stray is the child's own, at least.
        self.assertNotRegex(text, rf"(?m)^\w+ +\w+ it +{child.pid} ")

    def test_documents_by_pid_and_id(self):
        child = self.start("sleep", "1000")
        by_pid = documents(stray("explain", str(child.pid), "--json"))
        self.assertEqual([action(d) for d in by_pid], ["explain"])
        self.assertEqual([edge["pid"] for edge in by_pid[0]["stray"]["lineage"]][-2:], [os.getpid(), child.pid])
        tree = documents(stray("tree", "--json"))
        id_ = next(d["process"]["entity_id"] for d in tree if d["process"]["pid"] == child.pid)
        by_id = documents(stray("explain", id_, "--json"))
        self.assertEqual(identity(by_id[0]), identity(by_pid[0]))

    def test_findings_and_their_ids(self):
        pid = self.leave_behind(*self.server())
        explained, *alerts = documents(stray("explain", str(pid), "--json"))
        self.assertEqual(explained["stray"]["supervision"]["verdict"], "nobody")
        orphan = next(d for d in alerts if d["rule"]["name"] == "orphan")
        done = stray("explain", orphan["stray"]["finding"]["id"], "--color", "never")
        self.assertEqual(done.returncode, 0)
        self.assertRegex(done.stdout.decode(), rf"(?m)^pid +{pid}$")
        self.assertRegex(done.stdout.decode(), r"(?m)^ +(reasons +)?orphan +is orphaned: ")


class Doctor(Folder):
    def test_text(self):
        done = stray("doctor")
        self.assertEqual((done.returncode, done.stderr), (0, b""))
        lines = done.stdout.decode().splitlines()
        self.assertEqual(lines[-1], "stray can trace here.")
        self.assertTrue(any(line.startswith("ok       BTF: ") for line in lines), lines)

    def test_documents(self):
        done = stray("doctor", "--json")
        self.assertEqual((done.returncode, done.stderr), (0, b""))
        all_ = {one["name"]: one for one in json.loads(done.stdout)}
        for name in ("kernel", "privileges", "BTF", "program on_exec", "journald"):
            self.assertIn(all_[name]["offer"], ("ok", "limited", "info"), name)
            self.assertTrue(all_[name]["detail"], name)
