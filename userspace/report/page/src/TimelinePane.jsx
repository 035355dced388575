// SPDX-License-Identifier: Apache-2.0
// The timeline with its scroll bar, its keys, mouse and buttons.
import { useEffect, useRef, useState } from "preact/hooks";
import { span } from "./model.js";
import { kAxis, kRow, Timeline } from "./timeline.js";

const kHint = "wheel zooms, drag moves, Shift+drag chooses a span";
const kClick = 4;  // pixels that a click may move

export function TimelinePane({ model, matches, selected, select, theme }) {
  const canvas = useRef(), scroller = useRef(), timeline = useRef(), band = useRef();
  const [view, set_view] = useState();
  const [height, set_height] = useState(0);
  const [tip, set_tip] = useState();

  useEffect(() => {
    const made = (timeline.current = new Timeline(canvas.current, model, (v) => set_view([...v])));
    set_view(made.view);
    const fit = new ResizeObserver(() => {
      const box = scroller.current;
      made.resize(box.clientWidth, box.clientHeight);
    });
    fit.observe(scroller.current);
    return () => fit.disconnect();
  }, [model]);
  useEffect(() => {
    timeline.current.show(matches);
    set_height(timeline.current.content_height);
  }, [model, matches]);
  useEffect(() => timeline.current.take_colours(), [theme]);
  useEffect(() => {
    const t = timeline.current;
    t.selected = selected;
    if (selected >= 0 && t.lanes.of[selected] >= 0) {
      t.bring_in(selected);
      const y = t.lanes.of[selected] * kRow, box = scroller.current;
      if (y < box.scrollTop || y + kRow + kAxis > box.scrollTop + box.clientHeight)
        box.scrollTop = y - box.clientHeight / 3;
    }
    t.request();
  }, [selected, matches]);

  // A passive listener could not keep the page from scrolling.
  useEffect(() => {
    const wheel = (event) => {
      if (event.shiftKey) return;
      event.preventDefault();
      const box = canvas.current.getBoundingClientRect();
      timeline.current.zoom(Math.exp(Math.max(-200, Math.min(200, event.deltaY)) / 300), event.clientX - box.left);
    };
    const element = canvas.current;
    element.addEventListener("wheel", wheel, { passive: false });
    return () => element.removeEventListener("wheel", wheel);
  }, []);

  const place = (event) => {
    const box = canvas.current.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  };
  const drag = useRef();
  const down = (event) => {
    const [x, y] = place(event);
    drag.current = { x, y, from: x, top: scroller.current.scrollTop, range: event.shiftKey, moved: false };
    canvas.current.setPointerCapture(event.pointerId);
  };
  const move = (event) => {
    const [x, y] = place(event), t = timeline.current, d = drag.current;
    if (!d) return hover(x, y);
    d.moved ||= Math.abs(x - d.from) > kClick || Math.abs(y - d.y) > kClick;
    if (!d.moved) return;
    if (d.range) return show_band(Math.min(d.from, x), Math.abs(x - d.from));
    t.pan(d.x - x);
    d.x = x;
    scroller.current.scrollTop = d.top - (y - d.y);
  };
  const up = (event) => {
    const [x, y] = place(event), t = timeline.current, d = drag.current;
    drag.current = undefined;
    if (!d) return;
    show_band(0, 0);
    if (!d.moved) select(t.at(x, y));
    else if (d.range) t.set_view(t.time(Math.min(d.from, x)), t.time(Math.max(d.from, x)));
  };
  const show_band = (left, width) => {
    band.current.style.left = `${left}px`;
    band.current.style.width = `${width}px`;
  };
  const hover = (x, y) => {
    const t = timeline.current, i = t.at(x, y);
    if (i !== t.hovered) t.hovered = i, t.request();
    set_tip(i < 0 ? undefined : { i, x: Math.min(x + 14, t.width - 330), y: y + (y > t.height - 90 ? -84 : 18) });
  };
  const leave = () => {
    timeline.current.hovered = -1;
    timeline.current.request();
    set_tip();
  };

  const fit_all = () => timeline.current.set_view(...timeline.current.whole);
  const fit_selected = () => selected >= 0 && timeline.current.zoom_to(selected);
  const keys = {
    "+": () => timeline.current.zoom(0.7), "=": () => timeline.current.zoom(0.7), "-": () => timeline.current.zoom(1 / 0.7),
    ArrowLeft: () => timeline.current.pan(-80), ArrowRight: () => timeline.current.pan(80),
    ArrowUp: () => { scroller.current.scrollTop -= 3 * kRow; }, ArrowDown: () => { scroller.current.scrollTop += 3 * kRow; },
    "0": fit_all, Home: fit_all, Enter: fit_selected,
  };
  const key = (event) => {
    const action = !event.ctrlKey && !event.metaKey && !event.altKey && keys[event.key];
    if (!action) return;
    event.preventDefault();
    action();
  };

  return (
    <section class="timeline" aria-label="Timeline">
      <div class="bar">
        <h2 title={kHint}>Timeline</h2>
        <output id="view" class="faint">
          {view && `${model.stamp(view[0])} to ${model.stamp(view[1])} (${span(view[1] - view[0])})`}
        </output>
        <span class="buttons">
          <button id="zoom-in" onClick={keys["+"]} aria-label="Zoom in" title="Zoom in (+, wheel)">+</button>
          <button id="zoom-out" onClick={keys["-"]} aria-label="Zoom out" title="Zoom out (-, wheel)">−</button>
          <button id="zoom-all" onClick={fit_all} title="Everything (0)">All</button>
          <button id="zoom-one" onClick={fit_selected} disabled={selected < 0} title="The selected process (Enter)">Selected</button>
        </span>
      </div>
      <div class="stage">
        <div class="scroller" ref={scroller}
             onScroll={(event) => { timeline.current.top = event.currentTarget.scrollTop; timeline.current.request(); }}>
          <div class="content" style={{ height: `${height}px` }}>
            <canvas ref={canvas} id="timeline" tabindex="0" role="application" onKeyDown={key}
                    aria-label="Lives of processes. Plus and minus zoom, arrows move, 0 shows everything, Enter the selected one."
                    onPointerDown={down} onPointerMove={move} onPointerUp={up} onPointerLeave={leave} onPointerCancel={up}
                    onDblClick={fit_selected} />
          </div>
        </div>
        <div class="band" ref={band} />
        {tip && <Tip model={model} {...tip} />}
      </div>
      <Legend model={model} />
    </section>
  );
}

function Tip({ model, i, x, y }) {
  const end = Math.min(model.end[i], model.now);
  return (
    <div class="tip" role="tooltip" style={{ transform: `translate(${Math.max(4, x)}px, ${y}px)` }}>
      <b>{model.lives.pid[i]}</b> <bdi>{model.command(i).slice(0, 160)}</bdi>
      <div class="faint">
        {model.stamp(model.start[i])}, {span(end - model.start[i])}, {model.alive(i) ? model.text("supervisor", i) : model.text("ending", i)}
      </div>
    </div>
  );
}

function Legend({ model }) {
  const used = new Set(model.lives.verdict);
  return (
    <p class="legend faint">
      {["critical", "warning", "notice"].map((name) => <span key={name}><i class={`swatch ${name}`} />{name}</span>)}
      {model.summary.verdicts.map((name, n) => used.has(n) && <span key={name}><i class={`swatch verdict-${n}`} />{name === "nobody" ? "no supervisor" : name}</span>)}
      <span>▼ raised, ▽ resolved</span>
      <span class="hint">{kHint}</span>
    </p>
  );
}
