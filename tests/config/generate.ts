import fc from "fast-check";
import { gpuProducts, gpus } from "../../catalogue/gpus.ts";
import { instanceTypes } from "../../catalogue/prices.ts";
import { put, type Tree } from "../../config/tree.ts";
import { instancesFor } from "../../planning/pod/gpu.ts";
import type { Given } from "./settings.ts";

/** Stacks as people might write them: every setting, anywhere among the layers, with what earlier layers say instead. */

export type Draw = <T>(arbitrary: fc.Arbitrary<T>) => T;

const label = fc.stringMatching(/^[a-z]([-a-z0-9]{0,8}[a-z0-9])?$/);
const number = (min: number, max: number) =>
  fc.integer({ min, max }).chain((n) => fc.constantFrom<number | string>(n, String(n)));
const reason = fc.constantFrom("we looked at it", "our registry never moves a tag");
const flag = (boolean: boolean) => fc.constantFrom<boolean | string>(boolean, String(boolean));

/** A value for each setting that stands by itself: any of these may be in any layer. */
export const single: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  revision: fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._-]{0,12}$/),
  servedModelName: fc.stringMatching(/^[a-z][a-z0-9/.-]{0,16}$/),
  labels: fc.dictionary(fc.constantFrom("team", "example.com/cost-center", "owner"), label, { minKeys: 1 }),
  "image.repository": fc.constantFrom("vllm/vllm-openai", "localhost:5000/mirror/vllm", "ghcr.io/a/b/c"),
  "image.tag": fc.stringMatching(/^v[0-9]{1,3}$/),
  "image.digest": fc.stringMatching(/^sha256:[0-9a-f]{64}$/),
  "image.allowTag": reason,
  "image.pullSecrets": fc.array(label, { maxLength: 3 }),
  "delivery.image": fc.constantFrom("amazon/aws-cli:2.37.4", `r.example:5000/aws-cli@sha256:${"0".repeat(64)}`),
  "gpu.labels": fc.constantFrom("nvidia", "karpenter", "eks-auto"),
  "gpu.spare": number(0, 32),
  "scheduling.nodeSelector": fc.dictionary(fc.constantFrom("node-role", "example.com/pool"), label, { minKeys: 1 }),
  "scheduling.priorityClassName": fc.constantFrom("inference", "batch.low"),
  "scheduling.tolerations": fc.array(
    fc.constantFrom<Tree>(
      { key: "workload", operator: "Equal", value: "inference", effect: "NoSchedule" },
      { operator: "Exists" },
      { key: "a.b/c", value: "d" },
    ),
    { maxLength: 2 },
  ),
  "resources.cpu": fc.constantFrom<unknown>("4", 2, "500m", "1.5"),
  "engine.kind": fc.constant("vllm"),
  "engine.version": fc.constantFrom("0.31.0", "0.32.0", "0.33.0"),
  "engine.maxNumSeqs": number(1, 1024),
  "engine.gpuMemoryUtilization": fc.constantFrom<unknown>(0.8, 0.9, "0.85", 0.95),
  "engine.allowRemoteCode": reason,
  "engine.args": fc.dictionary(fc.constantFrom("max-logprobs", "seed"), fc.integer({ min: 1, max: 40 }), {
    minKeys: 1,
  }),
  "engine.env": fc.dictionary(fc.constantFrom("VLLM_LOGGING_PREFIX", "MINE"), fc.constantFrom("DEBUG", "x y", "1")),
  "engine.secretEnv": fc.constantFrom<Tree>({ A_SECRET: "vllm:engine.secretEnv.A_SECRET" }),
  "access.kind": fc.constant("podIdentity"),
  "provisioning.seconds": number(1, 7200),
  "startup.seconds": number(10, 14_400),
  "drain.seconds": number(35, 3600),
};

