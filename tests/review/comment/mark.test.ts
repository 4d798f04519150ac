import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { bodyOf, type Mark, markdownOf, markOf, markRoom } from "../../../review/comment/mark.ts";

/** The mark: what a comment is of, in a line that nobody sees and no text can be taken for. */

const name = fc.string({ minLength: 1, maxLength: 40, unit: "grapheme" });
const number = fc.integer({ min: 1, max: 10 ** 15 - 1 });
const mark: fc.Arbitrary<Mark> = fc.record(
  { project: name, stack: name, run: fc.tuple(number, number) },
  { noNullPrototype: true },
);
const text = fc.string({
  unit: fc.constantFrom("a", " ", "/", "\n", "\r", "-", ">", "<!--", "-->", "\u2028", "`", "é"),
});

test("a mark comes back from a body, whatever the names and whatever is behind it", () => {
  fc.assert(
    fc.property(mark, text, (given, markdown) => {
      const body = bodyOf(given, markdown);
      assert.deepEqual(markOf(body), given);
      assert.deepEqual(markOf(body.replaceAll("\n", "\r\n")), given);
      const [line = ""] = body.split("\n");
      // One line, that ends as a comment of HTML where it ends, and nowhere before.
      assert.match(line, /^<!-- [^\n]* -->$/);
      assert.equal(line.indexOf("-->"), line.length - 3);
    }),
  );
});

test("two marks are the same for the same names only", () => {
  fc.assert(
    fc.property(mark, mark, (one, other) => {
      const same = one.project === other.project && one.stack === other.stack;
      assert.equal(bodyOf({ ...one, run: [1, 1] }, "") === bodyOf({ ...other, run: [1, 1] }, ""), same);
    }),
  );
});

test("no text below the first line is a mark, and none before it leaves it one", () => {
  const line = bodyOf({ project: "p", stack: "s", run: [1, 1] }, "").trimEnd();
  assert.deepEqual(markOf(line), { project: "p", stack: "s", run: [1, 1] });
  for (const body of [`\n${line}`, `> ${line}`, ` ${line}`, `${line} `, `\u200b${line}`, line.slice(0, -1), ""])
    assert.equal(markOf(body), undefined, body);
  const others = [0, 1].map((at) => bodyOf({ project: at ? "p" : "q", stack: at ? "t" : "s", run: [1, 1] }, line));
  assert.deepEqual(
    others.map((body) => markOf(body)?.project + "/" + markOf(body)?.stack),
    ["q/s", "p/t"],
  );
});

test("a mark that was written by hand, and wrongly, is none", () => {
  for (const names of [
    "project=%ff stack=s run=1.1",
    "project=p stack=s run=0.1",
    "project=p stack= run=1.1",
    "project=p stack=s run=1",
  ])
    assert.equal(markOf(`<!-- pulumi-vllm review: ${names} -->`), undefined, names);
});

test("no line of a body begins a command, and its text is otherwise as it was", () => {
  fc.assert(
    fc.property(mark, text, (given, markdown) => {
      const body = bodyOf(given, markdown);
      assert.doesNotMatch(body, /^\//m);
      // GitLab takes carriage returns out before it looks for commands.
      assert.doesNotMatch(body.replaceAll("\r", ""), /^\//m);
      const ends = markdown.replace(/\r\n?/g, "\n").trimEnd();
      assert.equal(markdownOf(body).replace(/^ \//gm, "/"), ends.replace(/^ \//gm, "/"));
    }),
  );
  const body = bodyOf({ project: "p", stack: "s", run: [1, 1] }, "/close\nsee /close\n\n/merge\r\n/a/b");
  assert.equal(markdownOf(body), " /close\nsee /close\n\n /merge\n /a/b");
});

test("a body is compared without its mark, the ends of its lines and what is behind the last", () => {
  fc.assert(
    fc.property(mark, mark, text, (one, other, markdown) => {
      const changed = bodyOf(other, markdown).replaceAll("\n", "\r\n") + "\r\n";
      assert.equal(markdownOf(changed), markdownOf(bodyOf(one, markdown)));
    }),
  );
});

test("the room that is kept free is enough for the longest names that Pulumi takes", () => {
  const longest = "p".repeat(100);
  const run = [10 ** 15 - 1, 10 ** 15 - 1] as const;
  assert.ok(bodyOf({ project: longest, stack: longest, run }, "").length < markRoom / 2);
});
