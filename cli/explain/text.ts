import type { StackExplanation } from "../../render/explanation.ts";
import { type Section, type SectionName, sections } from "./sections.ts";

/**
 * An explanation for a person to read.
 * @param only the sections that are wanted; of each of them there is something, if only that there is nothing
 */
export function explanationText(told: StackExplanation, only?: ReadonlySet<SectionName>): string {
  const wanted: Section[] = (Object.keys(sections) as SectionName[])
    .filter((name) => only === undefined || only.has(name))
    .map((name) => sections[name]);
  const ofStack = wanted.flatMap(({ title, ofStack }) => titled(`${title} of the stack`, ofStack?.(told)));
  const ofModels = Object.entries(told.models).map(([name, model]) => ({
    head: headOf(name, model),
    parts: wanted.flatMap(({ title, ofModel }) => titled(title, ofModel?.(model, told))),
  }));
  const empty = ofStack.length === 0 && ofModels.every(({ parts }) => parts.length === 0);
  return [
    `Stack ${told.stack}, ${told.region}`,
    ...ofStack,
    ...ofModels.flatMap(({ head, parts }) => (parts.length > 0 ? [head, ...parts] : [])),
    ...(empty ? wanted.map(({ title }) => `${title}\n  none`) : []),
  ].join("\n\n");
}

const titled = (title: string, text: string | undefined): string[] =>
  text === undefined ? [] : [`${title}\n${text.replace(/^(?=.)/gm, "  ")}`];

function headOf(name: string, { served, servedModelName }: StackExplanation["models"][string]): string {
  const head = `Model ${name}, served as ${servedModelName}`;
  if (served) return head;
  return `${head}: no server\n  It has no revision. What follows is what there will be once vllm:models.${name}.revision is set.`;
}
