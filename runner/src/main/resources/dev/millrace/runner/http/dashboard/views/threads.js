// What each thread of a process does: those of the job's workers first.

import { jobPath } from "../api.js";
import { exact, UNKNOWN } from "../format.js";
import { html } from "../lib.js";
import { Answered, Choice, Panel, Same, Table, useAnswer, Value } from "../parts.js";

export function ThreadsView({ app }) {
  const { state, api, parameters } = app;
  const path = jobPath(state.name, "threads", { instance: parameters.instance });
  const answer = useAnswer(api, path);
  return html`
    <${Panel} id="threads-title" title="Threads" note="A dump at one moment. Open a row for its stack."
        actions=${html`<${InstanceChoice} app=${app} view="threads" /><button type="button" onClick=${answer.reload}>Dump again</button>`}>
      <${Answered} answer=${answer}>
        ${({ threads }) => html`<${Table} caption="Threads" columns=${COLUMNS} rows=${threads} filter=${app.filter} keyOf=${(one) => one.id}
          sortedBy=${{ column: 3, descending: true }}
          detail=${(one) => html`<${Value} value=${one.stack.length === 0 ? "It has no frames." : one.stack.join("\n")} />`} />`}
      <//>
    <//>
    <${Same} app=${app} paths=${[path]} cli=${[]} />`;
}

/** A choice of the instance to ask, where this one can ask others: those publish their addresses. */
export function InstanceChoice({ app, view }) {
  const { state, parameters, go } = app;
  const others = state.job.instances.filter((one) => one.alive && one.http && one.id !== state.job.here.instance);
  if (others.length === 0) return null;
  return html`<${Choice} label="Instance" value=${parameters.instance ?? ""} onChange=${(instance) => go(view, { instance })}
    options=${[{ value: "", text: "this one" }, ...others.map(({ id }) => ({ value: id, text: id }))]} />`;
}

/** Where a thread is: that it waits in the JDK is in its state already. */
function place({ stack }) {
  const frame = stack.find((one) => !/^(java|jdk)\.[\w.]*@/.test(one)) ?? stack[0] ?? UNKNOWN;
  return frame.replace(/^app\/\//, "");
}

const COLUMNS = [
  { label: "Thread", value: (one) => one.name, cell: (one) => html`<code>${one.name}</code>` },
  { label: "State", value: (one) => one.state.toLowerCase().replace("_", " "), cell: (one) => html`<span class="word">${one.state.toLowerCase().replace("_", " ")}</span>` },
  { label: "Waits for", value: (one) => one.waitsFor ?? "", cell: (one) => html`<code class="clip">${one.waitsFor?.split(".").at(-1) ?? UNKNOWN}</code>` },
  { label: "CPU", isNumber: true, value: (one) => one.cpuMs, cell: (one) => exact(one.cpuMs) + " ms" },
  { label: "At", value: place, cell: (one) => html`<code class="clip wide">${place(one)}</code>`, title: "The innermost frame that is not of the JDK" },
];
