// Who reads what: partitions by instance, their lag over time, and the instances themselves.

import { jobPath } from "../api.js";
import { Chart, MOST_LINES } from "../charts.js";
import { duration, exact, moment, short, UNKNOWN } from "../format.js";
import { html, useMemo } from "../lib.js";
import { ageOf, LEVELS, measureOf, partitionLevel, placement } from "../model.js";
import { Badge, Choice, Empty, Panel, Same, Table, Time } from "../parts.js";
import { addressOf } from "../routes.js";

export function PartitionsView({ app }) {
  const { state, parameters, go } = app;
  const known = state.stages.some((stage) => stage.name === parameters.stage);
  const stage = known ? parameters.stage : "";
  const chosen = state.stages.filter((one) => stage === "" || one.name === stage);
  const rows = state.partitions.filter((one) => stage === "" || one.stage === stage);
  const choose = html`<${Choice} label="Stage" value=${stage} onChange=${(value) => go("partitions", { stage: value })}
    options=${[{ value: "", text: "all stages" }, ...state.stages.map(({ name }) => ({ value: name, text: name }))]} />`;
  return html`
    <${Panel} id="placement-title" title="Partitions by instance" actions=${choose}
        note="Each cell is a partition with the records that wait in it. Its task moves with it.">
      ${chosen.map((one) => html`<${Placement} key=${one.name} stage=${one} partitions=${state.partitions} job=${state.job} />`)}
      <${Legend} />
    <//>
    <${LagChart} app=${app} rows=${rows} />
    <${Panel} id="instances-title" title="Instances" note="As they have reported last; one that is gone stays for an hour.">
      <${Table} caption="Instances" columns=${instanceColumns(state)} rows=${state.job.instances} keyOf=${(one) => one.id} filter=${app.filter} />
    <//>
    <${Panel} id="partitions-title" title="Partitions in figures">
      <${Table} caption="Partitions" columns=${partitionColumns(state)} rows=${rows} keyOf=${(one) => `${one.stage}/${one.topic}/${one.partition}`} filter=${app.filter} />
    <//>
    <${Same} app=${app} paths=${[jobPath(state.name, "partitions", { stage }), jobPath(state.name)]} cli=${[`status ${state.name} -b {brokers}`]} />`;
}

function Placement({ stage, partitions, job }) {
  const owners = placement(partitions, stage.name);
  const topics = new Set(partitions.filter((one) => one.stage === stage.name).map((one) => one.topic));
  return html`<div class="placement"><h3>${stage.name}</h3>
    ${owners.length === 0 && html`<${Empty} title="It reads no partitions" />`}
    ${owners.map(({ instance, cells }) => html`<div class="owner" key=${instance}>
      <span class="who">${instance === null ? "nobody" : instance}${isGone(job, instance) && html` <small>gone</small>`}</span>
      <ul>${cells.map((cell) => html`<${Cell} key=${cell.topic + cell.partition} cell=${cell} measure=${measureOf(stage)} hasTopics=${topics.size > 1} />`)}</ul>
    </div>`)}
  </div>`;
}

const isGone = (job, instance) => job.instances.some((one) => one.id === instance && !one.alive);

function Cell({ cell, measure, hasTopics }) {
  const level = partitionLevel(cell, measure);
  const says = `partition ${cell.partition} of ${cell.topic}: ${(cell.state ?? "read by every instance").toLowerCase()}, ${exact(cell.lag)} records wait`;
  return html`<li class=${"cell " + level} title=${says}><span class="hidden">${says}</span>
    <span aria-hidden="true"><b>${hasTopics ? cell.topic.split(".").at(-1).slice(0, 8) + " " : ""}${cell.partition}</b> <span class="sign">${LEVELS[level].sign}</span> ${short(cell.lag)}</span></li>`;
}

function Legend() {
  const entries = [["ok", "reads, little waits"], ["warn", "much waits"], ["info", "restores, waits or is paused"], ["bad", "nobody has it"], ["done", "read to its end"]];
  return html`<ul class="signs">${entries.map(([level, text]) => html`<li key=${level} class=${level}><span class="sign" aria-hidden="true">${LEVELS[level].sign}</span> ${text}</li>`)}</ul>`;
}

const keyOf = (one) => `lag/${one.stage}/${one.topic}/${one.partition}`;

