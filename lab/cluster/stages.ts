import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseAllDocuments, stringify } from "yaml";
import { places } from "../state.ts";
import { podKindLabel, podKinds } from "./podKinds.ts";
import { podLogs } from "./podLogs.ts";
import { podStages } from "./podStages.ts";

/** As much of a stage as is looked into. */
interface Stage {
  metadata: { name: string };
  spec: { selector: { matchExpressions: object[] } };
}

/**
 * Writes what KWOK plays to a file: its own life cycle of nodes and pods, as its module carries it, the lab's own kinds
 * of pods, and what containers log.
 */
export function writeStages(binary: string): string {
  const file = join(places.data, "stages.yaml");
  const printed = parseAllDocuments(execFileSync(binary, ["stages"], { encoding: "utf8" }));
  const own = printed.map((document) => document.toJS() as Stage);
  leaveKindsAlone(own);
  const documents = [...own, ...podStages(), podLogs()];
  writeFileSync(file, documents.map((document) => stringify(document, { lineWidth: 0 })).join("---\n"));
  return file;
}

/** Keeps KWOK from making pods ready that are of another kind; that they are deleted stays its own work. */
function leaveKindsAlone(stages: Stage[]): void {
  const ready = stages.find(({ metadata }) => metadata.name === "pod-ready");
  if (!ready) throw new Error("KWOK's stages have no pod-ready");
  const key = `.metadata.labels["${podKindLabel}"]`;
  ready.spec.selector.matchExpressions.push({ key, operator: "NotIn", values: Object.keys(podKinds) });
}
