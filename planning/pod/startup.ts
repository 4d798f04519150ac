import { mib } from "../../catalogue/units.ts";
import { engineStart } from "../../catalogue/vllm/starts.ts";

/** Run:ai Model Streamer reaches 75 % of the network's line rate from S3 (its published benchmark on g5.12xlarge), and
 * has reached 9.4 GB/s into one pod of eight GPUs (marin-community/marin#7136): as much as 75 % of 100 Gbit/s. */
const streamerShareOfLine = 0.75;
/** A copy is bound by the disk that it goes to: a gp3 volume has 125 MiB/s unless more is paid for (AWS, EBS volume
 * types); `aws s3 cp` itself reaches 375 MB/s (s5cmd's published comparison). */
const copyBytesPerSecond = 125 * mib;
const startupMargin = 1.5;
/**
 * Fewer CPUs than these are not reckoned with. A request is what a pod gets at least, and no limit: it has what its node
 * leaves idle beside. By a request of next to nothing, which says how pods are packed, a start would have days, in which
 * nobody learns of one that hangs.
 */
const leastCpus = 0.25;

/** What a start has to do, and what with. */
export interface Load {
  /** The weights in bytes; where they are not known what the GPUs, or on a CPU the pod's memory, can hold. */
  bytes: number;
  networkGbps: number;
  /** GPUs of the pod; 0 on a CPU. */
  gpus: number;
  /** CPUs that the pod asks for; it may have more, for it has no limit. */
  cpus: number;
  /** Straight from the bucket into memory, not by way of the node's disk. */
  streamed: boolean;
}

/** Start-up in seconds where the user gives none: load at the slower of network and source, then the engine, and a margin. */
export function startupSeconds({ bytes, networkGbps, gpus, cpus, streamed }: Load): number {
  const line = (networkGbps * 1e9) / 8;
  const rate = streamed ? line * streamerShareOfLine : Math.min(line, copyBytesPerSecond);
  const { base, perGigabyte, together } = engineStart[gpus > 0 ? "gpu" : "cpu"];
  const engine = base + (bytes / 1e9) * perGigabyte + (gpus > 1 ? together : 0);
  return Math.ceil((bytes / rate + engine / Math.min(1, Math.max(leastCpus, cpus))) * startupMargin);
}

/** A start-up time of the user's that is less than what is reckoned, both in seconds. */
export interface StartupTooShort {
  seconds: number;
  estimate: number;
}

export function startupTooShort(seconds: number | undefined, load: Load): StartupTooShort | undefined {
  const estimate = startupSeconds(load);
  return seconds !== undefined && seconds < estimate ? { seconds, estimate } : undefined;
}

/** The same in words, for people. */
export const startupTooShortText = ({ seconds, estimate }: StartupTooShort): string =>
  `startup.seconds: ${seconds} is less than the ${estimate} s that this start is reckoned to take at the most; a pod that is not ready by then is killed, and starts again`;
