// SPDX-License-Identifier: Apache-2.0
// Findings, timeline, tree and details side by side, over one selection and one filter.
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { Details } from "./Details.jsx";
import { number, timed } from "./model.js";
import { TimelinePane } from "./TimelinePane.jsx";
import { TreePane } from "./TreePane.jsx";

const kSwitches = [["alive", "alive"], ["found", "with findings"], ["unsupervised", "no supervisor"]];
const kTyping = 120;  // ms without a key before the filter works

export function Explore({ model, selected, select, theme }) {
  const [typed, set_typed] = useState("");
  const [query, set_query] = useState("");
  const [switches, set_switches] = useState({});
  const filter = useRef();
  useEffect(() => {
    const wait = setTimeout(() => set_query(typed), kTyping);
    return () => clearTimeout(wait);
  }, [typed]);
  useEffect(() => {
    const slash = (event) => {
      if (event.key !== "/" || event.target.matches("input")) return;
      event.preventDefault();
      filter.current.focus();
    };
    addEventListener("keydown", slash);
    return () => removeEventListener("keydown", slash);
  }, []);
  const matches = useMemo(() => timed("filter", () => model.matches(query, switches)), [model, query, switches]);
  const shown = matches ? matches.length : model.count;
  return (
    <main class="explore">
      <FindingList model={model} selected={selected} select={select} />
      <div class="middle">
        <form class="filter" role="search" onSubmit={(event) => event.preventDefault()}>
          <input id="filter" ref={filter} type="search" value={typed} placeholder="Filter ( / ): words, pid:1, user:root, an id"
                 aria-label="Filter processes" autocomplete="off" spellcheck={false} onInput={(event) => set_typed(event.currentTarget.value)} />
          {kSwitches.map(([name, label]) => (
            <label key={name}>
              <input type="checkbox" id={`only-${name}`} checked={!!switches[name]}
                     onChange={(event) => set_switches({ ...switches, [name]: event.currentTarget.checked })} />
              {label}
            </label>
          ))}
          <output id="shown" class="faint" data-query={query} aria-live="polite">
            {number(shown)} of {number(model.count)} {model.count === 1 ? "process" : "processes"}
          </output>
        </form>
        <TimelinePane model={model} matches={matches} selected={selected} select={select} theme={theme} />
        <TreePane model={model} matches={matches} selected={selected} select={select} />
      </div>
      <Details model={model} selected={selected} select={select} />
    </main>
  );
}

const kMostListed = 1000;

function FindingList({ model, selected, select }) {
  const order = model.findings.map((_, n) => n);
  const rank = (f) => (f.cleared >= 0 ? -1 : ["info", "notice", "warning", "critical"].indexOf(f.severity));
  order.sort((a, b) => rank(model.findings[b]) - rank(model.findings[a]) || a - b);
  const here = useRef();
  useEffect(() => here.current?.scrollIntoView({ block: "nearest" }), [selected]);
  let marked = false;
  return (
    <nav class="findings" aria-label="Findings">
      <h2>Findings <span class="faint">{number(order.length)}</span></h2>
      {!order.length && <p class="faint">None.</p>}
      <ul>
        {order.slice(0, kMostListed).map((n) => {
          const f = model.findings[n], current = f.process >= 0 && f.process === selected;
          const first = current && !marked;
          marked ||= current;
          return (
            <li key={n} ref={first ? here : undefined}>
              <button class={`finding ${f.cleared >= 0 ? "cleared" : f.severity}`} aria-current={current ? "true" : undefined}
                      disabled={f.process < 0} data-pid={f.pid} onClick={() => select(f.process)}>
                <b>{f.kind}</b> <span class="faint">pid {f.pid}{f.cleared >= 0 ? ", resolved" : ""}</span>
                <span class="message"><bdi>{f.message}</bdi></span>
              </button>
            </li>
          );
        })}
      </ul>
      {order.length > kMostListed && <p class="faint">And {number(order.length - kMostListed)} more: the filter finds their processes by the kind.</p>}
    </nav>
  );
}
