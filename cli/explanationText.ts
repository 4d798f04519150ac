import { type ModelCost, monthHours, type Rate, type StackCost } from "../planning/cost.ts";
import type { Explained, Explanation, MemoryExplanation, ModelExplanation } from "../planning/explain.ts";
import { headsUnknownText } from "../planning/fit/heads.ts";
import { inGib } from "../planning/fit/memory.ts";
import type { MemoryPart } from "../planning/pod/memory.ts";
import { startupTooShortText } from "../planning/pod/startup.ts";
import type { GpuCounts, StackGpus } from "../planning/sharing.ts";
import { quote } from "../planning/shell.ts";
import { spareTooSmallText } from "../planning/spare.ts";
import { shown, table } from "./table.ts";

/** An explanation for a person to read. */
export const explanationText = (told: Explanation): string =>
  [
    `Stack ${told.stack}, ${told.region}`,
    section("Settings of the stack", settings(told.settings, told.stack)),
    section("GPUs of the stack", stackGpus(told.gpus)),
    section("Cost of the stack", stackCost(told)),
    ...Object.entries(told.models).map(([name, model]) => modelText(name, model, told.stack)),
  ].join("\n\n");

const section = (title: string, text: string) => `${title}\n${text.replace(/^(?=.)/gm, "  ")}`;

function settings(explained: Record<string, Explained>, stack: string): string {
  const files = { base: "Pulumi.yaml", stack: `Pulumi.${stack}.yaml` };
  const origins: Readonly<Record<string, string>> = {
    "built-in": "default",
    computed: "computed",
    base: files.base,
    stack: files.stack,
    "base.models": `${files.base}, of the model`,
    "stack.models": `${files.stack}, of the model`,
  };
  return table(
    Object.entries(explained).map(([path, { value, layer }]) => [path, shown(value), origins[layer] ?? layer]),
  );
}

/** A line a product, and where there are several their sum. */
function stackGpus({ products, ...total }: StackGpus): string {
  const lines = Object.entries(products).map(([product, { spare, ...counts }]) => [
    product,
    `${gpuCounts(counts)}; spare: ${spare}`,
  ]);
  if (lines.length === 0) return "none";
  return table([...lines, ...(lines.length > 1 ? [["in all", gpuCounts(total)]] : [])]);
}

const gpuCounts = ({ steady, rolling, max }: GpuCounts) => `${steady} steady, ${rolling} while rolling, ${max} at most`;

const dollars = ({ perHour, perMonth }: Rate) =>
  `${perHour.toFixed(4)} USD an hour, ${perMonth.toFixed(2)} USD in a month of ${monthHours} hours`;

function stackCost({ cost, region }: { cost: Omit<StackCost, "models">; region: string }): string {
  const { steady, most, unknown, catalogue } = cost;
  const others = catalogue?.otherRegion ? `, not of ${region}` : "";
  return table([
    ["steady", dollars(steady)],
    ["at most", dollars(most)],
    ["reckoned", "the nodes alone, each pod by its share of one; storage, network and the cluster are in no figure"],
    ...(catalogue
      ? [
          [
            "prices",
            `on demand in ${catalogue.region} on ${catalogue.date}${others}: ${catalogue.instances.join(", ")}`,
          ],
        ]
      : []),
    ...unknown.map(({ model, reason }) => ["in no figure", `${model}: ${reason}`]),
  ]);
}

function modelCost(cost: ModelCost): string {
  if (!cost.known) return `unknown: ${cost.reason}`;
  const { instance, instancePerHour, share, from, steady, most, unpriced } = cost;
  const part = share === 1 ? "all" : `${Number((share * 100).toFixed(1))} %`;
  const whose = from === "settings" ? "by prices" : "by the catalogue";
  return table([
    ["a pod", `${part} of ${instance}, ${instancePerHour} USD an hour ${whose}`],
    ["steady", dollars(steady)],
    ["at most", dollars(most)],
    ...(unpriced.length > 0 ? [["without a price", `${unpriced.join(", ")}, which may be cheaper`]] : []),
  ]);
}

