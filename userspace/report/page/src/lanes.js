// SPDX-License-Identifier: Apache-2.0
// Where the lives stand in the timeline: processes with findings in lanes of their own at the top, below them what came
// and went, then what lives, packed so that lives that do not overlap share a lane.

// The lane that is free earliest, as a binary heap by the end of its last life.
class Heap {
  ends = [];
  lanes = [];
  get size() { return this.ends.length; }
  push(end, lane) {
    const { ends, lanes } = this;
    let i = ends.length;
    ends.push(end), lanes.push(lane);
    for (let up = (i - 1) >> 1; i > 0 && ends[up] > end; i = up, up = (i - 1) >> 1)
      ends[i] = ends[up], lanes[i] = lanes[up];
    ends[i] = end, lanes[i] = lane;
  }
  replace_top(end) {
    const { ends, lanes } = this;
    const lane = lanes[0];
    let i = 0;
    for (;;) {
      let down = 2 * i + 1;
      if (down + 1 < ends.length && ends[down + 1] < ends[down]) ++down;
      if (down >= ends.length || ends[down] >= end) break;
      ends[i] = ends[down], lanes[i] = lanes[down];
      i = down;
    }
    ends[i] = end, lanes[i] = lane;
    return lane;
  }
}

export class Lanes {
  constructor(model, matches) {
    const all = matches ?? Int32Array.from({ length: model.count }, (_, i) => i);
    this.of = new Int32Array(model.count).fill(-1);
    this.pinned = 0;
    for (const i of all) if (model.of_process.has(i)) this.of[i] = this.pinned++;
    this.count = this.pinned;
    const apart = (model.now - model.first) / 2000;
    const heap = new Heap();
    const place = (i) => {
      if (heap.size && heap.ends[0] + apart <= model.start[i])
        this.of[i] = heap.replace_top(model.end[i]);
      else
        heap.push(model.end[i], (this.of[i] = this.count++));
    };
    for (const i of all) if (this.of[i] < 0 && !model.alive(i)) place(i);
    for (const i of all) if (this.of[i] < 0) place(i);
    this.begin = new Int32Array(this.count + 1);
    for (const i of all) ++this.begin[this.of[i] + 1];
    for (let lane = 0; lane < this.count; ++lane) this.begin[lane + 1] += this.begin[lane];
    const at = this.begin.slice();
    this.items = new Int32Array(all.length);
    for (const i of all) this.items[at[this.of[i]]++] = i;
    this.model = model;
  }

  // The place in items of the first life of a lane that ends at t or later; the end of the lane if there is none.
  first_at(lane, t) {
    let low = this.begin[lane], high = this.begin[lane + 1];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.model.end[this.items[middle]] < t) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
