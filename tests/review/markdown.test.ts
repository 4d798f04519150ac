import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { codeSpan } from "../../review/report/escape.ts";
import { markdownOf } from "../../review/report/markdown.ts";
import { textOf } from "../../review/report/text.ts";
import type { Review, ReviewedResource, StackReview } from "../../review/review.ts";
import { described } from "./project.ts";

/** The comment: what it may hold, how long it may be, and that nothing that others wrote does anything in it. */

const rate = (perHour: number) => ({ perHour, perMonth: perHour * 730 });
const gpus = (steady: number) => ({ steady, rolling: steady, max: steady, products: {} });
const cost = (steady: number) => ({ currency: "USD" as const, steady: rate(steady), most: rate(steady), unknown: [] });

const stackOf = (given: Partial<StackReview> = {}): StackReview => ({
  ...{ stack: "prod", outcome: "fine", file: "changed", problems: [], missing: [], settings: [] },
  ...{ gpus: { before: gpus(1), after: gpus(2) }, cost: { before: cost(1), after: cost(2) } },
  ...{ policy: { findings: [], off: [] }, toldBy: "preview", resources: [] },
  ...given,
});
const reviewOf = (stack: StackReview): Review =>
  described({
    ...{ schemaVersion: 1, outcome: stack.outcome },
    base: { ref: "origin/main", commit: "a".repeat(40) },
    head: { commit: "b".repeat(40), uncommitted: false },
    stacks: [stack],
  });
const markdown = (stack: StackReview, bounds = {}) => markdownOf(reviewOf(stack), stack, bounds);

const resource = (name: string, given: Partial<ReviewedResource> = {}): ReviewedResource => ({
  ...{ name, type: "kubernetes:apps/v1:Deployment", within: ["vllm", name], change: "update", harms: [] },
  ...{ origins: ["settings"], causes: [], properties: [] },
  ...given,
});

/** Fifty models whose servers are all replaced, with the properties that force it. */
const fifty = Array.from({ length: 50 }, (_, index) => `vllm-model-${index}`).flatMap((model) =>
  ["main-deployment", "service", "access-role", "main-environment"].map((part) =>
    resource(`${model}-${part}`, {
      within: ["vllm", model],
      change: "replace",
      harms: part === "main-deployment" ? ["replace", "downtime"] : ["replace"],
      forcedBy: ["metadata.namespace"],
      properties: Array.from({ length: 6 }, (_, index) => ({
        ...{ path: `spec.template.spec.containers[0].args[${index}]`, kind: "update" },
        ...{ before: "x".repeat(300), after: "y".repeat(300), origins: ["settings"], causes: [] },
      })),
    }),
  ),
);

test("50 models of which all is replaced are within GitHub's limit, what is destructive first, the rest counted", () => {
  const all = [...fifty, ...Array.from({ length: 200 }, (_, index) => resource(`vllm-other-${index}`))];
  const stack = stackOf({ resources: all });
  const whole = markdown(stack);
  assert.ok(whole.length > 500_000);
  const comment = markdown(stack, { limit: 65_536, whole: "https://ci.example.com/runs/1#artifacts" });
  assert.ok(comment.length <= 65_536);
  const [title, taken] = comment.split("\n");
  assert.equal(title, "### Stack `prod`: 200 to update, 200 to replace");
  assert.match(taken ?? "", /replaced: `vllm-model-0` \(4 resources\), .* and 44 more$/);
  assert.equal([...comment.matchAll(/^- replace `.* \(… 6 details left out\)$/gm)].length, 200 - withAll(comment));
  assert.ok(withAll(comment) > 0);
  assert.equal([...comment.matchAll(/^- update `/gm)].length, 200);
  // Much less room: what takes something away has it.
  const small = markdown(stack, { limit: 15_000, whole: "https://ci.example.com/runs/1#artifacts" });
  assert.ok(small.length <= 15_000);
  const shown = [...small.matchAll(/^- replace `/gm)].length;
  const left = (noun: string) =>
    Number(
      new RegExp(
        `^- … (\\d+) ${noun} left out: see \\[the full review\\]\\(https://ci\\.example\\.com/runs/1#artifacts\\)$`,
        "m",
      ).exec(small)?.[1],
    );
  assert.ok(shown > 50);
  assert.equal(shown + left("further resources"), 200);
  assert.equal(left("resources"), 200);
});

const withAll = (comment: string) => [...comment.matchAll(/^- replace `.*`\)?.*— settings\n {2}- /gm)].length;

