/** What a pod's spec, and each of its containers, must say at the Pod Security level `restricted`. */
export const restricted = {
  securityContext: { runAsNonRoot: true, runAsUser: 2000, seccompProfile: { type: "RuntimeDefault" } },
  automountServiceAccountToken: false,
};

/** For each of its containers. */
export const unprivileged = {
  allowPrivilegeEscalation: false,
  readOnlyRootFilesystem: true,
  capabilities: { drop: ["ALL"] },
};
