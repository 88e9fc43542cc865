// The dashboard of a job that runs, in a real browser: each view, wide and narrow, dark and light.
//
//   node browser.js ADDRESS SCREENSHOTS CHROMIUM PLAYWRIGHT [TOKEN]
//
// Fails if a view has an error on the console, scrolls sideways, has a control without a name, or lacks its values.

import { mkdir } from "node:fs/promises";
import { createRequire } from "node:module";
import { faults, watch } from "./inspect.js";

const [address, screenshots, executablePath, playwright, token] = process.argv.slice(2);
const { chromium } = createRequire(playwright + "/")("playwright-core");

/** What has to be there before a view counts as complete. */
const VIEWS = {
  graph: [".node.stage", ".plot canvas", "table.data tbody tr", ".figures"],
  partitions: [".placement .cell", ".plot canvas", "table.data tbody tr"],
  time: [".plot canvas, .empty", "table.data tbody tr, .empty"],
  state: ["table.data tbody tr, .empty"],
  records: ["table.data tbody tr, .empty"],
  letters: ["table.data tbody tr, .empty"],
  exceptions: [".exception, .empty"],
  config: ["table.data tbody tr"],
  threads: ["table.data tbody tr:nth-child(5)"],
};
const WIDTHS = [1280, 400];
const THEMES = ["light", "dark"];

/** Paths that servers may lack: the page asks, and does without them. The browser notes that on the console. */
const OPTIONAL = /\/(events|windows|dead-letters|state|state\/[^/]*)(\?.*)?$/;

const failures = [];
const fail = (where, what) => failures.push(`${where}: ${what}`);

await mkdir(screenshots, { recursive: true });
const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });

async function open(options, where) {
  const context = await browser.newContext({ ...options, reducedMotion: "reduce" });
  if (token) {
    // As if somebody had given it in this tab before.
    await context.addInitScript((given) => sessionStorage.setItem("millrace-token", given), token);
  }
  const page = await context.newPage();
  page.where = where;
  watch(page, (url, text) => OPTIONAL.test(url) && /\b404\b|\b503\b/.test(text), (what) => fail(page.where, what));
  return { context, page };
}

async function inspect(page) {
  for (const one of await faults(page)) fail(page.where, one);
}

for (const theme of THEMES) {
  for (const width of WIDTHS) {
    const { context, page } = await open({ viewport: { width, height: 900 }, colorScheme: theme }, `${theme} ${width}`);
    await page.goto(address);
    // So that charts and rates have something to show.
    await page.waitForSelector(".node.stage", { timeout: 30_000 });
    await page.waitForTimeout(8000);
    for (const [view, selectors] of Object.entries(VIEWS)) {
      page.where = `${view} ${theme} ${width}`;
      await page.goto(`${address}#/${view}`);
      for (const selector of selectors) {
        await page.waitForSelector(selector, { state: "attached", timeout: 15_000 }).catch(() => fail(page.where, `there is no ${selector}`));
      }
      await page.waitForTimeout(300);
      await inspect(page);
      await page.screenshot({ path: `${screenshots}/${view}-${width}-${theme}.png`, fullPage: true });
    }
    await context.close();
  }
}

await keys();
await rows();
await old();
await locked();
await browser.close();
failures.forEach((one) => console.error("FAILED " + one));
console.log(failures.length === 0 ? `the dashboard is in order; screenshots are in ${screenshots}` : `${failures.length} failures`);
process.exitCode = failures.length === 0 ? 0 : 1;

