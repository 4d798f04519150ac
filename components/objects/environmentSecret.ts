import type * as pulumi from "@pulumi/pulumi";
import { type Owner, unnamed } from "./metadata.ts";

/** Holds the values of secret environment variables. Named automatically, so that a change rolls the pods. */
export const environmentSecret = (owner: Owner, values: Readonly<Record<string, pulumi.Input<string>>>) => ({
  metadata: unnamed(owner),
  stringData: values,
});
