// The settings that are in effect, and where each comes from.

import { jobPath } from "../api.js";
import { html, useState } from "../lib.js";
import { Answered, Panel, Same, Table, useAnswer } from "../parts.js";
import { InstanceChoice } from "./threads.js";

export function ConfigView({ app }) {
  const { state, api, parameters } = app;
  const [all, setAll] = useState(false);
  const path = jobPath(state.name, "config", { instance: parameters.instance });
  const answer = useAnswer(api, path);
  const { instance } = state;
  return html`
    <${Panel} id="settings-title" title="Settings" note="Secrets are masked by the server."
        actions=${html`<${InstanceChoice} app=${app} view="config" />
          <label class="check"><input type="checkbox" checked=${all} onChange=${(event) => setAll(event.target.checked)} /> with those that have their default</label>`}>
      <${Answered} answer=${answer}>
        ${({ settings }) => html`<${Table} caption="Settings" columns=${COLUMNS} filter=${app.filter} keyOf=${(one) => one.key}
          rows=${settings.filter((one) => all || app.filter !== "" || one.value !== one.default)} detail=${(one) => html`<p>${one.description}</p>`} />`}
      <//>
      <p class="note">Millrace ${instance.version}, Kafka client ${instance.kafkaClient}, Java ${instance.java}, brokers ${instance.brokers}</p>
    <//>
    <${Same} app=${app} paths=${[path]} cli=${["config"]} />`;
}

const COLUMNS = [
  { label: "Setting", value: (one) => one.key, cell: (one) => html`<code>${one.key}</code>` },
  { label: "Value", value: (one) => one.value, cell: (one) => html`<code class="clip wide">${one.value === "" ? "(empty)" : one.value}</code>` },
  { label: "From", value: (one) => one.origin },
  { label: "Default", value: (one) => one.default, cell: (one) => html`<code class="clip">${one.default === "" ? "(empty)" : one.default}</code>` },
];
