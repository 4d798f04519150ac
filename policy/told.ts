import { inLine } from "../config/signs.ts";
import type { Finding } from "./rule.ts";

/**
 * A finding in one line: where it is, what is there, what is allowed, what to do next. The place is written as problems of
 * settings have it, so that a path that ends in `api-key` stands before no colon.
 */
export function findingText({ object, path, what, allowed, next, notChecked }: Finding): string {
  const holder = object && `${object.type} ${object.name}`;
  const place = path && holder ? `${path} (${holder}): ` : path || holder ? `${path || holder}: ` : "";
  const parts = [what, ...(notChecked ? [] : [`allowed: ${allowed}`]), `next: ${next}`];
  return inLine(`${place}${parts.join("; ")}`);
}
