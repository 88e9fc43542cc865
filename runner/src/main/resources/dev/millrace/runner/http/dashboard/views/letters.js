// Records that the error policy wrote to the topic of dead letters: their causes first, then one by one.

import { jobPath } from "../api.js";
import { clock, exact, moment, oneLine, UNKNOWN } from "../format.js";
import { html } from "../lib.js";
import { causes, letterOf, servedLetter } from "../model.js";
import { Answered, Empty, Facts, Panel, Same, Table, useAnswer, Value } from "../parts.js";
import { addressOf } from "../routes.js";

const LIMIT = 200;

export function LettersView({ app }) {
  const { state, api, errorsTopic } = app;
  const asked = jobPath(state.name, "dead-letters", { limit: LIMIT });
  const served = useAnswer(api, asked, 10_000);
  // A server without that path shows the records of the topic, which are the same.
  const isMissing = served.error?.status === 404;
  const records = useAnswer(api, isMissing ? jobPath(state.name, `topics/${encodeURIComponent(errorsTopic)}/records`, { limit: LIMIT }) : null, 10_000);
  const [answer, path] = isMissing ? [records, jobPath(state.name, `topics/${errorsTopic}/records`, { limit: LIMIT })] : [served, asked];
  return html`
    <div class="stack"><${Answered} answer=${answer} absent=${() => html`<${None} topic=${errorsTopic} />`}>
      ${(data) => {
        const letters = data.letters?.map(servedLetter) ?? data.records.map(letterOf);
        if (letters.length === 0) return html`<${None} topic=${errorsTopic} />`;
        return html`
          <${Panel} id="causes-title" title="Causes" note=${`Of the newest ${exact(letters.length)} letters.`}>
            <${Table} caption="Causes of dead letters" columns=${CAUSES} rows=${causes(letters)} filter=${app.filter} keyOf=${(one) => oneLine([one.exception, one.operator, one.stage])}
              detail=${(one) => html`<${Facts} facts=${[["Newest message", one.newest.message], ["At", moment(one.newest.timestamp)]]} />`} />
          <//>
          <${Panel} id="letters-title" title="Dead letters" note=${html`Newest first, from <a href=${addressOf("records", { topic: errorsTopic })}>${errorsTopic}</a>. Open a row for all of it.`}>
            <${Table} caption="Dead letters" columns=${LETTERS} rows=${letters} filter=${app.filter} keyOf=${(one) => `${one.partition}/${one.offset}`} detail=${Details} />
          <//>`;
      }}
    <//></div>
    <${Same} app=${app} paths=${[path]} cli=${[`dlq list ${state.name} -b {brokers}`, `peek ${errorsTopic} -b {brokers} --from -${LIMIT}`]} />`;
}

const None = ({ topic }) => html`<${Panel} id="letters-title" title="Dead letters">
  <${Empty} title="There are no dead letters">Records that fail under the error policy <code>dead-letter</code> would be in topic <code>${topic}</code>.<//><//>`;

const CAUSES = [
  { label: "Letters", isNumber: true, value: (one) => one.count },
  { label: "Exception", value: (one) => one.exception, cell: (one) => html`<span title=${one.exception}>${one.exception.split(".").at(-1)}</span>` },
  { label: "Operator", value: (one) => one.operator ?? UNKNOWN },
  { label: "Stage", value: (one) => one.stage ?? UNKNOWN },
  { label: "Newest", isNumber: true, value: (one) => one.newest.timestamp, cell: (one) => clock(one.newest.timestamp) },
  { label: "Message", value: (one) => one.newest.message, cell: (one) => html`<span class="clip wide">${one.newest.message}</span>` },
];

const LETTERS = [
  { label: "Time", value: (one) => one.timestamp, cell: (one) => html`<time datetime=${one.timestamp} title=${moment(one.timestamp)}>${clock(one.timestamp)}</time>` },
  { label: "Exception", value: (one) => one.exception, cell: (one) => html`<span title=${one.exception}>${one.exception.split(".").at(-1)}</span>` },
  { label: "From", value: origin, cell: (one) => (one.origin ? html`<a href=${addressOf("records", { topic: one.origin.topic, partition: one.origin.partition })}>${origin(one)}</a>` : UNKNOWN) },
  { label: "Operator", value: (one) => one.operator ?? UNKNOWN },
  { label: "Message", value: (one) => one.message, cell: (one) => html`<span class="clip wide">${one.message}</span>` },
  { label: "Value", value: (one) => oneLine(one.value), cell: (one) => html`<code class="clip">${oneLine(one.value)}</code>` },
];

function origin({ origin: place }) {
  return place === null ? "several records" : `${place.topic}-${place.partition}@${place.offset}`;
}

function Details(letter) {
  return html`<div class="two"><div><h3>Value</h3><${Value} value=${letter.value} /></div>
    <div><h3>Why</h3><${Facts} facts=${[
      ["Exception", html`<code>${letter.exception}</code>`],
      ["Message", letter.message],
      ["Stage", letter.stage],
      ["Operator", letter.operator],
      ["Record", letter.origin && origin(letter)],
      ["Part", letter.part],
      ["Key", letter.key === null ? null : oneLine(letter.key)],
    ]} /></div></div>`;
}
