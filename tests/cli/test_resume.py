# SPDX-License-Identifier: Apache-2.0
"""Findings over a restart: run --resume goes on with what an earlier run's capture left open."""
import os
import signal
from datetime import datetime, timedelta

from tracing import Folder, JsonTrace, is_alert, stray


def moment(text):
    return datetime.fromisoformat(text[:26])


class Resume(Folder):
    flags = ("--after", "all=1s")

    def trace(self, name, *arguments):
        trace = JsonTrace("--capture", str(self.folder / name), *self.flags, *arguments)
        self.addCleanup(trace.__exit__)
        return trace.ready()

    def same_time(self, one, other):
        """Each run takes the wall clock of a moment anew, and clocks are set."""
        self.assertLess(abs(moment(one) - moment(other)), timedelta(seconds=1))

    def two_runs(self, *arguments):
        with_end, stays = (self.leave_behind(*self.server()) for _ in range(2))
        first = self.trace("first")
        before = {pid: self.raised_orphan(first, pid) for pid in (with_end, stays)}
        self.assertEqual(first.end(signal.SIGINT), 0, first.said())
        os.kill(with_end, signal.SIGKILL)
        return before, with_end, stays, self.trace("second", *arguments)

    def raised_orphan(self, trace, pid):
        return trace.wait(lambda d: is_alert(d, "orphan", "raised") and d["process"]["pid"] == pid,
                          f"the orphan {pid}")["stray"]["finding"]

    def test_what_is_over_is_resolved_and_what_holds_goes_on(self):
        before, gone, stays, second = self.two_runs("--resume", str(self.folder / "first"))
        listed = {one["id"]: one for one in second.documents[0]["stray"]["open"]}
        self.assertEqual(listed[before[stays]["id"]]["kind"], "orphan")
        self.same_time(listed[before[stays]["id"]]["since"], before[stays]["since"])
        self.assertNotIn(before[gone]["id"], listed)
        cleared = second.wait(lambda d: is_alert(d, "orphan", "cleared") and d["process"]["pid"] == gone, "the end")
        self.assertEqual(cleared["stray"]["finding"]["id"], before[gone]["id"])
        self.assertEqual(cleared["stray"]["finding"]["reason"], "the process exited while stray was not running")
        # Once the sentinel is raised, what holds of the other would have been.
        sentinel = self.leave_behind(*self.server())
        self.raised_orphan(second, sentinel)
        os.kill(stays, signal.SIGKILL)
        end = second.wait(lambda d: is_alert(d, "orphan", "cleared") and d["process"]["pid"] == stays, "its end")
        self.assertEqual(end["stray"]["finding"]["id"], before[stays]["id"])
        for field in ("since", "raised"):
            self.same_time(end["stray"]["finding"][field], before[stays][field])
        self.assertEqual(second.all(lambda d: is_alert(d, "orphan", "raised") and d["process"]["pid"] == stays), [])
        self.assertEqual(second.end(signal.SIGINT), 0, second.said())
        replayed = stray("replay", "--json", *self.flags, str(self.folder / "second"))
        self.assertEqual(replayed.returncode, 0, replayed.stderr)
        self.assertEqual(replayed.stdout.count(b"\n"), len(second.documents))
        self.assertIn(b"the process exited while stray was not running", replayed.stdout)

    def test_without_it_nothing_is_listed_and_what_holds_is_raised_again(self):
        before, gone, stays, second = self.two_runs()
        self.assertEqual(second.documents[0]["stray"]["open"], [])
        again = self.raised_orphan(second, stays)
        self.assertEqual(again["id"], before[stays]["id"])
        self.assertEqual(second.end(signal.SIGINT), 0, second.said())

    def test_a_file_that_is_no_capture_is_refused(self):
        (self.folder / "text").write_text("no capture")
        done = stray("run", "--resume", str(self.folder / "text"), "--for", "1s")
        self.assertEqual(done.returncode, 2)
        self.assertIn(b"text", done.stderr)
