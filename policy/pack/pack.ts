import { PolicyPack } from "@pulumi/policy";
import { policies } from "./policies.ts";

/** The policy pack: `--policy-pack policy/pack`. */
new PolicyPack("pulumi-vllm", { enforcementLevel: "mandatory", policies });
