import assert from "node:assert/strict";
import { test } from "node:test";
import { load } from "./modules.js";

const model = await load("model.js");
const { History } = await load("history.js");

const PLAN = {
  job: "words",
  stages: [
    {
      name: "read",
      inputs: ["lines"],
      tables: ["rates"],
      steps: [
        { name: "late", does: "topic late", errors: "FAIL" },
        { name: "map", does: "map", errors: "FAIL" },
      ],
      shuffles: [{ topic: "words.count.shuffle", to: "count" }],
      stores: [],
    },
    {
      name: "count",
      inputs: ["words.count.shuffle"],
      steps: [
        { name: "out", does: "topic counts", errors: "FAIL" },
        { name: "file", does: "sink files", errors: "FAIL" },
        { name: "reduce", does: "reduce", errors: "DEAD_LETTER" },
      ],
      shuffles: [],
      stores: ["reduce"],
      changelog: "words.count.changelog",
    },
  ],
};

const stage = (more = {}) => ({
  name: "count",
  tasks: 4,
  runningTasks: 4,
  members: 4,
  lag: 0,
  restoreRemaining: 0,
  recordsIn: 0,
  recordsOut: 0,
  deadLetters: 0,
  skippedRecords: 0,
  awaitedTopics: [],
  heldBackBy: [],
  counters: {},
  inRate: 100,
  lagSlope: 0,
  busyShare: 0.2,
  commitShare: 0.1,
  ended: false,
  ...more,
});

const job = (more = {}) => ({
  name: "words",
  here: { instance: "a", state: "RUNNING" },
  healthy: true,
  stopped: false,
  paused: false,
  pausedSources: [],
  status: "RUNNING",
  health: "healthy",
  finished: false,
  lag: 0,
  restoreRemaining: 0,
  asOf: "2026-01-01T01:00:00Z",
  instances: [{ id: "a", alive: true, state: "RUNNING", error: null, pid: 1, host: "h", reportedAt: "2026-01-01T01:00:00Z" }],
  ...more,
});

test("the graph has what a stage reads, and where it writes", () => {
  const { nodes, edges } = model.graphOf(PLAN);
  assert.deepEqual(nodes.map((node) => node.id).sort(), ["sink/count/files", "stage/count", "stage/read", "topic/counts", "topic/late", "topic/lines", "topic/rates"]);
  assert.deepEqual(
    edges.map((edge) => `${edge.from} ${edge.kind} ${edge.to}`),
    [
      "topic/lines read stage/read",
      "topic/rates table stage/read",
      "stage/read write topic/late",
      "stage/read shuffle stage/count",
      "stage/count write topic/counts",
      "stage/count write sink/count/files",
    ],
  );
});

test("a sink that two steps write to is one, with one line to it", () => {
  const steps = ["a", "b"].map((name) => ({ name, does: "sink console", errors: "FAIL" }));
  assert.equal(model.graphOf({ stages: [{ name: "s", inputs: [], steps, shuffles: [], stores: [] }] }).edges.length, 1);
});

test("windows follow from the plan, and are open until the watermark is at their end", () => {
  const starts = (does, from, to, watermark) =>
    model.windowsIn({ steps: [{ name: "w", does }] }, from, to, watermark).map((one) => `${one.start}-${one.end}${one.isOpen ? "" : " closed"}`);
  assert.deepEqual(starts("window tumbling(10 ms) in event time", 5, 25, 10), ["0-10 closed", "10-20", "20-30"]);
  assert.deepEqual(starts("window tumbling(10 ms, offset 3 ms) in event time", 5, 25, null), ["3-13", "13-23", "23-33"]);
  assert.deepEqual(starts("window sliding(10 ms by 5 ms)", 10, 20, 17), ["5-15 closed", "10-20", "15-25"]);
  assert.deepEqual(starts("window session(10 ms)", 0, 100, null), []);
  assert.deepEqual(starts("window tumbling(1 ms)", 0, 1000, null), []);
  assert.deepEqual(model.windowsIn(undefined, 0, 1, null), []);
});

