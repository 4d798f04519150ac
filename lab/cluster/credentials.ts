import { generateKeyPairSync, randomBytes } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { places } from "../state.ts";

const folder = join(places.data, "credentials");

/** Files that prove who is who in the cluster. All are made anew with the cluster, and removed with it. */
export const credentialFiles = {
  /** kube-apiserver makes its own certificate here; the bundle that it writes ends with the CA. */
  servingFolder: folder,
  servingCertificate: join(folder, "apiserver.crt"),
  servingKey: join(folder, "apiserver.key"),
  /** Signs and checks service account tokens. */
  serviceAccountKey: join(folder, "service-account.key"),
  serviceAccountPublicKey: join(folder, "service-account.pub"),
  /** The administrator's token, in the form that kube-apiserver reads. */
  tokens: join(folder, "tokens.csv"),
};

/** Makes the keys, and returns the administrator's token. */
export function makeCredentials(): string {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const pair = generateKeyPairSync("rsa", {
    modulusLength: 2048,
    privateKeyEncoding: { type: "pkcs8", format: "pem" },
    publicKeyEncoding: { type: "spki", format: "pem" },
  });
  writeFileSync(credentialFiles.serviceAccountKey, pair.privateKey, { mode: 0o600 });
  writeFileSync(credentialFiles.serviceAccountPublicKey, pair.publicKey);
  const token = randomBytes(24).toString("base64url");
  writeFileSync(credentialFiles.tokens, `${token},admin,admin,"system:masters"\n`, { mode: 0o600 });
  return token;
}

/** Writes the kubeconfig (JSON is YAML), and a kubectl that uses it and nothing of the user's own. */
export function writeKubeconfig(apiServer: string, token: string, cluster: string): void {
  const authority = readFileSync(credentialFiles.servingCertificate).toString("base64");
  const config = {
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name: "lab", cluster: { server: apiServer, "certificate-authority-data": authority } }],
    users: [{ name: "admin", user: { token } }],
    contexts: [{ name: "lab", context: { cluster: "lab", user: "admin" } }],
    "current-context": "lab",
  };
  writeFileSync(places.kubeconfig, JSON.stringify(config, undefined, 2), { mode: 0o600 });
  const script = `#!/bin/sh
export KUBECONFIG='${places.kubeconfig}' KUBECACHEDIR='${join(places.data, "kubectl-cache")}' KUBERC=off
exec '${cluster}' kubectl "$@"
`;
  writeFileSync(places.kubectl, script, { mode: 0o755 });
}
