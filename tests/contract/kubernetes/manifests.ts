import type { Properties, PropertyValue } from "../../../lab/standins/plugin/values.ts";

/** Type tokens of what the program deploys. */
export const types = {
  configMap: "kubernetes:core/v1:ConfigMap",
  deployment: "kubernetes:apps/v1:Deployment",
  disruptionBudget: "kubernetes:policy/v1:PodDisruptionBudget",
  namespace: "kubernetes:core/v1:Namespace",
  scaler: "kubernetes:autoscaling/v2:HorizontalPodAutoscaler",
  secret: "kubernetes:core/v1:Secret",
  service: "kubernetes:core/v1:Service",
  serviceAccount: "kubernetes:core/v1:ServiceAccount",
};

const selector = { "app.kubernetes.io/name": "vllm", "app.kubernetes.io/instance": "chat" };

/** What a test varies in the Deployment. */
export interface DeploymentChoice {
  replicas?: number;
  image?: string;
  args?: string[];
  secretName?: PropertyValue;
  /** Asks for a node that does not exist. */
  unschedulable?: boolean;
  /** Is given a node that does not exist, so that nothing starts it but the test. */
  unattended?: boolean;
  annotations?: { [name: string]: string };
  /** Seconds until the controller itself gives up. */
  deadline?: number;
}

/** The server of one model, as the program writes it. */
export function deployment(namespace: string, choice: DeploymentChoice = {}): Properties {
  const { image = "docker.io/vllm/vllm-openai:v0.32.0", args = ["--model", "s3://models/chat/r1/"] } = choice;
  const memory = { name: "dshm", emptyDir: { medium: "Memory", sizeLimit: "2048Mi" } };
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: {
      name: "chat",
      namespace,
      labels: selector,
      ...(choice.annotations ? { annotations: choice.annotations } : {}),
    },
    spec: {
      ...(choice.replicas === undefined ? {} : { replicas: choice.replicas }),
      progressDeadlineSeconds: choice.deadline ?? 600,
      revisionHistoryLimit: 3,
      selector: { matchLabels: selector },
      strategy: { type: "RollingUpdate", rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
      template: {
        metadata: { labels: selector },
        spec: {
          enableServiceLinks: false,
          terminationGracePeriodSeconds: 30,
          ...(choice.unattended ? { nodeName: "contract-none" } : {}),
          ...(choice.unschedulable ? { nodeSelector: { "contract/none": "such" } } : {}),
          containers: [
            {
              name: "vllm",
              image,
              args,
              env: [
                {
                  name: "VLLM_API_KEY",
                  valueFrom: { secretKeyRef: { name: choice.secretName ?? "key", key: "apiKey" } },
                },
              ],
              ports: [{ name: "http", containerPort: 8000 }],
              readinessProbe: { httpGet: { path: "/health", port: "http" }, periodSeconds: 5 },
              resources: { requests: { cpu: 0.01, memory: "1024Ki" }, limits: { memory: "4096Mi" } },
              volumeMounts: [{ name: "dshm", mountPath: "/dev/shm" }],
            },
          ],
          tolerations: [{ key: "nvidia.com/gpu", operator: "Exists", effect: "NoSchedule" }],
          volumes: [memory],
        },
      },
    },
  };
}

/** Where that Deployment is. */
export function server(namespace: string) {
  return { apiVersion: "apps/v1", kind: "Deployment", metadata: { namespace, name: "chat" } };
}

/** The Service in front of it. */
export function service(namespace: string, spec: { [field: string]: PropertyValue } = {}): Properties {
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name: "chat", namespace },
    spec: { selector, ports: [{ name: "http", port: 80, targetPort: "http" }], ...spec },
  };
}

/** An auto-named Secret with the API key. */
export function apiKey(namespace: string, key: PropertyValue): Properties {
  return { apiVersion: "v1", kind: "Secret", metadata: { namespace }, stringData: { apiKey: key } };
}

/** An auto-named ConfigMap. */
export function settings(namespace: string, data: { [key: string]: PropertyValue }, name?: string): Properties {
  return { apiVersion: "v1", kind: "ConfigMap", metadata: name ? { namespace, name } : { namespace }, data };
}

/** The autoscaler on the Deployment. */
export function scaler(namespace: string, maxReplicas: number): Properties {
  const target = { type: "AverageValue", averageValue: "5000m" };
  return {
    apiVersion: "autoscaling/v2",
    kind: "HorizontalPodAutoscaler",
    metadata: { name: "chat", namespace },
    spec: {
      scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: "chat" },
      minReplicas: 2,
      maxReplicas,
      metrics: [{ type: "Pods", pods: { metric: { name: "vllm:num_requests_waiting" }, target } }],
    },
  };
}

/** The disruption budget. */
export function disruptionBudget(namespace: string): Properties {
  return {
    apiVersion: "policy/v1",
    kind: "PodDisruptionBudget",
    metadata: { name: "chat", namespace },
    spec: { maxUnavailable: 1, selector: { matchLabels: selector }, unhealthyPodEvictionPolicy: "AlwaysAllow" },
  };
}

/** The service account. */
export function serviceAccount(namespace: string): Properties {
  return {
    apiVersion: "v1",
    kind: "ServiceAccount",
    metadata: { name: "chat", namespace },
    automountServiceAccountToken: false,
  };
}
