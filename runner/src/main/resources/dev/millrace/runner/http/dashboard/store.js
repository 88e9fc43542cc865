// What the page knows of the job, and the loop that keeps it fresh: by events where the server has them, else by asking.

import { jobPath, Problem } from "./api.js";
import { History } from "./history.js";
import { ordersFor, sampleOf, stageView } from "./model.js";

const POLL_MS = 2000;

/** Half an hour at one sample a second; so long is the history of charts. */
const SAMPLES = 1800;

/** A stream of events ends after a while, and is opened again; one that is refused or breaks, after a longer one. */
const EVENTS_AGAIN_MS = 500;
const EVENTS_REFUSED_MS = 30_000;

/** Events come once a second. Where they fail to, the page asks. */
const EVENTS_SILENT_MS = 5000;

/** What all views share is made of these paths of a job. */
const LIVE = { job: "", stages: "stages", partitions: "partitions", watermarks: "watermarks" };

export class Store {
  #api;
  #listeners = new Set();
  #stopped = new AbortController();
  #timer = null;
  #isAsking = false;
  #raw = {};
  #followsAgainAt = 0;
  #isFollowing = false;
  #eventAt = 0;
  #knowsPlan = false;

  history = new History(SAMPLES);
  state = { phase: "loading", name: null, error: null, answeredAt: null, mode: "polling" };

  constructor(api) {
    this.#api = api;
  }

  subscribe(listener) {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #set(change) {
    this.state = { ...this.state, ...change };
    this.#listeners.forEach((listener) => listener(this.state));
  }

  start() {
    // A page that nobody sees costs the job nothing.
    document.addEventListener("visibilitychange", () => {
      if (!document.hidden) this.#soon(0);
    });
    this.#soon(0);
  }

  stop() {
    this.#stopped.abort();
    clearTimeout(this.#timer);
  }

  /** Goes on with a token. */
  useToken(token) {
    this.#api.setToken(token);
    this.#set({ phase: "loading", error: null });
    this.#soon(0);
  }

  #soon(ms) {
    clearTimeout(this.#timer);
    if (!this.#stopped.signal.aborted) this.#timer = setTimeout(() => this.#round(), ms);
  }

  async #round() {
    if (this.#isAsking || document.hidden) return;
    this.#isAsking = true;
    try {
      const comesByItself = this.state.mode === "events" && Date.now() - this.#eventAt < EVENTS_SILENT_MS;
      if (!comesByItself) await this.#ask();
      this.#followEvents();
      this.#soon(POLL_MS);
    } catch (error) {
      this.#failed(error);
    } finally {
      this.#isAsking = false;
    }
  }

  #failed(error) {
    if (this.#stopped.signal.aborted) return;
    if (error instanceof Problem && error.status === 401) {
      // Asking again would not help before somebody gives a token.
      this.#set({ phase: "token", error: this.#api.hasToken ? error : null });
      return;
    }
    // Whoever answers there next may be another version of the job.
    if (!(error instanceof Problem)) this.#knowsPlan = false;
    this.#set({ error, phase: this.state.phase === "loading" ? "failed" : this.state.phase });
    this.#soon(POLL_MS);
  }

  async #ask() {
    const signal = this.#stopped.signal;
    if (!this.#knowsPlan) {
      const { jobs } = await this.#api.get("api/v1/jobs", signal);
      const name = jobs[0].name;
      const [plan, instance] = await Promise.all([
        this.#api.get(jobPath(name, "plan"), signal),
        this.#api.get("status", signal),
      ]);
      this.#set({ name, plan, instance });
      this.#knowsPlan = true;
    }
    const names = Object.keys(LIVE);
    const answers = await Promise.all(names.map((name) => this.#api.get(jobPath(this.state.name, LIVE[name]), signal)));
    names.forEach((name, i) => (this.#raw[name] = answers[i]));
    this.#take();
  }

  /** Makes of the answers what views show. */
  #take() {
    const { job, watermarks } = this.#raw;
    const stages = this.#raw.stages.stages;
    const partitions = this.#raw.partitions.partitions;
    this.history.add(Date.parse(job.asOf), sampleOf({ job, stages, partitions, watermarks }));
    const { plan } = this.state;
    this.#set({
      phase: "ready",
      error: null,
      answeredAt: Date.now(),
      asOf: job.asOf,
      job,
      partitions,
      watermarks,
      stages: stages.map((stage) =>
        stageView(
          stage,
          plan.stages.find((one) => one.name === stage.name),
          watermarks.stages.find((one) => one.stage === stage.name),
          watermarks.asOf,
          this.history,
          ordersFor(stage, job),
        ),
      ),
    });
  }

  /** Follows the stream of events, as far as the server has one; whatever ends it, the page goes on by asking. */
  async #followEvents() {
    if (this.#isFollowing || Date.now() < this.#followsAgainAt) return;
    this.#isFollowing = true;
    let again = EVENTS_REFUSED_MS;
    try {
      const path = jobPath(this.state.name, "events");
      await this.#api.events(path, this.#stopped.signal, (event) => this.#takeEvent(event));
      again = EVENTS_AGAIN_MS;
    } catch {
      // An older server has none, or it has too many watchers; what else may be wrong, the next question shows.
      this.#set({ mode: "polling" });
    }
    this.#isFollowing = false;
    this.#followsAgainAt = Date.now() + again;
    if (again === EVENTS_AGAIN_MS) setTimeout(() => document.hidden || this.#followEvents(), again);
  }

  #takeEvent({ type, data }) {
    // Of a problem the next question gets the same answer: it is asked as soon as the silence is noticed.
    if (type !== "status") return;
    this.#eventAt = Date.now();
    const { job, stages, watermarks, partitions } = JSON.parse(data);
    this.#raw.job = job;
    this.#raw.stages = { asOf: job.asOf, stages };
    this.#raw.watermarks = { asOf: job.asOf, stages: watermarks };
    // A job with very many partitions leaves them out; those of the last question stay.
    if (partitions !== null) this.#raw.partitions = { asOf: job.asOf, partitions };
    this.#set({ mode: "events" });
    this.#take();
  }
}
