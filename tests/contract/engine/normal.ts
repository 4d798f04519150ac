import { setTimeout as sleep } from "node:timers/promises";
import type { Connection, Response } from "./connection.ts";

/** What a client saw of a response, without what differs from one time to the next. */
export interface Seen {
  status: number;
  headers: string[];
  /** The body of a response that is not a stream: parsed if it is JSON. */
  body?: unknown;
  /** The events of a stream; equal ones in a row are one. */
  events?: unknown[];
  end?: "cut";
  /** What became of the connection afterwards. */
  connection: "open" | "closed";
}

/** How long a connection that the server ends after a response may take to be seen ended, in milliseconds. */
const closing = 300;

/** Waits for a response's end and tells it. No response at all is a connection that was closed. */
export async function seen(connection: Connection, response: Response | undefined): Promise<Seen | "closed"> {
  if (response === undefined) return "closed";
  for (let waited = 0; waited < closing && !connection.closed; waited += 20) await sleep(20);
  const { status, parts, end } = response;
  const isStream = response.headers.some((line) => line.startsWith("content-type: text/event-stream"));
  const body = parts.join("");
  return {
    status,
    headers: response.headers.map(header),
    ...(isStream ? { events: events(parts) } : body === "" ? {} : { body: json(body) }),
    ...(end === "cut" ? { end } : {}),
    connection: connection.closed ? "closed" : "open",
  };
}

const header = (line: string) =>
  line.replace(/^(date|content-length): .*/, "$1: <$1>").replace(/^(x-request-id): .*/, "$1: <id>");

/** The events of a stream, of which the engine writes each as a chunk of its own. */
function events(parts: string[]): unknown[] {
  const each = parts.map((part) => {
    const [, data] = /^data: ([^\n]*)\n\n$/.exec(part) ?? [];
    return data === undefined ? { notAnEvent: part } : data === "[DONE]" ? data : json(data);
  });
  return each.filter((event, index) => JSON.stringify(event) !== JSON.stringify(each[index - 1]));
}

/** A JSON text without ids, times and what the model said; any other text as it is. */
function json(text: string): unknown {
  try {
    return JSON.parse(text, (key, value) => {
      if (key === "created" && typeof value === "number") return "<time>";
      if (key === "system_fingerprint" && typeof value === "string") return "<fingerprint>";
      if (key === "root") return "<model>";
      if (["text", "content"].includes(key) && typeof value === "string") return "<text>";
      return typeof value === "string" ? plain(value) : value;
    });
  } catch {
    return plain(text);
  }
}

const plain = (text: string) => text.replace(/\b(chatcmpl|cmpl|modelperm)-[0-9a-f]+(-[0-9a-f]+)*/g, "$1-<id>");

/** The first match of each mark in an engine's output, in the order of the output, numbers left out. */
export function marked(lines: readonly string[], marks: readonly RegExp[]): string[] {
  const found = marks.flatMap((mark) => {
    const at = lines.findIndex((line) => mark.test(line));
    const text = mark.exec(lines[at] ?? "")?.[0];
    return text === undefined ? [] : [{ at, text: text.replace(/\d+(\.\d+)*/g, "#") }];
  });
  return found.sort((one, other) => one.at - other.at).map(({ text }) => text);
}

/**
 * The lines of the server about its end, in order. Those of its child processes come whenever they come, and whether
 * an engine that is done ends in time or is killed depends on the machine.
 */
export function shutdownLines(lines: readonly string[]): string[] {
  return lines.flatMap((line) => {
    const [, text] =
      /^\(APIServer.*?\] (\[shutdown\].*)/.exec(line) ??
      /^INFO: {5}(Shutting down|Waiting for (?!application startup).*|Application shutdown.*|Finished.*)/.exec(line) ??
      [];
    return text === undefined || text.includes("force killing") ? [] : [text.replace(/\d+/g, "#")];
  });
}
