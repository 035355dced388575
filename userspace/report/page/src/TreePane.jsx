// SPDX-License-Identifier: Apache-2.0
// The lineage tree. Only the rows in view exist in the document.
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { Marked } from "./Marked.jsx";
import { number, severities, span, timed } from "./model.js";

const kBeyond = 10, kDeepest = 24;  // deeper levels are not indented further
const kTouch = matchMedia("(pointer: coarse), (max-width: 56rem)");  // as in style.css: rows for a finger

// Which rows there are: those whose ancestors are all open, with their level. What leads to an open finding comes first.
function rows_of(model, grave, shown, is_open) {
  const process = [], level = [], stack = [];
  const push = (children, depth) => {
    for (const first of [0, 1])
      for (let n = children.length - 1; n >= 0; --n)
        if (grave[children[n]] === first && (!shown || shown[children[n]])) stack.push(children[n], depth);
  };
  push(model.children(-1), 1);
  while (stack.length) {
    const depth = stack.pop(), i = stack.pop();
    process.push(i), level.push(depth);
    if (model.has_children(i) && is_open(i)) push(model.children(i), depth + 1);
  }
  return { process, level };
}

// Open at first: what lies above a process with a finding, and the first level.
function first_open(model) {
  const found = model.with_ancestors([...model.of_process.keys()]);
  for (const i of model.of_process.keys()) found[i] = model.parent[i] < 0 ? 1 : found[i];
  for (let i = 0; i < model.count; ++i) if (model.parent[i] < 0) found[i] = 1;
  return found;
}

export function TreePane({ model, matches, words, selected, select }) {
  const [base, set_base] = useState("found");  // what is open where nobody toggled: found, all, none
  const [toggled, set_toggled] = useState(new Map());
  const [top, set_top] = useState(0);
  const [height, set_height] = useState(400);
  const [touch, set_touch] = useState(kTouch.matches);
  const kRow = touch ? 44 : 24;
  const scroller = useRef();

  const shown = useMemo(() => (matches ? model.with_ancestors(matches) : null), [model, matches]);
  const hit = useMemo(() => (matches ? new Set(matches) : null), [matches]);
  const grave = useMemo(() => model.with_ancestors([...model.of_process.keys()].filter((i) => model.grave[i] >= 0)), [model]);
  const at_first = useMemo(() => first_open(model), [model]);
  useEffect(() => {
    set_toggled(new Map());
    scroller.current.scrollTop = 0;
  }, [matches]);

  const is_open = (i) => toggled.get(i) ?? (base === "all" || (base === "found" && (shown ? true : at_first[i] === 1)));
  const rows = useMemo(() => timed("tree", () => rows_of(model, grave, shown, is_open)), [model, shown, toggled, base]);

  const toggle = (i, open = !is_open(i)) => set_toggled(new Map(toggled).set(i, open));
  const reveal = (row) => {
    const box = scroller.current;
    if (row * kRow < box.scrollTop) box.scrollTop = row * kRow - kRow;
    else if ((row + 2) * kRow > box.scrollTop + box.clientHeight) box.scrollTop = (row + 3) * kRow - box.clientHeight;
  };
  // A process selected elsewhere: open what is above it, then bring it into view.
  useEffect(() => {
    if (selected < 0) return;
    const closed = [];
    for (let up = model.parent[selected]; up >= 0; up = model.parent[up]) if (!is_open(up)) closed.push(up);
    if (closed.length) set_toggled(new Map([...toggled, ...closed.map((i) => [i, true])]));
  }, [selected]);
  useEffect(() => {
    const row = rows.process.indexOf(selected);
    if (row >= 0) reveal(row);
  }, [selected, rows, height]);
  useEffect(() => {
    const follow = () => set_touch(kTouch.matches);
    kTouch.addEventListener("change", follow);
    return () => kTouch.removeEventListener("change", follow);
  }, []);
  useEffect(() => {
    const fit = new ResizeObserver(() => set_height(scroller.current.clientHeight));
    fit.observe(scroller.current);
    return () => fit.disconnect();
  }, []);

  const key = (event) => {
    const row = rows.process.indexOf(selected), i = selected, last = rows.process.length - 1;
    const page = Math.max(1, Math.floor(height / kRow) - 2);
    const go = (to) => select(rows.process[Math.max(0, Math.min(last, to))]);
    const actions = {
      ArrowDown: () => go(row + 1), ArrowUp: () => go(row - 1), PageDown: () => go(row + page),
      PageUp: () => go(row - page), Home: () => go(0), End: () => go(last),
      ArrowRight: () => row >= 0 && model.has_children(i) && (is_open(i) ? go(row + 1) : toggle(i, true)),
      ArrowLeft: () => row >= 0 && (model.has_children(i) && is_open(i) ? toggle(i, false) : model.parent[i] >= 0 && select(model.parent[i])),
      Enter: () => row >= 0 && toggle(i), " ": () => row >= 0 && toggle(i),
    };
    if (!actions[event.key] || event.ctrlKey || event.metaKey || event.altKey || last < 0) return;
    event.preventDefault();
    actions[event.key]();
  };

  const from = Math.max(0, Math.floor(top / kRow) - kBeyond);
  const to = Math.min(rows.process.length, Math.ceil((top + height) / kRow) + kBeyond);
  const lines = [];
  for (let row = from; row < to; ++row)
    lines.push(<Line key={rows.process[row]} model={model} i={rows.process[row]} level={rows.level[row]} y={row * kRow} words={words}
                     open={is_open(rows.process[row])} selected={rows.process[row] === selected}
                     faint={hit && !hit.has(rows.process[row])} select={select} toggle={toggle} />);
  return (
    <section class={`tree${touch ? " touch" : ""}`} aria-label="Lineage">
      <div class="bar">
        <h2>Lineage</h2>
        <output id="tree-rows" class="faint">{number(rows.process.length)} {rows.process.length === 1 ? "row" : "rows"}</output>
        <span class="buttons">
          <button id="open-all" onClick={() => (set_base("all"), set_toggled(new Map()))}>Unfold all</button>
          <button id="close-all" onClick={() => (set_base("none"), set_toggled(new Map()))}>Fold all</button>
        </span>
      </div>
      <div class="scroller" ref={scroller} id="tree" role="tree" tabindex="0" aria-label="Process lineage" onKeyDown={key}
           aria-activedescendant={rows.process.slice(from, to).includes(selected) ? `row-${selected}` : undefined}
           onScroll={(event) => set_top(event.currentTarget.scrollTop)}>
        <div class="line head" aria-hidden="true">
          <span>command</span><span>pid</span><span class="supervisor">supervisor</span><span class="memory">memory</span><span>life</span>
        </div>
        <div class="spacer" style={{ height: `${rows.process.length * kRow}px` }}>{lines}</div>
      </div>
    </section>
  );
}

