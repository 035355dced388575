# SPDX-License-Identifier: Apache-2.0
"""What bash offers for the beginning of a command line. The script is the one that the package installs."""
import os
import subprocess
import tempfile
import unittest
from pathlib import Path

ASK = """source "$1"; shift
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1))
_stray; printf '%s\\n' "${COMPREPLY[@]}"
"""


class Completion(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        manual = Path(os.environ["STRAY"]).parent / "stray_manual"
        if not manual.exists():
            raise unittest.SkipTest(f"{manual} is not built")
        cls.folder = tempfile.TemporaryDirectory(prefix="stray-completion-")
        cls.addClassCleanup(cls.folder.cleanup)
        subprocess.run([manual, cls.folder.name], check=True)

    def offered(self, *words):
        script = Path(self.folder.name) / "completions/bash/stray"
        out = subprocess.check_output(["bash", "-c", ASK, "bash", script, *words], text=True, cwd=self.folder.name)
        return set(out.split())

    def test_commands(self):
        self.assertEqual(self.offered("stray", "sc"), {"scan"})
        self.assertLessEqual({"check", "show"}, self.offered("stray", "config", ""))
        self.assertNotIn("man", self.offered("stray", "config", ""))  # a folder there: no file is expected

    def test_options_of_the_command(self):
        self.assertEqual(self.offered("stray", "scan", "--sev"), {"--severity"})
        self.assertIn("--after", self.offered("stray", "config", "show", "--"))

    def test_values(self):
        self.assertEqual(self.offered("stray", "export", "--format", ""), {"ecs", "perfetto", "dot", "sqlite"})
        self.assertEqual(self.offered("stray", "config", "show", "--config", "ma"), {"man"})
        self.assertIn("man", self.offered("stray", "check", "ma"))
