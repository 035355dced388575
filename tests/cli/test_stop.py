# SPDX-License-Identifier: Apache-2.0
"""stop shows, asks, and ends what it showed."""
import json
import os
import shutil
import signal
import subprocess

from tracing import PATIENCE, STRAY, Folder, end, stray, wait_for


class Stop(Folder):
    def test_without_a_terminal_it_only_shows(self):
        child = self.start(*self.server())
        done = stray("stop", str(child.pid))
        self.assertEqual(done.returncode, 2)
        self.assertIn(f"  {child.pid}  ".encode(), done.stdout)
        self.assertIn(b"--yes", done.stderr)
        self.assertIsNone(child.poll())

    def test_ends_it_and_what_is_below(self):
        child = self.start("sh", "-c", "sleep 1000 & wait")
        below = wait_for(lambda: self.children(child.pid), "what it starts")[0]
        other = self.start("sleep", "1000")
        done = stray("stop", "--yes", str(child.pid))
        self.assertEqual((done.returncode, done.stderr), (0, b""))
        self.assertIn(f"pid {below} ended on SIGTERM\n".encode(), done.stdout)
        self.assertRegex(done.stdout.decode(), rf"(?m)^pid {child.pid} ended ")
        child.wait(PATIENCE)
        self.assertIsNone(other.poll())

    def children(self, pid):
        with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as file:
            return [int(word) for word in file.read().split()]

    def test_only(self):
        child = self.start("sh", "-c", "sleep 1000 & wait")
        below = wait_for(lambda: self.children(child.pid), "what it starts")[0]
        self.addCleanup(os.kill, below, signal.SIGKILL)
        self.assertEqual(stray("stop", "--yes", "--only", str(child.pid)).returncode, 0)
        self.assertEqual(child.wait(PATIENCE), -signal.SIGTERM)
        os.kill(below, 0)

    def test_force_for_what_does_not_end(self):
        child = self.start("sh", "-c", "trap '' TERM; echo; while :; do read line; done", stdin=subprocess.PIPE,
                           stdout=subprocess.PIPE)
        child.stdout.readline()
        done = stray("stop", "--yes", "--timeout", "200ms", "--json", str(child.pid))
        self.assertEqual(done.returncode, 1)
        one, = json.loads(done.stdout)
        self.assertEqual((one["pid"], one["left"]), (child.pid, True))
        self.assertIsNone(child.poll())
        done = stray("stop", "--yes", "--timeout", "200ms", "--force", str(child.pid))
        self.assertEqual(done.returncode, 0)
        self.assertIn(f"pid {child.pid} ended on SIGKILL\n".encode(), done.stdout)
        self.assertEqual(child.wait(PATIENCE), -signal.SIGKILL)
        child.stdin.close(), child.stdout.close()

    def test_asks_at_a_terminal(self):
        for answer, ends in ((b"n\n", False), (b"\n", False), (b"y\n", True)):
            with self.subTest(answer=answer):
                child = self.start("sleep", "1000")
                leader, follower = os.openpty()
                asker = subprocess.Popen([STRAY, "stop", str(child.pid)], stdin=follower, stdout=subprocess.PIPE,
                                         stderr=subprocess.PIPE)
                os.close(follower)
                os.write(leader, answer)
                out, said = asker.communicate(timeout=PATIENCE)
                os.close(leader)
                self.assertEqual(asker.returncode, 0, said)
                self.assertIn(b"End 1 process? [y/N]", said)
                if ends:
                    self.assertEqual(child.wait(PATIENCE), -signal.SIGTERM)
                else:
                    self.assertIn(b"nothing was ended", said)
                    self.assertIsNone(child.poll())

    def ask(self, pid):
        """A stop at a terminal that has asked: the process, and the terminal's other end."""
        leader, follower = os.openpty()
        self.addCleanup(os.close, leader)
        asker = subprocess.Popen([STRAY, "stop", str(pid)], stdin=follower, stdout=subprocess.PIPE,
                                 stderr=subprocess.PIPE)
        os.close(follower)
        self.asked(asker)
        return asker, leader

    def asked(self, asker):
        said = b""
        while b"[y/N]" not in said:
            more = os.read(asker.stderr.fileno(), 1000)
            self.assertTrue(more, said)
            said += more
        return said

    def test_what_it_started_while_the_person_thought_is_asked_about(self):
        for answer, ends in ((b"y\n", True), (b"n\n", False)):
            with self.subTest(answer=answer):
                child = self.start("sh", "-c", "read line; sleep 1000 & wait", stdin=subprocess.PIPE)
                self.addCleanup(child.stdin.close)
                asker, leader = self.ask(child.pid)
                child.stdin.write(b"\n"), child.stdin.flush()
                below = wait_for(lambda: self.children(child.pid), "what it starts")[0]
                self.addCleanup(end, below, os.pidfd_open(below))
                os.write(leader, b"y\n")
                self.assertIn(b"End 2 processes?", self.asked(asker))
                os.write(leader, answer)
                out, said = asker.communicate(timeout=PATIENCE)
                self.assertEqual(asker.returncode, 0, said)
                self.assertIn(b"it has started others meanwhile\n", out)
                self.assertIs(f"pid {below} ended on SIGTERM\n".encode() in out, ends)
                if ends:
                    child.wait(PATIENCE)
                else:
                    self.assertIsNone(child.poll())

    def test_what_is_below_ends_though_the_named_one_has(self):
        child = self.start("sh", "-c", "sleep 1000 & read line", stdin=subprocess.PIPE)
        below = wait_for(lambda: self.children(child.pid), "what it starts")[0]
        self.addCleanup(end, below, os.pidfd_open(below))
        asker, leader = self.ask(child.pid)
        child.stdin.close()
        child.wait(PATIENCE)
        os.write(leader, b"y\n")
        out, said = asker.communicate(timeout=PATIENCE)
        self.assertEqual(asker.returncode, 0, said)
        self.assertIn(f"pid {below} ended on SIGTERM\n".encode(), out)

    def test_never(self):
        for pid, words in (("1", "init"), ("2", "kernel"), (str(os.getpid()), "descendant of"),
                           (str(os.getppid()), "descendant of")):
            with self.subTest(pid=pid):
                done = stray("stop", "--yes", "--force", pid)
                self.assertEqual((done.returncode, done.stdout), (2, b""))
                self.assertIn(words.encode(), done.stderr)

    def test_what_would_come_back_is_refused(self):
        keeper = self.folder / "keeperd"
        shutil.copy(os.path.realpath(shutil.which("sh")), keeper)
        file = self.folder / "stray.toml"
        file.write_text('[[supervisor]]\nname = "keeper"\nexe = ["keeperd"]\n')
        top = self.start(str(keeper), "-c", "sleep 1000 & wait")
        below = wait_for(lambda: self.children(top.pid), "what it starts")[0]
        self.addCleanup(os.kill, below, signal.SIGKILL)
        done = stray("stop", "--yes", str(below), "--config", str(file))
        self.assertEqual((done.returncode, done.stdout), (2, b""))
        self.assertIn(b"supervised by supervisor (keeper) and would come back: ", done.stderr)
        os.kill(below, 0)
