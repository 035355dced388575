-- SPDX-License-Identifier: Apache-2.0
-- The tables of many hosts, for ClickHouse 18.16 (Debian 12) and later. On each shard, by clickhouse-client --multiquery.
-- A row that arrives twice has the same key: ReplacingMergeTree keeps the newest, and questions read with FINAL.
-- Send all rows of one host to one shard (hash of its name): the questions ask every shard for its own part.

CREATE TABLE IF NOT EXISTS host_local (
  v UInt8, host String, machine_id String, boot String, seq UInt64, seen DateTime, version String, kernel String,
  lost UInt64, unwatched_s UInt32, left_out UInt32, limits Array(String)
) ENGINE = ReplacingMergeTree(seen) ORDER BY (host, machine_id);

CREATE TABLE IF NOT EXISTS alive_local (
  v UInt8, host String, machine_id String, boot String, seq UInt64, seen DateTime, id String, pid UInt32, started DateTime,
  name String, exe String, script String, argv Array(String), cwd String, user String, unit String, container String,
  listens Array(String), verdict String, supervisor String, reboot String, ancestors Array(String),
  ancestor_names Array(String), memory UInt64, cpu_ns UInt64, n UInt32
) ENGINE = ReplacingMergeTree(seen) ORDER BY (host, machine_id, boot, id);

CREATE TABLE IF NOT EXISTS finding_local (
  v UInt8, host String, machine_id String, boot String, seq UInt64, seen DateTime, time DateTime, time_ns UInt64,
  finding String, action String, kind String, severity UInt8, since DateTime, process String, pid UInt32, program String,
  message String, reason String, evidence Array(String), stray String, decided_by String, treatment String, title String,
  remedy Array(String), processes UInt32, memory UInt64, frees UInt64
) ENGINE = ReplacingMergeTree(seen) PARTITION BY toYYYYMM(time) ORDER BY (host, machine_id, boot, finding, time_ns, action);

CREATE TABLE IF NOT EXISTS policy_local (
  v UInt8, host String, machine_id String, boot String, seq UInt64, seen DateTime, policy String, rule String, expected String,
  found String, level String, met UInt8
) ENGINE = ReplacingMergeTree(seen) ORDER BY (policy, host, machine_id, rule, expected);
