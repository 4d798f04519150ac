import type { Tree } from "../../config/tree.ts";
import { aiInference } from "./aiInference.ts";
import { chartVllm } from "./chartVllm.ts";
import type { Context } from "./model.ts";
import { Place } from "./place.ts";
import { ImportError } from "./values.ts";
import { vllmStack } from "./vllmStack.ts";

/** A chart whose values can be imported. */
export interface Chart {
  name: string;
  about: string;
  /** Keys by which its values are known, from the most to the least telling. */
  marks: readonly string[];
  /** Whether the chart serves one model. */
  single: boolean;
  read: (values: Place, context: Context) => void;
}

/** The charts by their own names. */
export const charts: readonly Chart[] = [
  {
    name: "chart-vllm",
    about: "vLLM's example chart",
    marks: [
      "image.command",
      "extraInit",
      "gpuModels",
      "maxUnavailablePodDisruptionBudget",
      "externalConfigs",
      "customObjects",
      "deploymentStrategy",
      "autoscaling.targetCPUUtilizationPercentage",
    ],
    single: true,
    read: chartVllm,
  },
  {
    name: "ai-inference",
    about: "the chart of one AI service in four environments",
    marks: [
      "inference.engine",
      "inference.vllm",
      "inference.maxSequenceLength",
      "inference.maxBatchSize",
      "inference.maxConcurrentRequests",
      "model.source",
      "model.lazyLoad",
      "healthCheck",
      "vectorDB",
      "embeddingService",
      "autoscaling.targetQueueDepth",
      "resources.gpu",
    ],
    single: true,
    read: aiInference,
  },
  {
    name: "vllm-stack",
    about: "vLLM production-stack",
    marks: ["servingEngineSpec", "routerSpec", "cacheserverSpec", "loraAdapters", "loraController", "sharedPvcStorage"],
    single: false,
    read: vllmStack,
  },
];

/** Charts and documents of others, by keys that only they have. */
const others: readonly { name: string; marks: readonly string[]; object?: true }[] = [
  { name: "a KServe resource", marks: ["spec.predictor", "spec.model.uri"] },
  { name: "a Kubernetes object", marks: ["apiVersion+kind"], object: true },
  { name: "the KServe chart", marks: ["kserve"] },
  { name: "the models chart of KubeAI", marks: ["catalog"] },
  { name: "the KubeAI chart", marks: ["modelServers", "resourceProfiles", "modelServerPods", "modelAutoscaling"] },
  { name: "the llm-d modelservice chart", marks: ["modelArtifacts"] },
  { name: "the llm-d router or infra chart", marks: ["inferenceExtension", "inferencePool"] },
  { name: "the AIBrix chart", marks: ["controllerManager+gatewayPlugin", "gpuOptimizer", "gatewayPlugin"] },
  { name: "the inference chart of AI on EKS", marks: ["inference.framework", "inference.modelServer", "s3ModelCopy"] },
  { name: "the KubeRay cluster chart", marks: ["head+worker", "additionalWorkerGroups"] },
  { name: "a NIM chart of NVIDIA", marks: ["model.ngcAPISecret", "model.ngcAPIKey", "nimService"] },
  { name: "the Ollama chart", marks: ["ollama"] },
  {
    name: "a chart of Bitnami",
    marks: ["commonLabels+extraDeploy", "kubeVersion+clusterDomain", "global.security.allowInsecureImages"],
  },
  { name: "a list of models, as KubeAI and others have it,", marks: ["models"] },
];

/**
 * The chart that values are of: the named one, or the one that their keys tell.
 * @throws ImportError where they are another's, or no one's that is known
 */
export function chartOf(values: Tree, named?: string): Chart {
  const root = new Place(values);
  const known = charts.map(({ name }) => name).join(", ");
  if (named !== undefined) {
    const chart = charts.find(({ name }) => name === named);
    if (!chart) throw new ImportError(`there is no chart '${named}' that can be imported; known are ${known}`);
    if (score(root, chart) > 0) return chart;
  }
  const ranked = charts.map((chart) => ({ chart, score: score(root, chart) })).sort((a, b) => b.score - a.score);
  const [first, second] = ranked;
  if (named === undefined && first && first.score > (second?.score ?? 0)) return first.chart;
  if (named === undefined && first && first.score > 0)
    throw new ImportError(
      `the values may be of ${first.chart.name} or ${second?.chart.name}; say which: --chart ${first.chart.name}`,
    );
  for (const part of root.children) {
    const inner = charts.find((chart) => score(part, chart) > 1 || (part.key === chart.name && score(part, chart) > 0));
    if (inner)
      throw new ImportError(
        `these are values of a parent chart: those of ${inner.name} stand under '${part.path}'; put them into a file by themselves`,
      );
  }
  const other = others.find(({ marks }) => marks.some((mark) => mark.split("+").every((key) => has(root, key))));
  const expected = (named === undefined ? charts : charts.filter(({ name }) => name === named))
    .map(({ name, about, marks }) => `  ${name} (${about}): ${marks.slice(0, 3).join(", ")} …`)
    .join("\n");
  const given = other?.object ? `this is ${other.name}, which has no` : "these are";
  const whose = other?.object ? "" : ` of ${other?.name ?? "no chart that is known here"}`;
  throw new ImportError(`${given} values${whose}; expected are those of\n${expected}`);
}

const has = (root: Place, path: string) => root.at(...path.split(".")).exists;
const score = (root: Place, chart: Chart) => chart.marks.filter((mark) => has(root, mark)).length;
