# SPDX-License-Identifier: Apache-2.0
"""stray top on a real terminal: tmux draws it, and what stands on its screen is read back."""
import os
import re
import shutil
import signal
import subprocess
import unittest
from pathlib import Path

from tracing import STRAY, Folder, stray, wait_for

PROMPT = "prompt>"


class Terminal:
    """A shell in a tmux of its own."""

    def __init__(self, test, columns=100, rows=30, environment=()):
        self.socket = test.folder / "tmux"
        self.test = test
        shell = ["env", f"PS1={PROMPT} ", *environment, "bash", "--norc", "--noprofile"]
        self.tmux("-f", "/dev/null", "new-session", "-d", "-x", str(columns), "-y", str(rows), *shell)
        test.addCleanup(self.tmux, "kill-server", check=False)
        self.wait(PROMPT)
        self.before = self.settings()

    def tmux(self, *arguments, check=True):
        done = subprocess.run(["tmux", "-S", str(self.socket), *arguments], capture_output=True, text=True, check=check,
                              env=os.environ | {"LANG": "C.UTF-8"}, timeout=60)
        return done.stdout

    def screen(self, *options):
        return self.tmux("capture-pane", "-p", *options)

    def keys(self, *keys):
        self.tmux("send-keys", *keys)

    def type(self, text):
        self.tmux("send-keys", "-l", text)

    def run(self, line):
        self.type(line)
        self.keys("Enter")

    def wait(self, pattern, gone=False):
        try:
            return wait_for(lambda: bool(re.search(pattern, self.screen(), re.MULTILINE)) != gone, pattern) and self.screen()
        except AssertionError as error:
            raise AssertionError(f"{error}; the screen:\n{self.screen()}") from None

    def settings(self):
        """What a program could leave behind: modes of the terminal, and its state in tmux."""
        tty = self.tmux("display-message", "-p", "#{pane_tty}").strip()
        flags = self.tmux("display-message", "-p", "#{alternate_on} #{cursor_flag} #{mouse_any_flag} #{keypad_cursor_flag}")
        return subprocess.check_output(["stty", "-F", tty, "-g"], text=True), flags

    def clean(self):
        self.wait(rf"^{PROMPT}")
        wait_for(lambda: self.settings() == self.before, f"the terminal to be as it was, {self.before}: it is {self.settings()}")

    def exit_code(self):
        self.run("echo exit=$?=")
        return int(re.search(r"exit=(\d+)=", self.wait(r"exit=\d+="))[1])

    def views(self):
        """pid of the guard and that of the view."""
        shell = self.tmux("display-message", "-p", "#{pane_pid}").strip()
        def below(pid):
            return Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        guard = next(pid for pid in below(shell) if Path(f"/proc/{pid}/comm").read_text() == "stray\n")
        return int(guard), int(below(guard)[0])


