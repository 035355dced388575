# SPDX-License-Identifier: Apache-2.0
"""report: of this host, to standard output and to files."""
import os
import pty
import stat
import subprocess

from tracing import PATIENCE, STRAY, Folder, stray


class Report(Folder):
    def test_markdown_tells_of_a_process_left_behind(self):
        pid = self.leave_behind(*self.server())
        done = stray("report")
        self.assertEqual((done.returncode, done.stderr), (0, b""))
        text = done.stdout.decode()
        self.assertRegex(text, r"\A# .+: .*\d+ strays? to stop")
        for part in ("## 1. Situation", f"(pid {pid})", "**orphan**", "Origin: ", "## 3. Why it matters", "stray stop ", "stray scan"):
            self.assertIn(part, text)

    def test_what_the_configuration_redacts_is_not_in_it(self):
        self.leave_behind(*self.server(), "0.4711")
        file = self.folder / "stray.toml"
        file.write_text("[redact]\npatterns = ['0\\.(\\d+)']\n")
        text = stray("report", "--config", str(file)).stdout.decode()
        self.assertIn("node 1000 0.&lt;redacted&gt;", text)
        self.assertNotIn("4711", text)

    def test_html_goes_to_a_new_file_that_only_its_owner_reads(self):
        file = self.folder / "report.html"
        done = stray("report", "--format", "html", "--output", str(file))
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, b"", b""))
        self.assertEqual(stat.S_IMODE(file.stat().st_mode), 0o600)
        page = file.read_text()
        self.assertTrue(page.startswith("<!doctype html>"))
        self.assertTrue(page.endswith("</html>\n"))
        done = stray("report", "--output", str(file))
        self.assertEqual((done.returncode, done.stderr.decode()), (5, f"stray: --output {file}: File exists\n"))
        self.assertEqual(file.read_text(), page)

    def test_html_is_not_for_a_terminal(self):
        reading, writing = pty.openpty()
        try:
            done = stray("report", "--format", "html", capture_output=False, stdout=writing, stderr=subprocess.PIPE)
        finally:
            os.close(writing), os.close(reading)
        self.assertEqual(done.returncode, 2)
        self.assertIn(b"name a new file: --output report.html", done.stderr)

    def test_an_unknown_format(self):
        done = stray("report", "--format", "pdf")
        self.assertEqual(done.returncode, 2)
        self.assertIn(b"pdf", done.stderr)

    def test_what_could_not_be_written_leaves_no_file(self):
        script = 'mount -t tmpfs -o size=16k tmpfs "$1" && { "$2" report --format html --output "$1/report.html"; ' \
                 'code=$?; ls -A "$1"; exit $code; }'
        done = subprocess.run(["unshare", "--mount", "sh", "-c", script, "sh", self.folder, STRAY], capture_output=True,
                              timeout=PATIENCE)
        self.assertEqual((done.returncode, done.stdout), (5, b""), done.stderr)
        self.assertIn(b"No space left on device", done.stderr)
