import { metadata, type Owner } from "./metadata.ts";

/** The identity of a model's pods in the cluster; of the API server they need nothing. */
export const serviceAccount = (owner: Owner) => ({ metadata: metadata(owner), automountServiceAccountToken: false });
