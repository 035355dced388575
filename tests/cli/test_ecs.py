# SPDX-License-Identifier: Apache-2.0
"""Each document against the fields of the Elastic Common Schema: none beside stray.* that ECS does not have."""
import json
import unittest
from pathlib import Path

from tracing import stray

HERE = Path(__file__).resolve().parent
HOUR = HERE.parent / "healthy" / "hour.stray"
STAND_ALONE = {"@timestamp", "ecs.version", "event.kind", "event.category", "event.type", "event.action", "event.module",
               "event.dataset", "event.id", "host.name", "host.id", "host.boot.id", "host.os.type", "agent.type",
               "agent.version", "agent.id"}
OF_A_PROCESS = {"process.entity_id", "process.pid", "process.name", "process.executable", "process.start", "process.user.id",
                "process.user.name", "process.parent.pid", "process.parent.entity_id", "process.parent.name"}


def known_fields():
    fields = {}
    for line in (HERE / "ecs_fields.txt").read_text(encoding="ascii").splitlines():
        if not line.startswith("#"):
            name, kind, *more = line.split()
            fields[name] = (kind, "array" in more)
    return fields


def leaves(value, path=""):
    """Every field of a document that has a value of its own, by its dotted name."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from leaves(inner, f"{path}.{key}" if path else key)
    else:
        yield path, value


def fits(value, kind):
    types = {"long": int, "float": (int, float), "boolean": bool}.get(kind, str)
    return isinstance(value, types) and not (kind == "long" and isinstance(value, bool))


class Documents(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.known = known_fields()

    def documents(self, *arguments):
        done = stray(*arguments)
        self.assertIn(done.returncode, (0, 1), done.stderr)
        return [json.loads(line) for line in done.stdout.splitlines()]

    def check(self, document):
        for name, value in leaves(document):
            if name.startswith("stray."):
                continue
            self.assertIn(name, self.known, document)
            kind, many = self.known[name]
            self.assertEqual(isinstance(value, list), many, name)
            for one in value if many else [value]:
                self.assertTrue(fits(one, kind), f"{name} is not {kind}: {one!r}")

    def test_no_field_that_ecs_does_not_have(self):
        seen = set()
        for arguments in (["replay", "--json", HOUR], ["replay", "--json", "--lineage", "full", "--events", "all", HOUR],
                          ["replay", "--json", "--after", "all=0s", "--min-age", "0s", HOUR],
                          ["scan", "--json", "--after", "all=0s", "--min-age", "0s", "--capture", HOUR],
                          ["tree", "--json", "--capture", HOUR], ["explain", "--json", "1", "--capture", HOUR],
                          ["diff", "--json", "--at", "+10min", HOUR], ["export", "--format", "ecs", HOUR]):
            with self.subTest(arguments=arguments):
                for document in self.documents(*map(str, arguments)):
                    self.check(document)
                    seen.add(document["event"]["action"])
        self.assertLessEqual({"ready", "seed", "fork", "exec", "exit", "listen", "reparent", "signal", "raised", "cleared",
                              "came", "ended", "explain", "summary"}, seen)

    def test_what_stands_alone_has_what_rules_ask_for(self):
        alerts = [d for d in self.documents("replay", "--json", "--after", "all=0s", "--min-age", "0s", str(HOUR))
                  if d["event"]["kind"] == "alert"]
        events = self.documents("export", "--format", "ecs", str(HOUR))
        self.assertTrue(alerts and events)
        for document in alerts + events:
            names = {name for name, _ in leaves(document)}
            self.assertLessEqual(STAND_ALONE, names, document)
        self.assertTrue(all({"rule.id", "rule.name", "message", "event.severity"} <= {n for n, _ in leaves(d)} for d in alerts))
        execs = [{name for name, _ in leaves(d)} for d in events if d["event"]["action"] == "exec"]
        self.assertTrue(any(OF_A_PROCESS | {"process.command_line", "process.parent.command_line"} <= names for names in execs))

    def test_ids_of_events_are_their_own_and_those_of_a_replay(self):
        first, second = (self.documents("export", "--format", "ecs", str(HOUR)) for _ in range(2))
        ids = [d["event"]["id"] for d in first]
        self.assertEqual(len(set(ids)), len(ids))
        self.assertEqual(ids, [d["event"]["id"] for d in second])