@unittest.skipUnless(shutil.which("tmux"), "no tmux")
class Live(Folder):
    def setUp(self):
        super().setUp()
        self.config = self.folder / "stray.toml"
        self.config.write_text("")

    def top(self, *options, **how):
        terminal = Terminal(self, **how)
        terminal.run(" ".join([STRAY, "top", "--config", str(self.config), *options]))
        terminal.wait(r"SEVERITY +WHAT TO DO")
        terminal.wait(r"^\d+ critical")
        return terminal

    def pause(self, terminal):
        terminal.keys("q")
        terminal.clean()

    def test_from_the_first_look_to_the_end(self):
        pid = self.leave_behind(*self.server())
        terminal = self.top("--after", "all=1s", columns=200)
        terminal.wait(rf"notice +[a-z, ]*stop it +{pid} ")
        later = self.leave_behind(self.server()[0], "2000")
        terminal.wait(rf"stop it +{later} ")
        terminal.type(f"/{pid}")
        terminal.wait(rf"filter: {pid}_")
        self.assertNotRegex(terminal.screen(), rf"stop it +{later} ")
        terminal.keys("Enter")
        terminal.wait(rf"filter \"{pid}\": 1")
        terminal.keys("Enter")
        terminal.wait(rf"^pid +{pid}")
        terminal.wait(r"^ancestry ")
        terminal.keys("p")
        terminal.wait("^#!/bin/sh")
        terminal.keys("q")
        terminal.keys("Escape")
        terminal.wait(rf"stop it +{later} ")
        terminal.keys("t")
        terminal.type(f"/{pid}")
        terminal.keys("Enter")
        terminal.wait(rf"^[>!] +{pid} .*<- .*orphan.*: .*stop it")
        terminal.keys("Escape")
        end_of(later)
        terminal.keys("t")
        terminal.wait(rf"stop it +{later} ", gone=True)
        for columns, rows in ((80, 24), (300, 70), (40, 10)):
            terminal.tmux("resize-window", "-x", str(columns), "-y", str(rows))
            terminal.wait(r"^stra.* lost$")
            wait_for(lambda: len(terminal.screen().splitlines()[0]) == columns, f"{columns} columns")
        self.pause(terminal)
        self.assertEqual(terminal.exit_code(), 0)

    def test_the_terminal_is_clean_however_it_ends(self):
        terminal = self.top()
        for who, number, code in ((0, signal.SIGTERM, 0), (1, signal.SIGTERM, 0), (0, signal.SIGINT, 0), (1, signal.SIGSEGV, 139), (1, signal.SIGKILL, 137)):
            with self.subTest(who=who, signal=number):
                os.kill(terminal.views()[who], number)
                terminal.clean()
                self.assertEqual(terminal.exit_code(), code)
                terminal.run(f"clear; {STRAY} top")
                terminal.wait(r"^\d+ critical")
        terminal.keys("C-c")
        terminal.clean()

    def test_the_view_ends_with_its_guard(self):
        terminal = self.top()
        guard, view = terminal.views()
        os.kill(guard, signal.SIGKILL)
        terminal.clean()
        wait_for(lambda: not Path(f"/proc/{view}").exists(), "the view to end")

    def test_it_stops_and_goes_on(self):
        terminal = self.top()
        guard, _ = terminal.views()
        for stop in (lambda: terminal.keys("C-z"), lambda: os.kill(guard, signal.SIGTSTP)):
            stop()
            terminal.wait(r"Stopped .*stray top")
            terminal.clean()
            terminal.run("fg")
            terminal.wait(r"SEVERITY +WHAT TO DO")
            terminal.keys("?")
            terminal.wait("^Up Down PgUp")
            terminal.keys("q")
        self.pause(terminal)

    def chosen(self):
        """What was left behind, under the cursor."""
        pid = self.leave_behind(*self.server())
        terminal = self.top()
        terminal.type(f"/{pid}")
        terminal.keys("Enter")
        terminal.wait(rf"^> .*stop it +{pid} ")
        return terminal, pid

    def test_stop_shows_and_asks(self):
        terminal, pid = self.chosen()
        for answer, said, gone in (("n", "nothing was ended", False), ("y", "ended on SIGTERM", True)):
            terminal.keys("k")
            terminal.wait(r"End 1 process\? \[y/N\] ?\n*\Z")
            self.assertTrue(Path(f"/proc/{pid}").exists())
            terminal.run(answer)
            terminal.wait(rf"{said}\n\nEnter goes back to stray top")
            terminal.keys("Enter")
            terminal.wait(r"SEVERITY +WHAT TO DO")
            terminal.wait(rf"^> .*stop it +{pid} ", gone=gone)
        wait_for(lambda: not Path(f"/proc/{pid}/exe").exists(), "it to end")
        self.pause(terminal)

    def test_stop_refuses_what_stop_refuses(self):
        terminal = self.top()
        terminal.keys("t")
        terminal.wait(r"^> +1 ")
        terminal.keys("k")
        terminal.wait("pid 1 is an init")
        terminal.keys("Enter")
        terminal.wait("SUPERVISOR")
        self.pause(terminal)

    def test_allow_takes_a_reason(self):
        terminal, pid = self.chosen()
        terminal.keys("a")
        terminal.type("a demo")
        terminal.wait("^reason to accept .*: a demo_")
        terminal.keys("Enter")
        terminal.wait("Enter goes back to stray top")
        terminal.keys("Enter")
        terminal.wait(rf"^> .*stop it +{pid} ", gone=True)
        self.assertIn('reason = "a demo"', "".join(file.read_text() for file in (self.folder / "conf.d").iterdir()))
        self.pause(terminal)

    def test_names_move_no_cursor_and_wide_ones_take_their_columns(self):
        node, _ = self.server()
        strange = self.folder / "漢字🦀\x1b[2J\u202e"
        shutil.copy(node, strange)
        child = self.start(str(strange), "3000")
        terminal = self.top(columns=200)
        terminal.keys("t")
        terminal.type("/漢字")
        terminal.keys("Enter")
        line = next(one for one in terminal.wait(rf"{child.pid} .*漢字🦀").splitlines() if "漢字" in one and str(child.pid) in one)
        self.assertIn(r"漢字🦀\x1b[2J\u{202e} 3000", line)
        self.assertIn("stray top", terminal.screen().splitlines()[0])
        self.pause(terminal)

    def test_colours_only_where_they_are_wanted(self):
        self.leave_behind(*self.server())
        terminal = self.top()
        self.assertRegex(terminal.screen("-e"), r"\x1b\[[0-9;]*3[1-6]m")
        self.pause(terminal)
        terminal.run(f"clear; NO_COLOR=1 {STRAY} top")
        terminal.wait(r"^\d+ critical")
        self.assertNotRegex(terminal.screen("-e"), r"\x1b\[[0-9;]*3[1-6]m")
        self.assertRegex(terminal.screen(), r"(?m)^> (critical|warning|notice)")
        self.pause(terminal)

    def test_it_needs_a_terminal(self):
        done = stray("top")
        self.assertEqual((done.returncode, done.stdout), (2, b""))
        self.assertIn(b"needs a terminal", done.stderr)
        terminal = Terminal(self)
        terminal.run(f"TERM=nothing {STRAY} top")
        terminal.wait("cannot be drawn on")
        terminal.clean()
        self.assertEqual(terminal.exit_code(), 2)


