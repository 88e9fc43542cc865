// The dashboard of a job of three instances, one of which is killed and comes back, as somebody sees it who has had the page
// open before: lag, restore and recovery.
//
//   node incident.js ADDRESS SCREENSHOTS CHROMIUM PLAYWRIGHT
//
// Writes "kill", "restart" and "letters" to stdout when whoever has started it is to do these things, and else what it has
// seen. Fails if the page does not show them.

import { mkdir } from "node:fs/promises";
import { createRequire } from "node:module";
import { faults, watch } from "./inspect.js";

const [address, screenshots, executablePath, playwright] = process.argv.slice(2);
const { chromium } = createRequire(playwright + "/")("playwright-core");

const INSTANCES = 3;
const PATIENCE_MS = 180_000;
const LOOK_MS = 200;
const VIEWS = ["graph", "partitions", "time", "state", "records", "letters", "exceptions", "config", "threads"];

/** While an instance is dead, questions about what it alone knows are answered with 502 or 503. */
const EXPECTED = /\b50[23]\b/;

const failures = [];
const fail = (where, what) => failures.push(`${where}: ${what}`);
const say = (line) => console.log(line);
const pause = (ms) => new Promise((done) => setTimeout(done, ms));

await mkdir(screenshots, { recursive: true });
const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
let phase = "start";

async function open(width, colorScheme) {
  const context = await browser.newContext({ viewport: { width, height: 900 }, colorScheme, reducedMotion: "reduce" });
  const page = await context.newPage();
  page.label = `${width}-${colorScheme}`;
  watch(page, (_, text) => EXPECTED.test(text), (what) => fail(`${phase} ${page.label}`, what));
  await page.goto(address);
  await page.waitForSelector(".node.stage", { timeout: PATIENCE_MS });
  return page;
}

/** What the page says at its head and at its top. */
const seen = (page) =>
  page.evaluate(() => ({
    badge: document.querySelector(".job .badge")?.textContent ?? "",
    figures: Object.fromEntries([...document.querySelectorAll(".figures .figure")].map((one) => [one.querySelector("dt").textContent, one.querySelector("dd b").textContent])),
    findings: [...document.querySelectorAll(".findings li")].map((one) => `${one.className}: ${one.querySelector("a").textContent}`),
    stages: [...document.querySelectorAll(".node.stage .state")].map((one) => one.textContent),
    isLive: document.querySelector(".freshness:not(.stale)") !== null,
  }));

/** Waits until the page says so; returns after how many seconds, or null. */
async function until(what, page, condition) {
  const begun = Date.now();
  for (;;) {
    const now = await seen(page);
    if (condition(now)) {
      const seconds = ((Date.now() - begun) / 1000).toFixed(1);
      say(`${what} after ${seconds} s: ${describe(now)}`);
      return seconds;
    }
    if (Date.now() - begun > PATIENCE_MS) {
      fail(phase, `the page does not say within ${PATIENCE_MS / 1000} s: ${what}. It says ${JSON.stringify(now)}`);
      return null;
    }
    await pause(LOOK_MS);
  }
}

/** Looks until each of some things was seen, in whichever order, and takes pictures of each at once. */
async function follow(page, things) {
  const begun = Date.now();
  const left = new Map(Object.entries(things));
  while (left.size > 0) {
    const now = await seen(page);
    const seconds = ((Date.now() - begun) / 1000).toFixed(1);
    for (const [name, condition] of left) {
      if (!condition(now)) continue;
      left.delete(name);
      say(`${name} after ${seconds} s: ${describe(now)}`);
      await Promise.all([picture(desk, `2-${name}-graph`), picture(phone, `2-${name}-graph`), picture(partitions, `2-${name}-partitions`)]);
    }
    if (Date.now() - begun > PATIENCE_MS) {
      fail(phase, `the page does not show within ${PATIENCE_MS / 1000} s: ${[...left.keys()].join(", ")}. It says ${JSON.stringify(now)}`);
      return;
    }
    await pause(LOOK_MS);
  }
}

/** A figure as a number again: 1,234 or 12.3k. */
const numberOf = (text) => Number(text.replaceAll(",", "").replace(/[kMG]$/, "")) * ({ k: 1e3, M: 1e6, G: 1e9 }[text.at(-1)] ?? 1);

