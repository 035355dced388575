#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Rows of many hosts into the store that scripts/fleet starts.

    fleet_rows.py --engine URL,URL --tables FILE          waits for the shards, makes the tables
    fleet_rows.py --engine URL,URL --rows FILE --hosts N   the rows of FILE (stray fleet rows) as those of N hosts
    fleet_rows.py --engine URL,URL --ask STRAY             how long each question of `stray fleet` takes

Each host has its own name, machine and boot, and its rows go to one shard, as docs/fleet.md asks for. The same numbers
again are the same rows: sent twice, they change nothing.
"""
import argparse
import hashlib
import json
import statistics
import subprocess
import time
import urllib.error
import urllib.request
from collections import defaultdict

BATCH = 20000  # rows of one insertion


def name_of(number):
    return f"web{number:05}"


def post(url, query, body=b"", patience=60):
    request = urllib.request.Request(url + "/?query=" + urllib.request.quote(query), data=body or None, method="POST")
    if not body:
        request = urllib.request.Request(url, data=query.encode(), method="POST")
    with urllib.request.urlopen(request, timeout=patience) as answer:
        return answer.read().decode()


def wait_for(url):
    end = time.monotonic() + 60
    while True:
        try:
            return post(url, "SELECT 1", patience=2)
        except (urllib.error.URLError, OSError):
            if time.monotonic() > end:
                raise SystemExit(f"{url} does not answer")
            time.sleep(0.2)


def make_tables(shards, file):
    text = "\n".join(line for line in open(file).read().splitlines() if not line.startswith("--"))
    for shard in shards:
        wait_for(shard)
        for statement in filter(None, (part.strip() for part in text.split(";"))):
            post(shard, statement)


def as_host(row, number):
    out = dict(row)
    machine = hashlib.md5(name_of(number).encode()).hexdigest()
    out.update(host=name_of(number), machine_id=machine, boot=machine[:8] + row["boot"][8:])
    return out


def feed(shards, file, hosts):
    rows = [json.loads(line) for line in open(file)]
    began, sent = time.monotonic(), 0
    waiting = defaultdict(list)

    def flush(key):
        nonlocal sent
        shard, table = key
        post(shards[shard], f"INSERT INTO {table}_local FORMAT JSONEachRow", "\n".join(waiting[key]).encode())
        sent += len(waiting.pop(key))

    for number in range(hosts):
        shard = int(hashlib.md5(name_of(number).encode()).hexdigest(), 16) % len(shards)
        for row in rows:
            one = as_host(row, number)
            key = (shard, one.pop("table"))
            waiting[key].append(json.dumps(one))
            if len(waiting[key]) >= BATCH:
                flush(key)
    for key in list(waiting):
        flush(key)
    seconds = time.monotonic() - began
    print(f"{hosts} hosts, {sent} rows in {seconds:.1f} s: {sent / seconds:.0f} rows a second")


QUESTIONS = (("scan", "--json"), ("where", "*node*", "--json"), ("since", "-1h", "--json"), ("silent", "--json"),
             ("explain", name_of(7), "1", "--json"))


def time_questions(shards, stray):
    engines = [word for url in shards for word in ("--engine", url)]
    for question in QUESTIONS:
        times = []
        for _ in range(20):
            began = time.monotonic()
            subprocess.run([stray, "fleet", *question, *engines], capture_output=True, check=False)
            times.append(time.monotonic() - began)
        print(f"{question[0]}: median {statistics.median(times) * 1000:.0f} ms, longest {max(times) * 1000:.0f} ms")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--engine", required=True)
    parser.add_argument("--tables")
    parser.add_argument("--rows")
    parser.add_argument("--hosts", type=int, default=1000)
    parser.add_argument("--ask")
    args = parser.parse_args()
    shards = args.engine.split(",")
    if args.tables:
        make_tables(shards, args.tables)
    if args.rows:
        feed(shards, args.rows, args.hosts)
    if args.ask:
        time_questions(shards, args.ask)


if __name__ == "__main__":
    main()
