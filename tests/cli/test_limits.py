# SPDX-License-Identifier: Apache-2.0
"""Limits of the process (ulimit): stray says which one it met, and goes on where it can."""
import json
import os
import resource
import signal
import subprocess

from tracing import Folder, JsonTrace, action, stray, wait_for


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


class WithoutKernelPrograms(Folder):
    """--no-bpf: the same verdict from /proc alone, and the limit said."""

    def test_an_orphan_is_found_without_the_right_to_load_programs(self):
        script = self.folder / "left.js"
        script.write_text("setInterval(() => {}, 1000)")
        subprocess.run(["setsid", "sh", "-c", f"node {script} </dev/null >/dev/null 2>&1 & echo $! >{self.folder}/pid"],
                       check=True)
        pid = int((self.folder / "pid").read_text())
        self.addCleanup(os.kill, pid, signal.SIGKILL)
        wait_for(lambda: os.readlink(f"/proc/{pid}/exe").endswith("node"), "node")
        refused = ["setpriv", "--bounding-set", "-bpf,-perfmon,-sys_admin"]
        self.assertEqual(stray("scan", under=refused).returncode, 4)
        self.assertIn(b"stray scan --no-bpf", stray("scan", under=refused).stderr)
        done = stray("scan", "--no-bpf", "--json", "--after", "all=1ms", under=refused)
        documents = [json.loads(line) for line in done.stdout.splitlines()]
        self.assertEqual(done.returncode, 4)
        self.assertIn("no-bpf", [limit["code"] for limit in documents[-1]["stray"]["limits"]])
        kinds = {one["rule"]["name"] for one in documents[:-1] if one["process"]["pid"] == pid}
        self.assertLessEqual({"orphan", "unsupervised-node"}, kinds)

    def test_a_capture_has_no_proc(self):
        done = stray("scan", "--no-bpf", "--capture", "/nowhere")
        self.assertEqual(done.returncode, 2)
