// The stores of a job: how much is in them, and the rows of a key or a prefix.

import { jobPath } from "../api.js";
import { bytes, exact, oneLine, shellWord } from "../format.js";
import { html, useState } from "../lib.js";
import { storeChoices } from "../model.js";
import { addressOf } from "../routes.js";
import { Answered, Choice, Empty, Failure, Panel, Same, Table, Time, Unanswered, useAnswer, Value } from "../parts.js";

const LIMITS = [20, 100, 500];

export function StateView({ app }) {
  const { state, api, parameters, go } = app;
  const sizes = useAnswer(api, jobPath(state.name, "state"), 5000);
  const stores = sizes.data?.stores ?? state.plan.stages.flatMap((planned) => planned.stores.map((name) => ({ name, stage: planned.name })));
  const choices = storeChoices(stores);
  const chosen = choices.find(({ name, stage }) => name === parameters.store && (stage === undefined || stage === parameters.stage)) ?? choices[0];
  if (stores.length === 0) return html`<${Panel} id="stores-title" title="Stores"><${Empty} title="The job keeps no state" /><//>`;
  return html`
    <${Panel} id="stores-title" title="Stores" note="Over all instances. Rows of a store are exact as of the last commits; those of a stage, and bytes, are estimates.">
      ${sizes.data
        ? html`<${Table} caption="Stores" columns=${storeColumns(stores)} rows=${stores} filter=${app.filter} keyOf=${(one) => `${one.stage}/${one.name}`}
            onOpen=${(one) => one.refusal === null && go("state", addressed(choices.find(({ name, stage }) => name === one.name && (stage ?? one.stage) === one.stage)))} />`
        : sizes.error && html`<${Failure} error=${sizes.error} onRetry=${sizes.reload} />`}
      <${Unanswered} unanswered=${sizes.data?.unanswered} />
      <h3>By stage</h3>
      <${Table} caption="Stores by stage" columns=${STAGE_COLUMNS} rows=${state.stages.filter((stage) => stage.planned?.stores.length > 0)} filter=${app.filter} keyOf=${(stage) => stage.name} />
    <//>
    ${chosen && html`<${Browser} key=${chosen.text} app=${app} choices=${choices} chosen=${chosen} />`}`;
}

const STAGE_COLUMNS = [
  { label: "Stage", value: (stage) => stage.name },
  { label: "Stores", value: (stage) => stage.planned.stores.join(", "), cell: (stage) => stage.planned.stores.map((store, i) => html`${i > 0 && ", "}<a href=${addressOf("state", { store, stage: stage.name })}>${store}</a>`) },
  { label: "Rows", isNumber: true, value: (stage) => stage.counters.stateRows, cell: (stage) => exact(stage.counters.stateRows) },
  { label: "On disk", isNumber: true, value: (stage) => stage.counters.stateDiskBytes, cell: (stage) => bytes(stage.counters.stateDiskBytes) },
  { label: "In memory", isNumber: true, value: (stage) => stage.counters.stateCachedBytes, cell: (stage) => bytes(stage.counters.stateCachedBytes) },
  { label: "To restore", isNumber: true, value: (stage) => stage.restoreRemaining, cell: (stage) => exact(stage.restoreRemaining) },
];

/** Columns for whichever fields there are. */
function storeColumns(stores) {
  const number = (label, field, text) =>
    stores.some((one) => typeof one[field] === "number") ? [{ label, isNumber: true, value: (one) => one[field], cell: (one) => text(one[field]) }] : [];
  const word = (label, field) => (stores.some((one) => typeof one[field] === "string") ? [{ label, value: (one) => one[field] }] : []);
  return [
    { label: "Store", value: (one) => one.name },
    ...word("Stage", "stage"),
    ...word("Kind", "kind"),
    ...word("Keys", "keyType"),
    ...word("Values", "valueType"),
    ...word("Cannot be asked", "refusal"),
    ...number("Tasks", "tasks", exact),
    ...number("Rows", "rows", exact),
    ...number("Bytes", "bytes", bytes),
  ];
}

/** The parameters of an address that name a store. */
const addressed = ({ name, stage }) => ({ store: name, stage });