const describe = ({ badge, figures, findings }) =>
  `${badge}; ${Object.entries(figures).map(([name, value]) => `${name} ${value}`).join(", ")}; ${findings.join(" | ") || "nothing is found"}`;

async function picture(page, name) {
  for (const one of await faults(page)) fail(`${name} ${page.label}`, one);
  await page.screenshot({ path: `${screenshots}/${name}-${page.label}.png`, fullPage: true });
}

/** Each view, after its answers have come. */
async function pictures(page, name) {
  for (const view of VIEWS) {
    await page.evaluate((to) => (location.hash = "#/" + to), view);
    await page.waitForFunction(() => document.querySelector("main .loading") === null, undefined, { timeout: 20_000 }).catch(() => fail(`${name} ${view}`, "no answer"));
    await pause(400);
    if (view === "state") {
      await page.click("form.fields button.main");
      await page.waitForSelector("#rows-title >> xpath=ancestor::section >> table.data tbody tr", { timeout: 20_000 }).catch(() => fail(`${name} ${view}`, "no rows of state"));
    }
    await picture(page, `${name}-${view}`);
  }
  await page.evaluate(() => (location.hash = "#/graph"));
  await page.waitForSelector(".node.stage");
}

/** So few records wait that nothing does. */
const LITTLE = 5000;

const isWhole = ({ badge, figures, stages }) =>
  !/incomplete|starting|stopped/.test(badge) && numberOf(figures.Lag) < LITTLE && figures.Instances === String(INSTANCES) && figures.Restore === "0" && stages.every((state) => /keeps up|idle|no reserve/.test(state));

const desk = await open(1280, "light");
const phone = await open(400, "dark");

phase = "calm";
await until("three instances are at work", desk, isWhole);
let usualLag = 0;
for (let i = 0; i < 15; i++) {
  await pause(1000); // Charts get something to show, too.
  usualLag = Math.max(usualLag, numberOf((await seen(desk)).figures.Lag));
}
await pictures(desk, "1-calm");
await pictures(phone, "1-calm");

phase = "killed";
const partitions = await open(1280, "light");
await partitions.evaluate(() => (location.hash = "#/partitions"));
await partitions.waitForSelector(".placement .cell");
say("kill");
await follow(desk, {
  lag: ({ figures }) => numberOf(figures.Lag) > usualLag + 1000,
  restore: ({ stages, figures }) => stages.some((state) => /restores/.test(state)) && figures.Restore !== "0",
  gone: ({ findings, figures }) => findings.some((one) => /no longer reports/.test(one)) && figures.Instances === `${INSTANCES - 1} / ${INSTANCES}`,
});
phase = "recovered";
await until("all tasks run on two instances, and nothing waits", desk, ({ badge, figures, stages }) => /running/.test(badge) && numberOf(figures.Lag) < LITTLE && figures.Restore === "0" && stages.every((state) => /keeps up|idle|no reserve/.test(state)));
await pause(5_000);
await pictures(desk, "3-recovered");

phase = "restarted";
say("restart");
await until("three instances again", desk, isWhole);
await pause(5_000);
await Promise.all([picture(desk, "4-restarted-graph"), picture(partitions, "4-restarted-partitions")]);

phase = "letters";
say("letters");
await until("dead letters", desk, ({ findings }) => findings.some((one) => /became dead letters/.test(one)));
await picture(desk, "5-letters-graph");
await desk.evaluate(() => (location.hash = "#/letters"));
await desk.waitForSelector("#causes-title >> xpath=ancestor::section >> table.data tbody tr", { timeout: 20_000 }).catch(() => fail(phase, "no causes of dead letters"));
await desk.click("#letters-title >> xpath=ancestor::section >> table.data tbody tr.can-open td:last-child").catch(() => fail(phase, "a letter does not open"));
await picture(desk, "5-letters");

await browser.close();
failures.forEach((one) => console.error("FAILED " + one));
say(failures.length === 0 ? `the dashboard shows all of it; screenshots are in ${screenshots}` : `${failures.length} failures`);
process.exitCode = failures.length === 0 ? 0 : 1;
