import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import * as v from "valibot";
import { modelName } from "../../config/schema/values.ts";
import type { Tree } from "../../config/tree.ts";
import type { StackPlan } from "../../planning/plan.ts";
import type { VariantPlan } from "../../planning/variant.ts";
import { secretOutputs } from "../../program/arguments.ts";
import { least } from "../config/settings.ts";
import { deployPlan, planned } from "./platform.ts";

/** Whatever the models of a stack are called, no two of its resources have one URN: Pulumi refuses the second. */

const kinds: Readonly<Record<string, Tree>> = {
  fixed: {},
  scaled: { autoscaling: { min: 1, max: 2 } },
  secret: { engine: { secretEnv: { TOKEN: "a-secret-of-the-model" } } },
  both: { autoscaling: { min: 1, max: 2 }, engine: { secretEnv: { TOKEN: "a-secret-of-the-model" } } },
  unserved: { revision: null },
};
type Kind = keyof typeof kinds & string;

interface Stack {
  models: Readonly<Record<string, Kind>>;
  /** The name of a second variant of each model; the program's own plan has one alone. */
  second?: string;
  /** Whether the stack makes its namespace. */
  create: boolean;
}

const withSecond = (plan: StackPlan, second: string): StackPlan => ({
  ...plan,
  models: plan.models.map((model) => ({
    ...model,
    variants: [model.variants[0], { ...model.variants[0], name: second } as unknown as VariantPlan] as const,
  })),
});

/** The URNs of all resources of a stack, as the components register them. */
async function deployed({ models, second, create }: Stack): Promise<string[]> {
  const own = Object.fromEntries(Object.entries(models).map(([model, kind]) => [model, kinds[kind] ?? {}]));
  const settings = planned({ own: { ...least, model: null, revision: "v1", namespace: { create }, models: own } });
  const { plan } = settings;
  const { resources } = await deployPlan(second ? withSecond(plan, second) : plan, secretOutputs(settings));
  return resources.map(({ urn }) => urn).sort();
}

/** Stands for a model's name in the URNs of one of each kind. */
const place = (kind: Kind) => `place-of-${kind}`;

/** The URNs of a stack by those of another that has a model of each kind: their names are put into its places. */
async function reckoning(): Promise<(stack: Stack) => string[]> {
  const models = Object.fromEntries(Object.keys(kinds).map((kind) => [place(kind), kind]));
  const templates = new Map<string, string[]>();
  for (const create of [false, true]) {
    templates.set(`1 ${create}`, await deployed({ models, create }));
    templates.set(`2 ${create}`, await deployed({ models, create, second: "canary" }));
  }
  return ({ models, second, create }) => {
    const found = templates.get(`${second ? 2 : 1} ${create}`) ?? [];
    const all = found.map((urn) => urn.replace("-canary", `-${second}`));
    const ofModels = Object.entries(models).flatMap(([model, kind]) =>
      all.filter((urn) => urn.includes(place(kind))).map((urn) => urn.replaceAll(place(kind), model)),
    );
    return [...all.filter((urn) => !urn.includes("place-of-")), ...ofModels].sort();
  };
}
const urnsOf = await reckoning();

/** What the components put behind a model's name, and what they call the stack's own parts. */
const whole = urnsOf({ models: { x: "both" }, second: "canary", create: true });
const suffixes = [...new Set(whole.flatMap((urn) => /::vllm-(?:x-)?(?!x$)(.+)$/.exec(urn)?.[1] ?? []))];

const name = fc.oneof(
  fc.constantFrom("a", "chat", "main", "models", "api-key", "namespace"),
  fc.constantFrom(...suffixes),
);
/** Names of which each is another's with something behind it, beside those of the stack's own parts. */
const names = fc
  .tuple(
    fc.array(name, { maxLength: 2 }),
    fc.uniqueArray(name, { minLength: 1, maxLength: 2 }),
    fc.array(fc.constantFrom(...suffixes), { maxLength: 3 }),
  )
  .map(([others, stems, tails]) => {
    const longer = stems.flatMap((stem) =>
      tails.flatMap((tail, at) => [`${stem}-${tail}`, [stem, ...tails.slice(0, at + 1)].join("-")]),
    );
    return [...new Set([...others, ...stems, ...longer])].filter((one) => v.is(modelName, one));
  });
const stack: fc.Arbitrary<Stack> = names.chain((all) =>
  fc.record(
    {
      models: fc
        .array(fc.constantFrom(...Object.keys(kinds)), { minLength: all.length, maxLength: all.length })
        .map((of) => Object.fromEntries(all.map((one, at) => [one, of[at] ?? "fixed"]))),
      // Names of variants have no '-'.
      second: fc.constantFrom("canary", "access", "service", "role", "deployment"),
      create: fc.boolean(),
    },
    { requiredKeys: ["models", "create"] },
  ),
);

const twice = (urns: readonly string[]) => urns.filter((urn, at) => urns.indexOf(urn) !== at);

test("two resources of one URN are seen", () => {
  assert.deepEqual(twice(["a", "b", "a"]), ["a"]);
  assert.deepEqual(twice([]), []);
});

test("what is generated provokes collisions: one model's name is the other's with a suffix, of every kind", () => {
  const some = fc.sample(stack, { numRuns: 500, seed: 1 });
  const extended = some.filter(({ models }) =>
    Object.keys(models).some((one) => suffixes.some((suffix) => `${one}-${suffix}` in models)),
  );
  assert.ok(extended.length > 250, `${extended.length} of ${some.length}`);
  const met = new Set(some.flatMap(({ models }) => Object.values(models)));
  assert.deepEqual([...met].sort(), Object.keys(kinds).sort());
});

test("no two models and variants of a stack give one URN, by the URNs of one model of each kind", () => {
  fc.assert(
    fc.property(stack, (one) => assert.deepEqual(twice(urnsOf(one)), [])),
    { numRuns: 3000 },
  );
});

test("nor do they as the components make them, which is as it was reckoned", async () => {
  let [most, seconds] = [0, 0];
  await fc.assert(
    fc.asyncProperty(stack, async (one) => {
      const urns = await deployed(one);
      assert.deepEqual(twice(urns), []);
      assert.deepEqual(urns, urnsOf(one));
      most = Math.max(most, Object.keys(one.models).length);
      seconds += one.second ? 1 : 0;
    }),
    { numRuns: 30 },
  );
  assert.ok(most >= 4 && seconds > 0, `${most} models at the most, ${seconds} with a second variant`);
});

test("a model's name with each of the endings, all in one stack", async () => {
  for (const end of ["models", "api-key", "namespace", "access-role", "main", "main-deployment", "canary-environment"])
    assert.ok(suffixes.includes(end), end);
  const all = ["a", ...suffixes.map((suffix) => `a-${suffix}`)];
  const models = Object.fromEntries(all.map((one) => [one, "both"]));
  assert.deepEqual(twice(await deployed({ models, second: "canary", create: true })), []);
});
