// SPDX-License-Identifier: Apache-2.0
// Draws the lives on a canvas: what is in view and at least a pixel apart, so that the cost is that of the pixels and
// not of the processes.
import { Lanes } from "./lanes.js";
import { severities, timed } from "./model.js";

export const kRow = 20, kAxis = 26;
const kBar = 15, kLetter = 6.4, kNarrowest = 1000;  // the narrowest view: 1 ms

const kSteps = [1e3, 2e3, 5e3, 1e4, 2e4, 5e4, 1e5, 2e5, 5e5, 1e6, 2e6, 5e6, 1e7, 1.5e7, 3e7, 6e7, 1.2e8, 3e8, 6e8, 9e8,
                1.8e9, 3.6e9, 7.2e9, 1.08e10, 2.16e10, 4.32e10, 8.64e10, 1.728e11, 6.048e11, 2.592e12, 3.1536e13];

export class Timeline {
  constructor(canvas, model, changed) {
    this.canvas = canvas, this.model = model, this.changed = changed;
    this.context = canvas.getContext("2d");
    this.width = this.height = 0, this.top = 0;
    this.selected = this.hovered = -1;
    const margin = Math.max(1, model.now - model.first) * 0.01;
    this.whole = [model.first - margin, model.now + margin];
    this.view = [...this.whole];
    if (!model.summary.oneLook) {
      const seen = Math.max(kNarrowest, model.now - model.summary.from);
      this.view = [model.summary.from - 0.02 * seen, model.now + 0.02 * seen];
    }
    this.take_colours();
  }

  take_colours() {
    const style = getComputedStyle(this.canvas);
    const of = (name) => style.getPropertyValue(name).trim();
    this.colours = {
      verdicts: this.model.summary.verdicts.map((_, n) => of(`--verdict-${n}`)),
      severities: severities.map((name) => of(`--${name}`)),
      text: of("--text"), faint: of("--faint"), line: of("--line"), bar_text: of("--bar-text"), found_text: of("--found-text"),
      back: of("--panel"), accent: of("--accent"), gap: of("--gap"), stripe: of("--stripe"),
    };
    this.request();
  }

  show(matches) {
    this.lanes = timed("layout", () => new Lanes(this.model, matches));
    this.request();
  }
  resize(width, height) {
    const ratio = window.devicePixelRatio || 1;
    this.width = width, this.height = height;
    this.canvas.width = Math.round(width * ratio), this.canvas.height = Math.round(height * ratio);
    this.canvas.style.height = `${height}px`;
    this.ratio = ratio;
    this.request();
  }
  get content_height() { return kAxis + this.lanes.count * kRow + 6; }

  // ---- the view ----
  set_view(from, to) {
    const widest = this.whole[1] - this.whole[0];
    const width = Math.min(widest, Math.max(kNarrowest, to - from));
    const middle = (from + to) / 2;
    let start = Math.max(this.whole[0], middle - width / 2);
    start = Math.min(start, this.whole[1] - width);
    this.view = [start, start + width];
    this.changed(this.view);
    this.request();
  }
  zoom(factor, x = this.width / 2) {
    const at = this.time(x), [from, to] = this.view;
    this.set_view(at - (at - from) * factor, at + (to - at) * factor);
  }
  pan(pixels) {
    const shift = pixels * (this.view[1] - this.view[0]) / this.width;
    this.set_view(this.view[0] + shift, this.view[1] + shift);
  }
  // A life into view, with some of what was around it.
  zoom_to(i) {
    const end = Math.min(this.model.end[i], this.model.now), length = Math.max(kNarrowest, end - this.model.start[i]);
    this.set_view(this.model.start[i] - 0.15 * length, end + 0.15 * length);
  }
  bring_in(i) {
    const start = this.model.start[i], end = Math.min(this.model.end[i], this.model.now), [from, to] = this.view;
    if (start <= to && end >= from) return;
    const middle = (start + end) / 2, half = Math.max((to - from) / 2, (end - start) * 0.6);
    this.set_view(middle - half, middle + half);
  }
  x(t) { return (t - this.view[0]) * this.width / (this.view[1] - this.view[0]); }
  time(x) { return this.view[0] + x * (this.view[1] - this.view[0]) / this.width; }
  y(lane) { return kAxis + lane * kRow - this.top + (kRow - kBar) / 2; }

