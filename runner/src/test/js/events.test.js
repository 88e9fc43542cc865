import assert from "node:assert/strict";
import { test } from "node:test";
import { load } from "./modules.js";

const { EventParser } = await load("events.js");

const STREAM = 'retry: 1000\n\nevent: status\ndata: {"a":1}\n\n: still there\n\ndata: one\r\ndata:two\r\n\r\nevent: empty\n\nid: 7\ndata\n\n';
const EVENTS = [{ type: "status", data: '{"a":1}' }, { type: "message", data: "one\ntwo" }, { type: "message", data: "" }];

test("a stream is read as the standard has it", () => {
  assert.deepEqual(new EventParser().take(STREAM), EVENTS);
});

test("it does not matter where the stream is cut", () => {
  for (let at = 0; at <= STREAM.length; at++) {
    const parser = new EventParser();
    assert.deepEqual([...parser.take(STREAM.slice(0, at)), ...parser.take(STREAM.slice(at))], EVENTS, `cut at ${at}`);
  }
  const parser = new EventParser();
  assert.deepEqual([...STREAM].flatMap((character) => parser.take(character)), EVENTS);
});

test("what is not complete is no event", () => {
  assert.deepEqual(new EventParser().take("data: half\n"), []);
});
