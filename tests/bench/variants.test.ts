import assert from "node:assert/strict";
import { test } from "node:test";
import { type Deployment, type Other, objectName, othersObjects, selectorOf } from "../../bench/serve/variants.ts";
import { deployPlatform } from "../components/platform.ts";
import { least } from "../config/settings.ts";

const own = { ...least, revision: "v1", replicas: 2, image: { streamer: true } };
const ours = (await deployPlatform({ own })).one("kubernetes:apps/v1:Deployment").inputs as Deployment;

const health = { path: "/health", port: 8000 };
const after = (initialDelaySeconds: number, periodSeconds: number, failureThreshold: number) => ({
  httpGet: health,
  initialDelaySeconds,
  periodSeconds,
  failureThreshold,
});
const probes: Record<Other, object> = {
  "source chart": { readinessProbe: after(5, 5, 3), livenessProbe: after(15, 10, 3) },
  "production-stack": {
    startupProbe: after(15, 10, 60),
    readinessProbe: after(15, 5, 3),
    livenessProbe: after(15, 10, 3),
  },
};

for (const variant of ["source chart", "production-stack"] as const) {
  test(`${variant}: the product's pod, but for its own start and end`, () => {
    const [deployment, service, ...more] = othersObjects(variant, ours);
    const name = objectName(variant, "chat");
    const labels = { "app.kubernetes.io/name": name.replace("-chat", ""), "app.kubernetes.io/instance": "chat" };
    assert.equal(selectorOf(variant), `app.kubernetes.io/name=${labels["app.kubernetes.io/name"]}`);
    const metadata = { name, namespace: "vllm", labels };

    const { containers, volumes, ...pod } = ours.spec.template.spec;
    const { terminationGracePeriodSeconds, topologySpreadConstraints, ...keptOfPod } = pod;
    assert.ok(terminationGracePeriodSeconds && topologySpreadConstraints);
    const { lifecycle, startupProbe, readinessProbe, livenessProbe, volumeMounts, ...kept } = containers[0];
    assert.ok(lifecycle && startupProbe && readinessProbe && livenessProbe);
    assert.deepEqual(kept.args.slice(3), [
      ...["--load-format", "runai_streamer", "--shutdown-timeout", "45", "--port", "8000"],
      ...["--middleware", "pulumi_vllm_drain.Drain"],
    ]);
    const args = [...kept.args.slice(0, 3), "--load-format", "runai_streamer", "--port", "8000"];
    const remaining = (list: { name: string }[]) => list.filter((one) => one.name !== "middleware");
    assert.equal(remaining(volumes).length, volumes.length - 1);
    const container = { ...kept, ...probes[variant], args, volumeMounts: remaining(volumeMounts) };
    assert.deepEqual(deployment, {
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata,
      spec: {
        replicas: 0,
        selector: { matchLabels: labels },
        strategy: { type: "RollingUpdate", rollingUpdate: { maxSurge: "100%", maxUnavailable: 0 } },
        template: {
          metadata: { labels },
          spec: { ...keptOfPod, containers: [container], volumes: remaining(volumes) },
        },
      },
    });
    assert.deepEqual(service, {
      apiVersion: "v1",
      kind: "Service",
      metadata,
      spec: { type: "ClusterIP", selector: labels, ports: [{ name: "http", port: 80, targetPort: "http" }] },
    });
    assert.deepEqual(more, []);
  });
}
