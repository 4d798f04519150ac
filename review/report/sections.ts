import type { PropertyChange } from "../changes.ts";
import type { Caused, ReviewedResource, StackReview } from "../review.ts";
import { because, findingLine, isPending, propertyLine, type Quote, resourceLine, settingLine } from "./words.ts";

/** The parts of a review below its first lines, each a list of things that are told whole or not at all. */

/** A thing with what belongs to it, a line each. */
export interface Item {
  line: string;
  inner: string[];
}

export interface Section {
  title: string;
  /** What is counted where some of it is left out. */
  noun: string;
  /** Shown at once; else unfolded by whoever wants to see it. */
  open: boolean;
  items: Item[];
}

/** What a review tells, what matters most first. */
export function sectionsOf(review: StackReview, quote: Quote): Section[] {
  const { problems, missing, settings, resources, policy, preview } = review;
  const harmful = resources.filter(({ harms }) => harms.length > 0);
  const others = resources.filter(({ harms }) => harms.length === 0);
  const resource = (one: ReviewedResource): Item => resourceItem(one, review, quote);
  const findings = policy?.findings ?? [];
  const objected = findings.filter(({ notChecked }) => !notChecked);
  const unseen = findings.filter(({ notChecked }) => notChecked);
  const plain = (line: string): Item => ({ line, inner: [] });
  const diagnostics = (preview?.diagnostics ?? []).map(({ severity, message }) => {
    const [first = "", ...others] = message.split("\n").filter((line) => line.trim() !== "");
    return { line: `${severity}: ${quote(first)}`, inner: others.map((line) => quote(line.trim())) };
  });
  const violations = (preview?.violations ?? []).map(({ policy: name, enforcement, message }) =>
    plain(`${enforcement} ${quote(name)}: ${quote(message)}`),
  );
  const sections: Section[] = [
    { title: "Does not build", noun: "problem", open: true, items: problems.map((one) => plain(quote(one))) },
    {
      title: "Missing",
      noun: "part",
      open: true,
      items: missing.map(({ part, reason }) => plain(`${partWords[part]}: ${quote(reason)}`)),
    },
    { title: "Destroyed, replaced or interrupted", noun: "resource", open: true, items: harmful.map(resource) },
    { title: "Policy", noun: "finding", open: true, items: objected.map((one) => plain(findingLine(one, quote))) },
    {
      title: "Settings that differ",
      noun: "setting",
      open: settings.length <= 8,
      items: settings.map((one) => plain(settingLine(one, quote))),
    },
    {
      title: harmful.length > 0 ? "Other changes" : "Changes",
      noun: "resource",
      open: false,
      items: others.filter((one) => !isPending(one)).map(resource),
    },
    {
      title: "Pending before this change",
      noun: "resource",
      open: false,
      items: others.filter(isPending).map(resource),
    },
    {
      title: "What the preview says",
      noun: "message",
      open: preview?.outcome !== "succeeded",
      items: [...violations, ...diagnostics],
    },
    {
      title: "Not checked by policy",
      noun: "finding",
      open: false,
      items: unseen.map((one) => plain(findingLine(one, quote))),
    },
  ];
  return sections.filter(({ items }) => items.length > 0);
}

const partWords = {
  preview: "no preview",
  cluster: "the preview is made without the cluster",
  baseSettings: "settings and program are told together",
  baseRender: "program and what was pending are told together",
  basePackages: "packages and what was pending are told together",
} as const;

/** A resource; whose a property is, is told where it is not whose the resource is. */
function resourceItem(one: ReviewedResource, { settings }: StackReview, quote: Quote): Item {
  const whose = because(one, settings, quote);
  const inner = one.properties.map((property: PropertyChange & Caused) => {
    const own = because(property, settings, quote);
    return `${propertyLine(property, quote)}${own === whose ? "" : ` — ${own}`}`;
  });
  return { line: resourceLine(one, settings, quote), inner };
}
