// What the answers of the server mean: how a stage does, what is wrong with the job, what its graph is. Pure functions.

import { counted, duration, exact, rate as rateText } from "./format.js";

/** Rates are taken over so long: instances report every few seconds, so over less they would jump. */
export const RATE_MS = 12_000;

/** A stage counts as behind if it needs longer than this for what waits, at its present pace. */
const BEHIND_SECONDS = 10;

/** Fewer than so many waiting records are on their way, and nothing to speak of. */
const FEW_RECORDS = 500;

/** Workers that are at work or in commits for more of their time than that have no reserve. */
const BUSY_SHARE = 0.9;

/** What workers spend their time with, as the counters of a stage have it. */
const TIMES = ["busy", "idle", "commit"];

/** From harmless to bad; each has a sign and a word too, since colours alone say nothing to many. */
export const LEVELS = {
  ok: { sign: "●", rank: 0 },
  done: { sign: "✓", rank: 0 },
  info: { sign: "↻", rank: 1 },
  warn: { sign: "▲", rank: 2 },
  bad: { sign: "✕", rank: 3 },
};

export const worst = (levels) => levels.reduce((one, other) => (LEVELS[other].rank > LEVELS[one].rank ? other : one), "ok");

/** The sample of an answer that History keeps: one value for each series that charts and rates are made of. */
export function sampleOf({ job, stages, partitions, watermarks }) {
  const values = { lag: job.lag, restore: job.restoreRemaining, alive: job.instances.filter((one) => one.alive).length };
  for (const stage of stages) {
    values[`stage/${stage.name}/in`] = stage.recordsIn;
    values[`stage/${stage.name}/out`] = stage.recordsOut;
    values[`stage/${stage.name}/lag`] = stage.lag;
    values[`stage/${stage.name}/restore`] = stage.restoreRemaining;
    for (const kind of TIMES) values[`stage/${stage.name}/${kind}`] = stage.counters[kind + "TimeNanos"];
  }
  for (const one of partitions) {
    if (one.lag !== null) values[`lag/${one.stage}/${one.topic}/${one.partition}`] = one.lag;
  }
  for (const one of watermarks.stages) {
    const age = ageOf(one.watermark, watermarks.asOf);
    if (age !== null) values[`age/${one.stage}`] = age / 1000;
  }
  return values;
}

/** How far a watermark is behind the clock, in milliseconds; by the server's clock, which made the watermark. */
export function ageOf(watermark, asOf) {
  return watermark === null || watermark === undefined ? null : Date.parse(asOf) - Date.parse(watermark);
}

/** A stage with all that is shown of it; orders are what somebody has ordered of it. */
export function stageView(stage, planned, watermark, asOf, history, orders = {}) {
  const key = (name) => `stage/${stage.name}/${name}`;
  const [busy, idle, commit] = TIMES.map((name) => history.rate(key(name), RATE_MS));
  const time = busy === null || idle === null || commit === null ? 0 : busy + idle + commit;
  const view = {
    ...stage,
    ...orders,
    planned,
    inRate: history.rate(key("in"), RATE_MS),
    outRate: history.rate(key("out"), RATE_MS),
    lagSlope: history.slope(key("lag"), RATE_MS),
    busyShare: time > 0 ? busy / time : null,
    commitShare: time > 0 ? commit / time : null,
    watermark: watermark?.watermark ?? null,
    watermarkAgeMs: watermark ? ageOf(watermark.watermark, asOf) : null,
    ended: watermark?.ended ?? false,
    mostRestore: Math.max(0, ...history.values(key("restore"))),
  };
  return { ...view, ...condition(view) };
}

/** What somebody has ordered of a stage: {isStopped, isPaused}. */
export function ordersFor(stage, job) {
  return {
    isStopped: Boolean(job.stopped),
    isPaused: stage.source && (job.paused || job.pausedSources.includes(stage.name)),
  };
}

