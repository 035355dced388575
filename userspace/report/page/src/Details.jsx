// SPDX-License-Identifier: Apache-2.0
// Everything about the selected process.
import { useEffect, useRef } from "preact/hooks";
import { Clamped, Marked } from "./Marked.jsx";
import { StepList } from "./Steps.jsx";
import { number, span } from "./model.js";

export function Details({ model, words, selected, select, chosen }) {
  if (selected < 0)
    return (
      <aside class="details empty" aria-label="Details">
        <p class="faint">Choose a process in the timeline or the tree, or a finding.</p>
      </aside>
    );
  const i = selected, end = Math.min(model.end[i], model.now);
  const relative = (n) =>
    n >= 0 && <button class="link" onClick={() => select(n)}><bdi>{model.command(n).slice(0, 80)}</bdi> ({model.lives.pid[n]})</button>;
  const facts = [
    ["pid", model.lives.pid[i]],
    ["id", model.id(i)],
    ["started", `${model.stamp(model.start[i])}${model.lives.flags[i] & 1 ? ", before stray started" : ""}`],
    model.alive(i) ? ["age", span(end - model.start[i])] : ["ended", `${model.stamp(end)} after ${span(end - model.start[i])}`],
    ["how", model.text("ending", i)],
    ["supervisor", model.text("supervisor", i)],
    ["user", model.user(i)],
    ["executable", model.text("exe", i)],
    ["directory", model.text("cwd", i)],
    [model.alive(i) ? "memory" : "peak memory", model.memory(model.lives.rss[i])],
    ["CPU", model.lives.cpu[i] ? span(1000 * model.lives.cpu[i]) : ""],
    ["programs run", model.lives.images[i] > 1 ? number(model.lives.images[i]) : ""],
    ["parent", relative(model.parent[i])],
    ["link known by", model.parent[i] >= 0 ? model.text("edge", i) : ""],
    ["started by", model.lives.origin[i] !== model.parent[i] && relative(model.lives.origin[i])],
    ["children", model.has_children(i) ? number(model.children(i).length) : ""],
  ];
  return (
    <aside class="details" aria-label="Details" tabindex="0">
      <h2 id="selected-command"><Clamped text={model.command(i)} words={words} /></h2>
      <dl>
        {facts.map(([name, value]) => value ? [<dt>{name}</dt>, <dd>{typeof value === "string" ? <Marked text={value} words={words} /> : <bdi>{value}</bdi>}</dd>] : null)}
      </dl>
      {(model.of_process.get(i) ?? []).map((n) => <FindingText key={n} model={model} finding={model.findings[n]} chosen={n === chosen} />)}
      {(model.strays_of.get(i) ?? []).map((s) => <TreatmentText key={s.stray} treatment={s.treatment} />)}
    </aside>
  );
}

function FindingText({ model, finding, chosen }) {
  const here = useRef();
  useEffect(() => {
    if (chosen) here.current.scrollIntoView({ block: "nearest" });
  }, [chosen]);
  const open = finding.cleared < 0;
  return (
    <section ref={here} class={`finding-text ${open ? finding.severity : "cleared"}`} aria-current={chosen ? "true" : undefined}>
      <h3>{finding.kind} <span class="faint">{open ? finding.severity : "resolved"}</span></h3>
      <p><Clamped text={finding.message} /></p>
      <p class="faint">
        since {model.stamp(finding.since)}, raised {model.stamp(finding.raised)}
        {finding.updates ? `, updated ${number(finding.updates)} ${finding.updates === 1 ? "time" : "times"}` : ""}
        {!open && <>, resolved {model.stamp(finding.cleared)}: <bdi>{finding.reason}</bdi></>}
      </p>
      <ul>{[...finding.origin, ...finding.evidence].map((line) => <li><bdi>{line}</bdi></li>)}</ul>
    </section>
  );
}

function TreatmentText({ treatment }) {
  return (
    <section class="treatment-text">
      <h3>What to do: {treatment.title}</h3>
      <p>{treatment.why} <span class="faint">{treatment.confidenceReason}</span></p>
      <StepList steps={treatment.steps} />
    </section>
  );
}
