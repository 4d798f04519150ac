import type { ClusterClient } from "../cluster/client.ts";

/** Says where the Service `kubernetes` leads: the API server itself knows only a loopback address, which may not stand there. */
export async function announceApiServer(client: ClusterClient, address: string, port: number): Promise<void> {
  await client.create("/apis/discovery.k8s.io/v1/namespaces/default/endpointslices", {
    metadata: { name: "kubernetes", labels: { "kubernetes.io/service-name": "kubernetes" } },
    addressType: "IPv4",
    endpoints: [{ addresses: [address], conditions: { ready: true } }],
    ports: [{ name: "https", port, protocol: "TCP" }],
  });
}

/** Lets a user read what CoreDNS makes names of. */
export async function letReadNames(client: ClusterClient, user: string): Promise<void> {
  const metadata = { name: user };
  const read = (apiGroup: string, resources: string[]) => ({
    apiGroups: [apiGroup],
    resources,
    verbs: ["list", "watch"],
  });
  await client.create("/apis/rbac.authorization.k8s.io/v1/clusterroles", {
    metadata,
    rules: [read("", ["services", "namespaces", "pods"]), read("discovery.k8s.io", ["endpointslices"])],
  });
  await client.create("/apis/rbac.authorization.k8s.io/v1/clusterrolebindings", {
    metadata,
    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: user },
    subjects: [{ kind: "User", name: user }],
  });
}