/** Settings of the stack as a whole. */
const ofStack: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  "cluster.ipFamily": fc.constantFrom("ipv4", "ipv6"),
  "namespace.name": label,
  "namespace.create": fc.boolean().chain(flag),
  prices: fc.dictionary(fc.constantFrom(...instanceTypes), fc.constantFrom<unknown>(1, "0.9", 113.25), { minKeys: 1 }),
  "policy.imageDigest": fc.constantFrom("off", "advisory", "mandatory"),
  "policy.limits.gpus": number(0, 64),
  "apiKey.rotation": fc.constantFrom<unknown>("a", 2),
};

/** A model of 0.6 billion parameters fits all GPUs, whatever is asked of it here, and its heads go by 1, 2, 4 and 8. */
const small = { layers: 28, hiddenSize: 1024, attentionHeads: 16, keyValueHeads: 8, headSize: 128 };
const shapes: readonly Tree[] = [
  { ...small, parameters: "752M", contextLength: 4096, vocabularySize: 151_936 },
  { ...small, weightBytes: 1_503_264_768, tiedEmbeddings: true, dtype: "bfloat16" },
  { ...small, parameters: 752e6, quantization: "fp8", slidingWindow: { size: 1024, layers: 14 } },
  { ...small, parameters: "0.752B", latentSize: 576 },
];

/** A context that any of them can have; `auto` is less than the model's own, which has to be known. */
const context = ({ contextLength }: Tree): fc.Arbitrary<unknown> =>
  fc.oneof(number(16, 4096), fc.constantFrom("2k", "4K", "0.5k", ...(contextLength === undefined ? [] : ["auto"])));

interface Wanted {
  path: string;
  value: unknown;
  /** What an earlier layer may say of the same. */
  other?: fc.Arbitrary<unknown>;
}

/** What belongs together: hardware and its sharing, the shape, memory, replicas. */
function together(draw: Draw): Wanted[] {
  const product = draw(fc.constantFrom(...gpuProducts));
  const counts = [0, 1, 2, 4, 8].filter((count) => instancesFor(gpus[product], count).length > 0);
  const count = draw(fc.constantFrom(...counts));
  const wanted: Wanted[] = [{ path: "gpu.count", value: draw(number(count, count)), other: number(0, 8) }];
  if (count > 0 || draw(fc.boolean()))
    wanted.push({ path: "gpu.product", value: product, other: fc.constantFrom(...gpuProducts) });
  const pipeline = draw(fc.constantFrom(...[1, 2, 4, 8].filter((size) => size <= Math.max(1, count))));
  if (pipeline > 1 || draw(fc.boolean()))
    wanted.push({ path: "engine.pipelineParallelSize", value: pipeline, other: number(1, 64) });
  if (draw(fc.boolean()))
    wanted.push({ path: "engine.tensorParallelSize", value: Math.max(1, count) / pipeline, other: number(1, 64) });
  const shape = draw(fc.option(fc.constantFrom(...shapes), { nil: undefined }));
  if (shape) {
    wanted.push({ path: "shape", value: shape });
    if (draw(fc.boolean()))
      wanted.push({ path: "engine.maxModelLen", value: draw(context(shape)), other: number(1, 9e6) });
  }
  if (draw(fc.boolean())) {
    const [values, shm] = count > 1 ? [["64Gi", "0.25Ti", "65536Mi"], "10Gi"] : [["16Gi", "0.25Ti", "20480Mi"], "3Gi"];
    wanted.push({ path: "resources.memory", value: draw(fc.constantFrom(...values)), other: fc.constant("24Gi") });
    if (draw(fc.boolean())) wanted.push({ path: "resources.shm", value: shm, other: fc.constant("1Gi") });
  }
  const scaling = draw(fc.constantFrom("scaled", "fixed", "default"));
  if (scaling === "scaled") {
    const [min, more] = [draw(fc.integer({ min: 1, max: 50 })), draw(fc.integer({ min: 0, max: 50 }))];
    const waiting = draw(fc.option(number(1, 99), { nil: undefined }));
    const autoscaling = { min, max: min + more, ...(waiting === undefined ? {} : { waitingRequests: waiting }) };
    wanted.push({ path: "autoscaling", value: autoscaling });
  }
  if (scaling === "fixed") wanted.push({ path: "replicas", value: draw(number(1, 1000)), other: number(1, 1000) });
  const streamer = draw(fc.option(fc.boolean(), { nil: undefined }));
  if (streamer !== undefined) wanted.push({ path: "image.streamer", value: streamer });
  const kinds = (streamer ?? count > 0) ? ["stream", "copy"] : ["copy"];
  if (draw(fc.boolean())) wanted.push({ path: "delivery.kind", value: draw(fc.constantFrom(...kinds)) });
  return wanted;
}

