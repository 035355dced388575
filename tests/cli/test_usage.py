# SPDX-License-Identifier: Apache-2.0
"""What is wrong from the start: one line on standard error that says what and where, and the exit code for it."""
import os
import re
import shutil
import subprocess
import unittest

from tracing import STRAY, Folder, MemoryCgroup, stray

NO_SUCH_PID = "4194305"  # beyond the largest pid_max


class Refused(Folder):
    def refused(self, code, words, *arguments, **options):
        """Runs stray; it must end with the code, print nothing, and say all the words in one line."""
        done = stray(*arguments, **options)
        said = done.stderr.decode()
        self.assertEqual(done.returncode, code, said)
        self.assertEqual(done.stdout, b"")
        self.assertEqual(said.count("\n"), 1, said)
        self.assertTrue(said.startswith("stray: "), said)
        for word in [words] if isinstance(words, str) else words:
            self.assertIn(word, said)

    def nobody(self):
        """Options that start stray without rights, from where everybody can."""
        os.chmod(self.folder, 0o755)
        program = shutil.copy(STRAY, self.folder)
        return {"user": 65534, "group": 65534, "extra_groups": [], "executable": program, "cwd": "/"}

    def config(self, text, name="stray.toml"):
        file = self.folder / name
        file.write_bytes(text if isinstance(text, bytes) else text.encode())
        return str(file)


class CommandLine(Refused):
    def test_commands_and_options(self):
        cases = [
            ("no command given; try sudo stray scan", []),
            ("\"bogus\" is not a command; commands: run, scan, ", ["bogus"]),
            ("did you mean scan?", ["scna"]),
            ("did you mean --json?", ["scan", "--jsno"]),
            ("--json stands after the command, as in stray run --json", ["--json", "scan"]),
            ("--for: its value is missing", ["run", "--for"]),
            ("no command given; try stray config show", ["config"]),
            ("\"shwo\" is not a command; did you mean show?", ["config", "shwo"]),
            ("\"scna\" is not a command; did you mean scan?", ["help", "scna"]),
            ("--capture-rotate needs --capture FILE", ["run", "--capture-rotate", "1MiB"]),
            ("--capture-age needs --capture FILE", ["run", "--capture-age", "1h"]),
            ("--capture-total needs --capture FILE", ["run", "--capture-total", "1GiB"]),
            ("--speed: \"2y\" is not max, 1x", ["replay", "--speed", "2y", "x"]),
            ("--pid: \"x\" is not a pid", ["replay", "--pid", "x", "x"]),
            ("--bogus", ["run", "--bogus"]),
            ("extra", ["scan", "extra"]),
            ("--after", ["doctor", "--after", "orphan=1s"]),  # only where something is judged
            ("PID or ID is missing, as in sudo stray explain 1234", ["explain"]),
            ("empty", ["tree", ""]),
            ("empty", ["explain", ""]),
            ('--color: "sometimes" is not auto, always or never', ["run", "--color", "sometimes"]),
        ]
        for words, arguments in cases:
            with self.subTest(arguments=arguments):
                self.refused(2, words, *arguments)

    def test_times(self):
        for text in ["bad", "5", "5x", "-1s", "1s30", "s", " 1s", "99999999999999999999s", "40000d", ""]:
            with self.subTest(text=text):
                self.refused(2, "--for", "run", "--for", text)
                self.refused(2, "--min-age", "scan", "--min-age", text)
                self.refused(2, "--after", "scan", "--after", f"orphan={text}")

    def test_after(self):
        self.refused(2, ['--after: "orphan" is not KIND=TIME'], "run", "--after", "orphan")
        self.refused(2, ['--after: "bogus" is not a kind of finding', "orphan", "stale-script"], "run", "--after", "bogus=1s")
        self.refused(2, "bogus", "run", "--after", "all=1s", "--after", "bogus=1s")

    def test_events(self):
        self.refused(2, ['"foo"', "fork", "none"], "run", "--events", "exec,foo")
        self.refused(2, '""', "run", "--events", "exec,,exit")
        self.refused(2, "--events", "run", "--events", "")

    def test_ring_size(self):
        for size in ["3", "0", "2KiB", "3MiB", "4mb", "4MiBx", "-4MiB", "2048MiB", "2GiB", "", "16777216MiB"]:
            with self.subTest(size=size):
                self.refused(2, "--ring-size", "run", "--ring-size", size)

    def test_processes_that_are_not_there(self):
        self.refused(6, NO_SUCH_PID, "tree", NO_SUCH_PID)
        self.refused(6, NO_SUCH_PID, "explain", NO_SUCH_PID)
        self.refused(6, "abc", "tree", "abc")
        self.refused(6, "zzzzzzzzzzzz", "explain", "zzzzzzzzzzzz")
        self.refused(6, "orphan:zzzzzzzzzzzz", "explain", "orphan:zzzzzzzzzzzz")
        self.refused(6, "99999999999999", "explain", "99999999999999")
        gone = subprocess.Popen(["true"])
        gone.wait()
        self.refused(6, str(gone.pid), "explain", str(gone.pid))


