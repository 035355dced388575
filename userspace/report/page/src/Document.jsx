// SPDX-License-Identifier: Apache-2.0
// The report to read and print: the verdict, a card a stray by when it is due, and what Markdown has besides.
import { Clamped } from "./Marked.jsx";
import { number } from "./model.js";
import { Command, StepList } from "./Steps.jsx";

export function Document({ model, show }) {
  const { summary } = model;
  const found = summary.subjects.length > 0;
  return (
    <main class="document">
      <Head model={model} />
      {found && <Tasks summary={summary} model={model} show={show} />}
      {found && <Impacts impacts={summary.impacts} />}
      {found && <Verify summary={summary} />}
      {found && <Totals totals={summary.totals} />}
      <Resolved model={model} show={show} />
      <section>
        <h2>What was observed, and what not</h2>
        <ul>
          {summary.coverage.map((line) => <li>{line}</li>)}
          {summary.gaps.map((gap) => (
            <li>Gap: {number(gap.count)} records lost between {model.stamp(gap.from)} and {model.stamp(gap.to)}.</li>
          ))}
        </ul>
      </section>
    </main>
  );
}

function Head({ model }) {
  const { host, headline, subjects, oneLook, from, to, verdict } = model.summary;
  return (
    <header>
      <div class={`verdict ${subjects.length ? "bad" : "good"}`}>
        <h2 id="headline"><bdi>{headline}</bdi></h2>
        <p id="verdict">{verdict}</p>
      </div>
      <dl class="host">
        <dt>kernel</dt><dd><bdi>{host.kernel}</bdi></dd>
        <dt>{oneLook ? "seen" : "time"}</dt>
        <dd>{oneLook ? model.stamp(to) : `${model.stamp(from)} to ${model.stamp(to)}`}</dd>
        <dt>memory, CPUs</dt><dd>{number(Math.floor(host.memory / 1048576))} MiB, {host.cpus}</dd>
        <dt>boot id</dt><dd><code>{host.boot}</code></dd>
        <dt>made by</dt><dd>stray {host.version}</dd>
      </dl>
    </header>
  );
}

function Show({ process, show, children }) {
  if (process < 0) return <bdi>{children}</bdi>;
  return <button class="link" onClick={() => show(process)} title="Show in the timeline and the tree"><bdi>{children}</bdi></button>;
}

// One badge a kind, of the gravest finding of that kind.
function Badges({ findings, model }) {
  const shown = new Set();
  return findings.map((n) => model.findings[n]).filter(({ kind }) => !shown.has(kind) && shown.add(kind))
    .map((f) => <span key={f.kind} class={`badge ${f.severity}`}>{f.kind}</span>);
}

function Treatment({ treatment }) {
  return <b class={`treatment ${treatment.action}`}>{treatment.title}</b>;
}

// A table that becomes a list of entries where the window is narrow: each cell has its column's name then.
function Row({ columns, cells, ...more }) {
  return <tr {...more}>{cells.map((cell, n) => <td key={n} class={columns[n][1]} data-column={columns[n][0]}>{cell}</td>)}</tr>;
}

function Table({ columns, children, ...more }) {
  return (
    <div class="wide">
      <table class="entries" {...more}>
        <thead><tr>{columns.map(([name]) => <th key={name}>{name}</th>)}</tr></thead>
        <tbody>{children}</tbody>
      </table>
    </div>
  );
}

function Tasks({ summary, model, show }) {
  return (
    <section id="tasks">
      <h2>What to do</h2>
      <p class="faint">Read each command before you run it.</p>
      {summary.tasks.map((task) => {
        const explained = new Set();  // an explanation that stands above is not repeated
        return (
          <div class="task" key={task.title}>
            <h3><span class="when">{task.when}</span> {task.title}</h3>
            {task.cards.map((card) => {
              const { why, confidenceReason } = summary.subjects[card.subjects[0]].treatment;
              const fresh = !explained.has(why + confidenceReason);
              explained.add(why + confidenceReason);
              return <Card key={card.subjects[0]} card={card} summary={summary} model={model} show={show} explains={fresh} />;
            })}
          </div>
        );
      })}
    </section>
  );
}

// One stray, or several that differ in nothing that decides what to do.
function Card({ card, summary, model, show, explains }) {
  const strays = card.subjects.map((n) => summary.subjects[n]);
  const count = strays.reduce((sum, stray) => sum + 1 + stray.alike, 0), [first] = strays, { treatment, migration } = first;
  return (
    <article class={`card ${first.severity}`}>
      <h4>
        {count > 1 && <span class="count">{number(count)} ×</span>}
        {migration && <span class="name">{migration.name}</span>}
        <code class="command"><Clamped text={first.command || "(not known)"} /></code>
        <Treatment treatment={treatment} />
      </h4>
      <p><Badges findings={first.findings} model={model} /></p>
      <ul class="members">{strays.map((stray) => <Member key={stray.id} stray={stray} show={show} />)}</ul>
      {count > strays.length && <p class="faint">And {number(count - strays.length)} more like these, which are not listed.</p>}
      {first.chain && <p class="chain"><span class="faint">origin</span> <bdi>{first.chain}</bdi></p>}
      {first.where && <p class="chain"><span class="faint">from</span> <bdi>{first.where}</bdi></p>}
      <Reasons strays={strays} model={model} />
      {explains && <p class="why">{treatment.why} <span class="faint">{treatment.confidenceReason}</span></p>}
      {treatment.keep.length > 0 && <p>Keep: <bdi>{treatment.keep.join("; ")}</bdi></p>}
      <StepList steps={card.steps} />
      {treatment.expected && <p class="expect"><b>Afterwards:</b> <bdi>{treatment.expected}</bdi></p>}
      {migration && <Migration migration={migration} />}
    </article>
  );
}