/** Takes settings that are right and writes them down, each in one of the four layers, with noise in those before. */
function write(draw: Draw, name: string, wanted: readonly Wanted[], base: Tree, own: Tree): void {
  for (const { path, value, other } of wanted) {
    const all: [Tree, string[]][] = [
      [base, path.split(".")],
      [own, path.split(".")],
      [base, ["models", name, ...path.split(".")]],
      [own, ["models", name, ...path.split(".")]],
    ];
    // A secret has no place in what all stacks share.
    const places = path === "engine.secretEnv" ? all.filter(([tree]) => tree === own) : all;
    const at = draw(fc.nat({ max: places.length - 1 }));
    if (at > 0 && other && draw(fc.boolean())) {
      const [tree, place] = places[draw(fc.nat({ max: at - 1 }))] as [Tree, string[]];
      put(tree, place, draw(other));
    }
    const [tree, place] = places[at] as [Tree, string[]];
    put(tree, place, value);
  }
}

/** A stack that is right, and the name of its model. */
export type Stack = Required<Pick<Given, "base" | "own">> & { name: string };

/** What is made by drawing; it does not shrink, and so keeps nothing of what was drawn (`fc.gen` keeps gigabytes). */
class Drawn<T> extends fc.Arbitrary<T> {
  readonly #make: (draw: Draw) => T;

  constructor(make: (draw: Draw) => T) {
    super();
    this.#make = make;
  }

  override generate(random: fc.Random, bias: number | undefined): fc.Value<T> {
    return new fc.Value(
      this.#make((arbitrary) => arbitrary.generate(random, bias).value),
      undefined,
    );
  }

  override canShrinkWithoutContext(_: unknown): _ is T {
    return false;
  }

  override shrink(): fc.Stream<fc.Value<T>> {
    return fc.Stream.nil();
  }
}

export const drawing = <T>(make: (draw: Draw) => T): fc.Arbitrary<T> => new Drawn(make);

export const validStack: fc.Arbitrary<Stack> = drawing((draw) => {
  const [base, own]: [Tree, Tree] = [{}, { cluster: { eks: draw(label) } }];
  const production = draw(fc.boolean());
  if (production) put(draw(fc.boolean()) ? base : own, ["production"], draw(flag(true)));
  for (const [path, arbitrary] of Object.entries(ofStack))
    if (draw(fc.nat({ max: 3 })) === 0) put(draw(fc.boolean()) ? base : own, path.split("."), draw(arbitrary));
  if (!production && draw(fc.boolean())) put(own, ["modelStore", "onDestroy"], "delete");

  const name = draw(label.filter((text) => !text.startsWith("vllm")));
  const wanted = together(draw);
  for (const [path, arbitrary] of Object.entries(single)) {
    const needed = production && path === "image.allowTag";
    if (needed || draw(fc.nat({ max: 4 })) === 0) wanted.push({ path, value: draw(arbitrary), other: arbitrary });
  }
  write(draw, name, wanted, base, own);
  if (!JSON.stringify([base.models, own.models]).includes(`"${name}"`)) put(own, ["models", name], {});
  return { base, own, name };
});