class Configuration(Refused):
    def test_what_is_wrong_is_named_with_file_and_line(self):
        cases = [
            (3, "bogus", '[times]\norphan_grace = "1s"\nbogus = "1s"\n'),
            (2, "orphan_grace", '[times]\norphan_grace = "soon"\n'),
            (2, "orphan_grace", "[times]\norphan_grace = 30\n"),
            (4, "bogus", '[times]\nmin_age = "1s"\n\n[bogus]\n'),
            (2, "orphen", '[after]\norphen = "1s"\n'),
            (1, "times", "times = 3\n"),
            (1, "reason", '[[allow]]\nargv = "x"\n'),
            (1, "everything", '[[allow]]\nreason = "x"\n'),
            (2, "command", '[[allow]]\ncommand = "x"\nreason = "x"\n'),
            (1, "allow", '[allow]\nargv = "x"\n'),
            (2, "", '[times]\norphan_grace = "1s\n'),  # not TOML
            (1, "", b"\xff\xfe\x00"),
        ]
        for line, words, text in cases:
            with self.subTest(text=text):
                file = self.config(text)
                self.refused(2, [f"{file}:{line}:", words], "scan", "--config", file)

    def test_every_command_reads_it(self):
        file = self.config("bogus = 1\n")
        for command in (["run"], ["scan"], ["tree"], ["explain", "1"], ["report"], ["doctor"]):
            with self.subTest(command=command):
                self.refused(2, f"{file}:1:1: ", *command, "--config", file)

    def test_files_that_cannot_be_read(self):
        missing = str(self.folder / "missing.toml")
        self.refused(2, [missing, "No such file"], "scan", "--config", missing)
        self.refused(2, [str(self.folder), "Is a directory"], "scan", "--config", str(self.folder))
        self.refused(2, "--config", "scan", "--config", "")

    def test_what_is_no_regular_file_does_not_stall(self):
        fifo = str(self.folder / "fifo")
        os.mkfifo(fifo)
        self.refused(2, [fifo, "not a regular file"], "scan", "--config", fifo)
        self.refused(2, [fifo, "not a regular file"], "check", fifo)
        self.refused(2, "not a regular file", "scan", "--config", "/dev/zero")

    def test_what_others_may_write_is_refused(self):
        file = self.config("")
        os.chmod(file, 0o666)
        self.refused(2, [file, "run: chmod go-w "], "scan", "--config", file)
        os.chmod(file, 0o600)
        os.chown(file, 65534, 65534)
        self.refused(2, [file, "run: chown root "], "scan", "--config", file)

    def test_unreadable_for_this_user(self):
        file = self.config("")
        os.chmod(file, 0o600)
        self.refused(2, [file, "Permission denied"], "scan", "--config", file, **self.nobody())


class NotPossible(Refused):
    def test_without_root(self):
        nobody = self.nobody()
        for command in (["run"], ["run", "--json"], ["scan"], ["tree"], ["explain", "1"], ["report"]):
            with self.subTest(command=command):
                self.refused(4, "root", *command, **nobody)

    def test_doctor_says_so_too(self):
        done = stray("doctor", **self.nobody())
        self.assertEqual(done.returncode, 4)
        self.assertIn(b"run stray as root", done.stdout)

    def test_a_ring_that_finds_no_memory(self):
        with MemoryCgroup(128 << 20) as group:
            self.refused(4, ["ring buffer", "Cannot allocate memory", "smaller --ring-size"], "run", "--for", "1ms",
                         "--ring-size", "512MiB", preexec_fn=group.enter)


class Help(unittest.TestCase):
    def help_of(self, *arguments):
        done = stray(*arguments)
        self.assertEqual((done.returncode, done.stderr), (0, b""))
        return done.stdout.decode()

    def commands(self):
        """Every command, with those of its own."""
        def listed(*above):
            text = self.help_of("help", *above)
            return re.findall(r"^  ([a-z]+) ", text.split("\nCommands:\n")[1].split("\n\n")[0], re.M) if "\nCommands:\n" in text else []
        return [[command, *more] for command in listed() if command != "help" for more in [[], *([name] for name in listed(command))]]

    def test_each_command_has_an_example(self):
        commands = self.commands()
        self.assertIn(["config", "show"], commands)
        for command in commands:
            with self.subTest(command=command):
                text = self.help_of(*command, "--help")
                self.assertRegex(text, f"Example: (.* \| )?(sudo )?stray {command[0]}")
                self.assertEqual(self.help_of("help", *command), text)

    def test_lines_fit_a_terminal(self):
        for command in [[], *self.commands()]:
            for line in self.help_of("help", *command).splitlines():
                if not line.startswith("Example: "):
                    self.assertLessEqual(len(line), 80, line)

    def test_json_says_what_it_prints(self):
        for command in (["check"], ["plan"], ["stop"], ["doctor"], ["config", "show"]):
            self.assertNotIn("ECS", self.help_of("help", *command).split("--json")[1].split("  --")[0], command)
        self.assertIn("ECS", self.help_of("help", "scan"))

    def test_version(self):
        for flag in ("--version", "-V"):
            self.assertRegex(self.help_of(flag), r"^stray \d+\.\d+\.\d+\n$")
