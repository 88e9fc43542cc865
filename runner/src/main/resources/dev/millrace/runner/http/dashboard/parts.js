// What views are made of: badges, figures, tables, states of an answer, and the line that says the same in a shell.

import { exact, moment, oneLine, pretty, shellWord, UNKNOWN } from "./format.js";
import { nextRow } from "./keys.js";
import { html, useEffect, useRef, useState } from "./lib.js";
import { LEVELS, matches } from "./model.js";

/** Sign, word and colour of how something does. */
export function Badge({ level, word, title }) {
  return html`<span class=${"badge " + level} title=${title}><span class="sign" aria-hidden="true">${LEVELS[level].sign}</span>${word}</span>`;
}

/** A figure with its name. */
export function Figure({ label, value, note, level = "ok", title }) {
  return html`<div class=${"figure " + level} title=${title}>
    <dt>${label}</dt>
    <dd><b>${value}</b>${note && html`<small>${note}</small>`}</dd>
  </div>`;
}

/** Shares of the whole as a bar; what they are is in the text beside it. */
export function Bar({ shares, label }) {
  return html`<span class="bar" role="img" aria-label=${label}>
    ${shares.map(({ share, kind }) => html`<i class=${kind} style=${{ width: Math.min(100, Math.max(0, share * 100)) + "%" }}></i>`)}
  </span>`;
}

/** A time, to the second, with the exact one as its title. */
export function Time({ at }) {
  return at ? html`<time datetime=${at} title=${at}>${moment(at)}</time>` : UNKNOWN;
}

/** A section of a view, with what belongs into its head. */
export function Panel({ title, note, actions, children, id }) {
  return html`<section class="panel" aria-labelledby=${id}>
    <header><h2 id=${id}>${title}</h2>${note && html`<p class="note">${note}</p>`}${actions}</header>
    ${children}
  </section>`;
}

// ------------------------------------------------------------------ states of an answer

/** Where there is nothing, and why. */
export function Empty({ title, children }) {
  return html`<div class="empty"><p><b>${title}</b></p>${children && html`<p>${children}</p>`}</div>`;
}

/** What went wrong, in the words of the server. */
export function Failure({ error, onRetry }) {
  return html`<div class="failure" role="alert">
    <p><b>${error.status ? `The instance answers ${error.status}` : error.message}</b></p>
    ${error.status && html`<p>${error.message}</p>`}
    ${onRetry && html`<button type="button" onClick=${onRetry}>Try again</button>`}
  </div>`;
}

/** Grey lines where content is about to be, so that the page does not jump. */
export function Loading({ lines = 4 }) {
  return html`<div class="loading" role="status"><span class="hidden">Loading</span>
    ${Array.from({ length: lines }, (_, i) => html`<i key=${i}></i>`)}
  </div>`;
}

/**
 * The answer at a path: {data, error, isLoading, at, reload}; asked for again when the path changes, and every so many
 * milliseconds if that is given. While it is asked for again, the former answer stays.
 */
export function useAnswer(api, path, everyMs) {
  const [answer, setAnswer] = useState({ path: null, data: null, error: null, at: null });
  const [turn, setTurn] = useState(0);
  // An answer may take longer than that while an instance is silent. It is waited for, or there would never be one.
  const waits = useRef(false);
  useEffect(() => {
    if (path === null) return undefined;
    const aborted = new AbortController();
    waits.current = true;
    api
      .get(path, aborted.signal)
      .then(
        (data) => setAnswer({ path, data, error: null, at: Date.now() }),
        (error) => {
          if (!aborted.signal.aborted) setAnswer((last) => ({ path, data: last.path === path ? last.data : null, error, at: last.at }));
        },
      )
      .finally(() => {
        if (!aborted.signal.aborted) waits.current = false;
      });
    return () => aborted.abort();
  }, [path, turn]);
  const isOfPath = answer.path === path;
  // What is not there does not appear by itself: it is a path of a later version, or a name that is wrong.
  const repeats = everyMs > 0 && !(isOfPath && answer.error?.status === 404);
  useEffect(() => {
    if (!repeats) return undefined;
    const timer = setInterval(() => document.hidden || waits.current || setTurn((last) => last + 1), everyMs);
    return () => clearInterval(timer);
  }, [repeats, everyMs]);
  return {
    data: isOfPath ? answer.data : null,
    error: isOfPath ? answer.error : null,
    isLoading: path !== null && !isOfPath,
    at: answer.at,
    reload: () => setTurn((last) => last + 1),
  };
}