/** How a stage does: {level, word, why}. The first that applies is the one to look at. */
export function condition(stage) {
  const missing = stage.tasks - stage.runningTasks;
  if (stage.isStopped) {
    return { level: "info", word: "stopped", why: `it is stopped by order; ${counted(stage.lag, "record")} ${stage.lag === 1 ? "waits" : "wait"} for it` };
  }
  if (stage.restoreRemaining > 0) {
    return {
      level: "info",
      word: "restores",
      why: `${exact(stage.restoreRemaining)} rows of its changelog are still to be read before all its tasks run`,
    };
  }
  if (missing > 0) {
    return { level: "bad", word: `${missing} of ${stage.tasks} down`, why: `${counted(missing, "task")} of ${stage.tasks} run nowhere` };
  }
  if (stage.groupFailure) {
    return { level: "warn", word: "lag not known", why: stage.groupFailure };
  }
  if (stage.awaitedTopics.length > 0) {
    return { level: "info", word: "waits", why: `it waits for the tables in ${stage.awaitedTopics.join(", ")} to be read` };
  }
  if (stage.ended && stage.lag === 0) {
    return { level: "done", word: "done", why: "all of its input is processed" };
  }
  if (stage.isPaused) {
    return { level: "info", word: "paused", why: `it is paused by order; ${counted(stage.lag, "record")} ${stage.lag === 1 ? "waits" : "wait"} for it` };
  }
  if (isBehind(stage)) {
    return { level: "warn", word: "behind", why: behindBy(stage) };
  }
  if (stage.heldBackBy.length > 0) {
    return { level: "info", word: "held back", why: `it is slowed down until ${stage.heldBackBy.join(", ")} has caught up` };
  }
  if (stage.busyShare !== null && stage.busyShare + stage.commitShare > BUSY_SHARE) {
    return { level: "warn", word: "no reserve", why: "its workers are at work nearly all of the time: more input would wait" };
  }
  return { level: "ok", word: stage.inRate === 0 ? "idle" : "keeps up", why: "nothing waits for it" };
}

function isBehind({ lag, inRate }) {
  // Of a first answer nobody can say.
  return inRate !== null && lag > FEW_RECORDS && lag > inRate * BEHIND_SECONDS;
}

function behindBy({ lag, inRate, lagSlope, heldBackBy }) {
  const waiting = `${counted(lag, "record")} wait for it`;
  const held = heldBackBy.length > 0 ? `; it is held back until ${heldBackBy.join(", ")} has caught up` : "";
  if (lagSlope === null || inRate === null) return waiting + held;
  if (lagSlope >= 0) return `${waiting}, and it is not catching up (${rateText(lagSlope)} more)${held}`;
  return `${waiting}, about ${duration((lag / -lagSlope) * 1000)} until it has caught up${held}`;
}

/** Others have been at work without it for so long that it is no news any more. */
const NEWS_MS = 300_000;

/** Whether nobody has reported, although this page's instance is at work: Kafka was away, and the reports come with it. */
export function isSilent(job) {
  return !job.instances.some((one) => one.alive) && (job.here.state === "STARTING" || job.here.state === "RUNNING");
}

/** The instances that have gone otherwise than in good order, as far as that is news or still matters. */
export function missingInstances(job) {
  if (isSilent(job)) return [];
  return job.instances.filter(
    (one) =>
      !one.alive &&
      one.state !== "STOPPED" &&
      one.state !== "FINISHED" &&
      !(job.healthy && ageOf(one.reportedAt, job.asOf) > NEWS_MS),
  );
}

/** The findings for somebody who is woken at night: {level, text, hint, view, parameters}, the worst first. */
export function findings({ job, stages }) {
  const found = [];
  const gone = missingInstances(job);
  for (const one of gone) {
    const isFailed = one.state === "FAILED";
    found.push({
      level: job.healthy ? "warn" : "bad",
      text: isFailed
        ? `Instance ${one.id} has failed: ${one.error ?? "it gave no reason"}`
        : `Instance ${one.id} (pid ${one.pid} on ${one.host}) no longer reports`,
      hint: isFailed
        ? "Mend what the message names, and start it again."
        : job.healthy
          ? "Others have taken over its tasks; start another copy if you need as many as before."
          : stages.some((stage) => stage.level === "bad")
            ? "Its tasks move to other instances when its session times out. Start it again if it stays away."
            : "Others have its tasks, and are about to run them.",
      view: isFailed ? "exceptions" : "partitions",
    });
  }
  if (job.stopped) {
    found.push({ level: "info", text: "The job is stopped", hint: `It was stopped by order; runner.jar start ${job.name} ends it.`, view: "partitions" });
  } else if (isSilent(job)) {
    found.push({ level: "bad", text: "No instance has reported lately, although this page's is at work", hint: "Kafka was away until now; reports come within seconds. If they do not, look at the log.", view: "partitions" });
  } else if (!job.instances.some((one) => one.alive)) {
    found.push({ level: "bad", text: "No instance of the job is alive", hint: "Start one with runner.jar run.", view: "exceptions" });
  }
  const paused = job.paused ? ["Every source"] : (job.pausedSources ?? []).map((name) => `Source ${name}`);
  for (const who of paused) {
    found.push({ level: "info", text: `${who} is paused`, hint: `It was paused by order; runner.jar resume ${job.name} ends it.`, view: "partitions" });
  }
  for (const stage of stages) {
    if (stage.level === "ok" || stage.level === "done" || stage.isStopped || stage.word === "paused") continue;
    found.push({
      level: stage.level,
      text: `Stage ${stage.name}: ${stage.why}`,
      hint: hintFor(stage),
      view: "partitions",
      parameters: { stage: stage.name },
    });
  }
  const letters = sum(stages, "deadLetters");
  if (letters > 0) {
    found.push({ level: "warn", text: `${counted(letters, "record")} became dead letters since the instances started`, hint: "Look at their causes.", view: "letters" });
  }
  const skipped = sum(stages, "skippedRecords");
  if (skipped > 0) {
    found.push({ level: "warn", text: `${counted(skipped, "record")} were skipped by the error policy since the instances started`, hint: "The logs have why.", view: "graph" });
  }
  return found.sort((one, other) => LEVELS[other.level].rank - LEVELS[one.level].rank);
}

