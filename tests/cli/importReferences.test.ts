import assert from "node:assert/strict";
import { test } from "node:test";
import type { Tree } from "../../config/tree.ts";
import { importTrees, stackModelOf } from "./values.ts";

/** Texts of a chart that Kubernetes changed on their way to the old pod's process. */

test("what Kubernetes fills from variables is listed, and what it only unescapes is taken as it arrived", () => {
  const { model, imported } = stackModelOf(
    {
      modelURL: "/models/$(MODEL)",
      vllmConfig: {
        enablePrefixCaching: true,
        extraArgs: [
          ...["--chat-template", "$$x$$ $y $(", "--otlp-traces-endpoint", "http://$(NODE_IP):4317"],
          ...["--hf-overrides", '{"a":"$$(POD)"}', "--cudagraph-capture-sizes", "1", "$(SIZE)"],
        ],
      },
      env: [
        { name: "PRICE", value: "5$$" },
        { name: "WHERE", value: "$$(POD)/$(POD)" },
        { name: "COUNT", value: 3 },
      ],
    },
    { configs: { FORMAT: "$$(POD) $(POD)" } },
  );
  assert.deepEqual(model, {
    engine: {
      args: { "enable-prefix-caching": true, "hf-overrides": { a: "$(POD)" } },
      env: { PRICE: "5$", COUNT: "3", FORMAT: "$$(POD) $(POD)" },
    },
  });
  const listed = imported.unmapped.map(({ from, reason }) => `${from}: ${reason}`);
  for (const pattern of [
    /modelURL: holds \$\(MODEL\), which Kubernetes fills in; a setting reaches the engine as it is written/,
    /extraArgs\[3\]: --otlp-traces-endpoint holds \$\(NODE_IP\), which Kubernetes fills in/,
    /extraArgs\[8\]: --cudagraph-capture-sizes holds \$\(SIZE\), which Kubernetes fills in/,
    /env\[1\]: holds \$\(POD\), which Kubernetes fills in/,
  ])
    assert.ok(
      listed.some((text) => pattern.test(text)),
      `${pattern}\n${listed.join("\n")}`,
    );
});

test("a command that Kubernetes fills says so, and leaves what it fills to a person", () => {
  const command = ["vllm", "serve", "$(MODEL_PATH)", "--dtype", "$(DTYPE)", "--tool-call-parser=$$a"];
  const imported = importTrees([{ image: { command, repository: "vllm/vllm-openai", tag: "v0.32.0" }, extraInit: {} }]);
  assert.deepEqual((imported.base.engine as Tree).args, { "tool-call-parser": "$a" });
  assert.doesNotMatch(JSON.stringify([imported.base, imported.stack]), /\$\(/);
  const filled = imported.unmapped.filter(({ reason }) => /which Kubernetes fills in/.test(reason));
  assert.deepEqual(
    filled.map(({ from }) => from),
    ["image.command[2]", "image.command[3]", "image.command[4]"],
  );
});

test("an empty text is a value of labels, taints and variables", () => {
  const { model, imported } = stackModelOf({
    env: [{ name: "NO_PROXY", value: "" }, { name: "EMPTY" }, { name: "NULL", value: null }],
    nodeSelectorTerms: [{ matchExpressions: [{ key: "node-role.kubernetes.io/gpu", operator: "In", values: [""] }] }],
    tolerations: [
      { key: "a", operator: "Equal", value: "", effect: "" },
      { key: "b" },
      { key: "c", operator: "Exists", value: "" },
    ],
  });
  assert.deepEqual(model, {
    engine: { env: { NO_PROXY: "", EMPTY: "", NULL: "" } },
    scheduling: {
      nodeSelector: { "node-role.kubernetes.io/gpu": "" },
      tolerations: [
        { key: "a", operator: "Equal", value: "" },
        { key: "b", value: "" },
        { key: "c", operator: "Exists" },
      ],
    },
  });
  assert.doesNotMatch(JSON.stringify(imported.unmapped), /NO_PROXY|EMPTY|NULL|gpu/);
});