/** The content of an answer, or what stands for it while there is none. */
export function Answered({ answer, absent, children }) {
  if (answer.data !== null) return children(answer.data);
  if (answer.error?.status === 404 && absent) return absent(answer.error);
  if (answer.error) return html`<${Failure} error=${answer.error} onRetry=${answer.reload} />`;
  return html`<${Loading} />`;
}

/** Who has not given a part of an answer, and why. */
export function Unanswered({ unanswered }) {
  if (!unanswered?.length) return null;
  return html`<ul class="unanswered">${unanswered.map(
    ({ instance, reason }) => html`<li key=${instance} class="warn"><span class="sign" aria-hidden="true">${LEVELS.warn.sign}</span> Without instance <code>${instance}</code>, which does not answer: ${reason}</li>`,
  )}</ul>`;
}

// ------------------------------------------------------------------ the same elsewhere

/** Lines for a shell that say what the view says. */
export function Same({ app, paths, cli = [] }) {
  const base = new URL(".", document.baseURI).href;
  const token = app.api.hasToken ? '-H "Authorization: Bearer $MILLRACE_HTTP_TOKEN" ' : "";
  const brokers = app.state.instance?.brokers ?? "HOST:9092";
  const lines = [
    ...paths.map((path) => `curl -s ${token}${shellWord(base + path)}`),
    // A string as the replacement could have signs that mean something there.
    ...cli.map((words) => `java -jar runner.jar ${words.replace("{brokers}", () => brokers)}`),
  ];
  return html`<section class="same" aria-label="The same in a shell">
    <h2>The same in a shell</h2>
    ${lines.map((line) => html`<div class="line" key=${line}><code>${line}</code><${Copy} text=${line} /></div>`)}
  </section>`;
}

function Copy({ text }) {
  const [copied, setCopied] = useState(false);
  const copy = async () => {
    await putOnClipboard(text);
    setCopied(true);
    setTimeout(() => setCopied(false), 1500);
  };
  return html`<button type="button" class="copy" onClick=${copy} aria-label=${"Copy: " + text}>${copied ? "Copied" : "Copy"}</button>`;
}

/** Browsers give the clipboard to pages of https and of this machine only; elsewhere the old way still works. */
async function putOnClipboard(text) {
  if (navigator.clipboard) return navigator.clipboard.writeText(text);
  const area = document.createElement("textarea");
  area.value = text;
  document.body.append(area);
  area.select();
  document.execCommand("copy");
  area.remove();
  return undefined;
}

// ------------------------------------------------------------------ tables

/** More rows than that are shown when somebody asks for them: few read them, and a browser has to lay them out. */
const FIRST_ROWS = 300;

/**
 * A table that can be sorted, and walked through by the arrow keys.
 *
 * @param columns {label, value(row), cell(row)?, isNumber?, title?}: a value is for sorting and searching, a cell is shown
 * @param detail what is shown below a row that somebody opens
 * @param onOpen what Enter or a click on a row does, where there is no detail
 */
