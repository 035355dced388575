# SPDX-License-Identifier: Apache-2.0
"""The state folder: a run records there, the next one goes on from it, and all together stay below one total."""
import os
import signal
from datetime import datetime, timedelta

from tracing import Folder, JsonTrace, is_alert, stray, wait_for


def moment(text):
    return datetime.fromisoformat(text[:26])


class State(Folder):
    flags = ("--after", "all=1s")

    def setUp(self):
        super().setUp()
        self.state = self.folder / "state"
        self.state.mkdir(0o700)

    def trace(self, *arguments, **options):
        trace = JsonTrace(*self.flags, *(arguments or ("--state", str(self.state))), **options)
        self.addCleanup(trace.__exit__)
        return trace.ready()

    def captures(self):
        return sorted(self.state.iterdir())

    def orphan(self, trace, pid, state="raised"):
        return trace.wait(lambda d: is_alert(d, "orphan", state) and d["process"]["pid"] == pid,
                          f"the orphan {pid}, {state}")["stray"]["finding"]

    def check_second_run(self, second, ended, before, stays, gone):
        ready = second.documents[0]
        unwatched = {name: moment(text) for name, text in ready["stray"]["unwatched"].items()}
        # Each run takes the wall clock of a moment anew. A run that was killed has written up to a second before.
        self.assertLess(abs(unwatched["from"] - ended), timedelta(seconds=5))
        self.assertEqual(unwatched["to"], moment(ready["@timestamp"]))
        listed = {one["id"] for one in ready["stray"]["open"]}
        self.assertIn(before[stays]["id"], listed)
        self.assertNotIn(before[gone]["id"], listed)
        self.assertEqual(self.orphan(second, gone, "cleared")["reason"], "the process exited while stray was not running")
        # Once the sentinel is raised, what holds of the other would have been.
        self.orphan(second, self.leave_behind(*self.server()))
        os.kill(stays, signal.SIGKILL)
        self.assertEqual(self.orphan(second, stays, "cleared")["id"], before[stays]["id"])
        self.assertEqual(second.all(lambda d: is_alert(d, "orphan", "raised") and d["process"]["pid"] == stays), [])
        self.assertEqual(second.end(signal.SIGINT), 0, second.said())

    def test_the_next_run_goes_on(self):
        """The first is killed, and what it says of the folder comes from the unit."""
        stays, gone = (self.leave_behind(*self.server()) for _ in range(2))
        first = self.trace("--events", "none", env=os.environ | {"STATE_DIRECTORY": f"{self.state}:/other"})
        self.assertNotIn("unwatched", first.documents[0]["stray"])
        before = {pid: self.orphan(first, pid) for pid in (stays, gone)}
        capture, = self.captures()
        self.assertEqual(capture.stat().st_mode & 0o777, 0o600)
        # In the file is what the finding was raised by: looked at until a replay has it.
        wait_for(lambda: all(one["id"].encode() in stray("replay", "--json", *self.flags, str(capture)).stdout
                             for one in before.values()), "both findings in the capture")
        ended = moment(max(document["@timestamp"] for document in first.documents))
        first.end(signal.SIGKILL)
        os.kill(gone, signal.SIGKILL)
        second = self.trace()
        self.check_second_run(second, ended, before, stays, gone)
        self.assertEqual(len(self.captures()), 2)
        replayed = stray("replay", "--json", *self.flags, *map(str, self.captures()))
        self.assertEqual(replayed.returncode, 3, replayed.stderr)  # the first has no end mark
        self.assertIn(b'"unwatched"', replayed.stdout)

    def test_text_says_it_too(self):
        for _ in range(2):
            done = stray("run", "--state", str(self.state), "--for", "1s", "--events", "none", "--output",
                         str(self.folder / f"text{len(self.captures())}"))
            self.assertEqual((done.returncode, done.stderr), (0, b""))
        self.assertNotIn("not watched", (self.folder / "text0").read_text())
        self.assertRegex((self.folder / "text1").read_text(), r"(?m)^not watched from \S+ \S+ \S+ to \S+ \S+ \S+ \(.*\)$")

    def test_one_total(self):
        for number in range(4):
            (self.state / f"20200101T00000{number}.000Z.stray").write_bytes(b"of an earlier boot" * 3000)
        (self.state / "notes").write_text("not ours")
        done = stray("run", "--state", str(self.state), "--capture-total", "160KiB", "--for", "1s", "--events", "none",
                     "--output", str(self.folder / "text"))
        self.assertEqual((done.returncode, done.stderr), (0, b""))
        names = [path.name for path in self.captures()]
        self.assertIn("notes", names)
        self.assertNotIn("20200101T000000.000Z.stray", names)
        self.assertLessEqual(sum(path.stat().st_size for path in self.captures() if path.name != "notes"), 160 << 10)
        # This run's own, in one file or in more: a busy host fills the first.
        self.assertTrue([name for name in names if name[:2] == "20" and name[:8] > "20200101"], names)

    def test_what_contradicts_it(self):
        for arguments in (("--capture", str(self.folder / "x")), ("--resume", str(self.folder / "x"))):
            done = stray("run", "--state", str(self.state), *arguments)
            self.assertEqual(done.returncode, 2)
            self.assertIn(b"--state", done.stderr)