test("within any limit a comment is whole: each resource as it is or counted, each fold closed", () => {
  const part = fifty.slice(0, 12);
  const least = markdown(stackOf({ resources: part }), { limit: 0 }).length;
  fc.assert(
    fc.property(
      fc.integer({ min: least, max: 60_000 }),
      fc.array(fc.string({ unit: "grapheme", maxLength: 40 })),
      (limit, names) => {
        const others = names.map((name) => resource(name));
        const stack = stackOf({ resources: [...part, ...others] });
        const comment = markdownOf(reviewOf(stack), stack, { limit });
        if (comment.length > limit) assert.equal(comment, markdownOf(reviewOf(stack), stack, { limit: 0 }));
        const counted = [...comment.matchAll(/^- … (\d+) (?:further )?resources? left out: see the full review$/gm)];
        const leftOut = counted.reduce((sum, [, count]) => sum + Number(count), 0);
        const shown = [...comment.matchAll(/^- (update|replace) /gm)].length;
        assert.equal(shown + leftOut, part.length + others.length);
        assert.equal(comment.split("<details>").length, comment.split("</details>").length);
      },
    ),
    { numRuns: 60 },
  );
});

/** What a reader of CommonMark takes for the content of one code span that a text is as a whole; nothing where it is none. */
function spanned(text: string): string | undefined {
  const [, fence = "", inner = ""] = /^(`+)(.*)\1$/s.exec(text) ?? [];
  if (fence === "" || inner.includes("\n") || /^`|`$/.test(inner)) return undefined;
  if ([...inner.matchAll(/`+/g)].some(([run]) => run.length === fence.length)) return undefined;
  const isPadded = inner.startsWith(" ") && inner.endsWith(" ") && inner.trim() !== "";
  return isPadded ? inner.slice(1, -1) : inner;
}

const hostile = fc.oneof(
  fc.string({ unit: "binary", maxLength: 60 }),
  fc
    .array(
      fc.constantFrom(
        "`",
        "``",
        "```",
        "<!--",
        "-->",
        "</details>",
        "\n",
        "\n\n",
        "@team",
        "|",
        "](x)",
        " ",
        "#1",
        "$`",
        "~~~",
        "\\",
      ),
      { maxLength: 12 },
    )
    .map((parts) => parts.join("")),
);

test("a text is one code span, whatever is in it, and no mark of a comment", () => {
  fc.assert(
    fc.property(hostile, (text) => {
      const span = codeSpan(text);
      assert.notEqual(spanned(span), undefined, span);
      assert.doesNotMatch(span, /<!--|-->/);
    }),
  );
  for (const text of ["plain", "a`b", "`", " a ", "a|b", "@team", "</details>"])
    assert.equal(spanned(codeSpan(text)), text);
  assert.equal(spanned(codeSpan("two\nlines")), "two\\u000alines");
  assert.equal(spanned(codeSpan("<!-- review -->")), "<! -- review -- >");
  assert.equal(codeSpan(""), '`""`');
});

