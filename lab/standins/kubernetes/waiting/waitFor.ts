import { isObject } from "../../plugin/values.ts";
import { annotation, type Json, type KubeObject } from "../objects.ts";
import { NotReady, type Standing, until, type Waiting } from "./wait.ts";

/** What the annotation `pulumi.com/waitFor` says is no expression, or none that the stand-in knows. */
export class BadWaitFor extends Error {}

/** A field that is to be there, with a value where one is given. */
interface Expression {
  text: string;
  steps: string[];
  value: string | undefined;
}

/**
 * What an object's annotation says to wait for in place of what its kind would; undefined where it says nothing.
 * It counts for creations and changes alone: deletions and refreshes know nothing of it.
 */
export function waitForOf(object: KubeObject): Expression[] | undefined {
  const text = annotation(object, "pulumi.com/waitFor");
  if (!text) return undefined;
  const expressions = listOf(text);
  if (expressions.length === 0) throw new BadWaitFor("at least one condition must be specified");
  return expressions.map(parse);
}

/** Waits until all expressions hold for an object that was written. */
export async function waitUntilFound(
  waiting: Waiting,
  seconds: number,
  written: KubeObject,
  expressions: Expression[],
): Promise<KubeObject> {
  try {
    return await until(waiting, seconds, written.metadata?.name ?? "", () => look(waiting, written, expressions));
  } catch (error) {
    if (!(error instanceof NotReady)) throw error;
    const message = waiting.cancelled.aborted ? "context canceled" : "timed out waiting for the condition";
    throw new NotReady(message, error.object, []);
  }
}

/** A JSON array of expressions; anything else is one expression. */
function listOf(text: string): string[] {
  try {
    const list: unknown = JSON.parse(text);
    if (Array.isArray(list) && list.every((entry) => typeof entry === "string")) return list;
  } catch {
    // One expression.
  }
  return [text];
}

function parse(text: string): Expression {
  if (!/^(jsonpath|condition)=/.test(text)) {
    throw new BadWaitFor(`expected a "jsonpath=" or "condition=" prefix, got ${JSON.stringify(text)}`);
  }
  const [, path, value] = /^jsonpath=\{\s*\$?((?:\.[A-Za-z_]\w*)+)\s*\}(?:=([^=]+))?$/.exec(text) ?? [];
  if (path === undefined) {
    throw new BadWaitFor(
      `${text}: of pulumi.com/waitFor the lab's stand-in knows jsonpath={.a.b} and jsonpath={.a.b}=value alone`,
    );
  }
  return { text: text.replace("jsonpath=", ""), steps: path.slice(1).split("."), value };
}

async function look(waiting: Waiting, name: KubeObject, expressions: Expression[]): Promise<Standing> {
  const object = await waiting.api.get(await waiting.discovery.path(name));
  const { generation = 0 } = object.metadata ?? {};
  // What a controller that lags behind has written is about the object as it was before.
  const isSeen = (object.status?.observedGeneration ?? generation) >= generation;
  const missing = expressions.find((expression) => !holds(object, expression));
  const progress = `Waiting for ${(missing ?? expressions[0])?.text}`;
  return { object, ready: isSeen && !missing, problems: [], progress };
}

function holds(object: KubeObject, { text, steps, value }: Expression): boolean {
  let found: Json | undefined = object as Json;
  for (const step of steps) found = isObject(found) ? found[step] : undefined;
  if (found === undefined || value === undefined) return found !== undefined;
  // The real plugin says so too, but only when its time is over.
  if (typeof found === "object") throw new Error(`"${text.replace(/=.*/, "")}" has a non-primitive value`);
  return String(found) === value;
}
