#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""HTML reports in a real Chromium. Needs REPORT_PAGES, the program that writes them; leaves screenshots in REPORT_SHOTS.

    exit 0 passed, 1 failed, 77 no chromium here
"""
import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

sys.dont_write_bytecode = True
HERE = Path(__file__).resolve().parent
BUILD = HERE.parent.parent / "build" / "tests" / "report"
from browser import Browser, missing  # noqa: E402

PAGES = os.environ.get("REPORT_PAGES", str(BUILD / "report_pages"))
SHOTS = Path(os.environ.get("REPORT_SHOTS", BUILD))
READY = "document.querySelector('#verdict')"


class PageTest(unittest.TestCase):
    """Each class opens a page of its own kind; each test a fresh copy of it."""
    kind = None

    @classmethod
    def setUpClass(cls):
        if cls.kind is None:
            raise unittest.SkipTest("no kind")
        cls.folder = tempfile.TemporaryDirectory(prefix="report-pages-")
        cls.addClassCleanup(cls.folder.cleanup)
        cls.page = Path(cls.folder.name) / f"{cls.kind}.html"
        subprocess.run([PAGES, cls.kind, cls.page], check=True)
        cls.browser = Browser()
        cls.addClassCleanup(cls.browser.close)

    def setUp(self):
        self.browser.messages(), self.browser.requests()
        self.browser.open(self.page)
        self.browser.wait_for(READY)

    def tearDown(self):
        self.assertEqual(self.browser.messages(), [], "the console said something")
        self.assertEqual([r for r in self.browser.requests() if r != self.page.as_uri()], [], "something was loaded")

    def explore(self):
        self.browser.click("#tab-explore")
        self.browser.wait_for("document.querySelector('#tree .line[data-pid]')")
        # The timeline takes its size and its lanes after the tree is drawn; before, it has nothing below the mouse.
        self.browser.wait_for("document.querySelector('#view').textContent && document.querySelector('#timeline').width > 300")

    def filter(self, text, shown):
        self.browser.clear("#filter")
        if text:
            self.browser.type("#filter", text)
        self.browser.wait_for("document.querySelector('#shown').dataset.query === arguments[0]", text)
        self.assertTrue(self.browser.text("#shown").startswith(shown + " "), self.browser.text("#shown"))

    def tree(self):
        """The pids of the rows that are drawn, from above."""
        return self.browser.run("""return [...document.querySelectorAll('#tree .line[data-pid]')]
            .map((row) => [+row.style.transform.match(/[0-9]+/)[0], +row.dataset.pid]).sort((a, b) => a[0] - b[0])
            .map(([, pid]) => pid)""")

    def view(self):
        return self.browser.text("#view")

    def zoomed(self, action):
        before = self.view()
        action()
        self.browser.wait_for("document.querySelector('#view').textContent !== arguments[0]", before)
        return self.view()

    def selected(self, pid):
        self.browser.wait_for("document.querySelector('#tree .line.selected')?.dataset.pid === arguments[0]", str(pid))
        self.browser.wait_for("document.querySelector('.details dd')?.textContent === arguments[0]", str(pid))


class Incident(PageTest):
    kind = "incident"

    def test_tells_the_situation_and_the_steps(self):
        rows = self.browser.run("return [...document.querySelectorAll('#situation tbody tr')].map((r) => r.innerText)")
        self.assertEqual(len(rows), 4)
        self.assertIn("4 strays: 3 to stop, 1 to move under a supervisor", self.browser.text("#verdict"))
        # 412 MiB of the server and 96 of its worker, 145 of the dev tool, 88 of the job.
        self.assertRegex(self.browser.text("#verdict"), "frees up to 741 M")
        for part in ("1001", "node src/server.js", "stop it", "alice; started by bash (pid 1000)", "508 M", "none", "stale-script"):
            self.assertIn(part, rows[0])
        main = next(row for row in rows if "1301" in row)
        for part in ("node dist/main.js", "intranet-backend", "move it under PM2"):
            self.assertIn(part, main)
        self.assertEqual(self.browser.run("return [...document.querySelectorAll('h2')].map((h) => h.textContent)"),
                         ["Situation", "Problems", "What to do, step by step", "How to verify", "Totals",
                          "Findings that were resolved", "What was observed, and what not"])
        self.assertIn("1201", self.browser.text("#resolved"))
        self.assertIn("no stray is left", self.browser.text("#verify"))
        self.assertIn("3 strays no longer run", self.browser.text("#improvements"))

    def test_stops_what_nobody_needs_now_and_moves_the_server_later(self):
        tasks = self.browser.run("""return [...document.querySelectorAll('.task')].map((task) => [
            task.querySelector('.when').textContent, [...task.querySelectorAll('pre.command')].map((pre) => pre.textContent)])""")
        self.assertEqual([when for when, _ in tasks], ["now", "in the next maintenance window"])
        now, later = (commands for _, commands in tasks)
        self.assertEqual(sum(command.startswith("stray stop ") for command in now), 3)
        self.assertFalse([command for command in later if "stray stop" in command or "kill" in command], "it serves")
        wanted = ["stray adopt", "command -v pm2", "mkdir -p", "pm2 start ", "pm2 status", "pm2 save", "pm2 startup"]
        places = [next(n for n, command in enumerate(later) if command.startswith(one)) for one in wanted]
        self.assertEqual(places, sorted(places))
        self.assertIn("name: 'intranet-backend'", self.browser.text("pre.file"))
        without = self.browser.run("""return [...document.querySelectorAll('.migration .steps li')]
            .filter((step) => !step.querySelector('.expect')).length""")
        self.assertEqual(without, 0, "each step has what is expected")

    def test_fits_a_narrow_window(self):
        self.browser.command("Emulation.setDeviceMetricsOverride", width=400, height=900, deviceScaleFactor=1, mobile=False)
        try:
            self.assertLessEqual(self.browser.run("return document.documentElement.scrollWidth"), 400)
            self.assertEqual(self.browser.run("""return [...document.querySelectorAll('.wide')]
                .filter((box) => box.scrollWidth > box.clientWidth + 1).length"""), 0, "nothing to scroll sideways")
        finally:
            self.browser.command("Emulation.clearDeviceMetricsOverride")

    def test_details_say_what_to_do(self):
        self.explore()
        self.browser.click(".finding[data-pid='1301']")
        self.selected(1301)
        self.assertIn("move it under PM2", self.browser.text(".treatment-text"))
        self.assertIn("stray adopt", self.browser.text(".treatment-text"))

    def test_a_finding_selects_in_tree_and_timeline_and_back(self):
        self.explore()
        self.browser.click(".finding[data-pid='1101']")
        self.selected(1101)
        self.browser.click("#zoom-one")
        self.browser.click("#tree .line[data-pid='1001']")
        self.selected(1001)
        self.assertEqual(self.browser.run("""return [...document.querySelectorAll('.finding[aria-current]')]
                                             .map((f) => f.dataset.pid)"""), ["1001"] * 3)

    def test_the_timeline_selects(self):
        self.explore()
        box = self.browser.run("const b = document.querySelector('#timeline').getBoundingClientRect(); return [b.left, b.top, b.width]")
        # The lanes at the top are those of the processes with findings; the first is the oldest of them.
        # A hand does not rest: a browser may drop a move that comes between two frames.
        for step in range(50):
            self.browser.mouse(("move", box[0] + box[2] / 2 + step % 2, box[1] + 26 + 10))
            if "node src/server.js" in (self.browser.text(".tip") or ""):
                break
        else:
            self.fail("no tip for what lies below the mouse")
        self.browser.mouse(("down",), ("up",))
        self.selected(1001)
        self.assertTrue(self.browser.run("return document.querySelector('.finding[aria-current]').dataset.pid === '1001'"))

    def test_the_report_leads_to_the_explorer(self):
        self.browser.click("#situation button.link")
        self.selected(1001)

    def test_zooms_by_wheel_buttons_keys_and_drag(self):
        self.explore()
        whole = self.zoomed(lambda: self.browser.click("#zoom-all"))
        self.zoomed(lambda: self.browser.wheel("#timeline", -240))
        self.zoomed(lambda: self.browser.click("#zoom-in"))
        self.zoomed(lambda: self.browser.type("#timeline", "+"))
        box = self.browser.run("const b = document.querySelector('#timeline').getBoundingClientRect(); return [b.left, b.top, b.width]")
        x, y = box[0] + box[2] / 2, box[1] + 80
        self.zoomed(lambda: self.browser.mouse(("move", x, y), ("down",), ("move", x - 120, y), ("up",)))
        self.zoomed(lambda: self.browser.type("#timeline", "\ue012"))  # arrow left
        self.assertEqual(self.zoomed(lambda: self.browser.type("#timeline", "0")), whole)

    def test_filters_by_words_and_switches(self):
        self.explore()
        self.filter("prisma", "1 of")
        self.assertEqual(self.tree(), [1, 1101], "the match and what is above it")
        self.filter("run-parts cron.hourly", "400 of")
        self.filter("pid:1002", "1 of")
        self.filter("nothing-has-this", "0 of")
        self.assertEqual(self.tree(), [])
        self.filter("", "437 of")
        self.browser.click("#only-found")
        self.browser.wait_for("document.querySelector('#shown').textContent.startsWith('5 of')")
        self.browser.click("#only-alive")
        self.browser.wait_for("document.querySelector('#shown').textContent.startsWith('4 of')")

    def test_unfolds_by_mouse_and_keys(self):
        self.explore()
        self.assertNotIn(411, self.tree())
        self.browser.click(".line[data-pid='410'] .twisty")
        self.browser.wait_for("document.querySelector('.line[data-pid=\"411\"]')")
        self.browser.click(".line[data-pid='420']")
        self.browser.type("#tree", "\ue014")  # arrow right unfolds
        self.browser.wait_for("document.querySelector('.line[data-pid=\"421\"]')")
        self.browser.type("#tree", "\ue015")  # arrow down
        self.selected(421)
        self.browser.type("#tree", "\ue012\ue012")  # arrow left: to the parent, then fold
        self.browser.wait_for("!document.querySelector('.line[data-pid=\"421\"]')")
        self.browser.click("#open-all")
        self.browser.wait_for("document.querySelector('#tree-rows').textContent === '437 rows'")
        self.browser.click("#close-all")
        self.browser.wait_for("document.querySelector('#tree-rows').textContent === '1 row'")

    def test_is_drawn_in_light_and_dark(self):
        colour = "return getComputedStyle(document.body).backgroundColor"
        self.explore()
        self.browser.click(".finding[data-pid='1001']")
        self.selected(1001)
        light = self.browser.run(colour)
        drawn = "document.querySelector('#timeline').toDataURL()"
        before = self.browser.run(f"return {drawn}")
        self.browser.shot(SHOTS / "explore-light.png")
        self.browser.click("#theme")
        self.browser.wait_for(f"{drawn} !== arguments[0]", before)
        self.assertNotEqual(self.browser.run(colour), light)
        self.browser.shot(SHOTS / "explore-dark.png")
        self.browser.click("#tab-report")
        self.browser.shot(SHOTS / "report-dark.png")
        self.browser.click("#theme")
        self.browser.shot(SHOTS / "report-light.png")

    def test_prints_the_report_and_not_the_explorer(self):
        self.explore()
        self.browser.command("Emulation.setEmulatedMedia", media="print")
        try:
            seen = "const s = (css) => getComputedStyle(document.querySelector(css)).display; return "
            self.assertEqual(self.browser.run(seen + "[s('.tab-report'), s('.tab-explore')]"), ["block", "none"])
        finally:
            self.browser.command("Emulation.setEmulatedMedia", media="")


class Hostile(PageTest):
    kind = "hostile"

    def test_texts_stay_text(self):
        self.assertEqual(self.browser.run("return document.querySelectorAll('img, iframe, object, a[href]').length"), 0)
        self.assertEqual(self.browser.run("return document.querySelectorAll('script').length"), 3)
        self.assertEqual(self.browser.run("return document.title"), "stray: testhost")
        command = self.browser.text("#situation .command")
        for part in ("</script><img src=x onerror=\"document.title='owned'\">", "<!--<script>", "\"'`${x}\\",
                     "line\\u{2028}sep\\u{2029}arator", "bad\\xff\\xfe\\xc0\\xaf", "\\u{202e}evil\\u{202c}", "\u05e9\u05dc\u05d5\u05dd",
                     "tab\\x09cr\\x0dnl\\x0aesc\\x1b[2J", "javascript:document.title='owned'", "&lt;b&gt;&amp;", "\U0001f986"):
            self.assertIn(part, command)

    def test_the_explorer_keeps_them_text(self):
        self.explore()
        self.browser.click("#open-all")
        self.browser.click(".finding")
        self.selected(1001)
        self.filter("onerror", "2 of")
        self.assertEqual(self.tree(), [1, 50, 3000, 1001])
        self.filter("javascript:", "2 of")
        self.assertEqual(self.tree(), [1, 50, 3008, 1001])
        self.assertEqual(self.browser.run("return document.querySelectorAll('img, iframe, object, a[href]').length"), 0)
        self.assertEqual(self.browser.run("return document.title"), "stray: testhost")
        self.browser.shot(SHOTS / "hostile.png")


class Quiet(PageTest):
    kind = "quiet"

    def test_says_so_in_one_line(self):
        self.assertEqual(self.browser.text("#verdict"), "No strays: every watched process is supervised.")
        self.assertEqual(self.browser.run("return [...document.querySelectorAll('h2')].map((h) => h.textContent)"),
                         ["What was observed, and what not"])
        self.explore()
        self.assertEqual(self.browser.run("return document.querySelectorAll('.finding').length"), 0)


class Storm(PageTest):
    kind = "storm"
    SPAWNED = 50000 - 28  # besides them the services, init, shells and one server

    def test_50000_processes(self):
        self.explore()
        total = self.browser.text("#shown")
        self.assertEqual(total, "50,000 of 50,000 processes")
        self.browser.click("#open-all")
        self.browser.wait_for("document.querySelector('#tree-rows').textContent === '50,000 rows'")
        self.assertLess(self.browser.run("return document.querySelectorAll('#tree .line').length"), 100, "only those in view")
        self.browser.type("#tree", "\ue010")  # End
        self.browser.wait_for("document.querySelector('#tree .line.selected')")
        self.filter("cc1 unit-77.c", f"{sum(i % 3 > 0 for i in range(77, self.SPAWNED, 1000))} of")
        self.filter("/usr/bin/make", f"{len(range(0, self.SPAWNED, 3)):,} of")
        self.filter("node", "1 of")
        self.filter("", "50,000 of")
        self.browser.click(".finding")
        self.selected(1001)
        for _ in range(5):
            self.zoomed(lambda: self.browser.wheel("#timeline", -240))
        self.browser.shot(SHOTS / "storm.png")
        self.filter("/usr/bin/cc1", f"{self.SPAWNED - len(range(0, self.SPAWNED, 3)):,} of")
        self.browser.click("#zoom-all")
        self.browser.run("document.querySelector('.timeline .scroller').scrollTop = 1e9")
        self.browser.shot(SHOTS / "storm-all.png")


class Damaged(unittest.TestCase):
    def test_a_cut_file_says_so(self):
        with tempfile.TemporaryDirectory(prefix="report-pages-") as folder:
            page = Path(folder) / "cut.html"
            subprocess.run([PAGES, "quiet", page], check=True)
            text = page.read_text()
            at = text.index('id="lives">') + 200
            page.write_text(text[:at] + text[text.index("</script>", at):])
            browser = Browser()
            try:
                browser.open(page)
                browser.wait_for("document.querySelector('#page').textContent.startsWith('This report cannot be read')")
            finally:
                browser.close()


if __name__ == "__main__":
    if absent := missing():
        print(f"SKIPPED: {' and '.join(absent)} not installed")
        sys.exit(77)
    unittest.main(verbosity=2)
