// SPDX-License-Identifier: Apache-2.0
// The report to read and print: the same sections as in Markdown.
import { number } from "./model.js";

export function Document({ model, show }) {
  const { summary } = model;
  const found = summary.subjects.length > 0;
  return (
    <main class="document">
      <Head model={model} />
      {found && <Situation summary={summary} model={model} show={show} />}
      {found && <Problems summary={summary} model={model} show={show} />}
      {found && <Steps summary={summary} show={show} />}
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
  const { host, subjects, oneLook, from, to, verdict } = model.summary;
  return (
    <header>
      <p id="verdict" class={`verdict ${subjects.length ? "bad" : "good"}`}>{verdict}</p>
      <dl class="host">
        <dt>host</dt><dd><bdi>{host.name}</bdi></dd>
        <dt>kernel</dt><dd><bdi>{host.kernel}</bdi></dd>
        <dt>boot id</dt><dd><code>{host.boot}</code></dd>
        <dt>{oneLook ? "seen" : "time"}</dt>
        <dd>{oneLook ? model.stamp(to) : `${model.stamp(from)} to ${model.stamp(to)}`}</dd>
        <dt>memory, CPUs</dt><dd>{number(Math.floor(host.memory / 1048576))} MiB, {host.cpus}</dd>
        <dt>made by</dt><dd>stray {host.version}</dd>
      </dl>
    </header>
  );
}

function Show({ process, show, children }) {
  if (process < 0) return <bdi>{children}</bdi>;
  return <button class="link" onClick={() => show(process)} title="Show in the timeline and the tree"><bdi>{children}</bdi></button>;
}

function Badges({ findings, model }) {
  const told = new Set();
  return findings
    .filter((n) => !told.has(model.findings[n].kind) && told.add(model.findings[n].kind))
    .map((n) => <span key={n} class={`badge ${model.findings[n].severity}`}>{model.findings[n].kind}</span>);
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

const kSituation = [["pid", "number"], ["command", "command"], ["treatment", "treatment"], ["running since", "stamp"],
                    ["started by, from where", "long"], ["memory", "number"], ["CPU", "number"], ["supervisor", ""], ["findings", ""]];

function Situation({ summary, model, show }) {
  return (
    <section>
      <h2>Situation</h2>
      <Table columns={kSituation} id="situation">
        {summary.subjects.map((s) => (
          <Row key={s.id} columns={kSituation} cells={[
            s.pid,
            <><Show process={s.process} show={show}>{s.command}</Show>{s.migration && <div class="faint">{s.migration.name}</div>}</>,
            <Treatment treatment={s.treatment} />,
            s.since,
            <><bdi>{s.by}</bdi>{s.where && <div class="faint"><bdi>{s.where}</bdi></div>}</>,
            s.memory, s.cpu, <bdi>{s.supervisor}</bdi>, <Badges findings={s.findings} model={model} />,
          ]} />
        ))}
      </Table>
    </section>
  );
}

function Problems({ summary, model, show }) {
  return (
    <section>
      <h2>Problems</h2>
      {summary.subjects.map((s) => <Problem key={s.id} subject={s} model={model} summary={summary} show={show} />)}
    </section>
  );
}

function Problem({ subject, model, summary, show }) {
  const told = new Set();
  const fresh = (line) => !told.has(line) && told.add(line);
  return (
    <article>
      <h3><Named subject={subject} show={show} /> <Treatment treatment={subject.treatment} /> <span class="faint">stray <code>{subject.stray}</code></span></h3>
      {subject.findings.map((n) => {
        const f = model.findings[n];
        return (
          <div key={n} class={`problem ${f.severity}`}>
            <p><span class={`badge ${f.severity}`}>{f.kind}</span> <bdi>{f.message}</bdi> <span class="faint">{f.severity}, since {model.stamp(f.since)}</span></p>
            <ul>{f.evidence.filter(fresh).map((line) => <li><bdi>{line}</bdi></li>)}</ul>
            <p class="impact"><b>Impact:</b> {summary.impacts[f.kind]}</p>
          </div>
        );
      })}
    </article>
  );
}

function Named({ subject, show }) {
  const { process, command, migration, pid } = subject;
  return <><Show process={process} show={show}>{command}</Show> <span class="faint">{migration && `${migration.name}, `}pid {pid}</span></>;
}

function Steps({ summary, show }) {
  return (
    <section>
      <h2>What to do, step by step</h2>
      <p class="faint">Read each command before you run it.</p>
      {summary.tasks.map((task) => (
        <div class="task" key={task.title}>
          <h3><span class="when">{task.when}</span> {task.title}</h3>
          {task.subjects.map((n) => <Treated key={n} subject={summary.subjects[n]} show={show} />)}
        </div>
      ))}
    </section>
  );
}

function Treated({ subject, show }) {
  const { treatment, migration } = subject;
  return (
    <article class="treated">
      <h4><Named subject={subject} show={show} /></h4>
      <p>{treatment.why} <span class="faint">{treatment.confidenceReason}</span></p>
      {treatment.keep.length > 0 && <p>Keep: <bdi>{treatment.keep.join("; ")}</bdi></p>}
      <StepList steps={treatment.steps} />
      {treatment.expected && <p class="expect"><b>Afterwards:</b> <bdi>{treatment.expected}</bdi></p>}
      {migration && <Migration migration={migration} />}
    </article>
  );
}

export function StepList({ steps }) {
  return (
    <ol class="steps">
      {steps.map((step) => (
        <li>
          <p><span class="when">{step.when}</span> <bdi>{step.text}</bdi></p>
          {step.command && <pre class="command">{step.command}</pre>}
          {step.expect && <p class="expect"><b>Expected:</b> <bdi>{step.expect}</bdi></p>}
        </li>
      ))}
    </ol>
  );
}

function Migration({ migration }) {
  return (
    <div class="migration">
      <h4>By hand, without <code>stray adopt</code></h4>
      {migration.lines.length > 0
        ? <><p><code>{migration.file}</code></p><pre class="file">{migration.lines.join("\n")}</pre><StepList steps={migration.steps} /></>
        : <p>The file cannot be written: <bdi>{migration.whyNot}</bdi>.</p>}
    </div>
  );
}

const kVerify = [["check", ""], ["command", "run"], ["expected", "long"]];

function Verify({ summary }) {
  return (
    <section>
      <h2>How to verify</h2>
      <Table columns={kVerify} id="verify">
        {summary.verify.map((step) => (
          <Row columns={kVerify} cells={[<bdi>{step.text}</bdi>, step.command && <code>{step.command}</code>, <bdi>{step.expect}</bdi>]} />
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
        <thead><tr><th /><th>strays</th><th>memory</th></tr></thead>
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
