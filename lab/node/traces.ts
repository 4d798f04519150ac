import { existsSync } from "node:fs";
import { run } from "../command.ts";
import { labMark } from "./addresses.ts";
import { removeCgroups } from "./cgroups.ts";

/** Removes what real nodes have left on this machine; nothing where there were none. Their processes have ended, or end. */
export async function removeTraces(): Promise<void> {
  await removeCgroups(10);
  // The kernel removes the link with the other end's namespace, in its own time; it may be gone while it is removed.
  if (!existsSync(`/sys/class/net/${labMark}`)) return;
  await run("ip", ["link", "delete", labMark], { signal: new AbortController().signal });
}