test("topics of users come before those of the job", () => {
  assert.deepEqual(
    model.topicsOf(PLAN, "words.errors").map((one) => `${one.topic} ${one.role}`),
    ["lines input", "rates table", "counts output", "late output", "words.errors dead letters", "words.count.shuffle shuffle", "words.count.changelog changelog"],
  );
});

test("steps are in the order in which a record meets them", () => {
  assert.deepEqual(model.stepsOf(PLAN.stages[1]).map((step) => step.name), ["reduce", "file", "out"]);
});

test("the condition of a stage is the first thing to look at", () => {
  const word = (more) => model.condition(stage(more)).word;
  assert.equal(word({}), "keeps up");
  assert.equal(word({ inRate: 0 }), "idle");
  assert.equal(word({ lag: 400 }), "keeps up");
  assert.equal(word({ lag: 900, inRate: 100 }), "keeps up");
  assert.equal(word({ lag: 1100, inRate: 100 }), "behind");
  assert.equal(word({ lag: 1100, inRate: 0 }), "behind");
  assert.equal(word({ lag: 1100, inRate: null }), "keeps up");
  assert.equal(word({ restoreRemaining: 5, runningTasks: 2, lag: 9999 }), "restores");
  assert.equal(word({ runningTasks: 1, lag: 9999 }), "3 of 4 down");
  assert.equal(word({ groupFailure: "no answer" }), "lag not known");
  assert.equal(word({ awaitedTopics: ["t"] }), "waits");
  assert.equal(word({ heldBackBy: ["later"] }), "held back");
  assert.equal(word({ heldBackBy: ["later"], lag: 5000 }), "behind");
  assert.equal(word({ busyShare: 0.8, commitShare: 0.15 }), "no reserve");
  assert.equal(word({ ended: true }), "done");
  assert.equal(word({ ended: true, lag: 10 }), "keeps up");
});

test("who is behind is told until when", () => {
  assert.match(model.condition(stage({ lag: 5000, lagSlope: -100 })).why, /5,000 records wait for it, about 50 s until/);
  assert.match(model.condition(stage({ lag: 5000, lagSlope: 20 })).why, /not catching up \(20\.0\/s more\)/);
});

test("a stage has rates and shares from its history", () => {
  const history = new History(10);
  for (let i = 0; i < 4; i++) {
    const counters = { busyTimeNanos: i * 3e9, idleTimeNanos: i * 6e9, commitTimeNanos: i * 1e9 };
    history.add(i * 1000, model.sampleOf({ job: job(), stages: [stage({ recordsIn: i * 50, counters })], partitions: [], watermarks: { asOf: "2026-01-01T00:00:00Z", stages: [] } }));
  }
  const watermark = { watermark: "2026-01-01T00:00:00Z", ended: false };
  const view = model.stageView(stage(), PLAN.stages[1], watermark, "2026-01-01T00:00:05Z", history);
  assert.equal(view.inRate, 50);
  assert.equal(view.busyShare, 0.3);
  assert.equal(view.commitShare, 0.1);
  assert.equal(view.watermarkAgeMs, 5000);
  assert.equal(view.word, "keeps up");
});

test("a first answer has no rates, and no time is no age", () => {
  const history = new History(10);
  history.add(0, model.sampleOf({ job: job(), stages: [stage()], partitions: [], watermarks: { asOf: "2026-01-01T00:00:00Z", stages: [] } }));
  const view = model.stageView(stage(), undefined, undefined, "2026-01-01T00:00:00Z", history);
  assert.deepEqual([view.inRate, view.busyShare, view.watermarkAgeMs, view.word], [null, null, null, "keeps up"]);
});

test("nothing is found where all is well", () => {
  assert.deepEqual(model.findings({ job: job(), stages: [model.condition(stage())].map((more) => stage(more)) }), []);
});

