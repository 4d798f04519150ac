import type * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { VariantPlan } from "../../planning/variant.ts";
import { type ClusterAccess, known } from "../clusterAccess.ts";
import { failureText } from "./message.ts";
import { rolloutReaders } from "./reader.ts";
import { verify } from "./verify.ts";

/**
 * Resolves, to nothing, once a Deployment's rollout is complete or given up. One that is given up fails the program, at
 * its end: the rest of it goes on.
 */
export type VerifyRollout = (
  model: string,
  deployment: kubernetes.apps.v1.Deployment,
  plan: Pick<VariantPlan, "scaling" | "budgets">,
) => pulumi.Output<undefined>;

const clock = {
  now: () => performance.now(),
  sleep: (milliseconds: number) => new Promise<void>((done) => setTimeout(done, milliseconds)),
};

/**
 * The verification of the Deployments of one cluster; none in a preview, where nothing rolls out.
 * @param secrets what no message may show: engines log what they are given
 */
export function rolloutVerification(
  access: pulumi.Output<ClusterAccess>,
  secrets: readonly pulumi.Output<string>[],
): VerifyRollout | undefined {
  if (pulumi.runtime.isDryRun()) return undefined;
  const readerOf = rolloutReaders(known(access));
  return (model, deployment, { scaling, budgets }) =>
    pulumi.unsecret(pulumi.all([deployment.metadata, pulumi.all([...secrets])])).apply(async ([metadata, values]) => {
      const { name, namespace, uid } = metadata;
      // Without one no server has made it: a test's mocks.
      if (!uid) return undefined;
      const hidden = values.filter((value) => value !== "");
      const without = (text: string) => hidden.reduce((rest, value) => rest.replaceAll(value, "[secret]"), text);
      let shown = "";
      const say = (text: string) => {
        if (text !== shown) pulumi.log.info(without(text), deployment, undefined, true);
        shown = text;
      };
      const count = scaling.kind === "fixed" ? { count: scaling.min } : {};
      const verdict = await verify(readerOf(name, namespace), clock, { ...count, turns: budgets.turns }, say);
      if (verdict) fail(model, without(failureText({ model, namespace, ...verdict })), deployment);
      return undefined;
    });
}

/** A rejection that nobody handles lets a program go on and end as failed. Pulumi prints a stack where there is one. */
function fail(model: string, text: string, deployment: pulumi.Resource): void {
  pulumi.log.error(text, deployment);
  const error = new pulumi.RunError(`the rollout of model ${model} is not complete`);
  error.stack = undefined;
  void Promise.reject(error);
}
