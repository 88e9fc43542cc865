// First screen: what is wrong, the job as a graph, and the same as a table.

import { jobPath } from "../api.js";
import { Chart, MOST_LINES } from "../charts.js";
import { bytes, duration, exact, percent, rate, short } from "../format.js";
import { JobGraph } from "../graph.js";
import { html, useMemo } from "../lib.js";
import { findings, graphOf, LEVELS, stepsOf } from "../model.js";
import { Badge, Bar, Facts, Panel, Same, Table } from "../parts.js";
import { addressOf } from "../routes.js";

export function GraphView({ app }) {
  const { state } = app;
  const graph = useMemo(() => graphOf(state.plan), [state.plan]);
  return html`
    <${Findings} state=${state} />
    <${Panel} id="graph-title" title="Stages" note="Each card is a stage; its colour, sign and word say how it does. Bars: at work, and in commits.">
      <${JobGraph} graph=${graph} stages=${state.stages} />
    <//>
    <${Charts} app=${app} />
    <${Panel} id="stages-title" title="Stages in figures" note="Counts are those of the instances that are alive, since each of them started.">
      <${Table} caption="Stages" columns=${COLUMNS} rows=${state.stages} keyOf=${(stage) => stage.name} filter=${app.filter} detail=${Details} />
    <//>
    <${Same} app=${app} paths=${[jobPath(state.name), jobPath(state.name, "stages")]} cli=${[`status ${state.name} -b {brokers}`]} />`;
}

function Findings({ state }) {
  const found = findings(state);
  if (found.length === 0) {
    // Of now nobody knows while there is no answer.
    const says = state.error ? "Nothing was wrong when it answered last." : "Nothing is wrong: every task runs, and nothing waits for long.";
    return html`<section class="findings quiet" aria-label="What is wrong"><p><span class="sign" aria-hidden="true">${LEVELS.ok.sign}</span> ${says}</p></section>`;
  }
  return html`<section class="findings" aria-label="What is wrong"><ul>
    ${found.map((one) => html`<li key=${one.text} class=${one.level}>
      <span class="sign" aria-hidden="true">${LEVELS[one.level].sign}</span>
      <p><a href=${addressOf(one.view, one.parameters)}>${one.text}</a><small>${one.hint}</small></p>
    </li>`)}
  </ul></section>`;
}

function Charts({ app }) {
  const { history, state, theme } = app;
  // The stages that read the most, should there be very many.
  const names = [...state.stages].sort((one, other) => other.recordsIn - one.recordsIn).slice(0, MOST_LINES).map((stage) => stage.name);
  const stages = state.stages.map((stage) => stage.name).filter((name) => names.includes(name));
  const { version } = history;
  const rates = useMemo(() => rateColumns(history, stages), [version, stages.join()]);
  const lags = useMemo(() => history.columns(stages.map((name) => `stage/${name}/lag`)), [version, stages.join()]);
  const restores = useMemo(() => history.columns(["restore"]), [version]);
  const series = stages.map((label) => ({ label }));
  return html`<div class="charts three">
    <${Chart} title="Records in" note="per second, by stage" columns=${rates} series=${series} format=${rate} theme=${theme} />
    <${Chart} title="Lag" note="records that wait, by stage" columns=${lags} series=${series} format=${short} isCount=${true} theme=${theme} />
    <${Chart} title="Restore" note="changelog rows still to be read" columns=${restores} series=${[{ label: "all stages" }]} format=${short} isCount=${true} theme=${theme} />
  </div>`;
}

/** Instances report every few seconds, so a rate over the last few samples is what was going on then. */
function rateColumns(history, stages) {
  const [times] = history.columns([]);
  const span = 6;
  const lines = stages.map((name) => {
    const values = history.values(`stage/${name}/in`);
    return values.map((value, i) => {
      const before = i >= 1 ? firstSince(times, i, span) : i;
      const elapsed = times[i] - times[before];
      const growth = value - values[before];
      return elapsed > 0 && value !== null && values[before] !== null && growth >= 0 ? growth / elapsed : null;
    });
  });
  return [times, ...lines];
}

