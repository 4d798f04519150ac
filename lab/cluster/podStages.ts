import { type KubeletEvent, type PodKind, podKindLabel, podKinds, readyAfterLabel } from "./podKinds.ts";

/** KWOK's stages that play the kinds of pods: what becomes of a new pod, and what makes a slow one ready. */
export function podStages(): object[] {
  const isNew = { key: ".status.containerStatuses", operator: "DoesNotExist" };
  const isRunning = { key: ".status.phase", operator: "In", values: ["Running"] };
  const delay = {
    durationMilliseconds: 3000,
    durationFrom: { expressionFrom: `.metadata.labels["${readyAfterLabel}"] + "ms"` },
  };
  return [
    ...Object.entries(podKinds).map(([name, kind]) =>
      // What is told of a pod is there by the time its status is.
      stage(name, name, isNew, [...kind.events.map(eventStep), statusStep(firstStatus(kind))]),
    ),
    stage("slow-ready", "slow", isRunning, [statusStep(readyStatus)], delay),
  ];
}

function stage(name: string, kind: string, state: object, steps: object[], delay?: object): object {
  const matchExpressions = [
    { key: `.metadata.labels["${podKindLabel}"]`, operator: "In", values: [kind] },
    { key: ".metadata.deletionTimestamp", operator: "DoesNotExist" },
    { key: '.status.conditions.[] | select( .type == "Ready" ) | .status', operator: "NotIn", values: ["True"] },
    state,
  ];
  return {
    apiVersion: "kwok.x-k8s.io/v1alpha1",
    kind: "Stage",
    metadata: { name: `lab-pod-${name}` },
    spec: { resourceRef: { apiGroup: "v1", kind: "Pod" }, selector: { matchExpressions }, delay, steps },
  };
}

const variables = "{{ $pod := . }}{{ $now := Now | Quote }}";
const named = "name: {{ $c.name }}, image: {{ $c.image | Quote }}";
const initWaits = "ready: false, started: false, state: { waiting: { reason: PodInitializing } }";
/** One that is a sidecar runs; any other has ended. */
const initDone = `ready: true, {{ if eq (or $c.restartPolicy "") "Always" }}
  started: true, state: { running: { startedAt: {{ $now }} } }
  {{ else }}
  started: false, state: { terminated: { exitCode: 0, reason: Completed, startedAt: {{ $now }}, finishedAt: {{ $now }} } }
  {{ end }}`;
/** A list, as the status has addresses. */
const addresses = "[{{ range $i, $ip := . }}{{ if $i }}, {{ end }}{ ip: {{ $ip | Quote }} }{{ end }}]";
const podAddress = `
{{ with PodIPsWith .spec.nodeName ( or .spec.hostNetwork false ) .metadata.uid .metadata.name .metadata.namespace }}
podIP: {{ first . | Quote }}
podIPs: ${addresses}
{{ end }}`;

/** Names as a kubelet lists them. */
function names(containers: string): string {
  return `[{{ range $i, $c := ${containers} }}{{ if $i }} {{ end }}{{ $c.name }}{{ end }}]`;
}

/** Empty texts take back those of the same condition as it was before. */
function condition(type: string, status: "True" | "False", reason = "", message = ""): string {
  return `- { type: ${type}, status: "${status}", reason: "${reason}", message: "${message}", lastTransitionTime: {{ $now }} }`;
}

function statusStep(template: string): object {
  return { patch: { subresource: "status", root: "status", template: `${variables}\n${template}` } };
}

/** An event of KWOK's own knows no template, so one is applied as the object that it is. */
function eventStep({ type, reason, message, ofPod }: KubeletEvent, number: number): object {
  const container = `fieldPath: 'spec.containers{{ printf "{%s}" $c.name }}'`;
  const template = `${variables}{{ $c := first .spec.containers }}
apiVersion: v1
kind: Event
metadata:
  namespace: {{ .metadata.namespace }}
  name: {{ .metadata.name }}.{{ substr 0 8 .metadata.uid }}.${number}
involvedObject:
  apiVersion: v1
  kind: Pod
  namespace: {{ .metadata.namespace }}
  name: {{ .metadata.name }}
  uid: {{ .metadata.uid }}
  ${ofPod ? "" : container}
type: ${type}
reason: ${reason}
message: '${message}'
count: 1
firstTimestamp: {{ $now }}
lastTimestamp: {{ $now }}
source: { component: kubelet, host: {{ .spec.nodeName }} }
reportingComponent: kubelet
reportingInstance: {{ .spec.nodeName }}`;
  return { apply: { template } };
}

function firstStatus({ phase, container, waits = false }: PodKind): string {
  const incomplete = `containers with incomplete status: ${names(".spec.initContainers")}`;
  const unready = `containers with unready status: ${names(".spec.containers")}`;
  return `
phase: ${phase}
startTime: {{ $now }}
conditions:
{{ if and ${waits} .spec.initContainers }}
${condition("Initialized", "False", "ContainersNotInitialized", incomplete)}
{{ else }}
${condition("Initialized", "True")}
{{ end }}
${condition("Ready", "False", "ContainersNotReady", unready)}
${condition("ContainersReady", "False", "ContainersNotReady", unready)}
initContainerStatuses:
{{ range $c := .spec.initContainers }}
- { ${named}, ${waits ? initWaits : initDone} }
{{ end }}
containerStatuses:
{{ range $c := .spec.containers }}
- { ${named}, ready: false, ${container} }
{{ end }}
{{ with NodeIPsWith .spec.nodeName }}
hostIP: {{ first . | Quote }}
hostIPs: ${addresses}
{{ end }}
${waits ? "" : podAddress}`;
}

const readyStatus = `
conditions:
${condition("Ready", "True")}
${condition("ContainersReady", "True")}
containerStatuses:
{{ range $c := .status.containerStatuses }}
- { ${named}, ready: true, started: true, state: { running: { startedAt: {{ $c.state.running.startedAt | Quote }} } } }
{{ end }}`;
