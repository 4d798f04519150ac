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
  /** What kube-apiserver shows to the kubelets of real nodes. */
  kubeletClientCertificate: join(folder, "kubelet-client.crt"),
  kubeletClientKey: join(folder, "kubelet-client.key"),
  /** Signs and checks service account tokens. */
  serviceAccountKey: join(folder, "service-account.key"),
  serviceAccountPublicKey: join(folder, "service-account.pub"),
  /** Everyone's tokens, in the form that kube-apiserver reads. */
  tokens: join(folder, "tokens.csv"),
};

/** Someone who asks the API server. */
export interface User {
  name: string;
  groups: readonly string[];
}

/** The one whose kubeconfig the lab's users have. */
export const admin: User = { name: "admin", groups: ["system:masters"] };

/** Makes the keys, and a token for each user. Returns the tokens by the users' names. */
export function makeCredentials(users: readonly User[]): Map<string, string> {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const pair = generateKeyPairSync("rsa", {
    modulusLength: 2048,
    privateKeyEncoding: { type: "pkcs8", format: "pem" },
    publicKeyEncoding: { type: "spki", format: "pem" },
  });
  writeFileSync(credentialFiles.serviceAccountKey, pair.privateKey, { mode: 0o600 });
  writeFileSync(credentialFiles.serviceAccountPublicKey, pair.publicKey);
  const tokens = new Map(users.map(({ name }) => [name, randomBytes(24).toString("base64url")]));
  const lines = users.map(({ name, groups }) => `${tokens.get(name)},${name},${name},"${groups.join(",")}"\n`);
  writeFileSync(credentialFiles.tokens, lines.join(""), { mode: 0o600 });
  return tokens;
}

/**
 * A kubeconfig (JSON is YAML) by which `user` asks the API server at that address; `certificateName` where the server's
 * certificate does not name the address.
 */
export function kubeconfig(apiServer: string, user: string, token: string, certificateName?: string): string {
  const authority = readFileSync(credentialFiles.servingCertificate).toString("base64");
  const names = certificateName === undefined ? {} : { "tls-server-name": certificateName };
  const cluster = { server: apiServer, "certificate-authority-data": authority, ...names };
  const config = {
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name: "lab", cluster }],
    users: [{ name: user, user: { token } }],
    contexts: [{ name: "lab", context: { cluster: "lab", user } }],
    "current-context": "lab",
  };
  return JSON.stringify(config, undefined, 2);
}

/** Writes the administrator's kubeconfig, and a kubectl that uses it and nothing of the user's own. */
export function writeAccess(apiServer: string, token: string, cluster: string): void {
  writeFileSync(places.kubeconfig, kubeconfig(apiServer, admin.name, token), { mode: 0o600 });
  const script = `#!/bin/sh
export KUBECONFIG='${places.kubeconfig}' KUBECACHEDIR='${join(places.data, "kubectl-cache")}' KUBERC=off
exec '${cluster}' kubectl "$@"
`;
  writeFileSync(places.kubectl, script, { mode: 0o755 });
}
