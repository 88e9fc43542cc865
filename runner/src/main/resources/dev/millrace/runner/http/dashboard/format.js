// Numbers, times and sizes as text. All of them say "–" for what is not known, so that a missing figure never looks like 0.

export const UNKNOWN = "–";

const GROUPED = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });

const isKnown = (value) => typeof value === "number" && Number.isFinite(value);

/** All digits, in groups: 1,234,567. */
export function exact(value) {
  return isKnown(value) ? GROUPED.format(value) : UNKNOWN;
}

/** Three or four digits, for places that are narrow: 12.3k, 4.56M. */
export function short(value) {
  if (!isKnown(value)) return UNKNOWN;
  const size = Math.abs(value);
  if (size < 10_000) return GROUPED.format(value);
  for (const [unit, factor] of [["k", 1e3], ["M", 1e6], ["G", 1e9]]) {
    // The next unit begins where this one would round up to it.
    if (size < factor * 999.5 || unit === "G") return digits(value / factor) + unit;
  }
  return UNKNOWN;
}

/** So many decimals that there are about three digits. */
function digits(value) {
  const size = Math.abs(value);
  const decimals = size < 10 ? 2 : size < 100 ? 1 : 0;
  return value.toFixed(decimals);
}

/** A rate per second: 0/s, 0.25/s, 12.5/s, 1,234/s, 12.3k/s. */
export function rate(value) {
  if (!isKnown(value)) return UNKNOWN;
  if (value === 0) return "0/s";
  return (value < 100 ? digits(value) : short(value)) + "/s";
}

/** A share of 1 in whole per cents; what is hardly anything is not 0. */
export function percent(share) {
  if (!isKnown(share)) return UNKNOWN;
  const whole = Math.round(share * 100);
  return whole === 0 && share > 0 ? "<1%" : whole + "%";
}

const UNITS = [["d", 86_400_000], ["h", 3_600_000], ["min", 60_000], ["s", 1000]];

/** A stretch of milliseconds in its two largest units: 350 ms, 3.2 s, 4 min 10 s, 2 d 5 h. */
export function duration(ms) {
  if (!isKnown(ms)) return UNKNOWN;
  if (ms < 0) return "−" + duration(-ms);
  if (ms < 1000) return Math.round(ms) + " ms";
  if (ms < 59_500) return (ms < 9_950 ? (ms / 1000).toFixed(1) : Math.round(ms / 1000)) + " s";
  // Rounded to the smaller unit first, so that nothing is ever "60 s".
  const start = UNITS.findIndex(([, size]) => ms >= size - size / 120);
  const [large, largeMs] = UNITS[start];
  const [little, littleMs] = UNITS[start + 1];
  const littles = Math.round(ms / littleMs);
  const perLarge = largeMs / littleMs;
  const rest = littles % perLarge;
  const whole = Math.floor(littles / perLarge) + " " + large;
  return rest === 0 ? whole : whole + " " + rest + " " + little;
}

/** A size in binary units: 512 B, 3.4 KiB. */
export function bytes(value) {
  if (!isKnown(value)) return UNKNOWN;
  let size = value;
  for (const unit of ["B", "KiB", "MiB", "GiB"]) {
    if (size < 1024) return (unit === "B" ? Math.round(size) : digits(size)) + " " + unit;
    size /= 1024;
  }
  return digits(size) + " TiB";
}

/** The time of day, UTC as in the logs: 12:03:44. */
export function clock(time) {
  const iso = isoOf(time);
  return iso === null ? UNKNOWN : iso.slice(11, 19);
}

/** Date and time of day, UTC: 2026-01-31 12:03:44. */
export function moment(time) {
  const iso = isoOf(time);
  return iso === null ? UNKNOWN : iso.slice(0, 10) + " " + iso.slice(11, 19);
}

function isoOf(time) {
  if (time === null || time === undefined) return null;
  const date = new Date(time);
  return Number.isNaN(date.getTime()) ? null : date.toISOString();
}

/** A number and the word for what is counted: 1 task, 3 tasks. */
export function counted(number, one, many = one + "s") {
  return exact(number) + " " + (number === 1 ? one : many);
}

/** A word for a shell: quoted unless it has nothing but harmless characters. */
export function shellWord(text) {
  return /^[\w./:@%+=,-]+$/.test(text) ? text : "'" + text.replaceAll("'", "'\\''") + "'";
}

/** A value of a record or a row on one line. */
export function oneLine(value) {
  return typeof value === "string" ? value : JSON.stringify(value) ?? UNKNOWN;
}

/** The same on many lines, for reading. */
export function pretty(value) {
  return typeof value === "string" ? value : JSON.stringify(value, null, 2) ?? UNKNOWN;
}
