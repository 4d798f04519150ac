import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { ClusterClient, type KubernetesObject } from "../../lab/cluster/client.ts";
import { podKindLabel, podKinds, readyAfterLabel } from "../../lab/cluster/podKinds.ts";
import { up } from "../../lab/lab.ts";
import { eventually } from "./ownLab.ts";

const namespace = `lab-pods-${process.pid}`;
const path = `/api/v1/namespaces/${namespace}`;
const image = "docker.io/vllm/vllm-openai:v9";
let client: ClusterClient;

interface Pod extends KubernetesObject {
  metadata: KubernetesObject["metadata"] & { uid: string };
  status: KubernetesObject["status"] & { containerStatuses?: unknown[]; startTime?: string };
}

interface Event {
  involvedObject: { uid: string; fieldPath?: string };
  source: { component?: string; host?: string };
  type: string;
  reason: string;
  message: string;
}

const engine = { name: "vllm", image, startupProbe: { httpGet: { path: "/health", port: 8000 } } };
const bare = { automountServiceAccountToken: false, containers: [engine] };
/** With what else a pod may have; without a startup probe. */
const whole = {
  automountServiceAccountToken: false,
  initContainers: [
    { name: "copier", image: "aws:1" },
    { name: "sidecar", image: "side:1", restartPolicy: "Always" },
  ],
  containers: [
    { name: "vllm", image },
    { name: "other", image: "other:1" },
  ],
  volumes: [{ name: "model", emptyDir: {} }],
};

const create = (name: string, labels: Record<string, string>, spec: object) =>
  client.create(`${path}/pods`, { metadata: { name, labels }, spec });
const get = async (name: string): Promise<Pod> => (await client.get<Pod>(`${path}/pods/${name}`)) ?? assert.fail(name);

before(async () => {
  client = ClusterClient.fromKubeconfig((await up()).kubeconfig);
  await client.create("/api/v1/namespaces", { metadata: { name: namespace } });
  await eventually(async () => (await client.get(`${path}/serviceaccounts/default`)) !== undefined);
  for (const kind of Object.keys(podKinds)) {
    await create(kind, { [podKindLabel]: kind, [readyAfterLabel]: "600000" }, bare);
    await create(`${kind}-whole`, { [podKindLabel]: kind, [readyAfterLabel]: "600000" }, whole);
  }
});
after(async () => {
  await client.send("DELETE", `/api/v1/namespaces/${namespace}`);
  client.close();
});

/** A pod's status, with what differs from run to run replaced. */
async function shown(name: string): Promise<unknown> {
  await eventually(async () => (await get(name)).status.containerStatuses !== undefined);
  const { metadata, status } = await get(name);
  const text = JSON.stringify(status)
    .replaceAll(metadata.uid, "UID")
    .replace(/"\d{4}-[\d-]+T[\d:]+Z"/g, '"TIME"')
    .replace(/"10\.244\.\d+\.\d+"/g, '"IP"')
    .replaceAll('"lastProbeTime":null,', "");
  return JSON.parse(text);
}

/** What the kubelet told of a pod. */
async function told(name: string): Promise<unknown[]> {
  const { metadata, spec } = await get(name);
  const events = (await client.list(`${path}/events`)) as unknown as Event[];
  const own = events.filter(
    ({ involvedObject, source }) => involvedObject.uid === metadata.uid && source.component === "kubelet",
  );
  for (const { source } of own) assert.equal(source.host, (spec as { nodeName: string }).nodeName);
  return own.map(({ type, reason, message, involvedObject: { fieldPath = "" } }) =>
    [type, reason, message.replaceAll(metadata.uid, "UID"), fieldPath].filter(Boolean),
  );
}

const time = { startedAt: "TIME" };
const ended = { ...time, finishedAt: "TIME" };
const is = (type: string) => ({ lastTransitionTime: "TIME", status: "True", type });
const isNot = (type: string, reason: string, message: string) => ({
  lastTransitionTime: "TIME",
  message,
  reason,
  status: "False",
  type,
});
const addresses = { hostIP: "127.0.0.1", hostIPs: [{ ip: "127.0.0.1" }], podIP: "IP", podIPs: [{ ip: "IP" }] };

function container(name: string, of: string, fields: object) {
  return { name, image: of, imageID: "", lastState: {}, ready: false, restartCount: 0, started: false, ...fields };
}

