# SPDX-License-Identifier: Apache-2.0
"""stray fleet scan: what several hosts answered, from files and as clush prints it."""
import http.server
import json
import os
import signal
import socket
import threading

from tracing import Folder, JsonTrace, stray, wait_for


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

    def test_a_line_without_end_is_left_out(self):
        file = self.answer("web01", finding("a"), "x" * ((16 << 20) + 2), SUMMARY)
        done = stray("fleet", "scan", file)
        self.assertEqual(done.returncode, 3)
        self.assertIn(f"{file}:2: left out: longer than 16 MiB".encode(), done.stderr)

    def test_usage(self):
        for arguments, said in (((), b"nothing to read: a file, - for standard input, or a store"), (("/nowhere",), b"/nowhere: cannot be read"),
                                ((str(self.folder),), b"cannot be read"),
                                ((self.answer("none"),), b"no host answered"),
                                ((self.answer("none"), "--json", "--format", "md"), b"--json and --format exclude each other")):
            done = stray("fleet", "scan", *arguments)
            self.assertEqual((done.returncode, done.stdout), (2, b""))
            self.assertIn(said, done.stderr)


class Shard:
    """What stands for a shard of the store: gives these rows, or an error, or nothing for ever."""

    def __init__(self, rows=(), status=200, stalls=False):
        self.questions = []
        self.over = threading.Event()
        shard = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                shard.questions.append(self.rfile.read(int(self.headers["Content-Length"])).decode())
                if stalls:
                    shard.over.wait()
                    return
                self.send_response(status)
                self.end_headers()
                self.wfile.write("".join(row + "\n" for row in rows).encode())

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.over.set()
        self.server.shutdown()
        self.server.server_close()


