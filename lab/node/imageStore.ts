import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Tool } from "../buildStore.ts";
import { lastLines, run } from "../command.ts";
import { LabError } from "../errors.ts";
import type { NodeImage } from "../images/nodeImages.ts";
import { step } from "../progress.ts";
import { fromTree } from "./debianPrograms.ts";
import { quoted } from "./shell.ts";

/** The part of the tool's folder that is a containerd's own folder. */
export const storeOf = (folder: string): string => join(folder, "store");

/**
 * The folder of a containerd that has these images, unpacked: nodes start with it, and none has to unpack them again.
 * `debian` is the folder of Debian's programs.
 */
export function imageStore(images: readonly NodeImage[], debian: string, signal: AbortSignal): Tool {
  return {
    name: "image-store",
    inputs: [debian, ...images.map(({ archive }) => archive)],
    needs: async (cache) => [{ path: cache, gigabytes: 0.8 }],
    make: (folder) =>
      step("unpacking the images", "15 s", async () => {
        const work = join(folder, "work");
        await mkdir(work);
        await writeFile(
          join(work, "containerd.toml"),
          `version = 2
root = "${storeOf(folder)}"
disabled_plugins = ["io.containerd.grpc.v1.cri", "io.containerd.internal.v1.opt"]
`,
        );
        const { code, output } = await run("unshare", [...alone, "sh", "-ec", unpacking(work, images, debian)], {
          signal,
        });
        if (code !== 0) throw new LabError(`unpacking the images failed:\n${lastLines(output)}`);
        await rm(work, { recursive: true });
      }),
  };
}

/**
 * Gives a containerd that folder, a text for `sh -e`: by links where both are on one disk, as what is unpacked is never
 * written to; what is, the databases, is its own.
 */
export const copyOf = (store: string, folder: string): string => `
  from=${quoted(store)} to=${quoted(folder)}
  cp -al "$from" "$to" 2>/dev/null || { rm -rf "$to"; cp -a "$from" "$to"; }
  cd "$from"
  find . -name '*.db' -exec cp --remove-destination '{}' "$to/{}" ';'`;

/** A containerd of its own: with its mounts and processes, which end with it. */
const alone = ["--mount", "--pid", "--mount-proc", "--fork", "--kill-child=SIGKILL", "--"];

function unpacking(work: string, images: readonly NodeImage[], debian: string): string {
  const program = (name: string) => fromTree(debian, name).map(quoted).join(" ");
  return `
  cd ${quoted(work)}
  mount -t tmpfs tmpfs /run
  ${program("containerd")} --config containerd.toml 2>log &
  for _ in $(seq 300); do
    ${program("ctr")} version >/dev/null 2>&1 && answers=yes && break
    sleep 0.1
  done
  test "$answers" || { tail -n 5 log; exit 1; }
  for archive in ${images.map(({ archive }) => quoted(archive)).join(" ")}; do
    ${program("ctr")} --namespace k8s.io images import "$archive"
  done
  kill $!
  wait $! || true`;
}
