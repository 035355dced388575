# SPDX-License-Identifier: Apache-2.0
"""run --metrics: the file, as a collector reads it; alerting rules and a board over it, held against promtool."""
import json
import os
import re
import shutil
import signal
import subprocess
import unittest
from pathlib import Path

from tracing import Folder, JsonTrace, is_alert, stray, wait_for

PROMTOOL = shutil.which("promtool")
BOARD = Path(__file__).resolve().parent.parent.parent / "scripts" / "debian" / "dashboard.json"


def samples(text):
    """{name with labels: number}; every line is a comment or a sample."""
    out = {}
    for line in text.splitlines():
        if not line.startswith("#"):
            name, value = re.fullmatch(r"([a-z_]+(?:\{[^}]*\})?) ([0-9.]+)", line).groups()
            out[name] = float(value)
    return out


class Metrics(Folder):
    def setUp(self):
        super().setUp()
        self.file = self.folder / "stray.prom"

    def trace(self):
        trace = JsonTrace("--metrics", str(self.file), "--after", "orphan=1s", "--events", "none")
        self.addCleanup(trace.__exit__)
        return trace.ready()

    def test_counts(self):
        trace = self.trace()
        first = wait_for(lambda: self.file.read_text(), "the first metrics")  # long before the next are due
        self.assertEqual(samples(first)['stray_findings_raised_total{kind="orphan"}'], 0)
        pid = self.leave_behind(*self.server())
        trace.wait(lambda d: is_alert(d, "orphan", "raised") and d["process"]["pid"] == pid, "the orphan")
        os.kill(pid, signal.SIGKILL)
        trace.wait(lambda d: is_alert(d, "orphan", "cleared") and d["process"]["pid"] == pid, "its end")
        stays = self.leave_behind(*self.server())
        trace.wait(lambda d: is_alert(d, "orphan", "raised") and d["process"]["pid"] == stays, "another")
        self.assertEqual(trace.end(signal.SIGINT), 0, trace.said())
        text = self.file.read_text()
        got = samples(text)
        self.assertGreaterEqual(got['stray_findings_raised_total{kind="orphan"}'], 2)
        self.assertGreaterEqual(got['stray_findings_cleared_total{kind="orphan",why="exited"}'], 1)
        self.assertGreaterEqual(sum(got[f'stray_findings_open{{kind="orphan",severity="{severity}"}}']
                                    for severity in ("info", "notice", "warning", "critical")), 1)
        self.assertGreaterEqual(got['stray_finding_oldest_seconds{kind="orphan"}'], 1)
        self.assertGreater(got["stray_processes"], 1)
        self.assertGreater(got['stray_events_total{kind="exec"}'], 0)
        self.assertEqual(got['stray_lost_total{where="kernel"}'], 0)
        self.assertEqual(got["stray_unwatched_seconds_total"], 0)
        self.assertEqual(self.file.stat().st_mode & 0o777, 0o644)
        self.assertNotIn(str(pid), re.sub(r" [0-9.]+$", "", text, flags=re.MULTILINE))
        self.assertEqual([path.name for path in self.folder.iterdir() if path.name.startswith("stray.prom")], ["stray.prom"])

    @unittest.skipUnless(PROMTOOL, "no promtool")
    def test_promtool(self):
        done = stray("run", "--metrics", str(self.file), "--for", "1s", "--events", "none")
        self.assertEqual(done.returncode, 0, done.stderr)
        done = subprocess.run([PROMTOOL, "check", "metrics"], stdin=self.file.open(), capture_output=True, text=True)
        self.assertEqual((done.returncode, done.stderr), (0, ""))

    def test_rules(self):
        """Every series that a rule asks for is written, and there is one for each kind."""
        manual = Path(os.environ["STRAY"]).parent / "stray_manual"
        if not manual.exists():
            raise unittest.SkipTest(f"{manual} is not built")
        subprocess.run([manual, self.folder / "made"], check=True)
        rules = self.folder / "made" / "alerts.yml"
        done = stray("run", "--metrics", str(self.file), "--for", "1s", "--events", "none")
        self.assertEqual(done.returncode, 0, done.stderr)
        written = self.file.read_text()
        asked = re.findall(r'stray_findings_open\{kind="[^"]*"', rules.read_text())
        self.assertEqual(sorted(asked), sorted(set(re.findall(r'stray_findings_open\{kind="[^"]*"', written))))
        if PROMTOOL:
            done = subprocess.run([PROMTOOL, "check", "rules", rules], capture_output=True, text=True)
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_board(self):
        """The board shows every metric and no other, and Prometheus understands each of its questions."""
        board = json.loads(BOARD.read_text())
        done = stray("run", "--metrics", str(self.file), "--for", "1s", "--events", "none")
        self.assertEqual(done.returncode, 0, done.stderr)
        written = set(re.findall(r"^# TYPE (\w+)", self.file.read_text(), re.MULTILINE))
        questions = [target["expr"] for panel in board["panels"] for target in panel["targets"]]
        self.assertEqual(set(re.findall(r"stray_\w+", " ".join(questions))), written)
        for variable in board["templating"]["list"][1:]:
            self.assertIn(re.search(r"stray_\w+", variable["query"]["query"])[0], written)
        ids = [panel["id"] for panel in board["panels"]]
        self.assertEqual(len(set(ids)), len(ids))
        if PROMTOOL:
            rules = self.folder / "questions.yml"
            lines = ["groups:", "  - name: board", "    rules:"]
            for number, question in enumerate(questions):
                question = re.sub(r"\$\w+", ".*", question)
                lines += [f"      - record: board:q{number}", f"        expr: '{question}'"]
            rules.write_text("\n".join(lines) + "\n")
            done = subprocess.run([PROMTOOL, "check", "rules", rules], capture_output=True, text=True)
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_a_file_that_cannot_be_written(self):
        done = stray("run", "--metrics", str(self.folder / "no" / "file"), "--for", "1s")
        self.assertEqual(done.returncode, 5)
        self.assertIn(b"--metrics", done.stderr)
