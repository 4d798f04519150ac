import type { EffectiveModel } from "../../config/settings.ts";
import type { Budgets } from "../pod/budgets.ts";
import type { Image } from "../pod/image.ts";
import type { PodMemory } from "../pod/memory.ts";

/** What an engine's server shows to the outside: to the Service, the probes, the scaler and whoever has a key. */
export interface Server {
  /** The port that it listens on in its pod. */
  port: number;
  /** The route that answers 200 once it serves, and without a key. */
  healthPath: string;
  /** The gauge of requests that wait in one server, by which replicas are added. */
  waitingMetric: string;
  /** The environment variable that has the key that it asks for. */
  keyVariable: string;
}

/** What a stack says of the place where its pods run. */
export interface Site {
  /** Pods have addresses of IPv6 alone. */
  ipv6: boolean;
}

/** What an engine makes of a model's settings in its pod. */
export interface Engine {
  server: Server;
  image(model: EffectiveModel): Image;
  /** What follows the model's location on the command line. */
  arguments(model: EffectiveModel, streamed: boolean, budgets: Budgets, site: Site): string[];
  /** The plain environment of its container; what the user says of a variable counts. */
  environment(model: EffectiveModel, memory: PodMemory): Record<string, string>;
  /** The variables of it that have the region of the bucket. */
  regionVariables: readonly string[];
}
