import assert from "node:assert/strict";
import { homedir } from "node:os";
import { join } from "node:path";
import { afterEach, test } from "node:test";
import { connectCluster } from "../../program/cluster.ts";
import { deploy } from "../components/mocks.ts";
import { least, plan } from "../config/settings.ts";

const { KUBECONFIG: ofMachine } = process.env;
afterEach(() => {
  if (ofMachine === undefined) delete process.env.KUBECONFIG;
  else process.env.KUBECONFIG = ofMachine;
});

const viaEks = {
  apiVersion: "v1",
  kind: "Config",
  clusters: [{ name: "lab", cluster: { server: "https://ABC.eks.example", "certificate-authority-data": "Q0E=" } }],
  contexts: [{ name: "lab", context: { cluster: "lab", user: "lab" } }],
  "current-context": "lab",
  users: [
    {
      name: "lab",
      user: {
        exec: {
          apiVersion: "client.authentication.k8s.io/v1beta1",
          command: "aws",
          args: ["--region", "eu-west-1", "eks", "get-token", "--cluster-name", "lab", "--output", "json"],
          interactiveMode: "Never",
        },
      },
    },
  ],
};

const connect = (cluster: Record<string, string>, preview = false) =>
  deploy(() => connectCluster(plan({ own: { ...least, cluster } })), { preview });
/** What the cluster offers beside provider and ARN: rollouts are checked by that. */
const accessOf = ({ result }: Awaited<ReturnType<typeof connect>>) => {
  const { provider: _, arn: __, ...access } = result;
  return access;
};

for (const preview of [false, true])
  test(`without a context the cluster is reached through EKS${preview ? ", in a preview too" : ""}`, async () => {
    const deployed = await connect({ eks: "lab" }, preview);
    assert.equal(deployed.resources.length, 1);
    const provider = deployed.one("pulumi:providers:kubernetes", "cluster");
    assert.deepEqual(Object.keys(provider.inputs), ["kubeconfig"]);
    assert.deepEqual(JSON.parse(provider.inputs.kubeconfig), viaEks);
    assert.deepEqual(provider.secrets, []);
    assert.deepEqual(accessOf(deployed), provider.inputs);
    assert.deepEqual(deployed.invokes, [{ token: "aws:eks/getCluster:getCluster", inputs: { name: "lab" } }]);
    assert.equal(deployed.result.arn, "arn:aws:eks:eu-west-1:123456789012:cluster/lab");
  });

test("with kubeconfig and context these are used, and EKS is only asked for the ARN", async () => {
  const deployed = await connect({ eks: "lab", kubeconfig: "/etc/kubeconfig", context: "admin" });
  assert.deepEqual(deployed.one("pulumi:providers:kubernetes").inputs, {
    kubeconfig: "/etc/kubeconfig",
    context: "admin",
  });
  assert.deepEqual(accessOf(deployed), { kubeconfig: "/etc/kubeconfig" });
  assert.equal(deployed.result.arn, "arn:aws:eks:eu-west-1:123456789012:cluster/lab");
});

test("with a context alone it is that one of the user's own kubeconfig, never the current one", async () => {
  delete process.env.KUBECONFIG;
  const deployed = await connect({ eks: "lab", context: "admin" });
  assert.deepEqual(deployed.one("pulumi:providers:kubernetes").inputs, { context: "admin" });
  assert.deepEqual(accessOf(deployed), { kubeconfig: join(homedir(), ".kube", "config") });
  process.env.KUBECONFIG = "/a:/b";
  assert.deepEqual(accessOf(await connect({ eks: "lab", context: "admin" })), { kubeconfig: "/a:/b" });
});

test("a cluster whose pods have other addresses than the settings say is refused, whatever the access to it", async () => {
  const connect = (ipFamily: string | undefined, eks: string, access?: Record<string, string>) => {
    const cluster = { eks: "lab", ...access, ...(ipFamily ? { ipFamily } : {}) };
    return deploy(() => connectCluster(plan({ own: { ...least, cluster } })), { ipFamily: eks });
  };
  for (const access of [undefined, { context: "admin" }]) {
    await assert.rejects(connect(undefined, "ipv6", access), {
      message: "vllm:cluster.ipFamily: is 'ipv4', but must be 'ipv6', as the EKS cluster 'lab' has it",
    });
    await assert.rejects(connect("ipv6", "ipv4", access), {
      message: "vllm:cluster.ipFamily: is 'ipv6', but must be 'ipv4', as the EKS cluster 'lab' has it",
    });
    assert.equal((await connect("ipv6", "ipv6", access)).resources.length, 1);
  }
});
