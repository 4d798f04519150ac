import type { DaemonSpec } from "../daemon.ts";
import { places } from "../state.ts";
import { credentialFiles } from "./credentials.ts";

/** The ports that the control plane listens on, all on 127.0.0.1. */
export interface ControlPlanePorts {
  etcd: number;
  etcdPeer: number;
  apiServer: number;
  kubelet: number;
}

const issuer = "https://kubernetes.default.svc.cluster.local";

/** etcd: the cluster's memory. It need not survive a crash, so it does not wait for the disk. */
export function etcd(binary: string, ports: ControlPlanePorts): DaemonSpec {
  const client = `http://127.0.0.1:${ports.etcd}`;
  const peer = `http://127.0.0.1:${ports.etcdPeer}`;
  return {
    name: "etcd",
    command: binary,
    address: client,
    args: [
      "etcd",
      "--name=lab",
      `--data-dir=${places.data}/etcd`,
      `--listen-client-urls=${client}`,
      `--advertise-client-urls=${client}`,
      `--listen-peer-urls=${peer}`,
      `--initial-advertise-peer-urls=${peer}`,
      `--initial-cluster=lab=${peer}`,
      "--unsafe-no-fsync",
      "--log-level=warn",
    ],
  };
}

/**
 * kube-apiserver: RBAC, signed service account tokens, the default admission plugins. Where there are real nodes it lets
 * each of them at what is its own, and proves itself to their kubelets, whom it asks for logs and ports.
 */
export function apiServer(binary: string, ports: ControlPlanePorts, realNodes: boolean): DaemonSpec {
  const forNodes = [
    "--authorization-mode=Node,RBAC",
    `--kubelet-client-certificate=${credentialFiles.kubeletClientCertificate}`,
    `--kubelet-client-key=${credentialFiles.kubeletClientKey}`,
  ];
  return {
    name: "kube-apiserver",
    command: binary,
    address: `https://127.0.0.1:${ports.apiServer}`,
    args: [
      "kube-apiserver",
      `--etcd-servers=http://127.0.0.1:${ports.etcd}`,
      "--bind-address=127.0.0.1",
      `--secure-port=${ports.apiServer}`,
      "--advertise-address=127.0.0.1",
      // A loopback address may not stand in an Endpoints object. Real nodes have one of their own: see `clusterObjects.ts`.
      "--endpoint-reconciler-type=none",
      // Where it asks for logs: a node's name is nothing that a resolver knows.
      "--kubelet-preferred-address-types=InternalIP",
      `--cert-dir=${credentialFiles.servingFolder}`,
      `--token-auth-file=${credentialFiles.tokens}`,
      `--service-account-issuer=${issuer}`,
      `--service-account-signing-key-file=${credentialFiles.serviceAccountKey}`,
      `--service-account-key-file=${credentialFiles.serviceAccountPublicKey}`,
      ...(realNodes ? forNodes : ["--authorization-mode=RBAC"]),
      // As on real clusters: what a privileged pod may do is for Pod Security to say.
      "--allow-privileged=true",
      "--service-cluster-ip-range=10.96.0.0/16",
      "--shutdown-delay-duration=0s",
    ],
  };
}

/** kube-controller-manager, with an autoscaler that looks every second, so that tests need not wait. */
export function controllerManager(binary: string): DaemonSpec {
  return {
    name: "kube-controller-manager",
    command: binary,
    args: [
      "kube-controller-manager",
      `--kubeconfig=${places.kubeconfig}`,
      "--bind-address=127.0.0.1",
      "--secure-port=0",
      "--leader-elect=false",
      `--root-ca-file=${credentialFiles.servingCertificate}`,
      `--service-account-private-key-file=${credentialFiles.serviceAccountKey}`,
      "--horizontal-pod-autoscaler-sync-period=1s",
      "--horizontal-pod-autoscaler-downscale-stabilization=5s",
      "--horizontal-pod-autoscaler-initial-readiness-delay=1s",
      "--horizontal-pod-autoscaler-cpu-initialization-period=1s",
      "--node-monitor-period=2s",
      // A busy machine may keep KWOK from renewing a lease in time; no node is ever lost here.
      "--node-monitor-grace-period=1h",
      "--kube-api-qps=200",
      "--kube-api-burst=400",
    ],
  };
}

/** kube-scheduler. */
export function scheduler(binary: string): DaemonSpec {
  return {
    name: "kube-scheduler",
    command: binary,
    args: [
      "kube-scheduler",
      `--kubeconfig=${places.kubeconfig}`,
      "--bind-address=127.0.0.1",
      "--secure-port=0",
      "--leader-elect=false",
      "--kube-api-qps=200",
      "--kube-api-burst=400",
    ],
  };
}

/** KWOK: plays the kubelet of the nodes that carry its annotation, and of those only. */
export function kwok(binary: string, ports: ControlPlanePorts, stages: string): DaemonSpec {
  return {
    name: "kwok",
    command: binary,
    address: `https://127.0.0.1:${ports.kubelet}`,
    args: [
      "kwok",
      `--kubeconfig=${places.kubeconfig}`,
      `--config=${stages}`,
      "--manage-all-nodes=false",
      "--manage-nodes-with-annotation-selector=kwok.x-k8s.io/node=fake",
      "--cidr=10.244.0.0/16",
      // Its own server, for the logs of its nodes' containers; each node says that its kubelet listens there.
      `--server-address=127.0.0.1:${ports.kubelet}`,
      `--node-port=${ports.kubelet}`,
      // Without leases a node reports every 10 minutes, and in between its pods are taken for lost.
      "--node-lease-duration-seconds=40",
    ],
  };
}
