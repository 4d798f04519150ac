/** The CUDA image's own unprivileged user; the CPU image has none. Group 0 may write where the images expect to. */
export const user = { runAsUser: 2000, runAsGroup: 0 };

/** What no container of a pod may do; it writes into its volumes alone. */
export const unprivileged = {
  allowPrivilegeEscalation: false,
  readOnlyRootFilesystem: true,
  capabilities: { drop: ["ALL"] },
};
