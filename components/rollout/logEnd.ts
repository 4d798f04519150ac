/** How many last lines of a log are told, and how many words of exceptions above them. */
const lastLines = 12;
const causes = 3;

/** Lines are cut here: one may be a whole configuration. */
const longest = 400;

/** A line by which Python names an exception, behind what a logger puts before it. */
const exception =
  /^(?:\(.*?\) )?(?:[A-Z]+ \d\d-\d\d [\d:]+ \[[^\]]*\] )?((?:[A-Za-z_]\w*\.)*(?:[A-Z]\w*)?(?:Error|Exception|Interrupt|Exit)): \S/;

/**
 * What of a log says why its process ended: its end, and before it the exceptions that were told further up. An engine
 * ends with a word of its own that some process failed, dozens of lines below the reason.
 */
export function logEnd(log: string): string {
  const lines = log.trimEnd().split("\n");
  const end = lines.slice(-lastLines);
  const told = new Set(end.map(wordOf));
  const above = lines
    .slice(0, -lastLines)
    .filter((line) => exception.test(line))
    .filter((line) => !told.has(wordOf(line)) && told.add(wordOf(line)))
    .slice(-causes);
  return [...above, ...(above.length > 0 ? ["…"] : []), ...end].map(cut).join("\n");
}

/** The exception of a line without who logged it and when: each process tells the same one once more. */
function wordOf(line: string): string {
  const found = exception.exec(line);
  return found ? line.slice(line.indexOf(found[1] ?? "")) : line;
}

const cut = (line: string): string => (line.length > longest ? `${line.slice(0, longest)}…` : line);
