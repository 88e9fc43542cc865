// The way to the server: paths, the token, problems, the stream of events.

import { EventParser } from "./events.js";

const TOKEN = "millrace-token";
const PATIENCE_MS = 15_000;

/** The server has answered, and says what is wrong (RFC 9457). */
export class Problem extends Error {
  constructor(status, detail) {
    super(detail);
    this.name = "Problem";
    this.status = status;
  }
}

/** The server has not answered. */
export class Unreachable extends Error {
  constructor(cause) {
    super("The instance does not answer", { cause });
    this.name = "Unreachable";
  }
}

/** What an answer that is not good is, whether it comes from the server or from a proxy before it. */
export async function problemOf(response) {
  try {
    const { detail } = await response.json();
    if (typeof detail === "string") return new Problem(response.status, detail);
  } catch {
    // Not in the server's own form.
  }
  return new Problem(response.status, `The answer was ${response.status} ${response.statusText}`.trim());
}

/** The path of something of a job, relative to the page, so that a proxy may put both below a prefix. */
export function jobPath(job, rest = "", query = {}) {
  const given = Object.entries(query).filter(([, value]) => value !== undefined && value !== null && value !== "");
  const text = new URLSearchParams(given.map(([name, value]) => [name, String(value)])).toString();
  return `api/v1/jobs/${encodeURIComponent(job)}${rest === "" ? "" : "/" + rest}${text === "" ? "" : "?" + text}`;
}

export class Api {
  #token;

  /** The token is kept for as long as the tab is open, and for no other tab. */
  constructor(storage = window.sessionStorage) {
    this.storage = storage;
    this.#token = storage.getItem(TOKEN);
  }

  get hasToken() {
    return this.#token !== null;
  }

  setToken(token) {
    this.#token = token;
    this.storage.setItem(TOKEN, token);
  }

  #headers(accept) {
    const headers = { Accept: accept };
    if (this.#token !== null) headers.Authorization = "Bearer " + this.#token;
    return headers;
  }

  /** The JSON at a path; throws a Problem or Unreachable, or what the signal was aborted with. */
  async get(path, signal) {
    const response = await this.#fetch(path, "application/json", signal, PATIENCE_MS);
    if (!response.ok) throw await problemOf(response);
    return response.json();
  }

  /** Calls back with each event of a stream until that ends or the signal aborts it. */
  async events(path, signal, onEvent) {
    const response = await this.#fetch(path, "text/event-stream", signal);
    if (!response.ok) throw await problemOf(response);
    if (!response.headers.get("Content-Type")?.startsWith("text/event-stream")) {
      throw new Problem(404, "There is no stream of events here");
    }
    const parser = new EventParser();
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    for (;;) {
      const { done, value } = await this.#orUnreachable(reader.read(), signal);
      if (done) return;
      parser.take(value).forEach(onEvent);
    }
  }

  #fetch(path, accept, signal, patienceMs) {
    const signals = [signal, patienceMs === undefined ? undefined : AbortSignal.timeout(patienceMs)].filter(Boolean);
    const request = fetch(path, {
      headers: this.#headers(accept),
      signal: signals.length === 0 ? undefined : AbortSignal.any(signals),
      cache: "no-store",
      credentials: "omit",
    });
    return this.#orUnreachable(request, signal);
  }

  async #orUnreachable(promise, signal) {
    try {
      return await promise;
    } catch (error) {
      if (signal?.aborted) throw error;
      throw new Unreachable(error);
    }
  }
}
