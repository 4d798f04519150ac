import leven from "leven";

/** One thing that is wrong with the settings, in words for the person who wrote them. */
export interface Problem {
  /** The full key as the user writes it, e.g. `vllm:models.chat.gpu.count`. */
  key: string;
  /** The file that it stands in, or that it is missing from. */
  layer: string;
  /** What is wrong, what is there, what is allowed. */
  message: string;
}

/** Wrong settings: all problems at once, before anything is deployed. */
export class SettingsError extends Error {
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[]) {
    // A setting that several models share has its problem once.
    const lines = new Map(problems.map((one) => [`  ${one.key} (${one.layer}): ${one.message}`, one]));
    const count = lines.size === 1 ? "1 problem" : `${lines.size} problems`;
    super(`the settings of this stack have ${count}; nothing was deployed.\n${[...lines.keys()].join("\n")}`);
    this.name = "SettingsError";
    this.problems = [...lines.values()];
  }
}

/** The known name nearest to a misspelt one, if any is near enough to be meant. */
export function nearest(word: string, known: readonly string[]): string | undefined {
  // Two letters that changed places are two edits.
  const limit = Math.max(word.length > 3 ? 2 : 1, Math.floor(word.length / 3));
  let best: { name: string; distance: number } | undefined;
  for (const name of known) {
    const distance = leven(word.toLowerCase(), name.toLowerCase());
    if (distance <= limit && (best === undefined || distance < best.distance)) best = { name, distance };
  }
  return best?.name;
}

/** `allowed: a, b, c`, with the nearest one first where one is near. */
export function suggestion(word: string, known: readonly string[]): string {
  const near = nearest(word, known);
  return near ? `did you mean '${near}'?` : `known here: ${[...known].sort().join(", ")}`;
}