export function Table({ caption, columns, rows, keyOf, filter = "", empty, detail, onOpen, sortedBy = null }) {
  const [sort, setSort] = useState(sortedBy);
  const [active, setActive] = useState(0);
  const [opened, setOpened] = useState(new Set());
  const [showsAll, setShowsAll] = useState(false);
  const body = useRef(null);
  const found = rows.filter((row) => matches(filter, ...columns.map((column) => column.value(row))));
  const sorted = sort === null ? found : sortRows(found, columns[sort.column], sort.descending);
  const shown = showsAll ? sorted : sorted.slice(0, FIRST_ROWS);
  if (rows.length === 0) return empty ?? html`<${Empty} title="Nothing here" />`;
  if (found.length === 0) {
    return html`<${Empty} title=${`Nothing of ${exact(rows.length)} has “${filter}”`}>Press Escape to see all again.<//>`;
  }
  const focused = Math.min(active, shown.length - 1);
  const open = (row) => {
    if (!detail) return onOpen?.(row);
    const next = new Set(opened);
    if (!next.delete(keyOf(row))) next.add(keyOf(row));
    return setOpened(next);
  };
  const onKeyDown = (event) => {
    if (event.target.tagName !== "TR" || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Enter") open(shown[focused]);
    const next = nextRow(event.key, focused, shown.length);
    if (next !== focused) {
      event.preventDefault();
      setActive(next);
      body.current.querySelectorAll("tr[tabindex]")[next].focus();
    }
  };
  return html`<div class="table-box"><table class="data">
    <caption class="hidden">${caption}</caption>
    <thead><tr>${columns.map((column, i) => html`<${Heading} key=${column.label} column=${column} index=${i} sort=${sort} setSort=${setSort} />`)}</tr></thead>
    <tbody ref=${body} onKeyDown=${onKeyDown}>
      ${shown.map((row, i) => {
        const key = keyOf(row);
        const isOpen = opened.has(key);
        return html`
          <tr key=${key} tabindex=${i === focused ? 0 : -1} class=${(detail || onOpen) && "can-open"} onFocus=${() => setActive(i)}
              onClick=${(event) => isAside(event) || open(row)} aria-expanded=${detail ? String(isOpen) : undefined}>
            ${columns.map((column) => html`<td key=${column.label} class=${column.isNumber ? "number" : ""} data-label=${column.label}>
              <span>${column.cell ? column.cell(row) : oneLine(column.value(row) ?? UNKNOWN)}</span>
            </td>`)}
          </tr>
          ${isOpen && html`<tr key=${key + "/detail"} class="detail"><td colspan=${columns.length}>${detail(row)}</td></tr>`}`;
      })}
    </tbody>
  </table></div>
  ${shown.length < sorted.length && html`<button type="button" onClick=${() => setShowsAll(true)}>Show all ${exact(sorted.length)}</button>`}`;
}

/** Whether a click is for something within the row, or selects text. */
function isAside(event) {
  return event.target.closest("a, button") !== null || String(window.getSelection()) !== "";
}

function Heading({ column, index, sort, setSort }) {
  const isSorted = sort?.column === index;
  const turn = () => setSort({ column: index, descending: isSorted ? !sort.descending : Boolean(column.isNumber) });
  return html`<th scope="col" class=${column.isNumber ? "number" : ""} title=${column.title}
      aria-sort=${isSorted ? (sort.descending ? "descending" : "ascending") : "none"}>
    <button type="button" onClick=${turn}>${column.label}<span aria-hidden="true">${isSorted ? (sort.descending ? " ↓" : " ↑") : ""}</span></button>
  </th>`;
}

function sortRows(rows, column, descending) {
  const sign = descending ? -1 : 1;
  return [...rows].sort((one, other) => {
    const [a, b] = [column.value(one), column.value(other)];
    // What is not known comes last, whichever way.
    if (a === null || a === undefined) return b === null || b === undefined ? 0 : 1;
    if (b === null || b === undefined) return -1;
    return sign * (typeof a === "number" && typeof b === "number" ? a - b : String(a).localeCompare(String(b), "en", { numeric: true }));
  });
}

/** A value in full. */
export function Value({ value }) {
  return html`<pre class="value">${pretty(value)}</pre>`;
}

/** Names with their values, as a list. */
export function Facts({ facts }) {
  const known = facts.filter(([, value]) => value !== null && value !== undefined && value !== "");
  return html`<dl class="facts">${known.map(([name, value]) => html`<div key=${name}><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>`;
}

/** A choice among a few, as a field with its name. */
export function Choice({ label, value, options, onChange }) {
  return html`<label class="field">${label}
    <select value=${value} onChange=${(event) => onChange(event.target.value)}>
      ${options.map((one) => html`<option key=${one.value} value=${one.value} selected=${one.value === value}>${one.text}</option>`)}
    </select>
  </label>`;
}
