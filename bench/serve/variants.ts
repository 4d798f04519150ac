/** How the pods of others end and start, on the product's own pods in all else. */

/** What is measured: this program, and the pods of others beside it. */
export const variants = ["ours", "source chart", "production-stack"] as const;
export type Variant = (typeof variants)[number];
export type Other = Exclude<Variant, "ours">;

const health = { path: "/health", port: 8000 };

/**
 * Probes by default. Both charts roll with a surge of 100 %, and have for their engines neither a pre-stop hook nor a
 * grace period of their own (Kubernetes' is 30 s) nor `--shutdown-timeout` (vLLM's is 0) nor a budget for disruptions:
 * production-stack's is off, and the source chart's has no selector, so it protects no pod.
 *
 * - source chart: vLLM's example chart-vllm 0.0.1, `_helpers.tpl`, `deployment.yaml`, `values.yaml`
 * - production-stack: vllm-stack 0.1.12 at a6c01db, `helm/templates/deployment-vllm-multi.yaml`, `_helpers.tpl`,
 *   `pdb-vllm-multi.yaml`, `helm/values.yaml`. Its router is not part of it: clients ask the engines' Service.
 */
const probes: Readonly<Record<Other, object>> = {
  "source chart": {
    readinessProbe: { httpGet: health, initialDelaySeconds: 5, periodSeconds: 5, failureThreshold: 3 },
    livenessProbe: { httpGet: health, initialDelaySeconds: 15, periodSeconds: 10, failureThreshold: 3 },
  },
  "production-stack": {
    startupProbe: { httpGet: health, initialDelaySeconds: 15, periodSeconds: 10, failureThreshold: 60 },
    readinessProbe: { httpGet: health, initialDelaySeconds: 15, periodSeconds: 5, failureThreshold: 3 },
    livenessProbe: { httpGet: health, initialDelaySeconds: 15, periodSeconds: 10, failureThreshold: 3 },
  },
};
const strategy = { type: "RollingUpdate", rollingUpdate: { maxSurge: "100%", maxUnavailable: 0 } };

/** The product's flags that decide how a pod ends. */
const ending = new Set(["--shutdown-timeout", "--middleware"]);

/** A Deployment as the API server has it, as far as it is read here. */
export interface Deployment {
  metadata: { labels: Record<string, string>; namespace: string };
  spec: {
    replicas: number;
    template: {
      spec: { containers: [Container]; volumes: { name: string }[]; [field: string]: unknown };
    };
  };
}
interface Container {
  args: string[];
  volumeMounts: { name: string }[];
  [field: string]: unknown;
}

/** Label by which the pods, Deployments and Services of a variant are found. */
export const selectorOf = (variant: Variant): string => `${nameLabel}=${variant === "ours" ? "vllm" : nameOf(variant)}`;

const nameLabel = "app.kubernetes.io/name";
const instanceLabel = "app.kubernetes.io/instance";
const nameOf = (variant: Other): string => variant.replaceAll(" ", "-");

/** Name of another's Deployment, and of its Service. */
export const objectName = (variant: Other, model: string): string => `${nameOf(variant)}-${model}`;

/**
 * Another's Deployment and Service, made from the product's Deployment of a model: the same image, arguments, resources
 * and rights, but for what decides how its pods start, end and are spread. None runs yet.
 */
export function othersObjects(variant: Other, { metadata, spec }: Deployment): object[] {
  const labels = { [nameLabel]: nameOf(variant), [instanceLabel]: metadata.labels[instanceLabel] ?? "" };
  const own = { name: objectName(variant, labels[instanceLabel] ?? ""), namespace: metadata.namespace, labels };
  const { terminationGracePeriodSeconds, topologySpreadConstraints, containers, volumes, ...pod } = spec.template.spec;
  const [{ lifecycle, startupProbe, readinessProbe, livenessProbe, args, volumeMounts, ...container }] = containers;
  const isKept = ({ name }: { name: string }) => name !== "middleware";
  return [
    {
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: own,
      spec: {
        replicas: 0,
        selector: { matchLabels: labels },
        strategy,
        template: {
          metadata: { labels },
          spec: {
            ...pod,
            containers: [
              {
                ...container,
                ...probes[variant],
                args: args.filter((word, at) => !ending.has(word) && !ending.has(args[at - 1] ?? "")),
                volumeMounts: volumeMounts.filter(isKept),
              },
            ],
            volumes: volumes.filter(isKept),
          },
        },
      },
    },
    {
      apiVersion: "v1",
      kind: "Service",
      metadata: own,
      spec: { type: "ClusterIP", selector: labels, ports: [{ name: "http", port: 80, targetPort: "http" }] },
    },
  ];
}
