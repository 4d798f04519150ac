import assert from "node:assert/strict";
import { test } from "node:test";
import { gpuProducts } from "../../../catalogue/gpus.ts";
import type { Fit } from "../../../planning/fit/gpuFit.ts";
import { gib } from "../../../planning/fit/memory.ts";
import { failing, logs, type Report, running, sequences } from "../../data/modelFits.ts";
import { shapes } from "../../data/modelShapes.ts";
import { gpu, known } from "./asked.ts";

/** The fit beside what people reported, and what vLLM logged. */

const reported = ({ model, gpu: product, asked: [sizes, utilisation, maxModelLen, more] }: Report): Fit =>
  known({
    shape: shapes[model].shape,
    gpu: gpu(product),
    tensorParallelSize: sizes[0],
    pipelineParallelSize: sizes[1],
    gpuMemoryUtilization: utilisation,
    ...(maxModelLen === undefined ? {} : { maxModelLen }),
    ...more,
  });
const within = (value: number, figure: number | undefined, share: number, what: string) => {
  if (figure !== undefined)
    assert.ok(Math.abs(value / figure - 1) <= share, `${what}: ${value} here, ${figure} in vLLM's log`);
};
const name = ({ model, gpu, asked: [[tensor, pipeline]] }: Report) =>
  `${shapes[model].repository} on ${tensor * pipeline} × ${gpu}`;

for (const report of running)
  test(`runs: ${name(report)} (${report.source})`, () => assert.equal(reported(report).fits, true));

for (const report of failing)
  test(`fails: ${name(report)} (${report.source})`, () => {
    const fit = reported(report);
    assert.equal(fit.fits, false);
    assert.ok(fit.missingBytes > 0);
  });

test("there are enough reports, of every product of the catalogue, and each names its source", () => {
  assert.ok(running.length >= 12 && failing.length >= 12);
  const products = new Set([...running, ...failing].map(({ gpu }) => gpu));
  for (const product of gpuProducts) assert.ok(products.has(product), product);
  for (const { source } of [...running, ...failing, ...logs, ...sequences]) assert.match(source, /^https:\/\/\S+$/);
});

for (const report of logs)
  test(`comes out as vLLM logged it: ${name(report)} (${report.source})`, () => {
    const fit = reported(report);
    within(fit.weightsBytes / gib, report.weights, 0.05, "weights");
    within(fit.kvCacheBytes / gib, report.cache, 0.2, "KV cache");
    within((fit.kvCacheBytes / fit.sequenceBytes) * fit.context, report.tokens, 0.2, "tokens");
  });

for (const report of sequences)
  test(`a sequence takes what vLLM says: ${name(report)} (${report.source})`, () =>
    within(reported(report).sequenceBytes / gib, report.gib, 0.02, "GiB"));
