/** The CUDA image's own unprivileged user; the CPU image has none. Group 0 may write where the images expect to. */
export const user = { runAsUser: 2000, runAsGroup: 0 };

/** What no container of a pod may do. */
export const unprivileged = { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } };
