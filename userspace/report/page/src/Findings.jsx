// SPDX-License-Identifier: Apache-2.0
// The findings by the process they are about: the gravest first, of those that the filter shows.
import { useEffect, useMemo, useRef } from "preact/hooks";
import { Marked } from "./Marked.jsx";
import { number } from "./model.js";

const kMostListed = 1000;

// The groups up to the bound, and how many findings there are.
function groups_of(model, matches) {
  const hit = matches && new Set(matches);
  const groups = new Map();
  let count = 0;
  for (const n of model.by_gravity) {
    const f = model.findings[n];
    if (hit && !hit.has(f.process)) continue;
    if (++count > kMostListed) continue;
    if (!groups.has(f.id)) groups.set(f.id, { process: f.process, pid: f.pid, command: f.command, findings: [] });
    groups.get(f.id).findings.push(n);
  }
  return { groups: [...groups.values()], count };
}

export function FindingList({ model, matches, words, selected, chosen, choose }) {
  const { groups, count } = useMemo(() => groups_of(model, matches), [model, matches]);
  const here = useRef();
  useEffect(() => here.current?.scrollIntoView({ block: "nearest" }), [selected]);
  const total = model.findings.length;
  return (
    <nav class="findings" aria-label="Findings">
      <h2>Findings <span id="findings-shown" class="faint">{count < total ? `${number(count)} of ${number(total)}` : number(total)}</span></h2>
      {!count && <p class="faint">{total ? "None of the processes that the filter shows has one." : "None."}</p>}
      <ul>
        {groups.map((group) => {
          const current = group.process >= 0 && group.process === selected;
          return (
            <li key={group.findings[0]} class="finding-group" data-pid={group.pid}
                aria-current={current ? "true" : undefined}>
              <p class="who" ref={current ? here : undefined}><span class="command"><Marked text={group.command.slice(0, 200)} words={words} /></span> <span class="faint">pid {group.pid}</span></p>
              {group.findings.map((n) => <Finding key={n} n={n} finding={model.findings[n]} words={words} chosen={n === chosen} choose={choose} />)}
            </li>
          );
        })}
      </ul>
      {count > kMostListed && <p class="faint">And {number(count - kMostListed)} more: the filter finds their processes by the kind.</p>}
    </nav>
  );
}

function Finding({ n, finding, words, chosen, choose }) {
  const open = finding.cleared < 0;
  return (
    <button class={`finding ${open ? finding.severity : "cleared"}`} aria-pressed={chosen} disabled={finding.process < 0}
            data-pid={finding.pid} onClick={() => choose(n)}>
      <b><Marked text={finding.kind} words={words} /></b> <span class="faint">{open ? finding.severity : "resolved"}</span>
      <span class="message"><bdi>{finding.message}</bdi></span>
    </button>
  );
}
