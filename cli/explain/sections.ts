import { quote } from "../../planning/shell.ts";
import type { StackExplanation } from "../../render/explanation.ts";
import { table } from "../table.ts";
import { costText, fitText, gpusText, rolloutText, stackCostText, stackGpusText, timesText } from "./figures.ts";
import { modelObjectsText, stackObjectsText } from "./objects.ts";
import { environmentText, imagesText, memoryText, nodesText, probesText, volumesText } from "./pod.ts";
import { settingsText } from "./settings.ts";

type Model = StackExplanation["models"][string];

/** A part of an explanation. Where it has nothing to say, it is left out. */
export interface Section {
  title: string;
  /** In a few words, for the usage. */
  about: string;
  ofStack?: (told: StackExplanation) => string | undefined;
  ofModel?: (model: Model, told: StackExplanation) => string | undefined;
}

/** The command line, a flag with its values a line, quoted for a shell. */
function commandText({ args: [source = "", ...args] }: Model): string {
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

const uncheckedText = ({ unchecked }: Model): string | undefined =>
  unchecked.length > 0
    ? table(unchecked.map(({ flag, reason }) => [/^[A-Z]/.test(flag) ? flag : `--${flag}`, reason]))
    : undefined;

/** By the names that `--only` takes, in the order in which they are told: first what one looks for when a pod is not ready. */
export const sections = {
  objects: {
    title: "Objects",
    about: "what there will be and where, and the Service URL",
    ofStack: stackObjectsText,
    ofModel: (model, { namespace }) => modelObjectsText(model, namespace),
  },
  nodes: { title: "Nodes", about: "labels, tolerations, and what a pod asks for", ofModel: nodesText },
  probes: { title: "Probes", about: "when a pod gets requests, and when it is killed", ofModel: probesText },
  times: { title: "Times", about: "start, drain, and what Pulumi waits for", ofModel: timesText },
  rollout: { title: "Rollout", about: "how a change replaces the pods", ofModel: rolloutText },
  gpus: {
    title: "GPUs",
    about: "with the fewest replicas, during a rollout, at most",
    ofStack: stackGpusText,
    ofModel: gpusText,
  },
  cost: { title: "Cost", about: "of the nodes", ofStack: stackCostText, ofModel: costText },
  fit: { title: "Fit", about: "weights and KV cache in the GPUs' memory", ofModel: fitText },
  memory: { title: "Memory of a pod", about: "what lies in it and in /dev/shm", ofModel: memoryText },
  volumes: { title: "Volumes of a pod", about: "with /dev/shm and ephemeral storage", ofModel: volumesText },
  images: { title: "Images", about: "of each container", ofModel: imagesText },
  environment: { title: "Environment", about: "of each container, without secrets", ofModel: environmentText },
  command: { title: "Command", about: "what the engine is started with", ofModel: commandText },
  unchecked: { title: "Not checked", about: "flags and variables that nothing is known of", ofModel: uncheckedText },
  settings: {
    title: "Settings",
    about: "each with the layer that decides it",
    ofStack: ({ settings, stack }) => settingsText(settings, stack),
    ofModel: ({ settings }, { stack }) => settingsText(settings, stack),
  },
} satisfies Record<string, Section>;

export type SectionName = keyof typeof sections;