def end_of(pid):
    os.kill(pid, signal.SIGKILL)


@unittest.skipUnless(shutil.which("tmux"), "no tmux")
class Capture(Folder):
    def record(self):
        """Ten seconds of a host on which a server is left behind in the middle, by the clock of the records."""
        file = self.folder / "host.stray"
        node = self.server()
        run = subprocess.Popen([STRAY, "run", "--capture", str(file), "--after", "all=1s", "--json"], stdout=subprocess.PIPE, text=True)
        self.addCleanup(run.wait)
        self.addCleanup(run.kill)
        raised = None
        for line in run.stdout:
            if '"ready"' in line and raised is None:
                raised = self.leave_behind(*node)
            if raised and f'"pid":{raised},' in line and '"action":"raised"' in line:
                break
        run.send_signal(signal.SIGINT)
        for line in run.stdout:
            pass
        self.assertEqual(run.wait(60), 0)
        run.stdout.close()
        return file, raised

    def test_a_cursor_in_time(self):
        file, pid = self.record()
        terminal = Terminal(self)
        terminal.run(f"{STRAY} top --after all=1s --capture {file}")
        terminal.type(f"/{pid}")
        terminal.keys("Enter")
        terminal.wait(rf"^> .*stop it +{pid} ")
        terminal.wait(r"^\d{4}-\d\d-\d\d .* -0 s  step 1 s  paused 1x +\[=*\|")
        terminal.type("g+0s")
        terminal.wait(r"go to .*: \+0s_")
        terminal.keys("Enter")
        terminal.wait(rf"stop it +{pid} ", gone=True)
        terminal.wait(r"  \+0 s ")
        terminal.keys("Right")
        terminal.wait(r"  \+1 s ")
        terminal.keys("Left")
        terminal.wait(r"  \+0 s ")
        terminal.keys("Space")
        terminal.wait(rf"stop it +{pid} ")
        terminal.wait(" -0 s .*paused")
        terminal.type("gnever")
        terminal.keys("Enter")
        terminal.wait('"never" is not a valid time')
        terminal.keys("k")
        terminal.wait("this is a capture")
        terminal.keys("Enter")
        terminal.wait(rf"^pid +{pid}")
        terminal.keys("q")
        terminal.keys("q")
        terminal.clean()
        self.assertEqual(terminal.exit_code(), 0)

    def test_what_cannot_be_read(self):
        terminal = Terminal(self)
        terminal.run(f"clear; {STRAY} top --capture /nowhere.stray")
        terminal.wait("nowhere.stray: No such file")
        terminal.clean()
        self.assertEqual(terminal.exit_code(), 2)


if __name__ == "__main__":
    unittest.main()
