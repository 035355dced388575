# SPDX-License-Identifier: Apache-2.0
"""Whether `run`, `scan`, `explain` and a look into the capture say the same of one state: kind, process, severity,
treatment. What only a witness can know stands in the table of docs/agreement.md, which is held to: a row that no
scenario needs is as wrong as a difference without one."""
import json
import subprocess
from pathlib import Path

TABLE = Path(__file__).resolve().parent.parent.parent / "docs" / "agreement.md"
NOTHING = "nothing"


def exceptions(scenario):
    """{(role, kind): {command: verdicts}} of one scenario; several where it is a matter of time."""
    rows = {}
    for line in TABLE.read_text().splitlines():
        cells = [cell.strip().strip("`") for cell in line.strip("|").split("|")]
        if line.startswith("| `") and cells[0] == scenario:
            rows[(cells[1], cells[2])] = {"run": cells[3].split(" or "), "scan": cells[4].split(" or ")}
    return rows


class Verdicts(dict):
    """(pid, kind) -> "severity, treatment". A stray has one treatment: that of its latest document."""

    def __init__(self, documents, is_mine):
        treatments = {}
        for document in documents:
            treatments[document["stray"].get("id")] = document["stray"].get("treatment", {}).get("action", NOTHING)
        super().__init__({(d["process"]["pid"], d["rule"]["name"]):
                          f"{d['stray']['finding']['severity']}, {treatments[d['stray'].get('id')]}"
                          for d in documents if is_mine(d)})


class Agreement:
    def __init__(self, scenario, case, judge, tracer, stray):
        self.case, self.judge, self.tracer, self.stray = case, judge, tracer, stray
        self.known = exceptions(scenario.name)
        self.at, self.live = None, {}

    def ask(self, *command):
        got = subprocess.run([self.stray, *command, "--json"], capture_output=True, text=True, stdin=subprocess.DEVNULL)
        documents = [json.loads(line) for line in got.stdout.splitlines()]
        return [d for d in documents if d["event"]["kind"] == "alert"]

    def of_run(self):
        """The open findings, their treatments by what was said last."""
        kept = {(a["process"]["pid"], a["rule"]["name"]): a for a in self.tracer.alerts}
        return Verdicts([a for key, a in kept.items() if key in self.tracer.open], self.judge.is_mine)

    def name(self, pid):
        return {pid: role for role, pid in self.case.pids.items()}.get(pid, f"pid {pid}")

    def differences(self, one, first, other, second, only=None):
        found = []
        for key in sorted({*first, *second}):
            said = {one: first.get(key, NOTHING), other: second.get(key, NOTHING)}
            if only is not None and key[0] != only:
                continue
            known = self.known.get((self.name(key[0]), key[1]), {})
            if said[one] == said[other] or all(word in known.get(command, ()) for command, word in said.items()):
                continue
            found.append(f"{one} and {other} differ about {key[1]} of {self.name(key[0])} (pid {key[0]}): "
                         f"{said[one]} / {said[other]}")
        return found

    def now(self, patience):
        """Of the state as it is: run against scan, and scan against explain of one process."""
        flags = ("--after", "all=0s")  # what `run` waited for began before one look could see it
        scan = Verdicts(self.ask("scan", *flags), self.judge.is_mine)
        self.tracer.wait(lambda: not self.differences("run", self.of_run(), "scan", scan), patience)
        self.live, self.at = self.of_run(), self.tracer.last["@timestamp"]
        found = self.differences("run", self.live, "scan", scan)
        for row, verdicts in self.known.items():
            silent = all(NOTHING in words for words in verdicts.values())
            if not silent and not any((self.name(pid), kind) == row for pid, kind in {*self.live, *scan}):
                found.append(f"docs/agreement.md has a row that is of no use: {row}")
        subjects = sorted({pid for pid, _ in scan} & set(self.case.pids.values()))
        for pid in subjects[:1] or sorted(self.case.pids.values())[:1]:
            explained = Verdicts(self.ask("explain", str(pid), *flags), lambda d: d["process"]["pid"] == pid)
            found += self.differences("scan", scan, "explain", explained, pid)
        return found

    def replayed(self):
        """Of the same moment in the capture of the run."""
        if self.at is None:
            return []
        replay = self.ask("scan", "--capture", str(self.tracer.capture), "--at", self.at, "--after", "all=1s")
        return self.differences("run", self.live, "replay", Verdicts(replay, self.judge.is_mine))
