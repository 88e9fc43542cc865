// The frame around the views: the head with the job's figures, the way between views, keys, and the states of the whole.

import { Api } from "./api.js";
import { useTheme } from "./charts.js";
import { duration, exact, rate, short } from "./format.js";
import { actionOf } from "./keys.js";
import { html, render, useEffect, useErrorBoundary, useRef, useState } from "./lib.js";
import { jobCondition, LEVELS, missingInstances } from "./model.js";
import { Badge, Failure, Figure, Loading, useAnswer } from "./parts.js";
import { jobPath } from "./api.js";
import { addressOf, parseRoute, VIEWS } from "./routes.js";
import { Store } from "./store.js";
import { ConfigView } from "./views/config.js";
import { ExceptionsView } from "./views/exceptions.js";
import { GraphView } from "./views/graph.js";
import { LettersView } from "./views/letters.js";
import { PartitionsView } from "./views/partitions.js";
import { RecordsView } from "./views/records.js";
import { StateView } from "./views/state.js";
import { ThreadsView } from "./views/threads.js";
import { TimeView } from "./views/time.js";

const COMPONENTS = {
  graph: GraphView,
  partitions: PartitionsView,
  time: TimeView,
  state: StateView,
  records: RecordsView,
  letters: LettersView,
  exceptions: ExceptionsView,
  config: ConfigView,
  threads: ThreadsView,
};

/** Answers that are older than that are said to be old. */
const STALE_MS = 8000;

const api = new Api();
const store = new Store(api);

function App() {
  const [state, setState] = useState(store.state);
  const [route, setRoute] = useState(parseRoute(location.hash));
  const [filter, setFilter] = useState("");
  const search = useRef(null);
  const help = useRef(null);
  const theme = useTheme();
  const config = useAnswer(api, state.name && state.phase === "ready" ? jobPath(state.name, "config") : null);

  useEffect(() => store.subscribe(setState), []);
  useEffect(() => {
    const onHash = () => {
      const next = parseRoute(location.hash);
      setRoute((last) => {
        if (last.view !== next.view) setFilter("");
        return next;
      });
    };
    const onKey = (event) => onAction(event, search.current, help.current, () => setFilter(""));
    addEventListener("hashchange", onHash);
    addEventListener("keydown", onKey);
    return () => {
      removeEventListener("hashchange", onHash);
      removeEventListener("keydown", onKey);
    };
  }, []);
  const title = VIEWS.find((view) => view.id === route.view).title;
  useEffect(() => {
    document.title = state.name ? `${state.name} · ${title} · Millrace` : "Millrace";
  }, [state.name, title]);

  if (state.phase === "token") return html`<${TokenForm} error=${state.error} />`;
  if (state.phase === "failed") {
    return html`<main class="alone"><h1>Millrace</h1><${Failure} error=${state.error} /><p class="note">It is asked again every two seconds.</p></main>`;
  }
  if (state.phase === "loading") return html`<main class="alone"><h1>Millrace</h1><${Loading} lines=${6} /></main>`;
  const app = {
    api,
    state,
    history: store.history,
    filter,
    theme,
    parameters: route.parameters,
    errorsTopic: errorsTopic(state, config.data),
    go: (view, parameters) => {
      location.hash = addressOf(view, parameters);
    },
  };
  return html`
    <a class="skip" href="#main" onClick=${(event) => { event.preventDefault(); document.getElementById("main").focus(); }}>Skip to the content</a>
    <${Head} state=${state} />
    <${Navigation} view=${route.view} />
    <div class="tools">
      <h1>${title}</h1>
      <label class="search"><span class="hidden">Search in this view</span>
        <input type="search" ref=${search} value=${filter} onInput=${(event) => setFilter(event.target.value)} placeholder="Search  /" autocomplete="off" spellcheck="false" />
      </label>
      <${ThemeButton} />
      <button type="button" onClick=${() => help.current.showModal()} aria-label="Help" title="Help (?)">?</button>
    </div>
    <main id="main" tabindex="-1" class=${state.error ? "old" : ""}><${View} key=${route.view} view=${route.view} app=${app} /></main>
    <${Help} dialog=${help} />`;
}

function errorsTopic(state, config) {
  const set = config?.settings.find((setting) => setting.key === "errors.topic")?.value;
  return set || state.name + ".errors";
}

/** A view that fails leaves the rest of the page alive. */
function View({ view, app }) {
  const [error, reset] = useErrorBoundary((failure) => console.error(failure));
  if (error) return html`<${Failure} error=${new Error("This view has failed: " + error.message)} onRetry=${reset} />`;
  return html`<${COMPONENTS[view]} app=${app} />`;
}

function onAction(event, search, help, clearFilter) {
  const isTyping = event.target.matches?.("input, select, textarea") && !event.target.matches("[type=checkbox]");
  const action = actionOf({ key: event.key, ctrlKey: event.ctrlKey, metaKey: event.metaKey, altKey: event.altKey, isTyping });
  if (action === null || (help?.open && action !== "leave")) return;
  if (action === "search") {
    event.preventDefault();
    search?.focus();
  } else if (action === "help") {
    help?.showModal();
  } else if (action === "leave") {
    if (document.activeElement === search || !isTyping) clearFilter();
    if (isTyping) document.activeElement.blur();
  } else {
    location.hash = addressOf(action.view);
  }
}