function Member({ stray, show }) {
  const facts = [["memory", stray.memory], ["CPU", stray.cpu], ["since", stray.since], ["supervisor", stray.supervisor]];
  return (
    <li>
      <Show process={stray.process} show={show}>pid {stray.pid}</Show>
      {facts.map(([name, value]) => value && <span key={name}><span class="faint">{name}</span> <bdi>{value}</bdi></span>)}
      <span><span class="faint">stray</span> <code>{stray.stray}</code></span>
    </li>
  );
}

// What was found: of strays that are alike the messages of the first; the evidence of each on demand.
function Reasons({ strays, model }) {
  const seen = new Set();
  const fresh = (line) => !seen.has(line) && seen.add(line);
  const evidence = strays.map((stray) => [stray.pid, stray.findings.flatMap((n) => model.findings[n].evidence).filter(fresh)]);
  return (
    <>
      <ul class="reasons">
        {strays[0].findings.map((n) => {
          const f = model.findings[n];
          return <li key={n}><Clamped text={f.message} /> <span class="faint">{f.severity}, since {model.stamp(f.since)}</span></li>;
        })}
      </ul>
      {evidence.some(([, lines]) => lines.length > 0) && (
        <details>
          <summary>Evidence</summary>
          {evidence.map(([pid, lines]) => lines.length > 0 && (
            <div key={pid}>
              {strays.length > 1 && <b>pid {pid}</b>}
              <ul>{lines.map((line) => <li><Clamped text={line} /></li>)}</ul>
            </div>
          ))}
        </details>
      )}
    </>
  );
}

function Migration({ migration }) {
  return (
    <details class="migration">
      <summary>By hand, without <code>stray adopt</code></summary>
      {migration.lines.length > 0
        ? <><p><code>{migration.file}</code></p><Command kind="file" text={migration.lines.join("\n")} /><StepList steps={migration.steps} /></>
        : <p>The file cannot be written: <bdi>{migration.whyNot}</bdi>.</p>}
    </details>
  );
}

function Impacts({ impacts }) {
  return (
    <section>
      <h2>Why it matters</h2>
      <dl id="impacts">{Object.entries(impacts).map(([kind, impact]) => <><dt>{kind}</dt><dd>{impact}</dd></>)}</dl>
    </section>
  );
}

const kVerify = [["check", ""], ["command", "run"], ["expected", "long"]];

function Verify({ summary }) {
  return (
    <section>
      <h2>How to verify</h2>
      <Table columns={kVerify} id="verify">
        {summary.verify.map((step) => (
          <Row columns={kVerify} cells={[<bdi>{step.text}</bdi>, step.command && <Command text={step.command} />, <bdi>{step.expect}</bdi>]} />
        ))}
      </Table>
      <h3 class="after">What is better afterwards</h3>
      <ul id="improvements">{summary.improvements.map((line) => <li>{line}</li>)}</ul>
    </section>
  );
}

function Totals({ totals }) {
  return (
    <section>
      <h2>Totals</h2>
      <table class="totals">
        <thead><tr><td /><th>strays</th><th>memory</th></tr></thead>
        <tbody>
          <tr><td>found</td><td class="number">{number(totals.named)}</td><td class="number">{totals.namedMemory}</td></tr>
          <tr><td>stopped by the steps, freed</td><td class="number">{number(totals.ended)}</td><td class="number">{totals.endedMemory}</td></tr>
        </tbody>
      </table>
      <p class="faint">{totals.note}</p>
    </section>
  );
}

const kResolved = [["kind", ""], ["pid", "number"], ["what it was", "long"], ["raised", "stamp"], ["resolved", "stamp"], ["why", ""]];

function Resolved({ model, show }) {
  const resolved = model.findings.filter((f) => f.cleared >= 0).sort((a, b) => a.cleared - b.cleared);
  if (!resolved.length) return null;
  return (
    <section>
      <h2>Findings that were resolved</h2>
      <Table columns={kResolved} id="resolved">
        {resolved.map((f) => (
          <Row columns={kResolved} cells={[
            <span class="badge cleared">{f.kind}</span>, f.pid, <Show process={f.process} show={show}>{f.message}</Show>,
            model.stamp(f.raised), model.stamp(f.cleared), <bdi>{f.reason}</bdi>,
          ]} />
        ))}
      </Table>
    </section>
  );
}
