import { type Load, startupSeconds } from "./startup.ts";

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
/** Endpoints take a moment to leave every proxy; until then a stopping pod still gets requests (llm-d, KServe: 15 s). */
const preStopSeconds = 15;
/** Between vLLM's own time-out and SIGKILL (llm-d: 15 s). */
const drainBuffer = 15;
const slack = 60;

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
  const provisioning =
    input.provisioningSeconds ?? nodeSeconds + (input.load.gpus > 0 ? gpuImageSeconds : cpuImageSeconds);
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
