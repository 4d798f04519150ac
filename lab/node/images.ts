import { copyFileSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import type { NodeImage } from "../images/nodeImages.ts";
import { until } from "../until.ts";
import { seen } from "./mounts.ts";
import { debian } from "./programs.ts";
import { shell } from "./shell.ts";

/** Puts images into a node's containerd, once that answers. */
export async function importImages(
  images: readonly NodeImage[],
  { pid, folder }: { pid: number; folder: string },
  signal: AbortSignal,
): Promise<void> {
  const ctr = `${debian("ctr").join(" ")} -n k8s.io images`;
  await until("containerd answers", 60, signal, async () => {
    await shell("asking containerd", `${ctr} ls -q`, signal, pid);
    return true;
  });
  mkdirSync(join(folder, "images"), { recursive: true });
  for (const [index, { archive }] of images.entries()) {
    copyFileSync(archive, join(folder, "images", `${index}.tar`));
    await shell(`importing ${archive}`, `${ctr} import ${seen.state}/images/${index}.tar`, signal, pid);
  }
}