test("what is worst is found first", () => {
  const instances = [
    { id: "a", alive: true, state: "RUNNING", pid: 1, host: "h" },
    { id: "b", alive: false, state: "RUNNING", pid: 2, host: "h" },
    { id: "c", alive: false, state: "FAILED", error: "a record was bad", pid: 3, host: "h" },
    { id: "d", alive: false, state: "STOPPED", pid: 4, host: "h" },
  ];
  const bad = stage({ runningTasks: 1, deadLetters: 2 });
  const found = model.findings({ job: job({ healthy: false, instances }), stages: [{ ...bad, ...model.condition(bad) }] });
  assert.deepEqual(found.map((one) => one.level), ["bad", "bad", "bad", "warn"]);
  assert.match(found[0].text, /Instance b \(pid 2 on h\) no longer reports/);
  assert.match(found[1].text, /Instance c has failed: a record was bad/);
  assert.match(found[2].text, /Stage count: 3 tasks of 4 run nowhere/);
  assert.match(found[3].text, /2 records became dead letters/);
  assert.ok(found.every((one) => one.hint !== ""));
});

test("what somebody has paused is found", () => {
  const texts = (more) => model.findings({ job: job(more), stages: [] }).map((one) => one.text);
  assert.deepEqual(texts({ paused: true, pausedSources: ["a"] }), ["Every source is paused"]);
  assert.deepEqual(texts({ paused: false, pausedSources: ["a", "b"] }), ["Source a is paused", "Source b is paused"]);
});

test("what somebody has ordered is no trouble", () => {
  const ordered = (more, ofStage = {}) => {
    const one = { ...stage({ source: true, name: "a", ...ofStage }), ...model.ordersFor({ source: true, name: "a", ...ofStage }, job(more)) };
    return model.condition(one);
  };
  assert.equal(ordered({ paused: true }, { lag: 9999 }).word, "paused");
  assert.match(ordered({ pausedSources: ["a"] }, { lag: 9999 }).why, /paused by order; 9,999 records wait for it/);
  assert.equal(ordered({ pausedSources: ["b"] }, { lag: 9999 }).word, "behind");
  assert.equal(ordered({ paused: true }, { source: false, lag: 9999 }).word, "behind");
  assert.deepEqual(
    [ordered({ stopped: true }, { runningTasks: 0 })].map(({ level, word }) => [level, word]),
    [["info", "stopped"]],
  );
  const stopped = job({ healthy: false, stopped: true, instances: [] });
  const one = stage({ source: true, runningTasks: 0, ...model.ordersFor({ source: true, name: "count" }, stopped) });
  const found = model.findings({ job: stopped, stages: [{ ...one, ...model.condition(one) }] });
  assert.deepEqual(found.map(({ level, text }) => [level, text]), [["info", "The job is stopped"]]);
  assert.deepEqual(model.jobCondition(stopped, []), { level: "info", word: "stopped by order" });
});

test("stores of one name are told apart by their stages", () => {
  const stores = [
    { name: "rows", stage: "a", refusal: null },
    { name: "rows", stage: "b", refusal: null },
    { name: "own", stage: "b", refusal: null },
    { name: "timers", stage: "b", refusal: "it is the engine's own" },
  ];
  assert.deepEqual(model.storeChoices(stores), [
    { name: "rows", stage: "a", text: "rows (a)" },
    { name: "rows", stage: "b", text: "rows (b)" },
    { name: "own", stage: undefined, text: "own" },
  ]);
});

test("an instance that others have replaced long ago is no news", () => {
  const gone = (reportedAt) => ({ id: "b", alive: false, state: "RUNNING", pid: 2, host: "h", reportedAt });
  const missing = (healthy, reportedAt) => model.missingInstances(job({ healthy, instances: [...job().instances, gone(reportedAt)] })).length;
  assert.equal(missing(true, "2026-01-01T00:59:00Z"), 1);
  assert.equal(missing(true, "2026-01-01T00:50:00Z"), 0);
  assert.equal(missing(false, "2026-01-01T00:50:00Z"), 1);
});

test("a job without an instance is found", () => {
  const texts = (state) => model.findings({ job: job({ healthy: false, instances: [], here: { state } }), stages: [] }).map((one) => one.text);
  assert.deepEqual(texts("STOPPING"), ["No instance of the job is alive"]);
  assert.deepEqual(texts("RUNNING"), ["No instance has reported lately, although this page's is at work"]);
});

