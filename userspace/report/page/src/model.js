// SPDX-License-Identifier: Apache-2.0
// The data of the report: what stray wrote into the file, and what the views need of it. Processes are numbers: their
// place in the columns, which are in the order of their start, so that a parent's number is lower than its child's.

async function unpack(text) {
  const bytes = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return JSON.parse(await new Response(stream).text());
}

export async function load(document) {
  const summary = JSON.parse(document.getElementById("report").textContent);
  const lives = await timed("unpack", () => unpack(document.getElementById("lives").textContent));
  return new Model(summary, lives);
}

// How long the last run of each part took, in milliseconds: tests/report/bench reads them.
export const times = {};
export function timed(name, work) {
  const start = performance.now();
  const note = () => { times[name] = performance.now() - start; };
  const result = work();
  if (result instanceof Promise) return result.finally(note);
  note();
  return result;
}

// The words of a query; a process matches that has all of them.
export const words_of = (query) => query.toLowerCase().split(/\s+/).filter(Boolean);

export const severities = ["info", "notice", "warning", "critical"];

class Model {
  constructor(summary, lives) {
    this.summary = summary;
    this.lives = lives;
    this.count = lives.pid.length;
    this.parent = Int32Array.from(lives.parent);
    this.start = Float64Array.from(lives.start);
    this.end = Float64Array.from(lives.end, (end) => (end < 0 ? Infinity : end));
    this.now = summary.to;
    this.first = this.count ? this.start[0] : summary.from;
    this.findings = summary.findings;
    this.gather_children();
    this.gather_findings();
    this.order_findings();
    this.gather_strays();
    this.haystack = new Array(this.count);
  }

  gather_children() {
    const { count, parent } = this;
    const begin = new Int32Array(count + 2);
    for (let i = 0; i < count; ++i) ++begin[parent[i] + 2];
    for (let i = 1; i < begin.length; ++i) begin[i] += begin[i - 1];
    this.child = new Int32Array(count);
    const at = begin.slice();
    for (let i = 0; i < count; ++i) this.child[at[parent[i] + 1]++] = i;
    this.children_begin = begin;  // of process p: child[begin[p + 1] .. begin[p + 2]); of the roots p is -1
  }

  gather_findings() {
    this.of_process = new Map();  // process -> numbers of its findings
    this.grave = new Int8Array(this.count).fill(-1);  // of its open findings the gravest; -1: none
    this.findings.forEach((finding, n) => {
      if (finding.process < 0) return;
      if (!this.of_process.has(finding.process)) this.of_process.set(finding.process, []);
      this.of_process.get(finding.process).push(n);
      if (finding.cleared < 0)
        this.grave[finding.process] = Math.max(this.grave[finding.process], severities.indexOf(finding.severity));
    });
  }

  // Open ones first, then the gravest, then as they were raised.
  order_findings() {
    const rank = (f) => (f.cleared >= 0 ? -1 : severities.indexOf(f.severity));
    this.by_gravity = this.findings.map((_, n) => n).sort((a, b) => rank(this.findings[b]) - rank(this.findings[a]) || a - b);
    this.gravest = this.by_gravity.map((n) => this.findings[n].process).find((process) => process >= 0) ?? -1;
  }

  gather_strays() {
    this.strays_of = new Map();  // process -> the strays that it is the subject of, or that a finding of theirs is about
    for (const subject of this.summary.subjects)
      for (const process of new Set([subject.process, ...subject.findings.map((n) => this.findings[n].process)])) {
        if (process < 0) continue;
        if (!this.strays_of.has(process)) this.strays_of.set(process, []);
        this.strays_of.get(process).push(subject);
      }
  }

  text(column, i) { return this.lives.texts[this.lives[column][i]]; }
  command(i) { return this.text("command", i) || "(not known)"; }
  id(i) { return this.lives.ids.slice(12 * i, 12 * i + 12); }
  user(i) { return this.text("user", i) || `uid ${this.lives.uid[i]}`; }
  alive(i) { return this.end[i] === Infinity; }
  children(i) { return this.child.subarray(this.children_begin[i + 1], this.children_begin[i + 2]); }
  has_children(i) { return this.children_begin[i + 2] > this.children_begin[i + 1]; }

  hay(i) {
    return this.haystack[i] ??= [
      `pid:${this.lives.pid[i]}`, this.id(i), this.command(i), this.text("exe", i), this.text("cwd", i),
      `user:${this.user(i)}`, this.text("supervisor", i), this.text("ending", i),
      ...(this.of_process.get(i) ?? []).map((n) => this.findings[n].kind),
    ].join("\n").toLowerCase();
  }

  // The processes that have all words of the query and pass the switches, in order; null: all of them.
  matches(query, { alive, found, unsupervised }) {
    const words = words_of(query);
    if (!words.length && !alive && !found && !unsupervised) return null;
    const nobody = this.summary.verdicts.indexOf("nobody");
    const out = [];
    for (let i = 0; i < this.count; ++i) {
      if (alive && !this.alive(i)) continue;
      if (found && !this.of_process.has(i)) continue;
      if (unsupervised && this.lives.verdict[i] !== nobody) continue;
      if (words.every((word) => this.hay(i).includes(word))) out.push(i);
    }
    return Int32Array.from(out);
  }

  // Matches and all that is above them, as a mark each.
  with_ancestors(matches) {
    const shown = new Uint8Array(this.count);
    for (const i of matches) shown[i] = 1;
    for (let i = this.count - 1; i >= 0; --i) if (shown[i] && this.parent[i] >= 0) shown[this.parent[i]] = 1;
    return shown;
  }

  // ---- words ----
  // Of a time in the report's unit, microseconds after the first start.
  date(t) { return new Date((this.summary.base + t) / 1000); }
  clock(t) { return this.date(t).toISOString().slice(11, 23); }
  stamp(t) { return this.date(t).toISOString().slice(0, 19).replace("T", " ") + " UTC"; }
  memory(kib) {
    const share = (100 * 1024 * kib) / this.summary.host.memory;
    return kib ? `${Math.round(kib / 1024)} MiB (${share.toFixed(1)} %)` : "";
  }
}

// "31 d 4 h", "12.5 s", "3 ms" of microseconds.
export function span(us) {
  const two = (value, unit, rest, small) => `${Math.floor(value)} ${unit}${Math.floor(rest) ? ` ${Math.floor(rest)} ${small}` : ""}`;
  const s = us / 1e6;
  if (s >= 86400) return two(s / 86400, "d", (s % 86400) / 3600, "h");
  if (s >= 3600) return two(s / 3600, "h", (s % 3600) / 60, "min");
  if (s >= 60) return two(s / 60, "min", s % 60, "s");
  if (s >= 1) return `${+s.toFixed(1)} s`;
  return us >= 1000 ? `${+(us / 1000).toFixed(1)} ms` : `${Math.round(us)} µs`;
}
export const number = (n) => n.toLocaleString("en-US");