function LagChart({ app, rows }) {
  const { history, theme } = app;
  // Those with the most at any time, in the order of the partitions: lines that come and go cannot be followed.
  const most = [...rows].map((one) => ({ one, peak: Math.max(0, ...history.values(keyOf(one))) })).sort((a, b) => b.peak - a.peak);
  const chosen = new Set(most.slice(0, MOST_LINES).map(({ one }) => one));
  const shown = rows.filter((one) => chosen.has(one));
  const keys = shown.map(keyOf);
  const columns = useMemo(() => history.columns(keys), [history.version, keys.join()]);
  const note = rows.length <= MOST_LINES ? "records that wait, by partition" : `records that wait; the ${MOST_LINES} of ${rows.length} partitions in which the most has waited`;
  return html`<div class="charts"><${Chart} title="Lag" note=${note} height=${200} columns=${columns} theme=${theme} format=${short} isCount=${true}
    series=${shown.map((one) => ({ label: `${one.topic} ${one.partition}` }))} /></div>`;
}

function instanceColumns(state) {
  const taskCount = (id) => state.watermarks.stages.reduce((sum, stage) => sum + stage.tasks.filter((task) => task.instance === id).length, 0);
  const silent = new Map(state.job.unanswered.map((one) => [one.instance, one.reason]));
  return [
    { label: "Instance", value: (one) => one.id, cell: (one) => html`<code>${one.id}</code>${one.id === state.job.here.instance && html` <small>this page's</small>`}` },
    {
      label: "State",
      value: (one) => one.state,
      cell: (one) => html`<${Badge} level=${one.alive ? (one.state === "RUNNING" ? "ok" : "info") : one.state === "STOPPED" || one.state === "FINISHED" ? "done" : "bad"}
        word=${one.alive || one.state === "FAILED" || one.state === "STOPPED" || one.state === "FINISHED" ? one.state.toLowerCase() : "gone"} />`,
    },
    { label: "Host", value: (one) => one.host },
    { label: "Dashboard", value: (one) => one.http ?? "", cell: (one) => html`<${Address} one=${one} silent=${silent.get(one.id)} />` },
    { label: "Process", isNumber: true, value: (one) => one.pid, cell: (one) => one.pid },
    { label: "Tasks", isNumber: true, value: (one) => taskCount(one.id) },
    { label: "Reported", isNumber: true, value: (one) => one.reportedAt, cell: (one) => html`<time datetime=${one.reportedAt} title=${moment(one.reportedAt) + " UTC"}>${duration(Math.max(0, ageOf(one.reportedAt, state.asOf)))} ago</time>` },
    { label: "Error", value: (one) => one.error ?? "", cell: (one) => (one.error ? html`<a href=${addressOf("exceptions")}>${one.error}</a>` : UNKNOWN) },
  ];
}

/** Where an instance serves its own page; only what is an address is made a link, as anybody who writes to the topic of reports could set it. */
function Address({ one, silent }) {
  const isLink = one.alive && /^https?:\/\//.test(one.http ?? "");
  return html`${isLink ? html`<a href=${one.http}>${one.http.replace(/^https?:\/\/|\/$/g, "")}</a>` : UNKNOWN}${silent && html` <small title=${silent}>does not answer</small>`}`;
}

function partitionColumns(state) {
  const measures = new Map(state.stages.map((stage) => [stage.name, measureOf(stage)]));
  return [
    { label: "Stage", value: (one) => one.stage },
    { label: "Topic", value: (one) => one.topic, cell: (one) => html`<a href=${addressOf("records", { topic: one.topic, partition: one.partition })}>${one.topic}</a>` },
    { label: "Partition", isNumber: true, value: (one) => one.partition, cell: (one) => one.partition },
    { label: "State", value: (one) => one.state ?? "", cell: (one) => html`<${Badge} level=${partitionLevel(one, measures.get(one.stage))} word=${(one.state ?? "shared").toLowerCase()} />` },
    { label: "Instance", value: (one) => one.instance ?? "", cell: (one) => html`<code>${one.instance ?? UNKNOWN}</code>` },
    { label: "Lag", isNumber: true, value: (one) => one.lag, cell: (one) => exact(one.lag) },
    { label: "Committed", isNumber: true, value: (one) => one.committed, cell: (one) => exact(one.committed) },
    { label: "End", isNumber: true, value: (one) => one.end, cell: (one) => exact(one.end) },
    { label: "Watermark", isNumber: true, value: (one) => one.watermark, cell: (one) => (one.ended ? "ended" : html`<${Time} at=${one.watermark} />`) },
    { label: "Behind", isNumber: true, title: "How far the watermark is behind the clock", value: (one) => ageOf(one.watermark, state.asOf), cell: (one) => duration(ageOf(one.watermark, state.asOf)) },
  ];
}
