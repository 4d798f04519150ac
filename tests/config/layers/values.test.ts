import assert from "node:assert/strict";
import { test } from "node:test";
import { checkSource } from "../../../config/layers/layer.ts";
import { sentence } from "../../../config/problems.ts";
import type { Tree } from "../../../config/tree.ts";

/** Values of one setting that are told with what was meant, or with a bound that has its reason. */

const problems = (tree: Tree): string[] =>
  checkSource({ name: "stack", file: "Pulumi.prod.yaml", prefix: "vllm:", tree }).problems.map(
    (problem) => `${problem.key}: ${sentence(problem)}`,
  );

const products =
  "'T4' or 'A10G' or 'L4' or 'L40S' or 'RTX-PRO-6000' or 'A100-40GB' or 'A100-80GB' or 'H100' or 'H200' or 'B200'";
const formats = "'fp8' or 'int8' or 'int4' or 'mxfp4' or 'nvfp4'";

test("a suggestion is another way of writing a product, or all that an unfinished name may be, and never another product", () => {
  const told = (product: string) => problems({ gpu: { product } });
  const line = (product: string, meant = "") => [
    `vllm:gpu.product: is "${product}", but must be ${products}${meant && `; did you mean ${meant}?`}`,
  ];
  for (const product of ["A100", "a100"]) assert.deepEqual(told(product), line(product, "'A100-40GB' or 'A100-80GB'"));
  for (const [product, meant] of [
    ["a100_80gb", "A100-80GB"],
    ["l4", "L4"],
    ["rtxpro6000", "RTX-PRO-6000"],
  ] as const)
    assert.deepEqual(told(product), line(product, `'${meant}'`));
  const others = [
    "V100",
    "A10",
    "A30",
    "A40",
    "H10",
    "H20",
    "H800",
    "L20",
    "L40",
    "B100",
    "B300",
    "GH200",
    "GB200",
    "P100",
    "K80",
  ];
  const alike = ["H100-NVL", "H100-PCIE", "RTX-ADA-6000", "RTX-A6000", "RTX", "rtx-pro", "A", "A100-40", "T4G", "L4S"];
  for (const product of [...others, ...alike]) assert.deepEqual(told(product), line(product));
});

test("words that others use for a format are told in the words of the settings", () => {
  for (const [word, meant] of [
    ["awq", "'int4'"],
    ["GPTQ", "'int4'"],
    ["fp4", "'mxfp4' or 'nvfp4'"],
    ["w8a8", "'int8' or 'fp8'"],
  ])
    assert.deepEqual(problems({ shape: { quantization: word } }), [
      `vllm:shape.quantization: is "${word}", but must be ${formats}; did you mean ${meant}?`,
    ]);
});

/** What is written, and the one problem that it has. */
const refused: readonly [Tree, string][] = [
  ...["kube-system", "kube-public", "kube-node-lease"].map((name): [Tree, string] => [
    { namespace: { name } },
    `vllm:namespace.name: is "${name}", but must be a namespace that is not Kubernetes' own`,
  ]),
  ...["999999", "1920.001", "1920001m"].map((cpu): [Tree, string] => [
    { resources: { cpu } },
    `vllm:resources.cpu: is "${cpu}", but must be at most 1920, as many as the largest EC2 instance has`,
  ]),
  ...["memory", "shm"].flatMap((key) =>
    ["999999999Ti", "32.001Ti", "32769Gi", "33554433Mi"].map((quantity): [Tree, string] => [
      { resources: { [key]: quantity } },
      `vllm:resources.${key}: is "${quantity}", but must be at most 32Ti, as much as the largest EC2 instance has`,
    ]),
  ),
  [
    { delivery: { image: "amazon/aws-cli:nightly" } },
    "vllm:delivery.image: is \"amazon/aws-cli:nightly\", but must be a tag other than 'nightly', which is another image tomorrow",
  ],
  [
    { scheduling: { tolerations: [{ key: "a", operator: "Exists", effect: "NoSchedule", tolerationSeconds: 30 }] } },
    'vllm:scheduling.tolerations.0: is {"key":"a","operator":"Exists","effect":"NoSchedule","tolerationSeconds":30}, but must be a toleration that has tolerationSeconds only with effect NoExecute',
  ],
  [
    { scheduling: { tolerations: [{ key: "a", Operator: "Exists" }] } },
    "vllm:scheduling.tolerations.0.Operator: there is no such setting; did you mean 'operator'?",
  ],
  [
    { scheduling: { tolerations: [{ key: "a", operator: "Exists", forever: true }] } },
    "vllm:scheduling.tolerations.0.forever: there is no such setting; known here: effect, key, operator, tolerationSeconds, value",
  ],
];
for (const [tree, problem] of refused)
  test(`refused: ${JSON.stringify(tree)}`, () => assert.deepEqual(problems(tree), [problem]));
