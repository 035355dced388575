# SPDX-License-Identifier: Apache-2.0
"""What is wrong from the start: one line on standard error that says what and where, and the exit code for it."""
import os
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
            ("say what to do: run, scan, ", []),
            ("bogus", ["bogus"]),
            ("--bogus", ["run", "--bogus"]),
            ("extra", ["scan", "extra"]),
            ("--after", ["tree", "--after", "orphan=1s"]),  # only where something waits
            ("who", ["explain"]),
            ("no value", ["tree", ""]),
            ("no value", ["explain", ""]),
            ("sometimes", ["run", "--color", "sometimes"]),
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
        self.refused(2, ["--after orphan", "KIND=DURATION"], "run", "--after", "orphan")
        self.refused(2, ["--after bogus=1s", "orphan", "stale-script"], "run", "--after", "bogus=1s")
        self.refused(2, "bogus", "run", "--after", "all=1s", "--after", "bogus=1s")

    def test_events(self):
        self.refused(2, ['"foo"', "fork", "none"], "run", "--events", "exec,foo")
        self.refused(2, '""', "run", "--events", "exec,,exit")
        self.refused(2, "--events", "run", "--events", "")

    def test_ring_size(self):
        for size in ["3", "0", "2KiB", "3MiB", "4mb", "4MiBx", "-4MiB", "2048MiB", "1GiB", "", "16777216MiB"]:
            with self.subTest(size=size):
                self.refused(2, "--ring-size", "run", "--ring-size", size)

    def test_processes_that_are_not_there(self):
        self.refused(2, NO_SUCH_PID, "tree", NO_SUCH_PID)
        self.refused(2, NO_SUCH_PID, "explain", NO_SUCH_PID)
        self.refused(2, "abc", "tree", "abc")
        self.refused(2, "zzzzzzzzzzzz", "explain", "zzzzzzzzzzzz")
        self.refused(2, "orphan:zzzzzzzzzzzz", "explain", "orphan:zzzzzzzzzzzz")
        self.refused(2, "99999999999999", "explain", "99999999999999")
        gone = subprocess.Popen(["true"])
        gone.wait()
        self.refused(2, str(gone.pid), "explain", str(gone.pid))


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
                self.refused(2, [f"{file}:{line}: ", words], "scan", "--config", file)

    def test_every_command_reads_it(self):
        file = self.config("bogus = 1\n")
        for command in (["run"], ["scan"], ["tree"], ["explain", "1"], ["report"], ["doctor"]):
            with self.subTest(command=command):
                self.refused(2, f"{file}:1: ", *command, "--config", file)

    def test_files_that_cannot_be_read(self):
        missing = str(self.folder / "missing.toml")
        self.refused(2, [missing, "No such file"], "scan", "--config", missing)
        self.refused(2, [str(self.folder), "Is a directory"], "scan", "--config", str(self.folder))
        self.refused(2, "--config", "scan", "--config", "")

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
    def test_each_command_has_an_example(self):
        for command in ("run", "scan", "tree", "explain", "replay", "history", "report", "export", "doctor"):
            done = stray(command, "--help")
            self.assertEqual((done.returncode, done.stderr), (0, b""))
            self.assertRegex(done.stdout.decode(), f"Example: (sudo )?stray {command}")

    def test_version(self):
        self.assertRegex(stray("--version").stdout.decode(), r"^stray \d+\.\d+\.\d+\n$")
