import assert from "node:assert/strict";
import { test } from "node:test";
import type { Tree } from "../../config/tree.ts";
import { stackModelOf } from "./values.ts";

/** What words of an old command line become: settings, and what is left with its reason. */
const cases: { what: string; words: string[]; model?: Tree; left?: RegExp[] }[] = [
  ...["pt", "npcache", "sharded_state"].map((format) => ({
    what: `files that only a copy's loader reads: ${format}`,
    words: ["--load-format", format],
    model: {
      delivery: { kind: "copy" },
      engine: { args: { "load-format": format } },
    },
  })),
  {
    what: "weights from another place than the bucket",
    words: ["--load-format", "modelexpress"],
    left: [/--load-format modelexpress has no counterpart: the weights come from the bucket/],
  },
  {
    what: "what the streamer is told",
    words: [
      ...["--model-loader-extra-config", '{"concurrency": 16, "distributed": true, "memory_limit": 1, "x": 1}'],
      "--load-format=runai_streamer",
    ],
    model: {
      delivery: { kind: "stream" },
      engine: { args: { "model-loader-extra-config": { concurrency: 16 } } },
    },
    left: [
      /--model-loader-extra-config has 'distributed', which is written by gpu.count/,
      /--model-loader-extra-config has 'memory_limit', which is written by resources.memory/,
      /--model-loader-extra-config has 'x', which the streamer does not take/,
    ],
  },
  {
    what: "what a copy's loader is told",
    words: ["--model-loader-extra-config", '{"num_threads": 4}', "--load-format=pt"],
    model: {
      delivery: { kind: "copy" },
      engine: {
        args: {
          "load-format": "pt",
          "model-loader-extra-config": { num_threads: 4 },
        },
      },
    },
  },
  {
    what: "a flag that adds a value each time",
    words: ["--middleware", "a.b", "--seed=1", "--middleware=c.d", "--seed=2"],
    model: { engine: { args: { middleware: ["a.b", "c.d"], seed: 2 } } },
    left: [/is overridden by/],
  },
  {
    what: "null and empty text in a flag's group",
    words: ["--hf-overrides", '{"sliding_window": null, "a": {"b": ""}}'],
    model: {
      engine: { args: { "hf-overrides": { sliding_window: null, a: { b: "" } } } },
    },
  },
  {
    what: "all addresses of IPv6, and files of the old pod",
    words: ["--host", "::", "--lora-modules", "a=/data/a", "--tool-parser-plugin", "/data/p.py"],
    left: [
      /--host belongs to cluster.ipFamily/,
      /--lora-modules is left out: the new pods hold no adapter yet, and nothing loads one into a server that runs/,
      /--tool-parser-plugin names a file of the old pod; put it into the revision's folder in the bucket, set delivery.kind: copy, and name \/model\/… in engine.args/,
    ],
  },
];

for (const { what, words, model = {}, left = [] } of cases)
  test(what, () => {
    const vllmConfig = { enablePrefixCaching: true, extraArgs: words };
    const { model: made, imported } = stackModelOf({ vllmConfig });
    const { engine = {}, ...rest } = model as { engine?: Tree };
    const args = { "enable-prefix-caching": true, ...(engine.args as Tree) };
    assert.deepEqual(made, { ...rest, engine: { ...engine, args } });
    const reasons = imported.unmapped.flatMap(({ from, reason }) => (from.includes("extraArgs") ? [reason] : []));
    for (const pattern of left)
      assert.ok(
        reasons.some((reason) => pattern.test(reason)),
        reasons.join("\n"),
      );
    assert.deepEqual(
      reasons.filter((reason) => !left.some((pattern) => pattern.test(reason))),
      [],
    );
  });

test("what is said though it is so anyway is told as that, not as left out", () => {
  const extraArgs = ["--api-server-count", "1", "--host=0.0.0.0"];
  const { imported } = stackModelOf({ vllmConfig: { extraArgs } });
  const told = imported.mapped.filter(({ from }) => from.includes("extraArgs"));
  assert.deepEqual(
    imported.unmapped.filter(({ from }) => from.includes("extraArgs")),
    [],
  );
  assert.deepEqual(
    told.map(({ to, note }) => [to, note]),
    [
      ["models.chat.engine.args.api-server-count", "vLLM's default"],
      ["models.chat.engine.args.api-server-count", "vLLM's default"],
      ["cluster.ipFamily", "its default"],
    ],
  );
});
