import assert from "node:assert/strict";
import { test } from "node:test";
import { load } from "./modules.js";

const { History } = await load("history.js");

test("rates come from what a counter has grown by", () => {
  const history = new History(10);
  [0, 100, 200, 300].forEach((count, i) => history.add(i * 1000, { count }));
  assert.equal(history.rate("count", 10_000), 100);
  assert.equal(history.rate("count", 1000), 100);
  assert.equal(history.rate("other", 1000), null);
});

test("a counter that falls, since an instance has died, is no negative rate", () => {
  const history = new History(10);
  [1000, 1100, 400, 500].forEach((count, i) => history.add(i * 1000, { count }));
  assert.equal(history.rate("count", 10_000), 100);
});

test("one sample has no rate", () => {
  const history = new History(10);
  history.add(0, { count: 5 });
  assert.equal(history.rate("count", 1000), null);
  assert.equal(history.slope("count", 1000), null);
});

test("the slope is over the span that is asked for", () => {
  const history = new History(10);
  [50, 0, 10, 20].forEach((lag, i) => history.add(i * 1000, { lag }));
  assert.equal(history.slope("lag", 2000), 10);
  assert.equal(history.slope("lag", 3000), -10);
});

test("series that come later, or go, have gaps", () => {
  const history = new History(10);
  history.add(0, { a: 1 });
  history.add(1000, { b: 2 });
  history.add(2000, { a: 3, b: null });
  assert.deepEqual(history.columns(["a", "b", "c"]), [[0, 1, 2], [1, null, 3], [null, 2, null], [null, null, null]]);
});

test("the oldest samples make room, and a series without any is forgotten", () => {
  const history = new History(2);
  history.add(0, { gone: 1 });
  history.add(1000, { a: 2 });
  history.add(2000, { a: 3 });
  assert.deepEqual(history.columns(["a", "gone"]), [[1, 2], [2, 3], [null, null]]);
  assert.equal(history.length, 2);
});

test("the same answer again is no sample", () => {
  const history = new History(5);
  history.add(1000, { a: 1 });
  history.add(1000, { a: 1 });
  history.add(500, { a: 7 });
  assert.equal(history.length, 1);
});
