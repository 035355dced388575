#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""run_export_test.py STRAY MAKE_CAPTURE: stray export as others use it, and its files as others read them."""
import json
import os
import pty
import re
import shutil
import sqlite3
import stat
import subprocess
import sys
import tempfile
import unittest
import xml.etree.ElementTree
from pathlib import Path

HERE = Path(__file__).resolve().parent
FORMATS = ("ecs", "perfetto", "dot", "sqlite")


class Export(unittest.TestCase):
    def setUp(self):
        self.folder = Path(tempfile.mkdtemp(prefix="stray-export-"))
        self.addCleanup(shutil.rmtree, self.folder)
        self.capture = self.folder / "host.stray"
        subprocess.check_call([MAKE_CAPTURE, self.capture])

    def stray(self, *arguments, **options):
        options = {"stdin": subprocess.DEVNULL, "capture_output": True, "timeout": 60} | options
        return subprocess.run([STRAY, "export", *arguments], **options)

    def exported(self, *arguments):
        done = self.stray(self.capture, *arguments)
        self.assertEqual((done.returncode, done.stderr), (0, b""))
        return done.stdout

    def refused(self, code, words, *arguments):
        done = self.stray(*arguments)
        said = done.stderr.decode()
        self.assertEqual((done.returncode, done.stdout), (code, b""), said)
        self.assertEqual(said.count("\n"), 1, said)
        for word in words:
            self.assertIn(str(word), said)

    def test_documents(self):
        lines = self.exported("--format", "ecs").decode().splitlines()
        actions = [json.loads(line)["event"]["action"] for line in lines]
        self.assertEqual((actions[0], actions[-1]), ("ready", "summary"))
        self.assertEqual(actions.count("fork"), 6)

    @unittest.skipUnless(shutil.which("protoc"), "no protoc (package protobuf-compiler)")
    def test_perfetto_by_its_schema(self):
        trace = self.exported("--format", "perfetto")
        text = subprocess.run(["protoc", "--decode=perfetto.protos.Trace", f"-I{HERE}", HERE / "perfetto.proto"],
                              input=trace, capture_output=True, check=True).stdout.decode()
        self.assertIsNone(re.search(r"^ *\d+[: ]", text, re.M), "fields that the schema does not know")
        self.assertEqual(text.count("TYPE_SLICE_BEGIN"), text.count("TYPE_SLICE_END"))
        self.assertEqual(text.count("track_descriptor {"), 11)  # ten processes and the host
        self.assertEqual(sorted(re.findall(r" flow_ids: (\d+)", text)),
                         sorted(re.findall(r"terminating_flow_ids: (\d+)", text)))
        uuids = re.findall(r" uuid: (\d+)", text)
        self.assertEqual(len(set(uuids)), len(uuids))
        self.assertLessEqual(set(re.findall(r"parent_uuid: (\d+)", text)), set(uuids))
        self.assertIn("SIBLING_MERGE_BEHAVIOR_NONE", text)
        self.assertIn("primary_trace_clock: BUILTIN_CLOCK_BOOTTIME", text)
        self.assertEqual(text.count("sequence_flags: 1"), 1)

    @unittest.skipUnless(shutil.which("dot"), "no dot (package graphviz)")
    def test_graph(self):
        for options, boxes in ([], 5), (["--all"], 9):
            graph = self.exported("--format", "dot", *options)
            drawn = subprocess.run(["dot", "-Tsvg"], input=graph, capture_output=True, check=True)
            self.assertEqual(drawn.stderr, b"")
            svg = xml.etree.ElementTree.fromstring(drawn.stdout)
            nodes = svg.findall(".//{*}g[@class='node']")
            self.assertEqual(len(nodes), boxes)
        self.assertIn(b"killed by SIGTERM", graph)

    def test_database(self):
        file = self.folder / "host.db"
        self.assertEqual(self.exported("--format", "sqlite", "--output", file), b"")
        self.assertEqual(stat.S_IMODE(file.stat().st_mode), 0o600)
        with sqlite3.connect(f"file:{file}?mode=ro", uri=True) as database:
            self.assertEqual(database.execute("SELECT count(*) FROM processes").fetchone(), (10,))
            documents = [row[0] for row in database.execute("SELECT document FROM events ORDER BY number")]
        self.assertEqual(documents, self.exported("--format", "ecs").decode().splitlines())
        self.assertEqual([entry.name for entry in self.folder.iterdir()].count("host.db-journal"), 0)

    def test_files_are_new(self):
        for format in FORMATS:
            file = self.folder / format
            self.exported("--format", format, "--output", file)
            before = file.read_bytes()
            self.refused(5, ["--output", file, "File exists"], self.capture, "--format", format, "--output", file)
            self.assertEqual(file.read_bytes(), before)

    def test_a_capture_cut_off_is_exported_as_far_as_it_goes(self):
        torn = self.folder / "torn.stray"
        subprocess.check_call([MAKE_CAPTURE, torn, "torn"])
        for format in FORMATS:
            file = self.folder / format
            done = self.stray(torn, "--format", format, "--output", file)
            self.assertEqual(done.returncode, 3)
            self.assertIn(str(torn), done.stderr.decode())
            self.assertGreater(file.stat().st_size, 0)

    def test_what_is_wrong_is_said_and_leaves_no_file(self):
        file = self.folder / "out"
        missing, text = self.folder / "missing", self.folder / "text"
        text.write_text("no capture at all, but long enough to be one: " * 10)
        for format in FORMATS:
            self.refused(2, [missing], missing, "--format", format, "--output", file)
            self.refused(2, [text], text, "--format", format, "--output", file)
            self.assertFalse(file.exists())
        self.refused(2, ["--format"], self.capture)
        self.refused(2, ["xml"], self.capture, "--format", "xml")
        self.refused(2, ["FILE is missing"], "--format", "ecs")
        self.refused(2, ["--output"], self.capture, "--format", "sqlite")
        self.refused(2, ["--all"], self.capture, "--format", "ecs", "--all")

    def test_bytes_do_not_go_to_a_terminal(self):
        controller, terminal = pty.openpty()
        self.addCleanup(os.close, controller)
        done = self.stray(self.capture, "--format", "perfetto", capture_output=False, stdout=terminal,
                          stderr=subprocess.PIPE)
        os.close(terminal)
        self.assertEqual(done.returncode, 2)
        self.assertIn(b"--output", done.stderr)

    @unittest.skipUnless(os.path.exists("/dev/full"), "no /dev/full")
    def test_a_full_disk(self):
        with open("/dev/full", "wb") as full:
            for format in ("ecs", "perfetto", "dot"):
                done = self.stray(self.capture, "--format", format, capture_output=False, stdout=full,
                                  stderr=subprocess.PIPE)
                self.assertEqual(done.returncode, 5)
                self.assertIn(b"No space left", done.stderr)


if __name__ == "__main__":
    STRAY, MAKE_CAPTURE = (str(Path(program).resolve()) for program in sys.argv[1:3])
    unittest.main(argv=sys.argv[:1] + sys.argv[3:], verbosity=2)