function firstSince(times, i, seconds) {
  let first = i - 1;
  while (first > 0 && times[i] - times[first] < seconds) first--;
  return first;
}

const shares = (stage) => [
  { share: stage.busyShare ?? 0, kind: "busy" },
  { share: stage.commitShare ?? 0, kind: "commit" },
];

const COLUMNS = [
  { label: "Stage", value: (stage) => stage.name, cell: (stage) => html`<a href=${addressOf("partitions", { stage: stage.name })}>${stage.name}</a>` },
  { label: "State", value: (stage) => stage.word, cell: (stage) => html`<${Badge} level=${stage.level} word=${stage.word} title=${stage.why} />` },
  { label: "In", isNumber: true, value: (stage) => stage.inRate, cell: (stage) => rate(stage.inRate) },
  { label: "Out", isNumber: true, value: (stage) => stage.outRate, cell: (stage) => rate(stage.outRate) },
  { label: "Lag", isNumber: true, value: (stage) => stage.lag, cell: (stage) => exact(stage.lag), title: "Records that wait; in a shuffle, frames" },
  {
    label: "Busy",
    isNumber: true,
    title: "Share of the workers' time at work, and in commits",
    value: (stage) => stage.busyShare,
    cell: (stage) => html`<${Bar} shares=${shares(stage)} label=${`at work ${percent(stage.busyShare)}, in commits ${percent(stage.commitShare)}`} />
      ${percent(stage.busyShare)} + ${percent(stage.commitShare)}`,
  },
  {
    label: "Event time",
    isNumber: true,
    title: "How far the watermark is behind the clock",
    value: (stage) => stage.watermarkAgeMs,
    cell: (stage) => (stage.ended ? "ended" : duration(stage.watermarkAgeMs)),
  },
  { label: "Restore", isNumber: true, value: (stage) => stage.restoreRemaining, cell: (stage) => exact(stage.restoreRemaining) },
  { label: "Tasks", isNumber: true, value: (stage) => stage.runningTasks, cell: (stage) => `${stage.runningTasks} / ${stage.tasks}` },
  { label: "Late", isNumber: true, value: (stage) => stage.lateRecords, cell: (stage) => exact(stage.lateRecords) },
  { label: "Dropped", isNumber: true, title: "Skipped, or dead letters", value: (stage) => stage.skippedRecords + stage.deadLetters, cell: (stage) => exact(stage.skippedRecords + stage.deadLetters) },
  { label: "Aborts", isNumber: true, title: "Transactions that were repeated", value: (stage) => stage.abortedTransactions, cell: (stage) => exact(stage.abortedTransactions) },
];

function Details(stage) {
  const { counters, pace, planned } = stage;
  return html`<div class="two">
    <div><h3>Steps</h3><ol class="steps">${(planned ? stepsOf(planned) : []).map((step) => html`<li key=${step.name}><b>${step.name}</b> ${step.does} <small>on error: ${step.errors.toLowerCase()}</small></li>`)}</ol></div>
    <div><h3>Figures</h3><${Facts} facts=${[
      ["Condition", stage.why],
      ["Consumer group", html`<code>${stage.group}</code>`],
      ["Members", exact(stage.members)],
      ["Commits", pace && `every ${duration(pace.intervalMs)}, each takes ${duration(pace.durationMs)} (${REASONS[pace.reason] ?? pace.reason})`],
      ["Records in, out", `${exact(stage.recordsIn)}, ${exact(stage.recordsOut)}`],
      ["State", counters.stateRows > 0 ? `about ${exact(counters.stateRows)} rows, ${bytes(counters.stateDiskBytes)} on disk` : null],
      ["Waits for tables in", stage.awaitedTopics.join(", ")],
      ["Held back by", stage.heldBackBy.join(", ")],
    ]} /></div>
  </div>`;
}

const REASONS = {
  CAUGHT_UP: "it has caught up",
  NOTHING_TO_SHOW: "there is nothing to show",
  BEHIND: "it is behind",
  SINK: "the sink wants it so",
};