function Browser({ app, choices, chosen }) {
  const { state, api, parameters, go } = app;
  const { name: store, stage } = chosen;
  const [key, setKey] = useState(parameters.key ?? "");
  const [prefix, setPrefix] = useState(parameters.prefix ?? "");
  const [limit, setLimit] = useState(parameters.limit ?? String(LIMITS[0]));
  const asked = parameters.store === store && parameters.limit ? { stage, key: parameters.key, prefix: parameters.key ? undefined : parameters.prefix, limit: parameters.limit } : null;
  const [cursors, setCursors] = useState([]);
  const path = asked === null ? null : jobPath(state.name, "state/" + encodeURIComponent(store), { ...asked, cursor: cursors.at(-1) });
  const answer = useAnswer(api, path);
  const { changelog } = state.plan.stages.find((one) => one.stores.includes(store) && (stage ?? one.name) === one.name) ?? {};
  const ask = (event) => {
    event.preventDefault();
    setCursors([]);
    if (asked && asked.key === (key || undefined) && asked.prefix === ((key === "" && prefix) || undefined) && asked.limit === limit) answer.reload();
    go("state", { ...addressed(chosen), key, prefix: key === "" ? prefix : "", limit });
  };
  return html`
    <${Panel} id="rows-title" title="Rows" note="As they were committed last. A key is looked up with whoever has it; a prefix, with everybody.">
      <form class="fields" onSubmit=${ask}>
        <${Choice} label="Store" value=${chosen.text} options=${choices.map(({ text }) => ({ value: text, text }))}
          onChange=${(text) => go("state", addressed(choices.find((one) => one.text === text)))} />
        <label class="field">Key <input value=${key} onInput=${(event) => setKey(event.target.value)} placeholder="exactly" autocomplete="off" spellcheck="false" /></label>
        <label class="field">or prefix <input value=${prefix} onInput=${(event) => setPrefix(event.target.value)} placeholder="begins with" autocomplete="off" spellcheck="false" disabled=${key !== ""} /></label>
        <${Choice} label="At most" value=${limit} options=${LIMITS.map((one) => ({ value: String(one), text: `${one} rows` }))} onChange=${setLimit} />
        <button type="submit" class="main">Look up</button>
      </form>
      ${path === null
        ? html`<${Empty} title="Nothing asked yet">Give a key or the begin of one, or leave both empty for the first rows.<//>`
        : html`<${Answered} answer=${answer} absent=${(error) => html`<${Absent} error=${error} />`}>
            ${(data) => html`<${Rows} data=${data} filter=${app.filter} onNext=${(cursor) => setCursors([...cursors, cursor])}
              onBack=${cursors.length > 0 ? () => setCursors(cursors.slice(0, -1)) : null} />`}
          <//>`}
    <//>
    <${Same} app=${app} paths=${[path ?? jobPath(state.name, "state/" + encodeURIComponent(store), { stage, limit: LIMITS[0] })]}
      cli=${[command(state.name, chosen, asked, answer.error?.status === 404 && isPath(answer.error) ? changelog : undefined)]} />`;
}

/** The command that says the same; of an instance that serves no state, its changelog. */
function command(job, { name, stage }, asked, changelog) {
  if (changelog) return `peek ${changelog} -b {brokers} --from -20`;
  const where = stage ? ` --stage ${stage}` : "";
  if (asked?.key) return `state get ${job} ${name} ${shellWord(asked.key)} -b {brokers}${where}`;
  return `state scan ${job} ${name} -b {brokers}${where}${asked?.prefix ? ` --prefix ${shellWord(asked.prefix)}` : ""} --limit ${asked?.limit ?? LIMITS[0]}`;
}

/** The server's own word for a path that it does not have. */
const isPath = (error) => /find this path/.test(error.message);

/** A path that is not there, and a key that is not, have the same status; only the latter names the key. */
function Absent({ error }) {
  return isPath(error)
    ? html`<${Empty} title="Not served by this instance">It cannot be asked for rows of state; see <code>peek</code> of the changelog under Records.<//>`
    : html`<${Empty} title="Not there">${error.message}<//>`;
}

function Rows({ data, filter, onNext, onBack }) {
  const { rows, next } = data;
  if (rows.length === 0 && next === null) return html`<${Empty} title="No row" />`;
  const hasWindows = rows.some((row) => row.window);
  const columns = [
    { label: "Key", value: (row) => oneLine(row.key), cell: (row) => html`<code>${oneLine(row.key)}</code>` },
    ...(hasWindows
      ? [
          { label: "From", value: (row) => row.window?.start, cell: (row) => html`<${Time} at=${row.window?.start} />` },
          { label: "To", value: (row) => row.window?.end, cell: (row) => html`<${Time} at=${row.window?.end} />` },
        ]
      : []),
    { label: "Value", value: (row) => oneLine(row.value), cell: (row) => html`<code class="clip">${oneLine(row.value)}</code>` },
  ];
  return html`<${Table} caption="Rows" columns=${columns} rows=${rows} filter=${filter} keyOf=${(row) => oneLine([row.key, row.window, row.task])} detail=${(row) => html`<${Value} value=${row.value} />`} />
    <p class="note">As of <${Time} at=${data.asOf} /></p>
    <p class="pager">${onBack && html`<button type="button" onClick=${onBack}>Back</button>`}
      ${typeof next === "string" && html`<button type="button" onClick=${() => onNext(next)}>Next page</button>`}</p>`;
}