test("partitions are placed by instance, those of nobody last", () => {
  const partition = (number, instance) => ({ stage: "s", topic: "t", partition: number, instance, state: "ACTIVE", lag: 0 });
  const placed = model.placement([partition(2, "b"), partition(1, null), partition(0, "b"), partition(3, "a"), { ...partition(9, "a"), stage: "other" }], "s");
  assert.deepEqual(placed.map((one) => [one.instance, one.cells.map((cell) => cell.partition)]), [["a", [3]], ["b", [0, 2]], [null, [1]]]);
});

test("a partition is as its task is", () => {
  const level = (more) => model.partitionLevel({ state: "ACTIVE", instance: "a", lag: 0, ...more });
  assert.equal(level({}), "ok");
  assert.equal(level({ lag: 501 }), "warn");
  assert.equal(level({ lag: null }), "ok");
  assert.equal(model.partitionLevel({ state: "ACTIVE", instance: "a", lag: 501 }, model.measureOf({ inRate: 1000, tasks: 4 })), "ok");
  assert.equal(model.partitionLevel({ state: "ACTIVE", instance: "a", lag: 2501 }, model.measureOf({ inRate: 1000, tasks: 4 })), "warn");
  assert.equal(model.measureOf({ inRate: null, tasks: 0 }).enough, 500);
  assert.equal(model.partitionLevel({ state: "PAUSED", instance: "a", lag: 2501 }, { isPaused: true }), "info");
  assert.equal(model.partitionLevel({ state: "UNASSIGNED", instance: null, lag: 2501 }, { isStopped: true }), "info");
  assert.equal(level({ state: "RESTORING" }), "info");
  assert.equal(level({ state: "UNASSIGNED", instance: null }), "bad");
  assert.equal(level({ state: "FINISHED", instance: null }), "done");
  assert.equal(level({ state: null, instance: null }), "ok");
});

test("the condition of a job is that of its worst stage", () => {
  assert.deepEqual(model.jobCondition(job(), [{ level: "ok" }]), { level: "ok", word: "running" });
  assert.equal(model.jobCondition(job(), [{ level: "ok" }, { level: "warn" }, { level: "info" }]).level, "warn");
  assert.deepEqual(model.jobCondition(job({ healthy: false, status: "INCOMPLETE", health: "1 task does not run" }), []), { level: "bad", word: "incomplete: 1 task does not run" });
  assert.equal(model.jobCondition(job({ healthy: false, status: "STARTING", health: "x" }), []).level, "info");
  assert.equal(model.jobCondition(job({ finished: true }), [{ level: "warn" }]).word, "finished");
  assert.equal(model.jobCondition(job({ paused: true }), []).word, "paused");
});

test("searching takes no notice of case, and finds all with nothing", () => {
  assert.ok(model.matches(" WoRd ", "swords"));
  assert.ok(model.matches("", null));
  assert.ok(!model.matches("x", "abc", null, 12));
  assert.ok(model.matches("12", 312));
});

test("letters are put together by their cause", () => {
  const record = (offset, exception, timestamp) => ({
    offset,
    timestamp,
    headers: { "millrace.exception": exception, "millrace.message": "m" + offset, "millrace.operator": "map", "millrace.stage": "s", "millrace.topic": "in", "millrace.partition": "0", "millrace.offset": String(offset) },
  });
  const letters = [record(1, "A", "2026-01-01"), record(2, "B", "2026-01-02"), record(3, "A", "2026-01-03")].map(model.letterOf);
  const found = model.causes(letters);
  assert.deepEqual(found.map((one) => [one.exception, one.count, one.newest.message]), [["A", 2, "m3"], ["B", 1, "m2"]]);
  assert.deepEqual(letters[0].origin, { topic: "in", partition: "0", offset: "1" });
  assert.equal(model.letterOf({ headers: {}, timestamp: "" }).origin, null);
  const served = model.servedLetter({ exception: null, message: null, more: { part: "1", parts: "3" }, origin: null });
  assert.deepEqual([served.exception, served.message, served.part], ["unknown", "", "1 of 3"]);
});
