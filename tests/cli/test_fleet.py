# SPDX-License-Identifier: Apache-2.0
"""stray fleet scan: what several hosts answered, from files and as clush prints it."""
import json

from tracing import Folder, stray


def finding(name, severity="notice"):
    return json.dumps({
        "event": {"kind": "alert", "action": "raised"}, "process": {"entity_id": name, "pid": 7, "args": ["node", "w.js"]},
        "stray": {"id": name, "treatment": {"action": "end", "decided_by": "orphan", "title": "stop it"},
                  "finding": {"kind": "orphan", "severity": severity}}})


SUMMARY = json.dumps({"event": {"kind": "event", "action": "summary"}, "stray": {}})


class Fleet(Folder):
    def answer(self, host, *lines):
        file = self.folder / f"{host}.json"
        file.write_text("".join(line + "\n" for line in lines))
        return str(file)

    def test_a_scan_of_this_host_is_read(self):
        scan = stray("scan", "--json", "--after", "all=1s")
        self.assertIn(scan.returncode, (0, 1))
        file = self.folder / "here.json"
        file.write_bytes(scan.stdout)
        done = stray("fleet", "scan", str(file), "--json")
        self.assertEqual((done.returncode, done.stderr), (scan.returncode, b""))
        summary = json.loads(done.stdout.splitlines()[-1])
        self.assertEqual((summary["answered"], summary["silent"]), (1, []))
        ids = {json.loads(line)["stray"]["id"] for line in scan.stdout.splitlines()[:-1]}
        self.assertEqual(summary["strays"], len(ids))

    def test_files(self):
        files = [self.answer(host, finding(host), SUMMARY) for host in ("web01", "web02")]
        done = stray("fleet", "scan", *files)
        self.assertEqual((done.returncode, done.stderr), (1, b""))
        self.assertIn(b"2 hosts answered; 2 strays: 2 to stop; 1 group on 2 hosts", done.stdout)
        self.assertEqual(stray("fleet", "scan", self.answer("idle", SUMMARY)).returncode, 0)

    def test_standard_input_as_clush_prints_it(self):
        hosts = self.folder / "hosts"
        hosts.write_text("web01\n# those of the attic\nweb09  # old\n")
        lines = [f"web01: {finding('a')}", f"web02: {finding('b')}", f"web01: {SUMMARY}", "web03: ssh: no route to host"]
        done = stray("fleet", "scan", "-", "--hosts", str(hosts), input="\n".join(lines).encode())
        self.assertEqual(done.returncode, 4)
        for part in (b"1 of 4 hosts answered", b"  web02: its answer was cut off\n", b"  web03: ssh: no route to host\n", b"  web09\n"):
            self.assertIn(part, done.stdout)

    def test_what_is_no_document_is_named(self):
        file = self.answer("web01", finding("a"), "oops", SUMMARY)
        done = stray("fleet", "scan", file)
        self.assertEqual(done.returncode, 3)
        self.assertIn(f"{file}:2: left out".encode(), done.stderr)
        self.assertIn(b"1 stray", done.stdout)

    def test_usage(self):
        for arguments, said in (((), b"a file, or - for standard input is missing"), (("/nowhere",), b"/nowhere: cannot be opened"),
                                ((self.answer("none"),), b"no host answered"),
                                ((self.answer("none"), "--json", "--format", "md"), b"--json and --format exclude each other")):
            done = stray("fleet", "scan", *arguments)
            self.assertEqual((done.returncode, done.stdout), (2, b""))
            self.assertIn(said, done.stderr)
