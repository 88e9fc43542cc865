// How far event time is: watermarks of stages and tasks on one line of time, the windows that are open, and the past.

import { jobPath } from "../api.js";
import { Chart, MOST_LINES } from "../charts.js";
import { clock, duration, exact, moment, UNKNOWN } from "../format.js";
import { html, useMemo } from "../lib.js";
import { ageOf, stepsOf, windowsIn } from "../model.js";
import { Answered, Empty, Facts, Panel, Same, Table, Time, Unanswered, useAnswer } from "../parts.js";

/** A stretch of time that is looked at, in milliseconds, at least. */
const LEAST_SPAN = 30_000;

export function TimeView({ app }) {
  const { state, api } = app;
  const sources = useAnswer(api, jobPath(state.name, "watermarks"), 2000);
  const windows = useAnswer(api, jobPath(state.name, "windows"), 5000);
  const hasTime = state.watermarks.stages.some((stage) => stage.watermark !== null || stage.ended);
  return html`
    <${Panel} id="watermarks-title" title="Watermarks" note="From the slowest task to the clock, UTC. Marks below are tasks, boxes above windows: open ones, and dashed ones that are closed.">
      ${hasTime ? html`<${Timeline} state=${state} />` : html`<${Empty} title="No task has a watermark">Windows of this job go by the clock, or nothing has come yet.<//>`}
    <//>
    <${AgeChart} app=${app} />
    <${Panel} id="windows-title" title="Windows" note="Open ones over all instances: one for each key and window.">
      <${Answered} answer=${windows} absent=${() => html`<${PlannedWindows} plan=${state.plan} />`}>
        ${(data) => html`<${OpenWindows} data=${data} plan=${state.plan} filter=${app.filter} />`}
      <//>
    <//>
    <${Panel} id="sources-title" title="Partitions of sources" note="How long the watermark of each has stood still.">
      <${Answered} answer=${sources}>
        ${(data) => html`<${Table} caption="Partitions of sources" columns=${SOURCES} rows=${data.sources} filter=${app.filter}
          keyOf=${(one) => `${one.stage}/${one.partition}/${one.instance}`} empty=${html`<${Empty} title="No instance reads a source" />`} />
          <${Unanswered} unanswered=${data.unanswered} />`}
      <//>
    <//>
    <${Same} app=${app} paths=${[jobPath(state.name, "watermarks"), jobPath(state.name, "windows")]} cli=${[`status ${state.name} -b {brokers}`]} />`;
}

/** Stages as rows, time from left to right; the right end is now. */
function Timeline({ state }) {
  const stages = state.watermarks.stages;
  const now = Date.parse(state.watermarks.asOf);
  const times = stages.flatMap((stage) => [stage, ...stage.tasks]).map((one) => one.watermark).filter(Boolean).map((one) => Date.parse(one));
  const first = Math.min(now - LEAST_SPAN, ...times);
  // A little room on both sides, for the marks at the ends.
  const [from, to] = [first - (now - first) * 0.02, now + (now - first) * 0.02];
  const x = (time) => ((time - from) / (to - from)) * 100;
  const ticks = ticksBetween(from, now, 6);
  return html`<div class="timeline">
    ${stages.map((stage) => html`<${Row} key=${stage.stage} stage=${stage} now=${now} x=${x}
      windows=${windowsIn(state.plan.stages.find((one) => one.name === stage.stage), from, now, stage.watermark === null ? null : Date.parse(stage.watermark))} />`)}
    <div class="row axis" aria-hidden="true"><span></span><div class="lane">
      ${ticks.map((tick) => html`<span key=${tick} class="tick" style=${{ left: x(tick) + "%" }}>${to - from > 86_400_000 ? moment(tick) : clock(tick)}</span>`)}
      <span class="tick now" style=${{ left: x(now) + "%" }}>now</span>
    </div></div>
  </div>`;
}

function Row({ stage, now, x, windows }) {
  const at = stage.watermark === null ? null : Date.parse(stage.watermark);
  const says = stage.ended ? "ended" : at === null ? "no watermark yet" : `${duration(now - at)} behind`;
  return html`<div class="row">
    <span class="who"><b>${stage.stage}</b><small>${says}</small></span>
    <div class="lane" role="img" aria-label=${`${stage.stage}: ${says}${at === null ? "" : ", watermark " + moment(at)}`}>
      ${at !== null && html`<i class="behind" style=${{ left: x(at) + "%", width: Math.max(0, x(now) - x(at)) + "%" }}></i>
        <i class="mark" title=${moment(at)} style=${{ left: x(at) + "%" }}></i>`}
      ${windows.map((one) => html`<i key=${one.step + one.start} class=${"window " + (one.isOpen ? "open" : "closed")} style=${{ left: x(one.start) + "%", width: x(one.end) - x(one.start) + "%" }}
        title=${`window ${clock(one.start)} – ${clock(one.end)}, ${one.isOpen ? "open" : "closed"}`}></i>`)}
      ${stage.tasks.filter((task) => task.watermark !== null).map((task) => html`<i key=${task.task} class="task" style=${{ left: x(Date.parse(task.watermark)) + "%" }}
        title=${`task ${task.task}: ${moment(task.watermark)}`}></i>`)}
      <i class="now" style=${{ left: x(now) + "%" }}></i>
    </div>
  </div>`;
}

/** A few times that are easy to read. */
export function ticksBetween(from, to, atMost) {
  const steps = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 21_600, 43_200, 86_400].map((seconds) => seconds * 1000);
  const step = steps.find((one) => (to - from) / one <= atMost) ?? (to - from) / atMost;
  const ticks = [];
  // Not where the word "now" is.
  for (let tick = Math.ceil(from / step) * step; tick < to - (to - from) * 0.06; tick += step) ticks.push(tick);
  return ticks;
}

function AgeChart({ app }) {
  const { history, state, theme } = app;
  const names = state.watermarks.stages.slice(0, MOST_LINES).map((stage) => stage.stage);
  const columns = useMemo(() => history.columns(names.map((name) => `age/${name}`)), [history.version, names.join()]);
  return html`<div class="charts"><${Chart} title="Event time behind the clock" note="by stage" columns=${columns} theme=${theme}
    series=${names.map((label) => ({ label }))} format=${(seconds) => duration(seconds === null ? null : seconds * 1000)} /></div>`;
}

/** What the plan says of windows, where the server does not tell which are open. */
function PlannedWindows({ plan }) {
  const windowed = plan.stages.flatMap((stage) => stepsOf(stage).filter((step) => /window|session|tumbling|sliding/i.test(step.does)).map((step) => ({ stage: stage.name, ...step })));
  if (windowed.length === 0) return html`<${Empty} title="The job has no windows" />`;
  return html`<${Facts} facts=${windowed.map((step) => [`${step.stage} · ${step.name}`, step.does])} />
    <p class="note">Which of them are open is not served by this instance.</p>`;
}

function OpenWindows({ data, plan, filter }) {
  if (data.operators.length === 0) return html`<${PlannedWindows} plan=${plan} /><${Unanswered} unanswered=${data.unanswered} />`;
  return html`<${Table} caption="Open windows" columns=${OPERATORS} rows=${data.operators} filter=${filter} keyOf=${(one) => `${one.stage}/${one.operator}`} />
    <${Unanswered} unanswered=${data.unanswered} />`;
}

const OPERATORS = [
  { label: "Operator", value: (one) => one.operator },
  { label: "Stage", value: (one) => one.stage },
  { label: "Open windows", isNumber: true, value: (one) => one.open, cell: (one) => exact(one.open) },
  { label: "Watermark", isNumber: true, value: (one) => one.watermark, cell: (one) => html`<${Time} at=${one.watermark} />` },
];

const SOURCES = [
  { label: "Stage", value: (one) => one.stage },
  { label: "Partition", isNumber: true, value: (one) => one.partition, cell: (one) => one.partition },
  { label: "Instance", value: (one) => one.instance ?? "", cell: (one) => html`<code>${one.instance ?? UNKNOWN}</code>` },
  { label: "State", value: (one) => one.state.toLowerCase() },
  { label: "Watermark", isNumber: true, value: (one) => one.watermark, cell: (one) => (one.ended ? "ended" : html`<${Time} at=${one.watermark} />`) },
  { label: "Behind", isNumber: true, value: (one) => ageOf(one.watermark, new Date().toISOString()), cell: (one) => duration(ageOf(one.watermark, new Date().toISOString())) },
  { label: "Stands for", isNumber: true, value: (one) => one.standsForMs, cell: (one) => duration(one.standsForMs) },
  { label: "Lag", isNumber: true, value: (one) => one.lag, cell: (one) => exact(one.lag) },
];
