# SPDX-License-Identifier: Apache-2.0
"""stray run --json --capture, what it has said so far, and whether its replay says the same."""
import json
import signal
import subprocess
import time


class Tracer:
    def __init__(self, stray, folder, flags=("--after", "all=1s")):
        self.log = open(folder / "stray.log", "wb+")
        self.out = open(folder / "stray.ndjson", "wb+")
        self.stray, self.flags, self.capture = stray, flags, folder / "stray.capture"
        self.process = subprocess.Popen([stray, "run", "--json", "--capture", self.capture, *flags], stdin=subprocess.DEVNULL, stdout=self.out,
                                        stderr=self.log, start_new_session=True)
        self.file = open(self.out.name, "rb")
        self.rest, self.last = b"", {}
        self.ready = False
        self.known = set()    # pids of processes that it told of
        self.alerts = []      # every alert document
        self.open = {}        # (pid, kind) -> the last document of a finding that holds

    def read(self):
        *lines, self.rest = (self.rest + self.file.read()).split(b"\n")
        for line in lines:
            document = self.last = json.loads(line)
            event = document["event"]
            self.ready |= event["action"] == "ready"
            if "process" in document:
                self.known.add(document["process"]["pid"])
            if event["kind"] == "alert":
                self.alerts.append(document)
                key = (document["process"]["pid"], document["rule"]["name"])
                if event["action"] == "cleared":
                    self.open.pop(key, None)
                else:
                    self.open[key] = document

    def wait(self, condition, seconds):
        """Reads on until the condition holds; False if it does not in that time, or if stray has ended."""
        end = time.monotonic() + seconds
        while True:
            ended = self.process.poll() is not None
            self.read()
            if condition():
                return True
            if ended or time.monotonic() > end:
                return False
            time.sleep(0.02)

    def stop(self):
        """Ends it as a person does; says what is wrong with how it ended."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            return ["stray did not stop within 20 s of SIGINT"]
        self.read()
        problems = []
        if self.process.returncode != 0:
            problems.append(f"stray ended with {self.process.returncode}: {self.said()}")
        elif self.last.get("event", {}).get("action") != "summary":
            problems.append("the last line is no summary")
        else:
            problems += self.replay_differs()
        return problems

    def replay_differs(self):
        """The capture of the run must give the bytes that the run printed."""
        replay = subprocess.run([self.stray, "replay", "--json", *self.flags, self.capture], capture_output=True,
                                stdin=subprocess.DEVNULL, timeout=60)
        if replay.returncode:
            return [f"replay ended with {replay.returncode}: {replay.stderr.decode(errors='replace')[-800:]}"]
        with open(self.out.name, "rb") as live:
            for number, (printed, replayed) in enumerate(zip(live, replay.stdout.splitlines(keepends=True)), 1):
                if printed != replayed:
                    return [f"replay differs in line {number}: {replayed[:400]!r}, live {printed[:400]!r}"]
            return [] if live.tell() == len(replay.stdout) and not live.read(1) else ["replay has another length"]

    def said(self):
        self.log.seek(0)
        return self.log.read().decode(errors="replace").strip()[-800:]
