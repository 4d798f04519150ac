import { type Advisory, advisories } from "../../../catalogue/advisories.ts";
import type { Layer } from "../../../config/layers/source.ts";
import { compareVersions } from "./version.ts";

const isBefore = (version: string, other: string) => compareVersions(version, other) < 0;

const affects = ({ introduced, fixed }: Advisory, version: string) =>
  isBefore(version, fixed) && !(introduced && isBefore(version, introduced));

/** The advisories that affect a version of vLLM. */
export const advisoriesOf = (version: string): Advisory[] =>
  advisories.filter((advisory) => affects(advisory, version));

/** The lowest version that no advisory affects, and above it none has one. */
export const floor: string = advisories.map(({ fixed }) => fixed).reduce((a, b) => (isBefore(a, b) ? b : a));

const range = ({ introduced, fixed }: Advisory) =>
  introduced ? `${introduced} to before ${fixed}` : `all before ${fixed}`;

/** From the worst on. */
const severities: readonly Advisory["severity"][] = ["critical", "high", "medium", "low"];

/** The worst first, those of one severity as they are listed. */
export const worstFirst = (all: readonly Advisory[]): Advisory[] =>
  all.toSorted((a, b) => severities.indexOf(a.severity) - severities.indexOf(b.severity));

/** So many are told with what they are. */
const mostTold = 8;
/** Of more, the worst: a list of dozens hides what else is wrong. */
const worstTold = 3;

/** What is wrong with a version, in the words of where it is read. */
export interface VersionFinding {
  kind: "advisory";
  found?: string;
  reason: (place: Pick<Layer, "inProgram">) => string;
}

/**
 * What is wrong with a version for the advisories that affect it. Each of them has to be accepted by its CVE; one that is accepted
 * and does not affect the version is a problem too, so that no override outlives its version.
 */
export function checkVersion(version: string, accepted: readonly string[]): VersionFinding[] {
  const problems: VersionFinding[] = [];
  const open = advisoriesOf(version).filter(({ cve }) => !accepted.includes(cve));
  if (open.length > 0) {
    const holes = open.length === 1 ? "a known hole" : `${open.length} known holes`;
    const rest = `the lowest version without any is ${floor}. To deploy it anyway, engine.acceptCves must name each of them`;
    const reason: VersionFinding["reason"] = (place) => `which has ${holes}: ${listed(open, place)}; ${rest}`;
    problems.push({ kind: "advisory", found: version, reason });
  }
  for (const cve of new Set(accepted)) {
    const advisory = advisories.find((known) => known.cve === cve);
    const wrong = !advisory
      ? "is no known hole of vLLM"
      : affects(advisory, version)
        ? undefined
        : `affects ${range(advisory)}, not ${version}`;
    if (wrong)
      problems.push({ kind: "advisory", reason: () => `engine.acceptCves names ${cve}, which ${wrong}; remove it` });
  }
  return problems;
}

/** All of a few; of many the worst, and who lists the others. Of a program's settings nothing else lists them. */
function listed(open: readonly Advisory[], { inProgram }: Pick<Layer, "inProgram">): string {
  const told = ({ cve, severity, what }: Advisory) => `${cve} (${severity}: ${what})`;
  if (open.length <= mostTold) return open.map(told).join(", ");
  const worst = worstFirst(open);
  if (inProgram)
    return [...worst.slice(0, mostTold).map(told), ...worst.slice(mostTold).map(({ cve }) => cve)].join(", ");
  const critical = open.filter(({ severity }) => severity === "critical").length;
  const more = open.length - worstTold;
  return `${critical > 0 ? `${critical} of them critical, ` : ""}${worst.slice(0, worstTold).map(told).join(", ")}, and ${more} more, which \`npm run explain -- --stack … --only advisories\` lists`;
}
