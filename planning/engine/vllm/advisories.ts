import { type Advisory, advisories } from "../../../catalogue/advisories.ts";
import type { Finding } from "../../../config/problems.ts";
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
/** So many are told with what they are, the worst; others by their names, by which they are read up. */
const mostTold = 8;

/**
 * What is wrong with a version for the advisories that affect it. Each of them has to be accepted by its CVE; one that is accepted
 * and does not affect the version is a problem too, so that no override outlives its version.
 */
export function checkVersion(version: string, accepted: readonly string[]): Finding[] {
  const problems: Finding[] = [];
  const open = advisoriesOf(version).filter(({ cve }) => !accepted.includes(cve));
  if (open.length > 0) {
    const bySeverity = (a: Advisory, b: Advisory) => severities.indexOf(a.severity) - severities.indexOf(b.severity);
    const worst = open.length > mostTold ? open.toSorted(bySeverity) : open;
    const told = worst.slice(0, mostTold).map(({ cve, severity, what }) => `${cve} (${severity}: ${what})`);
    const list = [...told, ...worst.slice(mostTold).map(({ cve }) => cve)].join(", ");
    const holes = open.length === 1 ? "a known hole" : `${open.length} known holes`;
    problems.push({
      kind: "advisory",
      found: version,
      reason:
        `which has ${holes}: ${list}; the lowest version without any is ${floor}. ` +
        "To deploy it anyway, engine.acceptCves must name each of them",
    });
  }
  for (const cve of new Set(accepted)) {
    const advisory = advisories.find((known) => known.cve === cve);
    const wrong = !advisory
      ? "is no known hole of vLLM"
      : affects(advisory, version)
        ? undefined
        : `affects ${range(advisory)}, not ${version}`;
    if (wrong) problems.push({ kind: "advisory", reason: `engine.acceptCves names ${cve}, which ${wrong}; remove it` });
  }
  return problems;
}
