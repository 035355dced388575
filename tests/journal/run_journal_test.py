#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""with-journald --stopped run_journal_test.py [STRAY]: `stray run --journal` against a journald that this test starts,
stops and kills, as the journal's readers see it."""
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import unittest
from pathlib import Path

sys.dont_write_bytecode = True
HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "cli"))
if __name__ == "__main__":
    os.environ["STRAY"] = str(Path(sys.argv.pop(1) if len(sys.argv) > 1 else HERE / "../../build/stray").resolve())
from tracing import Folder, JsonTrace, Trace, about, is_alert, wait_for  # noqa: E402

SOCKET = "/run/systemd/journal/socket"
JOURNAL = Path("/run/log/journal")


class Journald:
    def __init__(self):
        self.process = None
        shutil.rmtree(JOURNAL, ignore_errors=True)
        JOURNAL.mkdir()

    def start(self):
        with open("/run/journald.log", "ab") as log:
            self.process = subprocess.Popen([os.environ["STRAY_JOURNALD"]], stdin=subprocess.DEVNULL, stdout=log,
                                            stderr=log)
        wait_for(self.answers, "journald")

    def answers(self):
        if self.process.poll() is not None:
            raise AssertionError("journald ended: " + Path("/run/journald.log").read_text(errors="replace")[-500:])
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as probe:
            return probe.connect_ex(SOCKET) == 0

    def stop(self):
        self.process.send_signal(signal.SIGSTOP)
        os.waitid(os.P_PID, self.process.pid, os.WSTOPPED)

    def proceed(self):
        self.process.send_signal(signal.SIGCONT)

    def end(self, number=signal.SIGTERM):
        if self.process:
            self.proceed()
            self.process.send_signal(number)
            self.process.wait()
            self.process = None
        Path(SOCKET).unlink(missing_ok=True)


def journalctl(*arguments):
    subprocess.check_call(["journalctl", "--sync"])
    return subprocess.check_output(["journalctl", "--quiet", *arguments]).decode()


def entries(*matches):
    return [json.loads(line) for line in journalctl("--all", "-o", "json", *matches).splitlines()]


def killed_children(count):
    """Children that end by SIGKILL, one after the other: each is an entry. Returns their pids."""
    pids = []
    for _ in range(count):
        pid = os.fork()
        if pid == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        os.waitpid(pid, 0)
        pids.append(pid)
    return pids


class Journal(Folder):
    def setUp(self):
        super().setUp()
        self.journald = Journald()
        self.addCleanup(self.journald.end)

    def trace(self, *arguments):
        trace = JsonTrace("--journal", *arguments)
        self.addCleanup(trace.__exit__)
        return trace.ready()

    def entry(self, trace, what, **fields):
        """Waits for the one entry with these fields."""
        matches = [f"_PID={trace.process.pid}", *(f"{name}={value}" for name, value in fields.items())]
        found = wait_for(lambda: entries(*matches), what)
        self.assertEqual(len(found), 1, found)
        return found[0]

    def told(self, trace, pids):
        """Waits until the journal has told as many ends, and holds them against the pids: all, once, in order."""
        def told():
            ends = entries(f"_PID={trace.process.pid}", "STRAY_EVENT=exit")
            return [pid for entry in ends if (pid := int(entry["STRAY_PID"])) in pids]

        wait_for(lambda: len(told()) >= len(pids), f"{len(pids)} entries")
        self.assertEqual(told(), pids)


