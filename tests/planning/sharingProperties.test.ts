import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { Tree } from "../../config/tree.ts";
import type { ModelPlan } from "../../planning/model.ts";
import type { VariantPlan } from "../../planning/variant.ts";
import { plan } from "../config/settings.ts";
import { kinds, stackOf } from "./given.ts";

/** What holds for every stack of models that share GPUs, or do not. */

const products = ["A10G", "H100", "L4"] as const;
type Product = (typeof products)[number];

const model = fc.record({
  product: fc.constantFrom(...products),
  count: fc.nat(8),
  /** Whether it says what is spare of its product. */
  says: fc.boolean(),
  min: fc.integer({ min: 1, max: 12 }),
  /** Replicas that a scaler may add; nothing for a fixed count. */
  more: fc.option(fc.nat(30), { nil: undefined }),
  seconds: fc.tuple(
    fc.integer({ min: 1, max: 7200 }),
    fc.integer({ min: 10, max: 14_400 }),
    fc.integer({ min: 35, max: 3600 }),
  ),
  revision: fc.option(fc.constant("v1"), { nil: undefined }),
});
type Model = typeof model extends fc.Arbitrary<infer Value> ? Value : never;

const stack = fc.record({
  models: fc.array(model, { minLength: 1, maxLength: 5 }),
  spares: fc.record({ A10G: fc.nat(12), H100: fc.nat(12), L4: fc.nat(12) }),
});

type Spares = Readonly<Record<Product, number>>;

/** A model's settings. On a CPU what it says of spare GPUs is nonsense that plays no part. */
const written = ({ product, count, says, min, more, seconds, revision }: Model, spares: Spares): Tree => ({
  gpu: { product, count, ...(says ? { spare: count > 0 ? spares[product] : 99 } : {}) },
  ...(more === undefined ? { replicas: min } : { autoscaling: { min, max: min + more } }),
  provisioning: { seconds: seconds[0] },
  startup: { seconds: seconds[1] },
  drain: { seconds: seconds[2] },
  ...(revision ? { revision } : {}),
});
const treeOf = (models: readonly Model[], spares: Spares): Tree =>
  Object.fromEntries(models.map((one, at) => [`m${at}`, written(one, spares)]));
const planned = (models: readonly Model[], spares: Spares) => stackOf(treeOf(models, spares));

/** What is spare of a product in the end. */
const spareOf = (models: readonly Model[], spares: Spares, product: Product) =>
  models.some((one) => one.product === product && one.count > 0 && one.says) ? spares[product] : 0;

const same = (one: Model, other: Model) => one.count > 0 && other.count > 0 && one.product === other.product;
const wave = ({ seconds }: Model) => seconds[0] + seconds[1] + seconds[2];
const sum = (numbers: readonly number[]) => numbers.reduce((total, one) => total + one, 0);
const variant = (plan: ModelPlan | undefined): VariantPlan => {
  assert.ok(plan);
  return plan.variants[0];
};

test("a deadline has room for one own wave, and for all waves of each model that shares spare GPUs", () => {
  const seen = { waiting: 0, alone: 0, several: 0 };
  fc.assert(
    fc.property(stack, ({ models, spares }) => {
      const plans = planned(models, spares).models.map(variant);
      for (const [at, one] of models.entries()) {
        const { budgets } = plans[at] as VariantPlan;
        const others = models.flatMap((other, where) => {
          if (where === at || !same(one, other) || spareOf(models, spares, one.product) === 0) return [];
          const { surge, unavailable } = (plans[where] as VariantPlan).rollout;
          return [Math.ceil(other.min / (surge + unavailable)) * wave(other)];
        });
        assert.equal(budgets.turns, sum(others));
        assert.ok(budgets.progressDeadline >= wave(one) + sum(others));
        assert.equal(budgets.progressDeadline, wave(one) + sum(others) + 60);
        assert.ok(budgets.rollout > budgets.progressDeadline);
        seen[others.length === 0 ? "alone" : others.length === 1 ? "waiting" : "several"] += 1;
      }
    }),
    { numRuns: 300 },
  );
  for (const [what, count] of Object.entries(seen)) assert.ok(count > 20, `${what}: ${count}`);
});

test("a model's plan hangs on no model of another product, and on nobody's revision", () => {
  fc.assert(
    fc.property(stack, ({ models, spares }) => {
      const tree = Object.entries(treeOf(models, spares));
      const all = planned(models, spares).models;
      for (const [at, one] of models.entries()) {
        const beside = (_: unknown, where: number) => where === at || same(one, models[where] as Model);
        assert.deepEqual(stackOf(Object.fromEntries(tree.filter(beside))).models, all.filter(beside));
      }
      const unpublished = planned(
        models.map((one) => ({ ...one, revision: undefined })),
        spares,
      ).models;
      for (const [at, { variants }] of unpublished.entries())
        assert.deepEqual(variants[0].budgets, variant(all[at]).budgets);
    }),
    { numRuns: 100 },
  );
});

test("the stack's GPUs are its models'; while they roll, at most what is spare comes on top, and what they want", () => {
  const seen = { scarce: 0, plenty: 0 };
  fc.assert(
    fc.property(stack, ({ models, spares }) => {
      const { gpus, models: plans } = planned(models, spares);
      const used = products.filter((product) => models.some((one) => one.product === product && one.count > 0));
      assert.deepEqual(Object.keys(gpus.products), used);
      for (const product of used) {
        const mine = models.flatMap((one, at) =>
          one.product === product && one.count > 0 ? [{ one, ...variant(plans[at]) }] : [],
        );
        const { steady, rolling, max, spare } = gpus.products[product] ?? assert.fail(product);
        assert.equal(spare, spareOf(models, spares, product));
        assert.equal(steady, sum(mine.map((own) => own.gpus.steady)));
        const surges = mine.map((own) => own.gpus.rolling - own.gpus.steady);
        assert.ok(rolling - steady <= spare && rolling - steady <= sum(surges));
        assert.ok(rolling - steady >= Math.max(...surges), "each has its own while the others stand");
        assert.equal(rolling - steady, Math.min(spare, sum(surges)));
        const most = sum(mine.map(({ one }) => (one.min + (one.more ?? 0)) * one.count));
        assert.equal(max - most, rolling - steady);
        seen[sum(surges) > spare ? "scarce" : "plenty"] += 1;
      }
      for (const figure of ["steady", "rolling", "max"] as const)
        assert.equal(gpus[figure], sum(Object.values(gpus.products).map((counts) => counts[figure])));
      const onCpu = models.every(({ count }) => count === 0);
      if (onCpu) assert.deepEqual(gpus, { steady: 0, rolling: 0, max: 0, products: {} });
    }),
    { numRuns: 300 },
  );
  for (const [what, count] of Object.entries(seen)) assert.ok(count > 20, `${what}: ${count}`);
});

test("to say what is spare is the same as to leave it to any other model of the product", () => {
  fc.assert(
    fc.property(stack, fc.nat(4), ({ models, spares }, which) => {
      const all = models.map((one) => ({ ...one, says: true }));
      const only = all.map((one, at) => {
        const alike = all.flatMap((other, where) => (same(one, other) ? [where] : []));
        return { ...one, says: at === alike[which % alike.length] };
      });
      assert.deepEqual(planned(only, spares), planned(all, spares));
      const silent = all.map((one) => ({ ...one, says: false }));
      const nothing = { A10G: 0, H100: 0, L4: 0 };
      assert.deepEqual(planned(silent, spares), planned(all, nothing), "nobody says: none");
    }),
    { numRuns: 100 },
  );
});

test("two values of one product are refused, of two products they are not", () => {
  const seen = { refused: 0, taken: 0 };
  fc.assert(
    fc.property(stack, fc.nat(4), fc.integer({ min: 1, max: 9 }), ({ models, spares }, which, more) => {
      const all = models.map((one) => ({ ...one, says: true }));
      const at = which % all.length;
      const other = all[at] as Model;
      const tree = treeOf(all, spares);
      tree[`m${at}`] = written(other, { ...spares, [other.product]: spares[other.product] + more });
      const alike = all.flatMap((one, where) => (same(one, other) ? [where] : []));
      // The first to say anything is right: the odd one, or all that differ from it.
      const told = alike[0] === at ? alike.slice(1) : other.count > 0 ? [at] : [];
      const own = { cluster: { eks: "lab" }, model: null, gpu: null, models: tree };
      assert.deepEqual(
        kinds(own),
        told.map((where) => ["conflict", `models.m${where}.gpu.spare`]),
      );
      if (told.length === 0) assert.equal(plan({ own }).models.length, all.length);
      seen[told.length > 0 ? "refused" : "taken"] += 1;
    }),
    { numRuns: 200 },
  );
  for (const [what, count] of Object.entries(seen)) assert.ok(count > 20, `${what}: ${count}`);
});