function hintFor(stage) {
  if (stage.level === "bad") return "They start as soon as an instance takes them over. If none does, look at the instances.";
  if (stage.word === "restores") return "Nothing to do; it goes on by itself when it has its state.";
  if (stage.word === "waits" || stage.word === "held back") return "Nothing to do unless it stands still: look at the stage it waits for.";
  return stage.tasks > stage.members
    ? "It has tasks that could run on more workers: start another instance."
    : "All tasks have a worker: it can only get faster per record, or with more partitions.";
}

function sum(stages, field) {
  return stages.reduce((total, stage) => total + stage[field], 0);
}

/**
 * The graph of a plan: topics of others, stages, and what they write to.
 *
 * Plans list where a stage writes among its steps, as "topic NAME" and "sink NAME"; no other step begins with these words.
 */
export function graphOf(plan) {
  const nodes = new Map();
  const edges = [];
  // Two steps may write to the same sink.
  const connect = (edge) => {
    if (!edges.some((one) => one.from === edge.from && one.to === edge.to && one.topic === edge.topic)) edges.push(edge);
  };
  const node = (id, kind, name) => {
    if (!nodes.has(id)) nodes.set(id, { id, kind, name });
    return id;
  };
  const shuffles = new Map(plan.stages.flatMap((stage) => stage.shuffles.map((one) => [one.topic, stage.name])));
  for (const stage of plan.stages) node("stage/" + stage.name, "stage", stage.name);
  for (const stage of plan.stages) {
    const to = "stage/" + stage.name;
    for (const topic of stage.inputs) {
      const from = shuffles.get(topic);
      connect(
        from === undefined
          ? { from: node("topic/" + topic, "topic", topic), to, topic, kind: "read" }
          : { from: "stage/" + from, to, topic, kind: "shuffle" },
      );
    }
    for (const topic of stage.tables ?? []) {
      connect({ from: node("topic/" + topic, "topic", topic), to, topic, kind: "table" });
    }
    for (const step of stage.steps) {
      const [word, name] = splitOnce(step.does, " ");
      if (word === "topic") connect({ from: to, to: node("topic/" + name, "topic", name), topic: name, kind: "write" });
      if (word === "sink") connect({ from: to, to: node("sink/" + stage.name + "/" + name, "sink", name), topic: name, kind: "write" });
    }
  }
  return { nodes: [...nodes.values()], edges };
}

function splitOnce(text, separator) {
  const at = text.indexOf(separator);
  return at < 0 ? [text, ""] : [text.slice(0, at), text.slice(at + separator.length)];
}

/** The steps of a stage in the order in which a record meets them; plans list them the other way round. */
export function stepsOf(stage) {
  return [...stage.steps].reverse();
}

/** The topics of a job with what each is to it, those of users first. */
export function topicsOf(plan, errorsTopic) {
  const roles = new Map();
  const add = (topic, role, rank) => {
    if (topic && !roles.has(topic)) roles.set(topic, { topic, role, rank });
  };
  const shuffles = new Set(plan.stages.flatMap((stage) => stage.shuffles.map((one) => one.topic)));
  for (const { kind, topic } of graphOf(plan).edges) {
    if (kind === "read") add(topic, "input", 0);
    if (kind === "table") add(topic, "table", 1);
  }
  for (const stage of plan.stages) {
    for (const step of stage.steps) {
      if (step.does.startsWith("topic ")) add(step.does.slice("topic ".length), "output", 2);
    }
  }
  add(errorsTopic, "dead letters", 3);
  shuffles.forEach((topic) => add(topic, "shuffle", 4));
  plan.stages.forEach((stage) => add(stage.changelog, "changelog", 5));
  return [...roles.values()].sort((one, other) => one.rank - other.rank || one.topic.localeCompare(other.topic));
}

/** The stores that can be asked, as choices: {name, stage, text}; the stage is undefined where the name says all. */
export function storeChoices(stores) {
  const askable = stores.filter((one) => !one.refusal);
  return askable.map(({ name, stage }) => {
    // A refused one of the same name has to be told apart as well.
    const isUnique = stores.filter((one) => one.name === name).length === 1;
    return isUnique ? { name, stage: undefined, text: name } : { name, stage, text: `${name} (${stage})` };
  });
}