// ------------------------------------------------------------------ the head

function Head({ state }) {
  const { job, stages } = state;
  const { level, word } = jobCondition(job, stages);
  const alive = job.instances.filter((one) => one.alive).length;
  const missing = missingInstances(job).length;
  return html`<header class=${"head " + level}>
    <div class="job"><span class="brand">Millrace</span><b class="name">${job.name}</b><${Badge} level=${level} word=${word} /></div>
    <dl class="figures">
      <${Figure} label="Records" value=${rate(job.recordsPerSecond)} title="Of all sources, per second" />
      <${Figure} label="Lag" value=${short(job.lag)} title=${`${exact(job.lag)} records wait in the inputs of all stages`} level=${stages.some((stage) => stage.word === "behind") ? "warn" : "ok"} />
      <${Figure} label="Restore" value=${job.restoreRemaining === 0 ? "0" : short(job.restoreRemaining)} level=${job.restoreRemaining > 0 ? "info" : "ok"} title=${`${exact(job.restoreRemaining)} changelog rows are still to be read`} />
      <${Figure} label="Instances" value=${missing > 0 ? `${alive} / ${alive + missing}` : alive} level=${job.stopped ? "info" : alive === 0 ? "bad" : missing > 0 ? "warn" : "ok"} title=${`${alive} are alive, ${missing} have gone; see Partitions`} />
      <${Figure} label="Up" value=${duration(job.uptimeSeconds * 1000)} title="Since the instance of this page was started" />
    </dl>
    <${Freshness} state=${state} />
  </header>`;
}

/** How old what is seen is; it counts on by itself while nothing comes. */
function Freshness({ state }) {
  const [, setTick] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => setTick((last) => last + 1), 1000);
    return () => clearInterval(timer);
  }, []);
  const age = Date.now() - state.answeredAt;
  const isStale = age > STALE_MS;
  const why = state.error ? (state.error.status ? `${state.error.status}: ${state.error.message}` : state.error.message) : null;
  return html`<p class=${"freshness" + (isStale || why ? " stale" : "")} role="status">
    <span class="sign" aria-hidden="true">${isStale || why ? LEVELS.warn.sign : LEVELS.ok.sign}</span>
    <span>${isStale || why ? `Last answer ${duration(age)} ago` : state.mode === "events" ? "Live" : "Live, asked every 2 s"}${why && html`<small>${why}</small>`}</span>
  </p>`;
}

function Navigation({ view }) {
  return html`<nav aria-label="Views"><ol>
    ${VIEWS.map(({ id, title }, i) => html`<li key=${id}><a href=${addressOf(id)} aria-current=${id === view ? "page" : undefined}><kbd aria-hidden="true">${i + 1}</kbd>${title}</a></li>`)}
  </ol></nav>`;
}

function ThemeButton() {
  const [choice, setChoice] = useState(window.millraceTheme.get());
  return html`<button type="button" onClick=${() => setChoice(window.millraceTheme.next())} aria-label=${`Theme: ${choice}. Change it`} title="Light, dark, or as the system has it">${{ auto: "◐", light: "○", dark: "●" }[choice]} ${choice}</button>`;
}

// ------------------------------------------------------------------ what stands alone

function TokenForm({ error }) {
  const [token, setToken] = useState("");
  const submit = (event) => {
    event.preventDefault();
    if (token.trim() !== "") store.useToken(token.trim());
  };
  return html`<main class="alone"><h1>Millrace</h1>
    <form class="token" onSubmit=${submit}>
      <label class="field">Token <input type="password" value=${token} onInput=${(event) => setToken(event.target.value)} autocomplete="current-password" autofocus /></label>
      <button type="submit" class="main">Open</button>
    </form>
    ${error && html`<p class="wrong" role="alert">${error.message}</p>`}
    <p class="note">This server has a token (setting <code>http.token</code>). It is kept until this tab is closed.</p>
  </main>`;
}

function Help({ dialog }) {
  const keys = [
    ["1 – 9", "the views, in their order"],
    ["/", "search in the view"],
    ["Esc", "leave the search, and see all again"],
    ["↑ ↓, j k", "the rows of a table, once one has the focus"],
    ["Page ↑ ↓, Home, End", "further rows"],
    ["Enter", "open a row"],
    ["?", "this help"],
  ];
  return html`<dialog ref=${dialog} aria-labelledby="help-title">
    <h2 id="help-title">Help</h2>
    <dl class="keys">${keys.map(([key, text]) => html`<div key=${key}><dt><kbd>${key}</kbd></dt><dd>${text}</dd></div>`)}</dl>
    <h3>Signs</h3>
    <ul class="signs">${[["ok", "as it should be"], ["info", "on its way: restores or waits"], ["warn", "look at it"], ["bad", "does not work"], ["done", "finished"]].map(
      ([level, text]) => html`<li key=${level} class=${level}><span class="sign" aria-hidden="true">${LEVELS[level].sign}</span> ${text}</li>`,
    )}</ul>
    <p class="note">Times are UTC. Charts begin when the page was opened; the past is in Prometheus. Any instance shows the whole job.</p>
    <form method="dialog"><button class="main">Close</button></form>
  </dialog>`;
}

store.start();
render(html`<${App} />`, document.getElementById("app"));
