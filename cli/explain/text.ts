import type { StackExplanation } from "../../render/explanation.ts";
import { wrapped } from "../table.ts";
import { type Section, type SectionName, sections } from "./sections.ts";

/**
 * An explanation for a person to read. What a model has as one before it is not told again.
 * @param only the sections that are wanted; where there is nothing in any of them, that is told
 */
export function explanationText(told: StackExplanation, only?: ReadonlySet<SectionName>): string {
  const wanted: (readonly [SectionName, Section])[] = (Object.keys(sections) as SectionName[])
    .filter((name) => only === undefined || only.has(name))
    .map((name) => [name, sections[name]]);
  const ofStack = wanted.flatMap(([, { title, ofStack }]) => titled(`${title} of the stack`, ofStack?.(told)));
  const first = new Map<string, string>();
  const ofModels = Object.entries(told.models).flatMap(([model, explained]) => {
    const parts = wanted.flatMap(([name, { title, ofModel }]) =>
      titled(title, ofModel?.(explained, told)).map((text) => ({ name, text, by: first.get(text) })),
    );
    for (const { text } of parts) if (!first.has(text)) first.set(text, model);
    if (parts.length === 0) return [];
    const again = Map.groupBy(
      parts.filter(({ by }) => by !== undefined),
      ({ by }) => by,
    );
    const likewise = [...again].map(([other, all]) =>
      wrapped(
        `  same as model ${other}: `,
        all.map(({ name }) => name),
      ),
    );
    const own = parts.flatMap(({ text, by }) => (by === undefined ? [text] : []));
    return [[headOf(model, explained), ...likewise].join("\n"), ...own];
  });
  const isEmpty = ofStack.length === 0 && ofModels.length === 0;
  return [
    `Stack ${told.stack}, ${told.region}`,
    ...ofStack,
    ...ofModels,
    ...(isEmpty ? wanted.map(([, { title }]) => `${title}\n  none`) : []),
  ].join("\n\n");
}

const titled = (title: string, text: string | undefined): string[] =>
  text === undefined ? [] : [`${title}\n${text.replace(/^(?=.)/gm, "  ")}`];

function headOf(name: string, { served, servedModelName }: StackExplanation["models"][string]): string {
  const head = `Model ${name}, served as ${servedModelName}`;
  if (served) return head;
  return `${head}: no server\n  It has no revision. What follows is what there will be once vllm:models.${name}.revision is set.`;
}
