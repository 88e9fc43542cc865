// What was seen since the page was opened. The server keeps no history: it shows what is, and Prometheus keeps the rest.

/** Samples of many series that are taken together; the oldest make room for new ones. */
export class History {
  #capacity;
  #times = [];
  #series = new Map();

  /** Grows with each sample, so that whoever has drawn them knows of new ones. */
  version = 0;

  constructor(capacity) {
    this.#capacity = capacity;
  }

  /** Adds a sample of each series; a series that is not among the values has a gap here. */
  add(timeMs, values) {
    const last = this.#times.at(-1);
    // The same answer again: the server asks Kafka once a second at most.
    if (last !== undefined && timeMs <= last) return;
    const length = this.#times.push(timeMs);
    for (const [key, value] of Object.entries(values)) {
      let samples = this.#series.get(key);
      if (samples === undefined) {
        samples = new Array(length - 1).fill(null);
        this.#series.set(key, samples);
      }
      samples.push(typeof value === "number" ? value : null);
    }
    for (const samples of this.#series.values()) {
      if (samples.length < length) samples.push(null);
    }
    if (length > this.#capacity) this.#dropOldest();
    this.version++;
  }

  #dropOldest() {
    this.#times.shift();
    for (const [key, samples] of this.#series) {
      samples.shift();
      if (samples.every((value) => value === null)) this.#series.delete(key);
    }
  }

  get length() {
    return this.#times.length;
  }

  /** All samples of a series, with null for gaps. */
  values(key) {
    return this.#series.get(key) ?? new Array(this.#times.length).fill(null);
  }

  /** Times in seconds and the samples of each key, as charts take them. */
  columns(keys) {
    return [this.#times.map((time) => time / 1000), ...keys.map((key) => this.values(key))];
  }

  /**
   * How much a counter has grown per second, over the last so many milliseconds; null if that is not known.
   *
   * A counter is the sum over the instances that are alive, so it falls when one dies. What it did meanwhile is unknown:
   * such a stretch counts neither as growth nor as time.
   */
  rate(key, spanMs) {
    const samples = this.values(key);
    let growth = 0;
    let elapsed = 0;
    for (let i = this.#times.length - 1; i > 0; i--) {
      if (this.#times.at(-1) - this.#times[i] >= spanMs) break;
      const before = samples[i - 1];
      const after = samples[i];
      if (before === null || after === null || after < before) continue;
      growth += after - before;
      elapsed += this.#times[i] - this.#times[i - 1];
    }
    return elapsed === 0 ? null : (growth * 1000) / elapsed;
  }

  /** By how much a gauge goes up or down per second over that time; null if that is not known. */
  slope(key, spanMs) {
    const samples = this.values(key);
    const last = samples.at(-1) ?? null;
    if (last === null) return null;
    for (let i = 0; i < this.#times.length - 1; i++) {
      const elapsed = this.#times.at(-1) - this.#times[i];
      if (elapsed <= spanMs && samples[i] !== null) return ((last - samples[i]) * 1000) / elapsed;
    }
    return null;
  }
}