/** The tasks of the partitions that a stage reads, by instance: [{instance, cells}], those of nobody last. */
export function placement(partitions, stage) {
  const owners = new Map();
  for (const one of partitions) {
    if (one.stage !== stage) continue;
    const owner = one.instance ?? "";
    if (!owners.has(owner)) owners.set(owner, []);
    owners.get(owner).push(one);
  }
  return [...owners.entries()]
    .map(([instance, cells]) => ({ instance: instance === "" ? null : instance, cells: cells.sort((a, b) => a.partition - b.partition) }))
    .sort((one, other) => (one.instance === null) - (other.instance === null) || String(one.instance).localeCompare(String(other.instance)));
}

/** What the condition of a stage's partitions depends on: how many records may wait in one before it counts as behind. */
export function measureOf({ inRate, tasks, isStopped = false, isPaused = false }) {
  return { enough: Math.max(FEW_RECORDS, ((inRate ?? 0) * BEHIND_SECONDS) / Math.max(1, tasks)), isStopped, isPaused };
}

/** How the task of a partition does, as a level. */
export function partitionLevel({ state, instance, lag }, { enough = FEW_RECORDS, isStopped = false, isPaused = false } = {}) {
  if (state === "FINISHED") return "done";
  if (state === "RESTORING" || state === "LOADING" || state === "WAITING") return "info";
  if (state === null) return "ok"; // Of a topic that every instance reads: no task has it.
  if (isStopped) return "info";
  if (instance === null || state === "UNASSIGNED") return "bad";
  if (isPaused) return "info";
  return lag !== null && lag > enough ? "warn" : "ok";
}

/** How the whole job does, as a level and a word. */
export function jobCondition(job, stages) {
  if (job.finished) return { level: "done", word: "finished" };
  if (job.stopped) return { level: "info", word: "stopped by order" };
  const level = worst([job.healthy ? "ok" : job.status === "STARTING" ? "info" : "bad", ...stages.map((stage) => stage.level)]);
  return { level, word: (job.paused ? "paused" : job.status.toLowerCase()) + (job.healthy ? "" : ": " + job.health) };
}

/** More windows than that are no picture. */
const MOST_WINDOWS = 60;

/**
 * The windows of a stage that lie in a stretch of time, as far as they follow from the plan: those of tumbling and sliding
 * windows. They may be empty. A window is open as long as the watermark has not reached its end.
 */
export function windowsIn(planned, from, to, watermark) {
  const found = [];
  for (const step of planned?.steps ?? []) {
    const match = /\btumbling\((\d+) ms(?:, offset (-?\d+) ms)?\)|\bsliding\((\d+) ms by (\d+) ms\)/.exec(step.does);
    if (match === null) continue;
    const size = Number(match[1] ?? match[3]);
    const slide = Number(match[1] ?? match[4]);
    const offset = Number(match[2] ?? 0);
    if ((to - from + size) / slide > MOST_WINDOWS) continue;
    for (let start = Math.floor((from - size - offset) / slide) * slide + slide + offset; start < to; start += slide) {
      found.push({ step: step.name, start, end: start + size, isOpen: watermark === null || start + size > watermark });
    }
  }
  return found;
}

/** Whether any of the texts contains what is looked for; upper and lower case are the same. */
export function matches(filter, ...texts) {
  const wanted = filter.trim().toLowerCase();
  return wanted === "" || texts.some((text) => String(text ?? "").toLowerCase().includes(wanted));
}

/** Dead letters by their cause: [{cause, operator, stage, count, newest}], the most frequent first. */
export function causes(letters) {
  const byCause = new Map();
  for (const letter of letters) {
    const key = [letter.exception, letter.operator, letter.stage].join("\n");
    const cause = byCause.get(key) ?? { exception: letter.exception, operator: letter.operator, stage: letter.stage, count: 0, newest: letter };
    cause.count++;
    if (letter.timestamp > cause.newest.timestamp) cause.newest = letter;
    byCause.set(key, cause);
  }
  return [...byCause.values()].sort((one, other) => other.count - one.count);
}

/** A dead letter as the server gives it. */
export function servedLetter(letter) {
  const { part, parts } = letter.more;
  return { ...letter, exception: letter.exception ?? "unknown", message: letter.message ?? "", part: part === undefined ? null : `${part} of ${parts}` };
}

/** A dead letter from a record of the topic of errors, whose headers say what happened. */
export function letterOf(record) {
  const header = (name) => record.headers["millrace." + name] ?? null;
  return {
    ...record,
    exception: header("exception") ?? "unknown",
    message: header("message") ?? "",
    stage: header("stage"),
    operator: header("operator"),
    origin: header("topic") === null ? null : { topic: header("topic"), partition: header("partition"), offset: header("offset") },
    part: header("part") === null ? null : `${header("part")} of ${header("parts")}`,
  };
}
