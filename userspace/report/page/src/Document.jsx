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
      {found && <section><h2>How to verify</h2><Commands lines={summary.verify} /></section>}
      {found && <Totals totals={summary.totals} />}
      <Cleared model={model} show={show} />
      <section>
        <h2>What was looked at, and what not</h2>
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
  const { host, subjects, totals, oneLook, from, to, verdict } = model.summary;
  return (
    <header>
      <p id="verdict" class={`verdict ${subjects.length ? "bad" : "good"}`}>{verdict}</p>
      <dl class="host">
        <dt>host</dt><dd><bdi>{host.name}</bdi></dd>
        <dt>kernel</dt><dd><bdi>{host.kernel}</bdi></dd>
        <dt>boot id</dt><dd><code>{host.boot}</code></dd>
        <dt>{oneLook ? "seen" : "time"}</dt>
        <dd>{oneLook ? model.stamp(to) : `${model.stamp(from)} to ${model.stamp(to)}`}</dd>
        <dt>memory, CPUs</dt><dd>{number(Math.round(host.memory / 1048576))} MiB, {host.cpus}</dd>
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
  return findings.map((n) => (
    <span key={n} class={`badge ${model.findings[n].severity}`}>{model.findings[n].kind}</span>
  ));
}

function Situation({ summary, model, show }) {
  return (
    <section>
      <h2>Situation</h2>
      <div class="wide">
        <table id="situation">
          <thead>
            <tr><th>pid</th><th>command</th><th>running since</th><th>started by, from where</th><th>memory</th><th>CPU</th><th>looked after by</th><th>findings</th></tr>
          </thead>
          <tbody>
            {summary.subjects.map((s) => (
              <tr key={s.id}>
                <td class="number">{s.pid}</td>
                <td class="command"><Show process={s.process} show={show}>{s.command}</Show></td>
                <td class="stamp">{s.since}</td>
                <td class="long"><bdi>{s.by}</bdi>{s.where && <div class="faint"><bdi>{s.where}</bdi></div>}</td>
                <td class="number">{s.memory}</td><td class="number">{s.cpu}</td><td><bdi>{s.keeper}</bdi></td>
                <td><Badges findings={s.findings} model={model} /></td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
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
      <h3><Show process={subject.process} show={show}>{subject.command}</Show> <span class="faint">pid {subject.pid}, id <code>{subject.id}</code></span></h3>
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

export function Commands({ lines }) {
  return (
    <pre class="commands">
      {lines.map((line) => {
        const comment = line.startsWith("#") ? 0 : line.indexOf("  # ");
        return comment < 0
          ? <div>{line}</div>
          : <div>{line.slice(0, comment)}<span class="comment">{line.slice(comment)}</span></div>;
      })}
    </pre>
  );
}

function Steps({ summary, show }) {
  return (
    <section>
      <h2>What to do, step by step</h2>
      <p class="faint">Read each command before you run it; the pids are those of the time of this report.</p>
      <ol class="steps">
        {summary.steps.map((step) => (
          <li>
            <p><b>{step.title}:</b> {step.about.map((a, n) => [n > 0 && ", ", <Show process={a.process} show={show}>{a.command}</Show>, ` (pid ${a.pid})`])}</p>
            <Commands lines={step.lines} />
          </li>
        ))}
      </ol>
    </section>
  );
}

function Totals({ totals }) {
  return (
    <section>
      <h2>Totals</h2>
      <table class="totals">
        <thead><tr><th /><th>processes</th><th>memory</th></tr></thead>
        <tbody>
          <tr><td>named by findings</td><td class="number">{number(totals.named)}</td><td class="number">{totals.namedMemory}</td></tr>
          <tr><td>ended by the steps, freed</td><td class="number">{number(totals.ended)}</td><td class="number">{totals.endedMemory}</td></tr>
        </tbody>
      </table>
      <p class="faint">{totals.note}</p>
    </section>
  );
}

function Cleared({ model, show }) {
  const cleared = model.findings.filter((f) => f.cleared >= 0).sort((a, b) => a.cleared - b.cleared);
  if (!cleared.length) return null;
  return (
    <section>
      <h2>Findings that were cleared</h2>
      <div class="wide">
        <table id="cleared">
          <thead><tr><th>kind</th><th>pid</th><th>what it was</th><th>raised</th><th>cleared</th><th>why cleared</th></tr></thead>
          <tbody>
            {cleared.map((f) => (
              <tr>
                <td><span class="badge cleared">{f.kind}</span></td><td class="number">{f.pid}</td>
                <td class="long"><Show process={f.process} show={show}>{f.message}</Show></td>
                <td class="stamp">{model.stamp(f.raised)}</td><td class="stamp">{model.stamp(f.cleared)}</td><td><bdi>{f.reason}</bdi></td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}