/** All of it can be reached by keys. */
async function keys() {
  const { context, page } = await open({ viewport: { width: 1280, height: 900 } }, "keys");
  await page.goto(address);
  await page.waitForSelector(".node.stage");
  const titles = [];
  for (let key = 1; key <= 9; key++) {
    await page.keyboard.press(String(key));
    await page.waitForFunction((i) => document.querySelectorAll("nav a")[i].getAttribute("aria-current") === "page", key - 1);
    titles.push(await page.textContent("h1"));
  }
  if (new Set(titles).size !== 9) fail("keys", `they lead to ${titles}`);
  // Rows of the threads.
  await page.waitForSelector("table.data tbody tr");
  await page.focus("table.data tbody tr[tabindex='0']");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  if ((await page.locator("tr.detail pre").count()) !== 1) fail("keys", "Enter does not open a row");
  await page.keyboard.press("/");
  await page.keyboard.type("no-such-thread");
  await page.waitForSelector(".empty");
  await page.keyboard.press("Escape");
  await page.waitForSelector("table.data tbody tr");
  await page.keyboard.press("?");
  if (!(await page.locator("dialog").evaluate((dialog) => dialog.open))) fail("keys", "? shows no help");
  await page.screenshot({ path: `${screenshots}/help.png` });
  await page.keyboard.press("Escape");
  if (await page.locator("dialog").evaluate((dialog) => dialog.open)) fail("keys", "Escape leaves the help open");
  const before = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  await page.click("button[aria-label^=Theme]");
  await page.click("button[aria-label^=Theme]");
  const after = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  if (before === after) fail("keys", "the theme does not change");
  await context.close();
}

/** Rows of stages, records and settings open. */
async function rows() {
  const { context, page } = await open({ viewport: { width: 1280, height: 900 } }, "rows");
  for (const view of ["graph", "records", "config"]) {
    page.where = "opened " + view;
    await page.goto(`${address}#/${view}`);
    const row = page.locator("table.data tbody tr.can-open").first();
    if (await row.waitFor({ timeout: 15_000 }).then(() => true, () => false)) {
      await row.click({ position: { x: 200, y: 8 } });
      if ((await page.locator("tr.detail").count()) === 0) fail(page.where, "no detail");
      await inspect(page);
      await page.screenshot({ path: `${screenshots}/opened-${view}.png`, fullPage: true });
    }
  }
  await context.close();
}

/** A server that goes away leaves what was seen last, and its age. */
async function old() {
  const { context, page } = await open({ viewport: { width: 1280, height: 900 } }, "stale");
  await page.goto(address);
  await page.waitForSelector(".node.stage");
  page.removeAllListeners("console");
  await page.route("**/api/**", (route) => route.abort());
  await page.waitForSelector(".freshness.stale", { timeout: 45_000 });
  await page.waitForTimeout(2000);
  if (!/Last answer .* ago/.test(await page.textContent(".freshness"))) fail("stale", "it does not say how old it is");
  if ((await page.locator(".node.stage").count()) === 0) fail("stale", "what was seen is gone");
  await page.screenshot({ path: `${screenshots}/stale.png` });
  await page.goto("about:blank");
  await page.goto(address);
  await page.waitForSelector(".failure");
  await page.screenshot({ path: `${screenshots}/unreachable.png` });
  await context.close();
}

/** Where the server wants a token, the page asks for it, and sends it. */
async function locked() {
  const context = await browser.newContext({ viewport: { width: 400, height: 700 } });
  const page = await context.newPage();
  await page.route(/\/(api\/|status)/, async (route) => {
    const { authorization } = route.request().headers();
    if (authorization === "Bearer right") return route.continue({ headers: { ...route.request().headers(), authorization: token ? "Bearer " + token : "" } });
    return route.fulfill({ status: 401, contentType: "application/problem+json", body: JSON.stringify({ detail: "Cannot answer: the token of the request is not that of this server" }) });
  });
  await page.goto(address);
  await page.waitForSelector("form.token input");
  for (const given of ["wrong", "right"]) {
    await page.fill("form.token input", given);
    await page.keyboard.press("Enter");
    if (given === "wrong") {
      await page.waitForSelector(".wrong");
      await page.screenshot({ path: `${screenshots}/token.png` });
    }
  }
  await page.waitForSelector(".node.stage", { timeout: 15_000 }).catch(() => fail("token", "it does not open with the right one"));
  await context.close();
}
