import assert from "node:assert/strict";
import { test } from "node:test";
import { readSize } from "../../config/sizes.ts";

test("sizes as vLLM reads them", () => {
  const read: [string, number | undefined][] = [
    ["8192", 8192],
    [" 8_192 ", 8192],
    ["8k", 8000],
    ["8K", 8192],
    ["25.6k", 25_600],
    ["1m", 1e6],
    ["2G", 2 ** 31],
    ["1t", 1e12],
    ["1T", 2 ** 40],
    ["auto", undefined],
    ["1.5K", undefined],
    ["", undefined],
  ];
  for (const [text, size] of read) assert.equal(readSize(text), size, text);
});