function modelText(name: string, model: ModelExplanation, stack: string): string {
  const { gpus, unchecked } = model;
  return [
    `Model ${name}: ${model.image}`,
    section("Settings", settings(model.settings, stack)),
    section("Fit", fitText(model)),
    section("Memory of a pod", memoryText(model.memory)),
    ...(model.disk === undefined ? [] : [section("Disk of a pod", `${model.disk} for a copy of the model`)]),
    section("Times", times(model)),
    section("Rollout", rolloutText(model)),
    section("GPUs", gpuCounts(gpus)),
    section("Cost", modelCost(model.cost)),
    section("Command", commandText(model.args)),
    ...(unchecked.length > 0
      ? [
          section(
            "Not checked",
            table(unchecked.map(({ flag, reason }) => [/^[A-Z]/.test(flag) ? flag : `--${flag}`, reason])),
          ),
        ]
      : []),
  ].join("\n\n");
}

function fitText({ fit, headsUnknown }: ModelExplanation): string {
  if (!fit.checked) return withNote(`not checked: ${fit.reason}`, headsUnknown && headsUnknownText(headsUnknown));
  const where = fit.gpus === 0 ? "the pod's memory" : `each of ${fit.gpus} × ${fit.product}`;
  const used = `${inGib(fit.usableBytes)} of ${inGib(fit.memoryBytes)}`;
  return table([
    [`in ${where}`, used],
    ["weights", inGib(fit.weightsBytes)],
    ["engine, about", inGib(fit.overheadBytes)],
    ["KV cache", inGib(fit.kvCacheBytes)],
    [`a sequence of ${fit.context} tokens`, inGib(fit.sequenceBytes)],
    ["such sequences at once", `${fit.fullSequences} (shorter ones up to ${fit.maxNumSeqs})`],
    ["longest context that fits", `${fit.longestContext} tokens${fit.auto ? ", which auto takes" : ""}`],
  ]);
}

function memoryText({ bytes, parts, shm, unreckoned }: MemoryExplanation): string {
  const rows = (all: MemoryPart[], indent = "") => all.map(({ part, bytes }) => [`${indent}${part}`, inGib(bytes)]);
  return table([
    ["its limit", inGib(bytes)],
    ...rows(parts),
    ["size of /dev/shm", inGib(shm.bytes)],
    ...(shm.parts.length > 1 ? rows(shm.parts, "  ") : []),
    ...unreckoned.map(({ setting, reason }) => ["not reckoned", `${setting}: ${reason}`]),
  ]);
}

function times({ budgets, startupTooShort }: ModelExplanation): string {
  const { provisioning, startup, drain, turns, progressDeadline, rollout } = budgets;
  const all = table([
    ["a new node and its image", `${provisioning} s`],
    ["start-up, to ready", `${startup} s`],
    [
      "drain",
      `${drain.total} s: ${drain.preStop} until no request comes, ${drain.shutdownTimeout} to answer those under way; the rest ends with an error`,
    ],
    ...(turns > 0 ? [["wait for spare GPUs", `${turns} s, while models that share them are rolled out`]] : []),
    ["`pulumi up` fails after", `${progressDeadline} s in which no new pod becomes ready`],
    ["a change takes at most", `${rollout} s by these figures`],
  ]);
  return withNote(all, startupTooShort && startupTooShortText(startupTooShort));
}

const withNote = (text: string, note: string | undefined) => (note === undefined ? text : `${text}\n${note}`);

function rolloutText({ rollout, spareTooSmall }: ModelExplanation): string {
  const { strategy, surge, unavailable, waves, downtime } = rollout;
  const step = surge > 0 ? `${surge} more at a time` : `${unavailable} fewer at a time`;
  const how =
    strategy === "Recreate"
      ? "Recreate: the old pod goes before the new one comes, which is downtime"
      : `${step}, in ${waves} ${waves === 1 ? "wave" : "waves"} at the most replicas${downtime ? "; with one replica this is downtime" : ""}`;
  return withNote(how, spareTooSmall && spareTooSmallText(spareTooSmall));
}

/** The command line, a flag with its values a line, quoted for a shell. */
function commandText([source = "", ...args]: string[]): string {
  const lines = args.reduce<string[][]>(
    (all, word) => {
      if (word.startsWith("--")) all.push([word]);
      else all.at(-1)?.push(word);
      return all;
    },
    [["vllm", "serve", source]],
  );
  return lines.map((words) => words.map(quote).join(" ")).join(" \\\n  ");
}