function Line({ model, i, level, y, words, open, selected, faint, select, toggle }) {
  const parent = model.has_children(i), grave = model.grave[i], end = Math.min(model.end[i], model.now);
  return (
    <div class={`line${selected ? " selected" : ""}${faint ? " dim" : ""}${model.alive(i) ? "" : " ended"}`} id={`row-${i}`} role="treeitem"
         aria-level={level} aria-selected={selected} aria-expanded={parent ? open : undefined} data-pid={model.lives.pid[i]}
         style={{ transform: `translateY(${y}px)` }} onClick={() => select(i)} onDblClick={() => parent && toggle(i)}>
      <span class="command" style={{ paddingLeft: `min(${Math.min(level - 1, kDeepest) * 16}px, 40%)` }}>
        <span class="twisty" onClick={(event) => parent && (event.stopPropagation(), toggle(i))}>{parent ? (open ? "▾" : "▸") : ""}</span>
        {grave >= 0 && <i class={`dot ${severities[grave]}`} title={severities[grave]} />}
        <Marked text={model.command(i).slice(0, 300)} words={words} />
      </span>
      <span><Marked text={String(model.lives.pid[i])} words={words} /></span>
      <span class="supervisor"><Marked text={model.text("supervisor", i)} words={words} /></span>
      <span class="memory">{model.lives.rss[i] ? `${Math.round(model.lives.rss[i] / 1024)} MiB` : ""}</span>
      <span>{span(end - model.start[i])}{model.alive(i) ? "" : ", ended"}</span>
    </div>
  );
}