  // The process at a point; -1: none. Three pixels beside a short life count as well.
  at(x, y) {
    const lane = Math.floor((y - kAxis + this.top) / kRow);
    if (y < kAxis || lane < 0 || lane >= this.lanes.count) return -1;
    const near = this.time(x - 3), far = this.time(x + 3), t = this.time(x);
    let best = -1, distance = Infinity;
    for (let n = this.lanes.first_at(lane, near); n < this.lanes.begin[lane + 1]; ++n) {
      const i = this.lanes.items[n];
      if (this.model.start[i] > far) break;
      const away = t < this.model.start[i] ? this.model.start[i] - t : Math.max(0, t - this.model.end[i]);
      if (away < distance) best = i, distance = away;
    }
    return best;
  }

  // ---- drawing ----
  request() {
    if (this.requested || !this.width || !this.lanes) return;
    this.requested = requestAnimationFrame(() => {
      this.requested = 0;
      timed("draw", () => this.draw());
    });
  }

  draw() {
    const c = this.context;
    c.setTransform(this.ratio, 0, 0, this.ratio, 0, 0);
    c.clearRect(0, 0, this.width, this.height);
    c.font = "11px system-ui, sans-serif";
    c.textBaseline = "middle";
    const first = Math.max(0, Math.floor(this.top / kRow));
    const last = Math.min(this.lanes.count, Math.ceil((this.top + this.height - kAxis) / kRow) + 1);
    this.draw_grid(first, last);
    this.draw_gaps();
    c.save();
    c.beginPath();
    c.rect(0, kAxis, this.width, this.height);
    c.clip();
    for (let lane = first; lane < last; ++lane) this.draw_lane(lane);
    this.draw_findings(first, last);
    this.draw_selection();
    c.restore();
    this.draw_axis();
  }

  ticks() {
    const [from, to] = this.view;
    const step = kSteps.find((s) => (to - from) / s <= this.width / 150) ?? kSteps.at(-1);
    const base = this.model.summary.base, out = [];
    for (let t = Math.ceil((from + base) / step) * step - base; t <= to; t += step) out.push(t);
    return { step, out };
  }
  draw_grid(first, last) {
    const c = this.context;
    c.fillStyle = this.colours.stripe;
    for (let lane = first + (first & 1); lane < last; lane += 2)
      c.fillRect(0, kAxis + lane * kRow - this.top, this.width, kRow);
    c.fillStyle = this.colours.line;
    for (const t of this.ticks().out) c.fillRect(Math.round(this.x(t)), kAxis, 1, this.height);
  }
  draw_axis() {
    const c = this.context, { step, out } = this.ticks();
    c.fillStyle = this.colours.back;
    c.fillRect(0, 0, this.width, kAxis);
    c.fillStyle = this.colours.line;
    c.fillRect(0, kAxis - 1, this.width, 1);
    let day = "";
    for (const t of out) {
      const [date, time] = this.model.date(t).toISOString().split("T");
      const clock = step >= 8.64e10 ? "" : step >= 6e7 ? time.slice(0, 5) : step >= 1e6 ? time.slice(0, 8) : time.slice(0, 12);
      const text = date !== day ? `${date}${clock && " "}${clock}` : clock;
      day = date;
      c.fillStyle = this.colours.line;
      c.fillRect(Math.round(this.x(t)), kAxis - 6, 1, 6);
      c.fillStyle = this.colours.faint;
      c.fillText(text, Math.round(this.x(t)) + 4, kAxis / 2);
    }
  }
  draw_gaps() {
    const c = this.context;
    c.fillStyle = this.colours.gap;
    for (const gap of this.model.summary.gaps) {
      const x = this.x(gap.from);
      c.fillRect(x, kAxis, Math.max(2, this.x(gap.to) - x), this.height);
    }
  }

