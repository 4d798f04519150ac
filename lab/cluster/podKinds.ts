/** The label of a pod that is not to become ready like any other; its value is the kind. */
export const podKindLabel = "lab.vllm/pod";
/** The label of a slow pod that says after how many milliseconds it is ready; without it, after 3000. */
export const readyAfterLabel = "lab.vllm/ready-after-ms";

/** What a kubelet makes of a pod, in KWOK's Go templates: `$pod` is the pod, `$c` a container, `$now` the time. */
export interface PodKind {
  phase: "Pending" | "Running";
  /** What the status of each container says beside its name and image: fields of a YAML flow mapping. */
  container: string;
  /** Nothing of it is started, init containers neither. */
  waits?: boolean;
  events: readonly KubeletEvent[];
}

/** What a kubelet tells of a pod. The texts are the kubelet's and containerd's own. */
export interface KubeletEvent {
  type: "Normal" | "Warning";
  reason: string;
  message: string;
  /** About the pod as a whole, and not about its first container. */
  ofPod?: true;
}

const fullName = "{{ $pod.metadata.name }}_{{ $pod.metadata.namespace }}({{ $pod.metadata.uid }})";
const backOff = 'Back-off pulling image "{{ $c.image }}"';
const pullError =
  'rpc error: code = NotFound desc = failed to pull and unpack image "{{ $c.image }}": ' +
  'failed to resolve reference "{{ $c.image }}": {{ $c.image }}: not found';
const probe = "{{ if $c.startupProbe }}Startup{{ else }}Readiness{{ end }} probe";
const firstVolume = "{{ with $pod.spec.volumes }}{{ (first .).name }}{{ end }}";

const running: Omit<PodKind, "events"> = {
  phase: "Running",
  container: "started: {{ not $c.startupProbe }}, state: { running: { startedAt: {{ $now }} } }",
};

/** The kinds of pods, by the label's value. */
export const podKinds: Readonly<Record<string, PodKind>> = {
  /** Ends as soon as it is started, again and again. */
  "crash-loop": {
    phase: "Running",
    container: `started: false, restartCount: 3,
      state: { waiting: {
        reason: CrashLoopBackOff,
        message: 'back-off 1m20s restarting failed container={{ $c.name }} pod=${fullName}' } },
      lastState: { terminated: { exitCode: 1, reason: Error, startedAt: {{ $now }}, finishedAt: {{ $now }} } }`,
    events: [
      {
        type: "Warning",
        reason: "BackOff",
        message: `Back-off restarting failed container {{ $c.name }} in pod ${fullName}`,
      },
    ],
  },
  /** The registry does not have its image; that of its init containers it has. */
  "bad-image": {
    phase: "Pending",
    container: `started: false,
      state: { waiting: { reason: ImagePullBackOff, message: '${backOff}: ErrImagePull: ${pullError}' } }`,
    events: [
      { type: "Warning", reason: "Failed", message: `Failed to pull image "{{ $c.image }}": ${pullError}` },
      { type: "Normal", reason: "BackOff", message: backOff },
      { type: "Warning", reason: "Failed", message: "Error: ImagePullBackOff" },
    ],
  },
  /** Runs, and its probe never succeeds. */
  "never-ready": {
    ...running,
    events: [
      { type: "Warning", reason: "Unhealthy", message: `${probe} failed: HTTP probe failed with statuscode: 503` },
    ],
  },
  /** Waits for a volume that cannot be mounted. */
  "no-volume": {
    phase: "Pending",
    container: `started: false, state: { waiting: {
      reason: {{ if $pod.spec.initContainers }}PodInitializing{{ else }}ContainerCreating{{ end }} } }`,
    waits: true,
    events: [
      {
        type: "Warning",
        reason: "FailedMount",
        message: `MountVolume.SetUp failed for volume "${firstVolume}" : mount failed: exit status 32`,
        ofPod: true,
      },
    ],
  },
  /** Runs, and is ready some time later. */
  slow: { ...running, events: [] },
};
