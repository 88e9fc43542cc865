import assert from "node:assert/strict";
import { test } from "node:test";
import { load } from "./modules.js";

const { addressOf, parseRoute, VIEWS } = await load("routes.js");
const { actionOf, nextRow } = await load("keys.js");
const { jobPath, problemOf } = await load("api.js");

test("an address leads back to its view and parameters", () => {
  for (const { id } of VIEWS) assert.deepEqual(parseRoute(addressOf(id)), { view: id, parameters: {} });
  const parameters = { topic: "a.b", key: "ä&=?#/ +" };
  assert.deepEqual(parseRoute(addressOf("records", parameters)), { view: "records", parameters });
});

test("parameters without a value are left away, and 0 is one", () => {
  assert.equal(addressOf("state", { store: "s", key: "", prefix: undefined, limit: null, partition: 0 }), "#/state?store=s&partition=0");
});

test("an address that is none leads to the first view", () => {
  for (const hash of ["", "#", "#/", "#/nothing", "#/../x?y=1", "graph?x"]) assert.equal(parseRoute(hash).view, "graph");
});

test("keys lead to views, and mean nothing where somebody types or the browser has them", () => {
  const key = (name, more = {}) => actionOf({ key: name, ctrlKey: false, metaKey: false, altKey: false, isTyping: false, ...more });
  VIEWS.forEach(({ id }, i) => assert.deepEqual(key(String(i + 1)), { view: id }));
  assert.equal(key("/"), "search");
  assert.equal(key("?"), "help");
  assert.equal(key("0"), null);
  assert.equal(key("F1"), null);
  assert.equal(key("1", { ctrlKey: true }), null);
  assert.equal(key("1", { isTyping: true }), null);
  assert.equal(key("/", { isTyping: true }), null);
  assert.equal(key("Escape", { isTyping: true }), "leave");
});

test("rows are walked through and not left", () => {
  assert.deepEqual(["ArrowDown", "j", "ArrowUp", "k", "Home", "End", "PageDown", "PageUp", "x"].map((key) => nextRow(key, 5, 12)), [6, 6, 4, 4, 0, 11, 11, 0, 5]);
  assert.equal(nextRow("ArrowDown", 11, 12), 11);
  assert.equal(nextRow("ArrowUp", 0, 12), 0);
});

test("paths of a job are relative and encoded", () => {
  assert.equal(jobPath("w"), "api/v1/jobs/w");
  assert.equal(jobPath("w", "state/a.b", { key: "x y", prefix: "", limit: 5 }), "api/v1/jobs/w/state/a.b?key=x+y&limit=5");
});

test("a problem has the server's words, and a proxy's error its status", async () => {
  const problem = await problemOf(new Response('{"detail":"Cannot find it"}', { status: 404 }));
  assert.deepEqual([problem.status, problem.message], [404, "Cannot find it"]);
  const other = await problemOf(new Response("<html>", { status: 502, statusText: "Bad Gateway" }));
  assert.deepEqual([other.status, other.message], [502, "The answer was 502 Bad Gateway"]);
});