  colour(i) {
    const grave = this.model.grave[i];
    return grave >= 0 ? this.colours.severities[grave] : this.colours.verdicts[this.model.lives.verdict[i]];
  }
  draw_lane(lane) {
    const c = this.context, { model, lanes } = this, [from, to] = this.view;
    const y = this.y(lane);
    let drawn = -1;  // right end of what was drawn last
    for (let n = lanes.first_at(lane, from); n < lanes.begin[lane + 1]; ++n) {
      const i = lanes.items[n];
      if (model.start[i] > to) break;
      const left = Math.max(-2, this.x(model.start[i]));
      const right = Math.min(this.width + 2, this.x(Math.min(model.end[i], model.now)));
      if (right < drawn + 1 && left < drawn + 1) continue;
      const width = Math.max(1.5, right - left);
      c.fillStyle = this.colour(i);
      c.fillRect(left, y, width, kBar);
      drawn = left + width;
      if (width > 28) this.draw_label(i, left, width, y);
    }
  }
  draw_label(i, left, width, y) {
    const c = this.context, inset = Math.max(0, left) + 5;
    const letters = Math.floor((left + width - inset - 3) / kLetter);
    if (letters < 3) return;
    const text = this.model.command(i);
    c.fillStyle = this.model.grave[i] >= 0 ? this.colours.found_text : this.colours.bar_text;
    c.fillText(text.length > letters ? `${text.slice(0, letters - 1)}…` : text, inset, y + kBar / 2 + 0.5, left + width - inset - 2);
  }
  // A triangle where a finding was raised, an open one where it was cleared.
  draw_findings(first, last) {
    const c = this.context;
    for (const finding of this.model.findings) {
      const lane = finding.process < 0 ? -1 : this.lanes.of[finding.process];
      if (lane < first || lane >= last) continue;
      for (const [t, filled] of [[finding.raised, true], [finding.cleared, false]]) {
        if (t < Math.max(0, this.view[0]) || t > this.view[1]) continue;  // -1: not cleared
        const x = Math.min(this.x(t), this.width - 5), y = this.y(lane);
        c.beginPath();
        c.moveTo(x - 4, y - 3), c.lineTo(x + 4, y - 3), c.lineTo(x, y + 4), c.closePath();
        c.fillStyle = filled ? this.colours.text : this.colours.back;
        c.strokeStyle = filled ? this.colours.back : this.colours.text;
        c.fill(), c.stroke();
      }
    }
  }
  // The selected life and the way up to the root.
  draw_selection() {
    const c = this.context, { model } = this;
    c.strokeStyle = this.colours.accent;
    c.lineWidth = 1;
    for (let i = this.selected; i >= 0 && this.lanes.of[i] >= 0; i = model.parent[i]) {
      const up = model.parent[i];
      if (up < 0 || this.lanes.of[up] < 0) break;
      const x = Math.round(Math.min(Math.max(this.x(model.start[i]), 2), this.width - 2)) + 0.5;
      c.beginPath();
      c.moveTo(x, this.y(this.lanes.of[up]) + kBar / 2), c.lineTo(x, this.y(this.lanes.of[i]) + kBar / 2);
      c.stroke();
    }
    for (const [i, width] of [[this.hovered, 1], [this.selected, 2.5]]) {
      if (i < 0 || this.lanes.of[i] < 0) continue;
      const left = Math.max(-4, this.x(model.start[i]));
      const right = Math.min(this.width + 4, this.x(Math.min(model.end[i], model.now)));
      c.lineWidth = width;
      c.strokeRect(left - 1, this.y(this.lanes.of[i]) - 1, Math.max(3, right - left + 2), kBar + 2);
    }
  }
}
