#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The built page in the tree is that of the sources in the tree, and stands alone."""
import base64
import hashlib
import re
import sys
import unittest
from pathlib import Path

PAGE = Path(__file__).resolve().parents[2] / "userspace" / "report" / "page"
BUILT = (PAGE / "dist" / "report.html").read_text()


def hash_of_sources():
    names = ["build", "package.json", "package-lock.json"]
    names += [f"{folder}/{file.name}" for folder in ("licenses", "src") for file in (PAGE / folder).iterdir()]
    out = hashlib.sha256()
    for name in sorted(names):
        out.update(name.encode() + b"\0" + (PAGE / name).read_bytes() + b"\0")
    return out.hexdigest()


def policy_source(text):
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


class BuiltPage(unittest.TestCase):
    def test_is_built_from_these_sources(self):
        built_from = re.search(r'name="stray-page-sources" content="(\w+)"', BUILT).group(1)
        self.assertEqual(built_from, hash_of_sources(),
                         "the page's sources changed: run userspace/report/page/build and commit dist/report.html")

    def test_allows_its_own_script_and_style_alone(self):
        policy = re.search(r'Content-Security-Policy" content="([^"]*)"', BUILT).group(1)
        script = re.search(r"<script>(.*)</script>", BUILT, re.S).group(1)
        style = re.search(r"<style>(.*)</style>", BUILT, re.S).group(1)
        self.assertEqual(policy, f"default-src 'none'; script-src {policy_source(script)}; "
                                 f"style-src {policy_source(style)}; base-uri 'none'; form-action 'none'")
        self.assertNotRegex(BUILT, r"<link|\ssrc=|@import|url\(")

    def test_has_one_place_for_the_data_and_names_the_licence(self):
        self.assertEqual(BUILT.count("<!--stray:data-->"), 1)
        self.assertIn((PAGE / "licenses" / "preact.txt").read_text().strip(), BUILT)

    def test_the_lock_file_names_no_address(self):
        self.assertNotIn("resolved", (PAGE / "package-lock.json").read_text())


if __name__ == "__main__":
    sys.dont_write_bytecode = True
    unittest.main(verbosity=2)
