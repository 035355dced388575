// SPDX-License-Identifier: Apache-2.0
// Findings, timeline, tree and details side by side, over one selection and one filter. A narrow window shows one of
// these parts at a time.
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { Details } from "./Details.jsx";
import { FindingList } from "./Findings.jsx";
import { number, timed, words_of } from "./model.js";
import { TimelinePane } from "./TimelinePane.jsx";
import { TreePane } from "./TreePane.jsx";

const kSwitches = [["alive", "alive"], ["found", "with findings"], ["unsupervised", "no supervisor"]];
const kParts = [["findings", "Findings"], ["timeline", "Timeline"], ["tree", "Lineage"], ["details", "Details"]];
const kTyping = 120;  // ms without a key before the filter works

export function Explore({ model, selected, select, part, show_part, theme }) {
  const [typed, set_typed] = useState("");
  const [query, set_query] = useState("");
  const [switches, set_switches] = useState({});
  const [chosen, set_chosen] = useState(-1);  // a finding, by its number
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
  const words = useMemo(() => words_of(query).map((word) => word.replace(/^(pid|user):/, "")).filter(Boolean), [query]);
  const choose = (n) => {
    set_chosen(n);
    select(model.findings[n].process);
    show_part("details");
  };
  const of_selected = chosen >= 0 && model.findings[chosen].process === selected ? chosen : -1;
  const counted = (n) => `${number(n)} of ${number(model.count)} ${model.count === 1 ? "process" : "processes"}`;
  return (
    <main class={`explore part-${part}${selected < 0 ? " unselected" : ""}`}>
      <form class="filter" role="search" onSubmit={(event) => event.preventDefault()}>
        <input id="filter" ref={filter} type="search" value={typed} placeholder="Filter ( / ): words, pid:1, user:root, an id"
               aria-label="Filter processes" autocomplete="off" spellcheck={false} onInput={(event) => set_typed(event.currentTarget.value)} />
        <span class="switches">
          {kSwitches.map(([name, label]) => (
            <label key={name}>
              <input type="checkbox" id={`only-${name}`} checked={!!switches[name]}
                     onChange={(event) => set_switches({ ...switches, [name]: event.currentTarget.checked })} />
              {label}
            </label>
          ))}
        </span>
        <output id="shown" class="faint" data-query={query} aria-live="polite" style={{ minWidth: `${counted(model.count).length}ch` }}>
          {counted(matches ? matches.length : model.count)}
        </output>
      </form>
      <div class="parts" role="group" aria-label="Part shown">
        {kParts.map(([name, label]) => <button key={name} id={`part-${name}`} aria-pressed={part === name} onClick={() => show_part(name)}>{label}</button>)}
      </div>
      <FindingList model={model} matches={matches} words={words} selected={selected} chosen={of_selected} choose={choose} />
      <div class="middle">
        <TimelinePane model={model} matches={matches} selected={selected} select={select} theme={theme} />
        <TreePane model={model} matches={matches} words={words} selected={selected} select={select} />
      </div>
      <Details model={model} words={words} selected={selected} select={select} chosen={of_selected} />
    </main>
  );
}
