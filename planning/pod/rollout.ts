/** How a change of the pod template replaces the pods. */
export interface Rollout {
  strategy: "RollingUpdate" | "Recreate";
  /** Pods above the wanted number while rolling. */
  surge: number;
  /** Pods below it. */
  unavailable: number;
  /** Groups of pods that follow one another, at the largest replica count. */
  waves: number;
  /** Whether a rollout may leave no pod that answers. */
  downtime: boolean;
}

/**
 * Decides from what is free while everything runs: surge where there is room for another pod, one by one where there
 * is none, and `Recreate` for a single pod without room. Of several never all at a time, nor, where room costs nothing, more than a
 * quarter.
 * @param min the smallest, `max` the largest replica count; equal without a scaler
 * @param roomForPods pods that fit beside the running ones; `Infinity` where they take nothing scarce
 */
export function rollout(min: number, max: number, roomForPods: number): Rollout {
  if (roomForPods >= 1) {
    const most = Number.isFinite(roomForPods) ? min - 1 : Math.floor(min / 4);
    const surge = Math.min(roomForPods, Math.max(1, most));
    return { strategy: "RollingUpdate", surge, unavailable: 0, waves: Math.ceil(max / surge), downtime: false };
  }
  if (max === 1) return { strategy: "Recreate", surge: 0, unavailable: 1, waves: 1, downtime: true };
  return { strategy: "RollingUpdate", surge: 0, unavailable: 1, waves: max, downtime: min === 1 };
}