class Contents(Journal):
    def setUp(self):
        super().setUp()
        self.journald.start()

    def test_a_finding_as_the_journal_has_it(self):
        trace = self.trace("--after", "all=1s")
        pid = self.leave_behind(*self.server())
        mine = lambda state: lambda d: is_alert(d, "orphan", state) and d["process"]["pid"] == pid
        document = trace.wait(mine("raised"), "the orphan")
        entry = self.entry(trace, "the finding", STRAY_FINDING="orphan", STRAY_EVENT="raised", STRAY_PID=pid)
        self.assertEqual(json.loads(entry["STRAY_JSON"]), document)
        self.assertEqual(entry["MESSAGE"], "orphan: " + document["message"])
        self.assertRegex(entry["MESSAGE_ID"], r"^[0-9a-f]{32}$")
        self.assertEqual(entry["PRIORITY"], "4")
        self.assertEqual(entry["SYSLOG_IDENTIFIER"], "stray")
        self.assertEqual(entry["STRAY_PROCESS_ID"], document["process"]["entity_id"])
        self.assertEqual(json.loads(entry["STRAY_ARGV"]), self.server())
        self.assertEqual(entry["STRAY_EXE"], self.server()[0])
        self.assertIn(f"kill {pid}", entry["STRAY_REMEDY"])
        self.assertEqual(entry["STRAY_LOST"], "0")
        # What journald found out by itself.
        self.assertEqual(entry["_TRANSPORT"], "journal")
        self.assertEqual(entry["OBJECT_PID"], str(pid))
        self.assertEqual(entry["OBJECT_COMM"], "node")
        self.assertEqual(entry["OBJECT_EXE"], self.server()[0])
        self.assertEqual(entry["OBJECT_CMDLINE"], " ".join(self.server()))
        self.assertIn("_SOURCE_REALTIME_TIMESTAMP", entry)
        self.assertLessEqual(len([name for name in entry if name.startswith("STRAY_")]), 25)

        os.kill(pid, signal.SIGKILL)
        trace.wait(mine("cleared"), "its end")
        cleared = self.entry(trace, "its end", STRAY_FINDING="orphan", STRAY_EVENT="cleared", STRAY_PID=pid)
        self.assertTrue(cleared["MESSAGE"].startswith("cleared orphan: "), cleared)
        self.assertEqual(cleared["PRIORITY"], "5")
        self.assertNotIn("OBJECT_PID", cleared)
        self.assertEqual(trace.end(signal.SIGINT), 0, trace.said())
        self.assertEqual(self.entry(trace, "the summary", STRAY_EVENT="summary")["PRIORITY"], "5")

    def test_the_catalog_explains_it(self):
        subprocess.check_call(["journalctl", "--update-catalog"], stderr=subprocess.DEVNULL)
        trace = self.trace("--after", "all=1ms")
        pid = self.leave_behind(*self.server())
        entry = self.entry(trace, "the finding", STRAY_FINDING="orphan", STRAY_EVENT="raised", STRAY_PID=pid)
        text = journalctl("-x", "-o", "short", "STRAY_FINDING=orphan", f"STRAY_PID={pid}")
        self.assertRegex(text, rf"Subject: Process {pid} \({re.escape(self.server()[0])}\) was left behind\n")
        self.assertIn("Defined-By: stray\n", text)
        self.assertIn(f"stray explain {entry['STRAY_PROCESS_ID']}\n", text)

    def test_no_argument_forges_a_field_or_an_entry(self):
        trace = self.trace()
        evil = "x\nSYSLOG_IDENTIFIER=sshd\n\nMESSAGE=Accepted password for root\nPRIORITY=0\n"
        folder = self.folder / "y\nSYSLOG_IDENTIFIER=sshd\n"
        folder.mkdir()
        child = subprocess.Popen(["sh", "-c", "kill -9 $$", evil], cwd=folder)
        child.wait()
        entry = self.entry(trace, "its end", STRAY_EVENT="exit", STRAY_PID=child.pid)
        self.assertEqual(json.loads(entry["STRAY_ARGV"])[-1], evil)
        self.assertEqual(entry["STRAY_CWD"], str(folder))
        self.assertEqual(entry["SYSLOG_IDENTIFIER"], "stray")
        self.assertEqual(entry["PRIORITY"], "6")
        self.assertNotIn("\n", entry["MESSAGE"])
        self.assertEqual(entries("SYSLOG_IDENTIFIER=sshd"), [])
        self.assertEqual(entries("PRIORITY=0"), [])

    def test_without_a_terminal_only_the_journal_is_written(self):
        with Trace("--journal", "--for", "100ms") as trace:
            self.assertEqual(trace.end(), 0)
            self.assertEqual((bytes(trace.bytes), trace.said()), (b"", ""))
            self.entry(trace, "the summary", STRAY_EVENT="summary")


class Outage(Journal):
    def more_than_its_queue(self):
        return int(Path("/proc/sys/net/unix/max_dgram_qlen").read_text()) + 500

    def test_stopped(self):
        self.journald.start()
        trace = self.trace()
        pids = killed_children(5)
        self.told(trace, pids)
        self.journald.stop()
        pids += killed_children(self.more_than_its_queue())
        trace.wait(about(pids[-1], "exit"), "the last event, with journald stopped")
        self.journald.proceed()
        pids += killed_children(100)  # while the others still wait
        self.told(trace, pids)
        self.assertEqual(trace.end(signal.SIGINT), 0, trace.said())
        self.told(trace, pids)

    def test_killed_and_started_again(self):
        self.journald.start()
        trace = self.trace()
        pids = killed_children(5)
        self.told(trace, pids)  # so its queue is empty
        self.journald.process.kill()
        self.journald.process.wait()
        pids += killed_children(self.more_than_its_queue())
        trace.wait(about(pids[-1], "exit"), "the last event, without journald")
        self.journald.start()
        self.told(trace, pids)
        self.assertEqual(trace.end(signal.SIGINT), 0, trace.said())

    def test_started_after_stray(self):
        trace = self.trace()
        pids = killed_children(20)
        trace.wait(about(pids[-1], "exit"), "the last event, without journald")
        self.journald.start()
        self.told(trace, pids)
        self.entry(trace, "the first entry", STRAY_EVENT="ready")
        self.assertEqual(trace.end(signal.SIGINT), 0, trace.said())

    def test_never_there(self):
        trace = self.trace()
        pids = killed_children(20)
        trace.wait(about(pids[-1], "exit"), "the last event, without journald")
        self.assertEqual(trace.end(signal.SIGINT), 5)
        said = re.fullmatch(r"stray: journald: it takes no entries; (\d+) entries are lost\n", trace.said())
        self.assertTrue(said, trace.said())
        self.assertGreaterEqual(int(said[1]), len(pids) + 2)  # ready and summary
        self.assertEqual(trace.documents[-1]["event"]["action"], "summary")


if __name__ == "__main__":
    unittest.main(verbosity=2)
