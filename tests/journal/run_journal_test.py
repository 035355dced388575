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
from tracing import Folder, JsonTrace, Trace, about, is_alert, stray, wait_for  # noqa: E402

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
        self.assertIn(f"stray stop {entry['STRAY_ID']}", entry["STRAY_REMEDY"])
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
        self.assertRegex(text, rf"Subject: Process {pid} \({re.escape(self.server()[0])}\) is orphaned\n")
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


def send(fields, uid=0):
    """An entry by journald's native protocol, from a process of that user."""
    pid = os.fork()
    if pid == 0:
        try:
            os.setresuid(uid, uid, uid)
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
                sender.connect(SOCKET)
                sender.send("".join(f"{name}={value}\n" for name, value in fields.items()).encode())
        except OSError:
            os._exit(1)
        os._exit(0)
    if os.waitpid(pid, 0)[1] != 0:
        raise AssertionError("the entry could not be sent")


class Source(Journal):
    """stray replay --journal: what comes back."""

    def setUp(self):
        super().setUp()
        os.chmod("/run/systemd", 0o755)
        os.chmod("/run/systemd/journal", 0o755)
        self.journald.start()

    def replay(self, *arguments, code=0, says=""):
        subprocess.run(["journalctl", "--sync"], check=self.journald.process is not None, stderr=subprocess.DEVNULL)
        done = stray("replay", "--journal", *arguments)
        said = done.stderr.decode()
        self.assertEqual(done.returncode, code, said)
        self.assertIn(says, said)
        if not says:
            self.assertEqual(said, "")
        return done.stdout.decode()

    def traced(self):
        """A run with a finding that is cleared and one that stays; its output, byte for byte."""
        output = self.folder / "live.ndjson"
        trace = Trace("--json", "--journal", "--events", "all", "--after", "all=1ms", "--output", str(output))
        self.addCleanup(trace.__exit__)
        lines = lambda: output.read_text().splitlines(keepends=True) if output.exists() else []
        wait_for(lines, "the ready line")
        self.gone, self.left = (self.leave_behind(*self.server()) for _ in range(2))
        told = lambda pid, state: [line for line in lines() if line.endswith("\n")
                                   and is_alert(json.loads(line), "orphan", state)
                                   and json.loads(line)["process"]["pid"] == pid]
        wait_for(lambda: told(self.gone, "raised") and told(self.left, "raised"), "the orphans")
        os.kill(self.gone, signal.SIGKILL)
        wait_for(lambda: told(self.gone, "cleared"), "its end")
        self.assertEqual(trace.end(signal.SIGINT), 0, trace.said())
        return output.read_text()

    def forged(self, **fields):
        document = {"@timestamp": "2026-01-02T03:04:05.678901234Z", "event": {"kind": "event", "action": "exit"},
                    "process": {"pid": 4711, "entity_id": "forged"}}
        return {"SYSLOG_IDENTIFIER": "stray", "STRAY_JSON": json.dumps(document), "MESSAGE": "x"} | fields

    def test_the_documents_of_the_live_run(self):
        live = self.traced()
        self.assertEqual(self.replay("--json"), live)
        documents = [json.loads(line) for line in live.splitlines()]
        chosen = lambda condition: "".join(line for line, document in zip(live.splitlines(keepends=True), documents)
                                           if condition(document))
        self.assertEqual(self.replay("--json", "--pid", str(self.left)), chosen(
            lambda document: document.get("process", {}).get("pid") == self.left))
        self.assertEqual(self.replay("--json", "--finding", "orphan"), chosen(
            lambda document: document.get("rule", {}).get("name") == "orphan"))
        moment = documents[len(documents) // 2]["@timestamp"]
        self.assertEqual(self.replay("--json", "--since", moment), chosen(
            lambda document: document["@timestamp"] >= moment))
        self.assertEqual(self.replay("--json", "--until", moment), chosen(
            lambda document: document["@timestamp"] <= moment))

    def test_text_and_what_is_open(self):
        self.traced()
        text = self.replay()
        self.assertRegex(text, r"(?m)^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} \S+  ready    -       stray ")
        self.assertRegex(text, rf"(?m)^\S+ \S+ \S+  raised   {self.left} +orphan: node .* is orphaned")
        killed = entries("STRAY_EVENT=exit", f"STRAY_PID={self.gone}")[0]["MESSAGE"]
        self.assertRegex(killed, rf"^exit     {self.gone} +\S*node .*  killed by SIGKILL from ")
        self.assertIn("  " + killed + "\n", text, "what the run printed")
        moved = entries("STRAY_EVENT=reparent")[0]["MESSAGE"]
        self.assertRegex(moved, r"^reparent \d+ +\S.* from .* to ")
        self.assertIn("  " + moved + "\n", text)
        at_the_end = text[text.index(" open according to the journal:\n"):]
        self.assertEqual(len(re.findall(rf" pid {self.left} +orphan: node .* is orphaned: ", at_the_end)), 1)
        self.assertNotIn(f" pid {self.gone} ", at_the_end)
        # A window tells what is open all the same.
        self.assertIn(f" pid {self.left} ", self.replay("--since", "-0"))

    def test_what_ended_between_two_runs_is_not_open(self):
        self.traced()
        os.kill(self.left, signal.SIGKILL)
        self.assertIn(f" pid {self.left} ", self.replay())
        trace = self.trace("--for", "1ms")
        self.assertEqual(trace.end(), 0, trace.said())
        for arguments in ([], ["--pid", str(self.left)]):
            text = self.replay(*arguments)
            self.assertNotIn(f" pid {self.left} ", text[text.index(" open according to the journal"):], arguments)

    def test_files_of_another_host(self):
        live = self.traced()
        subprocess.check_call(["journalctl", "--sync"])
        self.journald.end()
        copy = self.folder / "copy"
        shutil.move(JOURNAL, copy)
        JOURNAL.mkdir()
        self.assertEqual(self.replay("--json", "--directory", str(copy)), live)
        one = next(path for path in copy.iterdir() if path.is_dir())
        self.assertEqual(self.replay("--json", "--directory", str(one)), live)
        self.replay(code=4, says="no journal")

        (one / "bad.journal").write_bytes(b"no journal" * 1000)
        self.assertEqual(self.replay("--json", "--directory", str(copy), code=3, says=str(one / "bad.journal")), live)
        (one / "bad.journal").unlink()
        file = max(one.iterdir(), key=lambda path: path.stat().st_size)
        whole = file.read_bytes()
        used = len(whole.rstrip(b"\0"))
        codes = set()
        for at in range(used // 4, used, used // 100):
            file.write_bytes(whole[:at] + os.urandom(64) + whole[at + 64:])
            done = stray("replay", "--journal", "--json", "--directory", str(copy))
            codes.add(done.returncode)
            self.assertIn(done.returncode, (0, 3), done.stderr)
            for line in done.stdout.splitlines():
                json.loads(line)
        self.assertIn(3, codes)

    def test_others_cannot_speak_for_stray(self):
        send(self.forged(), uid=65534)
        self.assertEqual(self.replay("--json", says="1 entry under the name stray is not from root"), "")
        self.assertIn("no finding is open", self.replay(says="left out"))
        self.assertEqual(self.replay("--json", "--directory", str(JOURNAL), says="not from root").strip(),
                         self.forged()["STRAY_JSON"])

    def test_what_was_sent_twice_is_told_once(self):
        for _ in range(3):
            send(self.forged())
        self.assertEqual(self.replay("--json"), self.forged()["STRAY_JSON"] + "\n")

    def test_what_is_no_document(self):
        for text in ("", "{", "[]", "3", '{"event": 3}', '{"event": {"action": "exit"}}', "[" * 100_000):
            send(self.forged(STRAY_JSON=text))
        send({"SYSLOG_IDENTIFIER": "stray", "MESSAGE": "a diagnostic of the program itself"})
        self.assertEqual(self.replay("--json", code=3, says="7 entries without a whole document"), "")

    def test_no_text_reaches_the_terminal_as_it_is(self):
        evil = "\x1b]0;x\x07\r\n\u202e"
        document = json.loads(self.forged()["STRAY_JSON"])
        for action in ("exec", evil):
            document["event"]["action"] = action
            send(self.forged(STRAY_JSON=json.dumps(document), MESSAGE=evil.replace("\n", "") + "b"))
        text = self.replay()
        self.assertEqual([c for c in text if not c.isprintable() and c != "\n"], [])
        self.assertEqual(text.count("\n"), 3)

    def test_what_is_wrong_is_said(self):
        self.replay("--directory", str(self.folder / "missing"), code=2, says="No such file")
        self.replay("--directory", str(self.folder), code=2, says="no journal files")
        self.replay("--since", "soon", code=2, says="--since")
        self.replay("--finding", "bogus", code=2, says="bogus")
        self.replay("--since", "2026-01-02", "--until", "2026-01-01", code=2, says="is before --since")


if __name__ == "__main__":
    unittest.main(verbosity=2)