test("nothing that others wrote stands in a comment but in code", () => {
  const evil = "`<!-- x --> </details> @team \n\n# `";
  const stack = stackOf({
    ...{ stack: evil, outcome: "failed", file: "changed" },
    missing: [{ part: "cluster", reason: evil, failed: true }],
    settings: [
      {
        setting: evil,
        models: [evil],
        kind: "update",
        before: { value: evil, layer: "stack" },
        after: { value: { a: evil }, layer: "base" },
      },
      { setting: "models.x", models: ["x"], kind: "add", after: { value: { "engine.env.A": evil }, layer: "stack" } },
    ],
    policy: {
      findings: [
        {
          rule: "imageDigest",
          level: "mandatory",
          refuses: true,
          new: true,
          object: { type: evil, name: evil },
          path: evil,
          what: evil,
          allowed: evil,
          next: evil,
        },
      ],
      off: [],
    },
    cost: { after: { ...cost(1), unknown: [{ model: evil, reason: evil }] } },
    resources: [
      resource(evil, {
        type: evil,
        harms: ["delete"],
        forcedBy: [evil],
        causes: [0],
        properties: [{ path: evil, kind: "update", before: evil, after: [evil], origins: ["settings"], causes: [0] }],
      }),
    ],
    preview: {
      against: "state",
      outcome: "failed",
      reason: evil,
      summary: { create: 0, update: 0, replace: 0, delete: 0, same: 0 },
      diagnostics: [{ severity: "error", message: evil }],
      violations: [{ pack: evil, policy: evil, enforcement: "mandatory", message: evil }],
    },
  });
  const comment = markdown(stack);
  const outside = comment.replace(/(`+)(?!`).*?(?<!`)\1(?!`)/g, "");
  assert.doesNotMatch(outside, /@team|<!--|-->|\n#[^#]|`/);
  assert.equal([...outside.matchAll(/<\/?details>/g)].length % 2, 0);
  assert.deepEqual(
    comment.split("\n").filter((line) => line.includes("@team") && !line.startsWith("- ") && !line.startsWith("  - "))
      .length,
    2,
  );
});

test("an ordinary change has less than 60 lines, and text says the same", () => {
  const stack = stackOf({
    settings: [
      {
        setting: "replicas",
        models: ["chat"],
        kind: "update",
        before: { value: 2, layer: "base" },
        after: { value: 3, layer: "stack" },
      },
    ],
    resources: [
      resource("vllm-chat-main-deployment", {
        causes: [0],
        harms: ["downtime"],
        properties: [
          { path: "spec.replicas", kind: "update", before: 2, after: 3, origins: ["settings", "pending"], causes: [0] },
        ],
      }),
    ],
  });
  const expected = `### Stack \`prod\`: 1 to update
- **Destroyed, replaced, interrupted:** interrupted: \`vllm-chat-main-deployment\`
- **GPUs:** 1 → 2 steady, 1 → 2 while rolling, 1 → 2 at most
- **Cost:** 1.00 → 2.00 USD an hour steady, 1.00 → 2.00 at most
- **Policy:** nothing is objected to

\`bbbbbbbbbbbb\` is compared with \`aaaaaaaaaaaa\` of \`origin/main\`.

**Destroyed, replaced or interrupted**

- update \`vllm-chat-main-deployment\` (\`Deployment\`): interrupted — \`replicas\`
  - \`spec.replicas\`: \`2\` → \`3\` — \`replicas\` and pending before

**Settings that differ**

- \`replicas\` of \`chat\`: \`2\` → \`3\` (base → stack)
`;
  assert.equal(markdown(stack), expected);
  assert.equal(
    textOf(reviewOf(stack)),
    `Stack prod: 1 to update
  destroyed, replaced, interrupted: interrupted: vllm-chat-main-deployment
  GPUs: 1 → 2 steady, 1 → 2 while rolling, 1 → 2 at most
  cost: 1.00 → 2.00 USD an hour steady, 1.00 → 2.00 at most
  policy: nothing is objected to
  bbbbbbbbbbbb is compared with aaaaaaaaaaaa of origin/main

Destroyed, replaced or interrupted
  update vllm-chat-main-deployment (Deployment): interrupted — replicas
    spec.replicas: 2 → 3 — replicas and pending before

Settings that differ
  replicas of chat: 2 → 3 (base → stack)`,
  );
});
