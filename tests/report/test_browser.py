#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""HTML reports in a real Chromium. Needs REPORT_PAGES, the program that writes them; leaves screenshots in REPORT_SHOTS.

REPORT_AXE names the axe.min.js of axe-core (npm); without it the check for accessibility is skipped.

    exit 0 passed, 1 failed, 77 no chromium here
"""
import base64
import os
import re
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
AXE = Path(os.environ.get("REPORT_AXE", BUILD.parents[1] / "scenario-tools" / "node_modules" / "axe-core" / "axe.min.js"))
WIDTHS = (360, 900, 1024, 1400, 1920)

# What is wrong with the layout of what is visible now, a line each.
LAYOUT = """
const out = [], wide = document.documentElement.clientWidth;
const say = (what, e) => out.push(`${what}: ${e.tagName}.${e.className} ${e.textContent.slice(0, 40)}`);
if (document.documentElement.scrollWidth > wide) out.push(`the page is ${document.documentElement.scrollWidth} wide`);
for (const e of document.querySelectorAll('h1, h2, h3, h4, p, li, dt, dd, td, th, pre, button, input, label, summary, output, code, .line > span, canvas')) {
  if (!e.checkVisibility({visibilityProperty: true})) continue;
  const box = e.getBoundingClientRect();
  if (box.width < 1 && (e.textContent || e.matches('.line > span'))) say('no width', e);
  if (box.left < -1 || box.right > wide + 1) say('off-screen', e);
  if (e.matches('h1, h2, h3, h4') && e.scrollWidth > e.clientWidth + 1) say('cut', e);
  if (e.matches('.line > .command') && box.width < 100) say('narrow', e);
}
for (const box of document.querySelectorAll('.wide, .findings, .details, #tree'))
  if (box.scrollWidth > box.clientWidth + 1) say('scrolls sideways', box);
