import assert from "node:assert/strict";
import { test } from "node:test";
import { load } from "./modules.js";

const format = await load("format.js");

const says = (name, pairs) =>
  test(name, () => {
    for (const [value, text] of pairs) assert.equal(format[name](value), text);
  });

says("exact", [[0, "0"], [1234567, "1,234,567"], [null, "–"], [undefined, "–"], [NaN, "–"], ["7", "–"]]);
says("short", [[0, "0"], [9999, "9,999"], [10000, "10.0k"], [12345, "12.3k"], [999400, "999k"], [999600, "1.00M"], [4.56e6, "4.56M"], [7e12, "7000G"], [null, "–"]]);
says("rate", [[0, "0/s"], [0.254, "0.25/s"], [12.34, "12.3/s"], [1234, "1,234/s"], [123456, "123k/s"], [null, "–"]]);
says("percent", [[0, "0%"], [0.001, "<1%"], [0.456, "46%"], [1, "100%"], [null, "–"]]);
says("bytes", [[0, "0 B"], [1023, "1023 B"], [1024, "1.00 KiB"], [5 << 20, "5.00 MiB"], [3e15, "2728 TiB"], [null, "–"]]);
says("duration", [
  [0, "0 ms"],
  [999, "999 ms"],
  [3210, "3.2 s"],
  [9960, "10 s"],
  [59_400, "59 s"],
  [59_600, "1 min"],
  [59_960, "1 min"],
  [250_000, "4 min 10 s"],
  [3_599_900, "1 h"],
  [7_500_000, "2 h 5 min"],
  [190_800_000, "2 d 5 h"],
  [-1500, "−1.5 s"],
  [null, "–"],
]);
says("clock", [["2026-01-31T12:03:44.567Z", "12:03:44"], [0, "00:00:00"], [null, "–"], ["never", "–"]]);
says("moment", [["2026-01-31T12:03:44Z", "2026-01-31 12:03:44"], [undefined, "–"]]);
says("shellWord", [["words", "words"], ["a b", "'a b'"], ["it's", "'it'\\''s'"], ["", "''"], ["http://h:1/a?b=c&d", "'http://h:1/a?b=c&d'"], ["$(x)", "'$(x)'"]]);
says("oneLine", [["text", "text"], [{ a: [1] }, '{"a":[1]}'], [null, "null"], [undefined, "–"]]);

test("no duration has 60 of its smaller unit", () => {
  for (let ms = 0; ms < 100_000_000; ms += 997) assert.doesNotMatch(format.duration(ms), /\b60 (s|min)|\b24 h/);
});

test("counted has the word for one and for many", () => {
  assert.equal(format.counted(1, "task"), "1 task");
  assert.equal(format.counted(1200, "task"), "1,200 tasks");
});
