import type { Explained, Explanation } from "./explain.ts";

/** A setting that two stacks have differently; what one of them lacks is absent. */
export interface Difference {
  /** `production`, or of a model `models.chat.replicas`. */
  setting: string;
  one?: Explained;
  other?: Explained;
}

/** Where two stacks differ, by setting, in their effective values. */
export function differences(one: Explanation, other: Explanation): Difference[] {
  const [left, right] = [flat(one), flat(other)];
  return [...new Set([...Object.keys(left), ...Object.keys(right)])]
    .filter((setting) => JSON.stringify(left[setting]?.value) !== JSON.stringify(right[setting]?.value))
    .sort()
    .map((setting) => ({
      setting,
      ...(left[setting] ? { one: left[setting] } : {}),
      ...(right[setting] ? { other: right[setting] } : {}),
    }));
}

function flat(explanation: Explanation): Record<string, Explained> {
  const models = Object.entries(explanation.models).flatMap(([name, { settings }]) =>
    Object.entries(settings).map(([path, explained]) => [`models.${name}.${path}`, explained] as const),
  );
  return {
    "aws:region": { value: explanation.region, layer: "stack" },
    ...explanation.settings,
    ...Object.fromEntries(models),
  };
}
