/** What a chart does where its values are silent. */
interface Default<Value> {
  value: Value;
  /** The first version of the chart that does so. */
  since: string;
  /** Where in the chart's repository. */
  source: string;
}

/** A startup probe: seconds before the first try, seconds between two, and how many may fail. */
export interface ProbeTimes {
  delay: number;
  period: number;
  failures: number;
}

interface StackDefaults {
  /** The chart's version whose defaults these are: values do not say theirs. */
  version: string;
  startupProbe: Default<ProbeTimes>;
  /** The template puts these in the place of an empty one or a 0. */
  zeroProbe: Default<ProbeTimes>;
  /** Where `vllmConfig` has other keys; without any the engine has its own default. */
  prefixCaching: Default<boolean>;
  /** Of KEDA's trigger where `keda` has none. */
  waitingRequests: Default<number>;
}

const templates = "helm/templates";

/** vLLM production-stack (github.com/vllm-project/production-stack), read in every version from 0.0.1 to this one. */
export const stackDefaults: StackDefaults = {
  version: "0.1.12",
  startupProbe: {
    value: { delay: 15, period: 10, failures: 60 },
    since: "0.0.1",
    source: "helm/values.yaml, servingEngineSpec.startupProbe",
  },
  zeroProbe: {
    value: { delay: 15, period: 10, failures: 3 },
    since: "0.1.10",
    source: `${templates}/_helpers.tpl, chart.templateProbe`,
  },
  prefixCaching: { value: false, since: "0.1.3", source: `${templates}/deployment-vllm-multi.yaml, vllmConfig` },
  waitingRequests: { value: 5, since: "0.1.9", source: `${templates}/scaledobject-vllm.yaml, triggers` },
};

/** Of a `ScaledObject` without them (keda.sh, "ScaledObject specification"): the chart writes only what it is given. */
export const kedaDefaults = { min: 0, max: 100 } as const;

/** Of a probe without them (Kubernetes API reference, `Probe`), as charts write it that hand it over whole. */
export const kubernetesProbe: ProbeTimes = { delay: 0, period: 10, failures: 3 };
