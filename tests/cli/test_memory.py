# SPDX-License-Identifier: Apache-2.0
"""A real kill by the OOM killer, in a memory cgroup of its own, under a stray that runs."""
import signal
import subprocess

from tracing import Folder, JsonTrace, MemoryCgroup, about, is_alert

LIMIT = 32 << 20


class OutOfMemory(Folder):
    def setUp(self):
        super().setUp()
        self.input = self.folder / "input"
        self.hog = ["tail", str(self.input)]  # it keeps a line in memory until it has seen the end of it

    def run_hog(self, endless, **options):
        self.input.unlink(missing_ok=True)
        self.input.symlink_to("/dev/zero" if endless else "/dev/null")
        child = subprocess.Popen(self.hog, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, **options)
        return child.pid, child.wait()

    def test_the_victim_is_told_at_once_and_cleared_when_it_runs_again(self):
        with MemoryCgroup(LIMIT) as group, JsonTrace() as trace:  # no --after: nothing is waited for
            trace.ready()
            pid, status = self.run_hog(endless=True, preexec_fn=group.enter)
            self.assertEqual(status, -signal.SIGKILL)
            oom = trace.wait(about(pid, "oom"), "the oom event")["stray"]["oom"]
            self.assertTrue(oom["memcg"])
            self.assertEqual((oom["limit"], oom["cgroup"], oom["trigger"]["pid"]), (LIMIT, group.name, pid))
            self.assertGreater(oom["anon_rss"], LIMIT // 2)
            exit_ = trace.wait(about(pid, "exit"), "its end")
            self.assertTrue(exit_["stray"]["exit"]["oom"])
            self.assertEqual(exit_["process"]["exit_code"], 128 + 9)

            mine = lambda state: lambda d: is_alert(d, "oom-kill", state) and d["process"]["pid"] == pid
            raised = trace.wait(mine("raised"), "the finding")
            self.assertEqual(raised["stray"]["finding"]["since"], raised["stray"]["finding"]["raised"])
            self.assertIn(group.name, raised["message"])
            # Another command of the same user clears nothing.
            other = subprocess.Popen(["true", str(self.input)])
            other.wait()
            trace.wait(about(other.pid, "exit"), "another command")
            self.assertEqual(trace.all(mine("cleared")), [])

            again, status = self.run_hog(endless=False)
            self.assertEqual(status, 0)
            cleared = trace.wait(mine("cleared"), "the finding to be cleared")
            self.assertEqual(cleared["stray"]["finding"]["id"], raised["stray"]["finding"]["id"])
            self.assertIn(str(again), cleared["stray"]["finding"]["reason"])
            self.assertEqual(trace.end(signal.SIGINT), 0)