return out;"""
SMALL = """return [...document.querySelectorAll('button, summary, label, input[type=search]')].filter((e) => e.checkVisibility())
    .map((e) => [e.getBoundingClientRect(), e]).filter(([box]) => Math.round(Math.min(box.width, box.height)) < 44)
    .map(([box, e]) => `${e.tagName} ${e.textContent} ${box.width} x ${box.height}`)"""
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

    def test_shows_the_verdict_and_a_card_a_stray(self):
        cards = self.browser.run("return [...document.querySelectorAll('.card')].map((card) => card.innerText)")
        self.assertEqual(len(cards), 4)
        self.assertEqual(self.browser.text("#headline"),
                         "testhost: 1 critical, 3 warnings, 6 notices; 3 strays to stop, 1 server to move")
        # 412 MiB of the server and 96 of its worker, 145 of the dev tool, 88 of the job.
        self.assertRegex(self.browser.text("#verdict"), "frees up to 741 M")
        for part in ("pid 1001", "node src/server.js", "stop it", "node src/server.js ← bash (killed by SIGHUP) ← /usr/bin/bash ← alice",
                     "508 M", "none", "stale-script"):
            self.assertIn(part, cards[0])
        server = next(card for card in cards if "1301" in card)
        for part in ("node dist/main.js", "intranet-backend", "move it under PM2"):
            self.assertIn(part, server)
        self.assertEqual(self.browser.run("return [...document.querySelectorAll('h2')].map((h) => h.textContent)").pop(0),
                         self.browser.text("#headline"))
        self.assertEqual(self.browser.run("return [...document.querySelectorAll('section > h2')].map((h) => h.textContent)"),
                         ["What to do", "Why it matters", "How to verify", "Totals",
                          "Findings that were resolved", "What was observed, and what not"])
        self.assertEqual(self.browser.run("return [...document.querySelectorAll('#impacts dt')].map((d) => d.textContent).sort()"),
                         ["dev-tool", "orphan", "stale-script", "unsupervised-node"])
        self.assertIn("1201", self.browser.text("#resolved"))
        self.assertIn("no stray is left", self.browser.text("#verify"))
        self.assertIn("3 strays no longer run", self.browser.text("#improvements"))

    def test_copies_a_command(self):
        self.browser.run("""window.taken = []; navigator.clipboard.writeText = async (text) => { taken.push(text); };""")
        self.browser.click(".card .copy")
        self.browser.wait_for("document.querySelector('.card .copy').textContent === 'Copied'")
        self.assertEqual(self.browser.run("return taken"), [self.browser.text(".card pre")])
        self.browser.run("navigator.clipboard.writeText = async () => { throw new Error('not allowed'); }")
        self.browser.click(".card li:nth-child(2) .copy")
        self.browser.wait_for("getSelection().toString().startsWith('stray stop ')")

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

    def test_fits_every_window(self):
        for width in WIDTHS:
            for dark in (False, True):
                self.at_width(width, dark)
                with self.subTest(width=width, dark=dark, tab="report"):
                    self.assertEqual(self.browser.run(LAYOUT), [])
                    self.browser.shot(SHOTS / f"report-{width}-{'dark' if dark else 'light'}.png")
                self.explore_at(width, dark)
        self.at_width(360, False)
        with self.subTest("targets for a finger"):
            self.assertEqual(self.browser.run(SMALL), [])
            self.browser.click("#tab-explore")
            for part in ("findings", "timeline", "tree", "details"):
                self.browser.click(f"#part-{part}")
                self.assertEqual(self.browser.run(SMALL), [], part)

    def at_width(self, width, dark):
        self.browser.command("Emulation.setDeviceMetricsOverride", width=width, height=780 if width < 500 else 900,
                             deviceScaleFactor=1, mobile=width < 500)
        self.addCleanup(self.browser.command, "Emulation.clearDeviceMetricsOverride")
        self.browser.open(self.page)
        self.browser.wait_for(READY)
        if dark:
            self.browser.click("#theme")

    def explore_at(self, width, dark):
        self.browser.click("#tab-explore")
        parts = ("findings", "timeline", "tree", "details") if width < 500 else ("all",)
        for part in parts:
            if part != "all":
                self.browser.click(f"#part-{part}")
            self.browser.wait_for("document.querySelector('.details dd')")
            if part in ("all", "timeline"):
                self.browser.wait_for("document.querySelector('#timeline').width > 300")
            if part in ("all", "tree"):
                self.browser.wait_for("document.querySelector('#tree .line[data-pid]')?.checkVisibility()")
            with self.subTest(width=width, dark=dark, part=part):
                self.assertEqual(self.browser.run(LAYOUT), [])
                if part == "all":
                    high = self.browser.run("return document.querySelector('#timeline').clientHeight / innerHeight")
                    self.assertGreater(high, 0.35, "the timeline's share of the window")
                self.browser.shot(SHOTS / f"explore-{width}-{part}-{'dark' if dark else 'light'}.png")

    def test_severities_differ_in_hue(self):
        hue = """const rgb = getComputedStyle(document.documentElement).getPropertyValue('--' + arguments[0]).match(/[0-9a-f]{2}/gi)
                     .map((c) => parseInt(c, 16) / 255), most = Math.max(...rgb), d = most - Math.min(...rgb), [r, g, b] = rgb;
                 return (60 * (most === r ? (g - b) / d : most === g ? 2 + (b - r) / d : 4 + (r - g) / d) + 360) % 360"""
        for _ in ("light", "dark"):
            notice, warning, critical = (self.browser.run(hue, name) for name in ("notice", "warning", "critical"))
            self.assertGreater(min(abs(notice - warning), 360 - abs(notice - warning)), 90)
            self.assertGreater(min(abs(warning - critical), 360 - abs(warning - critical)), 20)
            self.browser.click("#theme")

    def test_is_accessible(self):
        if not AXE.exists():
            self.skipTest(f"no axe-core at {AXE}")
        self.browser.run(AXE.read_text())
        check = """return axe.run(document).then((found) => found.violations.map((v) =>
                       `${v.id}: ${v.nodes.slice(0, 3).map((n) => n.html.slice(0, 120) + ' ' + n.failureSummary).join(' | ')}`))"""
        for tab in ("report", "explore"):
            self.browser.click(f"#tab-{tab}")
            if tab == "explore":
                self.browser.wait_for("document.querySelector('#tree .line[data-pid]')")
            for theme in ("light", "dark"):
                with self.subTest(tab=tab, theme=theme):
                    self.assertEqual(self.browser.run(check), [])
                self.browser.click("#theme")

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
        self.assertEqual(self.browser.run("""return [...document.querySelectorAll('.finding-group[aria-current]')]
                                             .map((group) => [group.dataset.pid, group.querySelectorAll('.finding').length])"""),
                         [["1001", 3]])

    def test_choosing_a_finding_shows_it(self):
        self.explore()
        for n, kind in enumerate(("stale-script", "orphan", "unsupervised-node"), 1):
            self.browser.click(f".finding-group[data-pid='1001'] .finding:nth-of-type({n})")
            self.browser.wait_for("document.querySelector('.finding-text[aria-current] h3')?.textContent.startsWith(arguments[0])", kind)
            seen = self.browser.run("""const pane = document.querySelector('.details').getBoundingClientRect();
                const at = document.querySelector('.finding-text[aria-current]').getBoundingClientRect();
                return at.top < pane.bottom && at.bottom > pane.top""")
            self.assertTrue(seen, "in view")
        self.assertEqual(self.browser.run("return document.querySelectorAll('.finding[aria-pressed=true]').length"), 1)

    def test_opens_with_the_gravest_finding(self):
        self.explore()
        self.selected(1001)
        self.assertEqual(self.tree()[:6], [1, 1001, 1002, 1101, 1301, 1401], "what was found, before the healthy")

    def test_the_timeline_selects(self):
        self.explore()
        self.browser.click("#tree .line[data-pid='1101']")
        self.selected(1101)
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
        self.assertEqual(self.browser.run("return document.querySelector('.finding-group[aria-current]').dataset.pid"), "1001")

    def test_the_report_leads_to_the_explorer(self):
        self.browser.click(".card:nth-of-type(2) .members button.link")
        self.selected(1101)

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
        width = "return document.querySelector('#filter').getBoundingClientRect().width"
        before = self.browser.run(width)
        self.filter("prisma", "1 of")
        self.assertEqual(self.browser.run(width), before, "the input keeps its width")
        self.assertEqual(self.tree(), [1, 1101], "the match and what is above it")
        self.assertEqual(self.browser.text("#findings-shown"), "2 of 12")
        self.assertEqual(self.browser.run("return [...new Set([...document.querySelectorAll('.line mark, .who mark')].map((m) => m.textContent))]"),
                         ["prisma"])
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
            self.assertEqual(self.browser.run(seen + "[s('.tab-report'), s('.tab-explore'), s('.copy'), s('.card details')]"),
                             ["block", "none", "none", "none"])
        finally:
            self.browser.command("Emulation.setEmulatedMedia", media="")


class Hostile(PageTest):
    kind = "hostile"

    def test_texts_stay_text(self):
        self.assertEqual(self.browser.run("return document.querySelectorAll('img, iframe, object, a[href]').length"), 0)
        self.assertEqual(self.browser.run("return document.querySelectorAll('script').length"), 3)
        self.assertEqual(self.browser.run("return document.title"), "stray: testhost")
        command = self.browser.run("return [...document.querySelectorAll('.card h4 bdi')].map((text) => text.textContent).join('')")
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
        self.assertEqual(self.tree(), [1, 1001, 50, 3000])
        self.filter("javascript:", "2 of")
        self.assertEqual(self.tree(), [1, 1001, 50, 3008])
        self.assertEqual(self.browser.run("return document.querySelectorAll('img, iframe, object, a[href]').length"), 0)
        self.assertEqual(self.browser.run("return document.title"), "stray: testhost")
        self.browser.shot(SHOTS / "hostile.png")


class Quiet(PageTest):
    kind = "quiet"

    def test_says_so_in_one_line(self):
        self.assertEqual(self.browser.text("#verdict"), "No strays: every watched process is supervised.")
        self.assertEqual(self.browser.run("return [...document.querySelectorAll('h2')].map((h) => h.textContent)"),
                         ["testhost: no strays", "What was observed, and what not"])
        self.explore()
        self.assertEqual(self.browser.run("return document.querySelectorAll('.finding').length"), 0)


class Crowd(PageTest):
    kind = "crowd"

    def test_what_is_alike_stands_in_one_card(self):
        self.assertEqual(self.browser.run("return [...document.querySelectorAll('.card .count')].map((n) => n.textContent)"), ["23 ×"])
        self.assertEqual(self.browser.run("return document.querySelectorAll('.card .members li').length"), 16)
        self.assertIn("7 more like these", self.browser.text(".card"))
        command = self.browser.run("""return [...document.querySelectorAll('.card pre')].map((pre) => pre.textContent)
                                      .find((text) => text.startsWith('stray stop '))""")
        self.assertEqual(len(set(command.split("\n"))), 16, "one command for each")

    def test_long_arguments_are_clamped(self):
        self.assertEqual(self.browser.run(LAYOUT), [])
        high = "return document.querySelector('.card h4').getBoundingClientRect().height"
        self.assertLess(self.browser.run(high), 120)
        self.browser.click(".card h4 summary")
        self.assertGreater(self.browser.run(high), 300)
        self.browser.shot(SHOTS / "crowd.png")

    def test_prints_few_sheets(self):
        printed = base64.b64decode(self.browser.command("Page.printToPDF")["data"])
        self.assertLessEqual(len(re.findall(rb"/Type\s*/Page\b", printed)), 5)


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
