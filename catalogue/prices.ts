import { cpuInstances } from "./cpus.ts";
import { gpus } from "./gpus.ts";

/** The instance types of the catalogue, those with GPUs first. */
export const instanceTypes: readonly string[] = [
  ...Object.values(gpus).flatMap(({ instances }) => instances),
  ...cpuInstances,
].map(({ type }) => type);

/**
 * What instance types cost on demand, in USD an hour, Linux, shared tenancy, without tax.
 * Source: the prices of AWS's Price List API that Karpenter ships (aws/karpenter-provider-aws, 1d92708,
 * pkg/providers/pricing/zz_generated.pricing_aws.go, "generated at 2026-07-20T13:44:30Z for us-east-1"). It has none
 * for p5e.48xlarge, whose price is unknown. Other regions have other prices.
 */
export const priceList = {
  region: "us-east-1",
  date: "2026-07-20",
  usdPerHour: {
    "g4dn.xlarge": 0.526,
    "g4dn.2xlarge": 0.752,
    "g4dn.4xlarge": 1.204,
    "g4dn.8xlarge": 2.176,
    "g4dn.12xlarge": 3.912,
    "g4dn.16xlarge": 4.352,
    "g4dn.metal": 7.824,
    "g5.xlarge": 1.006,
    "g5.2xlarge": 1.212,
    "g5.4xlarge": 1.624,
    "g5.8xlarge": 2.448,
    "g5.12xlarge": 5.672,
    "g5.16xlarge": 4.096,
    "g5.24xlarge": 8.144,
    "g5.48xlarge": 16.288,
    "g6.xlarge": 0.8048,
    "g6.2xlarge": 0.9776,
    "g6.4xlarge": 1.3232,
    "g6.8xlarge": 2.0144,
    "g6.12xlarge": 4.6016,
    "g6.16xlarge": 3.3968,
    "g6.24xlarge": 6.6752,
    "g6.48xlarge": 13.3504,
    "gr6.4xlarge": 1.5392,
    "gr6.8xlarge": 2.4464,
    "g6e.xlarge": 1.861,
    "g6e.2xlarge": 2.24208,
    "g6e.4xlarge": 3.00424,
    "g6e.8xlarge": 4.52856,
    "g6e.12xlarge": 10.49264,
    "g6e.16xlarge": 7.57719,
    "g6e.24xlarge": 15.06559,
    "g6e.48xlarge": 30.13118,
    "g7e.2xlarge": 3.36312,
    "g7e.4xlarge": 3.99816,
    "g7e.8xlarge": 5.26824,
    "g7e.12xlarge": 8.28608,
    "g7e.24xlarge": 16.57216,
    "g7e.48xlarge": 33.14432,
    "p4d.24xlarge": 21.957642,
    "p4de.24xlarge": 27.44705,
    "p5.4xlarge": 6.88,
    "p5.48xlarge": 55.04,
    "p5en.48xlarge": 63.296,
    "p6-b200.48xlarge": 113.9328,
    "m7i.large": 0.1008,
    "m7i.xlarge": 0.2016,
    "m7i.2xlarge": 0.4032,
    "m7i.4xlarge": 0.8064,
    "m7i.8xlarge": 1.6128,
    "m7i.12xlarge": 2.4192,
    "m7i.16xlarge": 3.2256,
    "m7i.24xlarge": 4.8384,
    "m7i.48xlarge": 9.6768,
  } as Readonly<Record<string, number>>,
};
