/** Times of a server, in whole seconds. */
export interface Budgets {
  /** From the wish for a pod to its containers' start: a new node and the image. */
  provisioning: number;
  /** From the containers' start to ready: load, compile, warm up. */
  startup: number;
  /** From the wish to stop a pod to its end. */
  drain: { total: number; preStop: number; shutdownTimeout: number };
  /** How long rollouts of models that share its spare GPUs may keep it waiting for them; 0 where it shares none. */
  turns: number;
  /** Time in which a rollout must make a new pod ready (`progressDeadlineSeconds`), after which `up` fails. */
  progressDeadline: number;
  /** How long a change takes at the most by these figures: wave after wave, and the turns of models that share its spare GPUs. */
  rollout: number;
  /** How long Pulumi waits for them to be gone. */
  deletion: number;
}

/** A node made by Karpenter or an autoscaling group: 2 to 3 minutes measured (dirien/what-is-ai-platform-engineering). */
const nodeSeconds = 180;
/** The CUDA image, about 12 GB compressed: pull 5–6 and extract 3–4 minutes (BentoML, "Cold-starting LLMs on Kubernetes"). */
const gpuImageSeconds = 600;
/** The CPU image has no CUDA libraries; half of the CUDA image's time, an estimate. */
const cpuImageSeconds = 300;
/** Process groups, torch.compile, profiling, CUDA graphs: 30 + 166 + 131 + 90 s, the slowest whole start published
 * phase by phase (mitchross/talos-argocd-proxmox#1848). */
const gpuEngineSeconds = 417;
/** A real vLLM 0.32 on two CPU cores answered 32 s after its start; five times that for larger models. */
const cpuEngineSeconds = 160;
/** Run:ai Model Streamer reaches 75 % of the network's line rate from S3 (its published benchmark on g5.12xlarge). */
const streamerShareOfLine = 0.75;
/** A copy is bound by the disk that it goes to: a gp3 volume has 125 MiB/s unless more is paid for (AWS, EBS volume
 * types); `aws s3 cp` itself reaches 375 MB/s (s5cmd's published comparison). */
const copyBytesPerSecond = 125 * 2 ** 20;
const startupMargin = 1.5;
/** Endpoints take a moment to leave every proxy; until then a stopping pod still gets requests (llm-d, KServe: 15 s). */
const preStopSeconds = 15;
/** Between vLLM's own time-out and SIGKILL (llm-d: 15 s). */
const drainBuffer = 15;
const slack = 60;

/** The bytes that may have to be loaded and the network they come over. */
export interface Load {
  /** The weights in bytes; where they are not known what the GPUs, or on a CPU the pod's memory, can hold. */
  bytes: number;
  networkGbps: number;
  gpu: boolean;
  /** Straight from the bucket into memory, not by way of the node's disk. */
  streamed: boolean;
}

/** Start-up in seconds where the user gives none: load at the slower of network and source, then the engine, and a margin. */
export function startupSeconds({ bytes, networkGbps, gpu, streamed }: Load): number {
  const line = (networkGbps * 1e9) / 8;
  const rate = streamed ? line * streamerShareOfLine : Math.min(line, copyBytesPerSecond);
  return Math.ceil((bytes / rate + (gpu ? gpuEngineSeconds : cpuEngineSeconds)) * startupMargin);
}

/** One wave of a rollout: a new pod becomes ready, an old one goes. */
export const waveSeconds = ({ provisioning, startup, drain }: Pick<Budgets, "provisioning" | "startup" | "drain">) =>
  provisioning + startup + drain.total;

/** All times of one server by itself. `waves` is how many groups of pods a rollout replaces one after the other. */
export function budgets(input: {
  load: Load;
  waves: number;
  provisioningSeconds?: number;
  startupSeconds?: number;
  drainSeconds: number;
}): Budgets {
  const provisioning = input.provisioningSeconds ?? nodeSeconds + (input.load.gpu ? gpuImageSeconds : cpuImageSeconds);
  const startup = input.startupSeconds ?? startupSeconds(input.load);
  const total = input.drainSeconds;
  const drain = { total, preStop: preStopSeconds, shutdownTimeout: total - preStopSeconds - drainBuffer };
  const wave = waveSeconds({ provisioning, startup, drain });
  return {
    provisioning,
    startup,
    drain,
    turns: 0,
    // Without a spare GPU a new pod waits for an old one's drain.
    progressDeadline: wave + slack,
    rollout: input.waves * wave + 2 * slack,
    deletion: total + 5 * slack,
  };
}

/** The times of a server that may have to wait for others' rollouts, in seconds, beside its own. */
export const afterOthers = (budgets: Budgets, turns: number): Budgets => ({
  ...budgets,
  turns,
  progressDeadline: budgets.progressDeadline + turns,
  rollout: budgets.rollout + turns,
});
