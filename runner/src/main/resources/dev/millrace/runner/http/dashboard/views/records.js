// The newest records of a topic of the job, decoded as runner.jar peek does.

import { jobPath } from "../api.js";
import { clock, exact, moment, oneLine } from "../format.js";
import { html, useState } from "../lib.js";
import { topicsOf } from "../model.js";
import { Answered, Choice, Empty, Facts, Panel, Same, Table, useAnswer, Value } from "../parts.js";

const LIMITS = ["20", "50", "200"];

export function RecordsView({ app }) {
  const { state, api, parameters, go } = app;
  const topics = topicsOf(state.plan, app.errorsTopic);
  const topic = topics.some((one) => one.topic === parameters.topic) ? parameters.topic : topics[0].topic;
  const limit = LIMITS.includes(parameters.limit) ? parameters.limit : LIMITS[1];
  const { partition } = parameters;
  const [follows, setFollows] = useState(false);
  const path = jobPath(state.name, `topics/${encodeURIComponent(topic)}/records`, { limit, partition });
  const answer = useAnswer(api, path, follows ? 3000 : 0);
  const partitions = answer.data?.partitions ?? 0;
  const change = (changed) => go("records", { topic, limit, partition, ...changed });
  return html`
    <${Panel} id="records-title" title="Newest records" note="Committed ones, newest first by Kafka's timestamp, UTC. Open a row for all of it.">
      <div class="fields">
        <${Choice} label="Topic" value=${topic} onChange=${(value) => change({ topic: value, partition: undefined })}
          options=${topics.map((one) => ({ value: one.topic, text: `${one.topic} (${one.role})` }))} />
        <${Choice} label="Partition" value=${partition ?? ""} onChange=${(value) => change({ partition: value })}
          options=${[{ value: "", text: "all" }, ...partitionOptions(partitions, partition)]} />
        <${Choice} label="At most" value=${limit} onChange=${(value) => change({ limit: value })} options=${LIMITS.map((one) => ({ value: one, text: one }))} />
        <button type="button" onClick=${answer.reload}>Read again</button>
        <label class="check"><input type="checkbox" checked=${follows} onChange=${(event) => setFollows(event.target.checked)} /> every 3 s</label>
      </div>
      <${Answered} answer=${answer} absent=${(error) => html`<${Empty} title="Not there">${error.message}<//>`}>
        ${(data) => html`
          ${!data.complete && html`<p class="note">These records are large: not all that were asked for are here.</p>`}
          <${Table} caption=${"Newest records of " + topic} columns=${COLUMNS} rows=${data.records} filter=${app.filter}
            keyOf=${(one) => `${one.partition}/${one.offset}`} detail=${Details} empty=${html`<${Empty} title="The topic has no records" />`} />`}
      <//>
    <//>
    <${Same} app=${app} paths=${[path]} cli=${[`peek ${topic} -b {brokers} --from -${limit}${partition ? " --partition " + partition : ""}`]} />`;
}

function partitionOptions(count, chosen) {
  const most = Math.max(count, chosen === undefined ? 0 : Number(chosen) + 1);
  return Array.from({ length: Math.min(most, 1000) }, (_, i) => ({ value: String(i), text: String(i) }));
}

const COLUMNS = [
  { label: "Time", value: (one) => one.timestamp, cell: (one) => html`<time datetime=${one.timestamp} title=${moment(one.timestamp)}>${clock(one.timestamp)}</time>` },
  { label: "Partition", isNumber: true, value: (one) => one.partition, cell: (one) => one.partition },
  { label: "Offset", isNumber: true, value: (one) => one.offset, cell: (one) => exact(one.offset) },
  { label: "Kind", value: (one) => one.kind },
  { label: "Key", value: (one) => oneLine(one.key), cell: (one) => html`<code class="clip">${oneLine(one.key)}</code>` },
  { label: "Value", value: (one) => oneLine(one.value), cell: (one) => html`<code class="clip wide">${oneLine(one.value)}</code>` },
];

function Details(record) {
  const headers = Object.entries(record.headers);
  return html`<div class="two"><div><h3>Value</h3><${Value} value=${record.value} /></div>
    <div><h3>Key</h3><${Value} value=${record.key} />
      ${headers.length > 0 && html`<h3>Headers</h3><${Facts} facts=${headers} />`}</div></div>`;
}
