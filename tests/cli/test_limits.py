# SPDX-License-Identifier: Apache-2.0
"""Limits of the process (ulimit): stray says which one it met, and goes on where it can."""
import resource
import signal
import subprocess

from tracing import Folder, JsonTrace, action, stray


class Limits(Folder):
    def test_too_few_descriptors_are_named(self):
        few = lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (8, 8))
        for command in (["scan"], ["run", "--for", "1s"]):
            done = stray(*command, preexec_fn=few)
            self.assertEqual(done.returncode, 4, done.stderr)
            self.assertIn(b"the limit of open files is 8", done.stderr)
            self.assertIn(b"ulimit -n", done.stderr)

    def test_a_capture_beyond_the_largest_file_ends_alone(self):
        small = lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (16 << 10, 16 << 10))
        file = self.folder / "host.stray"
        with JsonTrace("--capture", str(file), preexec_fn=small) as trace:
            trace.ready()
            for _ in range(400):
                subprocess.run(["true"], check=True)
            self.assertEqual(trace.end(signal.SIGINT), 5, trace.said())
            self.assertIn("File too large", trace.said())
        self.assertEqual(action(trace.documents[-1]), "summary")

    def test_an_output_beyond_the_largest_file_is_an_error(self):
        small = lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
        done = stray("run", "--json", "--for", "5s", "--output", str(self.folder / "out"), preexec_fn=small)
        self.assertEqual(done.returncode, 5, done.stderr)
        self.assertIn(b"File too large", done.stderr)
