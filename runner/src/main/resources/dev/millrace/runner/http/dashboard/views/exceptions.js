// What stopped instances, and what they do now.

import { jobPath } from "../api.js";
import { html } from "../lib.js";
import { Answered, Badge, Empty, Facts, Panel, Same, Time, useAnswer, Value } from "../parts.js";
import { matches } from "../model.js";

export function ExceptionsView({ app }) {
  const { state, api } = app;
  const path = jobPath(state.name, "exceptions");
  const answer = useAnswer(api, path, 5000);
  return html`
    <${Panel} id="exceptions-title" title="Exceptions" note="What stopped instances within the last hour; stack traces of this page's instance only.">
      <${Answered} answer=${answer}>
        ${({ exceptions }) => {
          const found = exceptions.filter((one) => matches(app.filter, one.instance, one.error, one.stackTrace));
          if (found.length === 0) {
            return html`<${Empty} title=${exceptions.length === 0 ? "Nothing has stopped an instance within the last hour" : "Nothing found"}>
              One that is killed, or loses its machine, cannot report why: look at Partitions for who is gone.<//>`;
          }
          return found.map((one) => html`<${One} key=${one.instance + one.reportedAt} one=${one} />`);
        }}
      <//>
    <//>
    <${Same} app=${app} paths=${[path]} cli=${[`status ${state.name} -b {brokers}`]} />`;
}

function One({ one }) {
  return html`<article class="exception">
    <h3><${Badge} level="bad" word=${one.state.toLowerCase()} /> <code>${one.instance}</code></h3>
    <p class="message">${one.error}</p>
    <${Facts} facts=${[["Reported", html`<${Time} at=${one.reportedAt} />`], ["Host", one.host], ["Process", one.pid === null ? null : String(one.pid)]]} />
    ${one.stackTrace && html`<details><summary>Stack trace</summary><${Value} value=${one.stackTrace} /></details>`}
  </article>`;
}