/** The status of a pod that is not ready, by what its containers show. */
function status(phase: string, isWhole: boolean, state: (name: string, image: string) => object) {
  const names = isWhole ? "vllm other" : "vllm";
  const done = { terminated: { exitCode: 0, reason: "Completed", ...ended } };
  return {
    conditions: [
      is("Initialized"),
      isNot("Ready", "ContainersNotReady", `containers with unready status: [${names}]`),
      isNot("ContainersReady", "ContainersNotReady", `containers with unready status: [${names}]`),
      is("PodScheduled"),
    ],
    containerStatuses: [
      container("vllm", image, state("vllm", image)),
      ...(isWhole ? [container("other", "other:1", state("other", "other:1"))] : []),
    ],
    ...(isWhole
      ? {
          initContainerStatuses: [
            container("copier", "aws:1", { ready: true, state: done }),
            container("sidecar", "side:1", { ready: true, started: true, state: { running: time } }),
          ],
        }
      : {}),
    ...addresses,
    phase,
    qosClass: "BestEffort",
    startTime: "TIME",
  };
}

for (const isWhole of [false, true]) {
  const suffix = isWhole ? "-whole" : "";
  const beside = isWhole ? "with init containers" : "with one container";

  test(`a pod that crash-loops, ${beside}`, async () => {
    const name = `crash-loop${suffix}`;
    const crashed = (container: string) => {
      const message = `back-off 1m20s restarting failed container=${container} pod=${name}_${namespace}(UID)`;
      const waiting = { reason: "CrashLoopBackOff", message };
      return {
        restartCount: 3,
        lastState: { terminated: { exitCode: 1, reason: "Error", ...ended } },
        state: { waiting },
      };
    };
    assert.deepEqual(await shown(name), status("Running", isWhole, crashed));
    const message = `Back-off restarting failed container vllm in pod ${name}_${namespace}(UID)`;
    assert.deepEqual(await told(name), [["Warning", "BackOff", message, "spec.containers{vllm}"]]);
  });

  test(`a pod without its image, ${beside}`, async () => {
    const name = `bad-image${suffix}`;
    const error = (image: string) =>
      `rpc error: code = NotFound desc = failed to pull and unpack image "${image}": failed to resolve reference "${image}": ${image}: not found`;
    const missing = (_: string, image: string) => {
      const message = `Back-off pulling image "${image}": ErrImagePull: ${error(image)}`;
      return { state: { waiting: { reason: "ImagePullBackOff", message } } };
    };
    assert.deepEqual(await shown(name), status("Pending", isWhole, missing));
    const about = "spec.containers{vllm}";
    assert.deepEqual(await told(name), [
      ["Warning", "Failed", `Failed to pull image "${image}": ${error(image)}`, about],
      ["Normal", "BackOff", `Back-off pulling image "${image}"`, about],
      ["Warning", "Failed", "Error: ImagePullBackOff", about],
    ]);
  });

  test(`a pod that runs and is not ready, never or later, ${beside}`, async () => {
    // Without a startup probe a container counts as started as soon as it runs.
    const running = () => ({ started: isWhole, state: { running: time } });
    for (const kind of ["never-ready", "slow"])
      assert.deepEqual(await shown(`${kind}${suffix}`), status("Running", isWhole, running), kind);
    const message = `${isWhole ? "Readiness" : "Startup"} probe failed: HTTP probe failed with statuscode: 503`;
    assert.deepEqual(await told(`never-ready${suffix}`), [["Warning", "Unhealthy", message, "spec.containers{vllm}"]]);
    assert.deepEqual(await told(`slow${suffix}`), []);
  });

  test(`a pod without its volume, ${beside}`, async () => {
    const name = `no-volume${suffix}`;
    const waiting = { waiting: { reason: isWhole ? "PodInitializing" : "ContainerCreating" } };
    const { podIP, podIPs, ...expected } = status("Pending", isWhole, () => ({ state: waiting }));
    const incomplete = "containers with incomplete status: [copier sidecar]";
    if (isWhole) {
      expected.conditions[0] = isNot("Initialized", "ContainersNotInitialized", incomplete);
      expected.initContainerStatuses = ["copier aws:1", "sidecar side:1"].map((one) => {
        const [name = "", image = ""] = one.split(" ");
        return container(name, image, { state: waiting });
      });
    }
    assert.deepEqual(await shown(name), expected);
    const message = `MountVolume.SetUp failed for volume "${isWhole ? "model" : ""}" : mount failed: exit status 32`;
    assert.deepEqual(await told(name), [["Warning", "FailedMount", message]]);
  });
}