class Store(Folder):
    def shard(self, *rows, **options):
        shard = Shard(rows, **options)
        self.addCleanup(shard.close)
        return shard

    def ask(self, question, *arguments, shards):
        engines = [word for one in shards for word in ("--engine", getattr(one, "url", one))]
        return stray("fleet", question, *engines, *arguments)

    def test_where(self):
        row = {"host": "web01", "pid": 7, "n": 1, "user": "web", "verdict": "nobody", "supervisor": "", "argv": ["node", "\x1b[31m"]}
        one, two = self.shard(json.dumps(row)), self.shard()
        done = self.ask("where", "it's", shards=[one, two])
        self.assertEqual((done.returncode, done.stderr), (0, b""))
        self.assertRegex(done.stdout.decode(), r"^HOST .*\nweb01 +7 +web +nobody +node \\x1b\[31m\n$")
        self.assertIn("LIKE '%it\\'s%'", one.questions[0])
        self.assertEqual(one.questions, two.questions)
        self.assertEqual(self.ask("where", "x", shards=[two]).returncode, 6)

    def test_a_shard_that_fails_refuses_or_stalls_costs_its_part_alone(self):
        with socket.socket() as held:  # bound and not listening: refuses
            held.bind(("127.0.0.1", 0))
            nobody = f"http://user:secret@127.0.0.1:{held.getsockname()[1]}"
            shards = [self.shard('{"host":"web01","machine_id":"m","seen_s":1}'), self.shard("Code: 60, no table", status=500),
                      self.shard(stalls=True), nobody]
            done = self.ask("silent", "--within", "500ms", "--json", shards=shards)
        self.assertEqual(done.returncode, 4)
        self.assertEqual(json.loads(done.stdout), {"host": "web01", "seen": "1970-01-01T00:00:01Z"})
        for part in (b"1 of 4 shards answered", b"Code: 60, no table", b"imeout", b"onnect"):
            self.assertIn(part, done.stderr)
        self.assertNotIn(b"secret", done.stderr)

    def test_a_process_that_the_store_does_not_know_is_asked_for_on_its_host(self):
        done = self.ask("explain", "web01", "2sfnkjpc0y05", "--ask", "echo -n HOST WHO", shards=[self.shard()])
        self.assertEqual((done.returncode, done.stdout), (0, b"web01 2sfnkjpc0y05"))

    def test_a_shell_on_the_host_reads_nothing_into_the_words(self):
        for host, who in (("web01", "1;id"), ("web01", "$(id)"), ("web01", "1 2"), ("web01;id", "1"), ("-oProxyCommand=x", "1")):
            done = self.ask("explain", "--ask", "echo HOST WHO", "--", host, who, shards=[self.shard()])
            self.assertEqual((done.returncode, done.stdout), (2, b""), (host, who))
            self.assertIn(b" is no ", done.stderr)

    def test_a_policy_of_many_hosts(self):
        def row(host, met, rule="web", level="critical", seen=1764000000):
            return json.dumps({"host": host, "machine_id": host, "policy": "servers", "rule": rule, "expected": "instances = 2",
                               "found": f"1 runs on {host}\x1b[31m", "level": level, "met": met, "seen_s": seen})
        one = self.shard(row("web01", 0), row("web02", 1, seen=1763000000), row("web01", 0, rule="forbid", level="warning"))
        two = self.shard(row("web03", 0))
        done = self.ask("check", "servers", "--utc", shards=[one, two])
        self.assertEqual((done.returncode, done.stderr), (1, b""))
        self.assertEqual(done.stdout.decode().splitlines(), [
            "critical  servers web             instances = 2: not met on 2 hosts",
            "          web01 (1 runs on web01\\x1b[31m), web03 (1 runs on web03\\x1b[31m)",
            "warning   servers forbid          instances = 2: not met on 1 host",
            "          web01 (1 runs on web01\\x1b[31m)",
            "2 lines not met; 3 hosts answered, the oldest at 2025-11-13 02:13:20 UTC"])
        self.assertIn("policy = 'servers'", one.questions[0])
        met = self.ask("check", shards=[self.shard(row("web02", 1))])
        self.assertEqual((met.returncode, met.stdout[:18]), (0, b"all met on 1 host "))
        nobody = self.ask("check", "servers", shards=[self.shard()])
        self.assertEqual((nobody.returncode, nobody.stdout), (6, b""))
        self.assertIn(b'no host has reported on the policy "servers"', nobody.stderr)

    def test_rows_of_a_policy_say_what_check_says(self):
        policy = self.folder / "servers.toml"
        policy.write_text('[[app]]\nname = "none"\nmatch = { argv = "*no such program*" }\n[findings]\nnone_of = ["inspector-open"]\n')
        rows = [json.loads(line) for line in stray("fleet", "rows", "--policy", str(policy)).stdout.splitlines()]
        told = [row for row in rows if row["table"] == "policy"]
        said = [json.loads(line) for line in stray("check", "--json", str(policy)).stdout.splitlines()][:-1]
        self.assertEqual([(row["rule"], row["expected"], row["met"], row["level"]) for row in told],
                         [(line["rule"], line["expected"], int(line["met"]), line["level"]) for line in said])
        self.assertEqual(told[0]["policy"], "servers")
        self.assertEqual(told[0]["met"], 0)
        self.assertEqual({row["seen"] for row in told}, {row["seen"] for row in rows if row["table"] == "host"})
        wrong = stray("fleet", "rows", "--policy", str(self.folder / "missing.toml"))
        self.assertEqual((wrong.returncode, wrong.stdout), (2, b""))

    def test_the_questions_can_be_read(self):
        done = stray("fleet", "scan", "--sql")
        self.assertEqual(done.returncode, 0)
        self.assertIn(b"finding_local", done.stdout)

    def test_rows_go_to_a_file_of_our_own_alone(self):
        target = self.folder / "target"
        target.write_text("mine")
        (self.folder / "link").symlink_to(target)
        (self.folder / "second").hardlink_to(target)
        os.mkfifo(self.folder / "fifo")
        for name in ("link", "second", "fifo"):
            done = stray("run", "--for", "1s", "--rows", str(self.folder / name))
            self.assertEqual(done.returncode, 2, name)
            self.assertIn(b"--rows: ", done.stderr)
        self.assertEqual(target.read_text(), "mine")

    def test_a_run_sends_rows(self):
        file = self.folder / "rows"
        script = self.folder / "left.js"
        script.write_text("setInterval(() => {}, 1000)")
        with JsonTrace("--rows", str(file), "--after", "all=1ms") as trace:
            trace.ready()
            tables = lambda: [json.loads(line) for line in file.read_text().splitlines()]
            wait_for(lambda: any(row["table"] == "host" for row in tables()), "the inventory")
            self.assertEqual(trace.end(signal.SIGINT), 0, trace.said())
        rows = tables()
        self.assertEqual([row["seq"] for row in rows], list(range(1, len(rows) + 1)))
        self.assertEqual({row["v"] for row in rows}, {1})
        self.assertEqual(len({(row["host"], row["machine_id"], row["boot"]) for row in rows}), 1)
        inventory = [row for row in rows if row["table"] in ("alive", "host")]
        self.assertEqual(len({row["seen"] for row in inventory}), 1)
