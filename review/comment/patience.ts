/** What a platform refused, or that it did not answer. */
export class Refusal extends Error {
  /** HTTP's status; 0 where nothing was answered. */
  readonly status: number;
  /** Whether it is unknown if the request was carried out. */
  readonly isUnsure: boolean;

  constructor(status: number, said: string, isUnsure = false) {
    super(said);
    this.status = status;
    this.isUnsure = isUnsure;
  }
}

/** The refusal behind an error of a platform's library, which wraps what its `fetch` throws; nothing behind a fault. */
export function refusalOf(error: unknown): Refusal | undefined {
  if (error instanceof Refusal) return error;
  return error instanceof Error && error.cause !== undefined ? refusalOf(error.cause) : undefined;
}

/** What waiting needs; tests have a clock of their own. */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
  /** Ends after so many milliseconds. */
  wait(milliseconds: number): Promise<void>;
}

export const realClock: Clock = {
  now: Date.now,
  wait: (milliseconds) => new Promise((done) => setTimeout(done, milliseconds)),
};

/** How often a request is sent at most. */
export const tries = 5;
/** How long one answer may take, and how long the waits of all requests together. */
const answerTime = 30_000;
const patience = 300_000;
/** How long to wait where a platform says that it is too much and not until when, as GitHub's documentation has it. */
const unnamedLimit = 60_000;

/**
 * A `fetch` for a platform's API that waits where the platform asks for it (`Retry-After`, the reset of a limit), and
 * a second, then twice as long, where it fails or does not answer. What is not answered well is thrown as a `Refusal`.
 * A new comment is not sent again where it may have arrived: only its list tells.
 */
export function patientFetch(platform: string, clock: Clock, say: (line: string) => void): typeof fetch {
  let left = patience;
  return async (input, init) => {
    const request = new Request(input, init);
    for (let attempt = 1; ; attempt++) {
      const outcome = await once(request.clone());
      if (outcome instanceof Response && outcome.ok) return understood(outcome);
      const failed = outcome instanceof Response ? await refusal(outcome) : unanswered(outcome);
      const pause = pauseOf(outcome, failed, attempt, clock.now());
      if (pause === undefined) throw failed;
      if (mayHaveArrived(request, outcome)) throw new Refusal(failed.status, failed.message, true);
      if (attempt === tries) throw new Refusal(failed.status, `${failed.message}, ${tries} times`);
      if (pause > left)
        throw new Refusal(
          failed.status,
          `${failed.message}; it asks to wait ${Math.ceil(pause / 1000)} s, which is too long`,
        );
      if (pause > 5_000) say(`${platform} asks to wait ${Math.ceil(pause / 1000)} s …`);
      left -= pause;
      await clock.wait(pause);
    }
  };
}

/** One try: an answer that is whole, or why there is none. Libraries would take one that is cut off for an empty list. */
async function once(request: Request): Promise<Response | Error> {
  try {
    const response = await fetch(request, { signal: AbortSignal.timeout(answerTime) });
    const text = await response.text();
    if (response.ok && isJson(response)) JSON.parse(text);
    const { status, statusText, headers } = response;
    return new Response(status === 204 ? null : text, { status, statusText, headers });
  } catch (error) {
    return error as Error;
  }
}

const isJson = ({ headers }: Response): boolean => /\bjson\b/.test(headers.get("content-type") ?? "");

/** What answers well and not as an API does is something before it, such as a proxy's page. */
function understood(response: Response): Response {
  if (response.status === 204 || isJson(response)) return response;
  throw new Refusal(response.status, "the answer is no JSON: something else answers at the address of the API");
}

function unanswered(error: Error): Refusal {
  const { message } = error.cause instanceof Error ? error.cause : error;
  return new Refusal(0, `no answer: ${message || error.name}`);
}

/** What the platform says of its refusal, shortened: an error of a proxy may be a whole page. */
async function refusal(response: Response): Promise<Refusal> {
  return new Refusal(response.status, saidIn(await response.text()) || response.statusText);
}

function saidIn(text: string): string {
  try {
    const { message, error, errors } = JSON.parse(text);
    const said = [message ?? error, errors].filter((part) => part !== undefined);
    return said
      .map((part) => (typeof part === "string" ? part : JSON.stringify(part)))
      .join(": ")
      .slice(0, 300);
  } catch {
    return "";
  }
}

/** Whether a new comment may be there although it was not answered so. A query of GraphQL changes nothing. */
function mayHaveArrived({ method, url }: Request, outcome: Response | Error): boolean {
  if (method !== "POST" || new URL(url).pathname.endsWith("/graphql")) return false;
  return !(outcome instanceof Response) || outcome.status >= 500;
}

/** How many milliseconds to wait before another try; nothing where that would not help. */
function pauseOf(outcome: Response | Error, { message }: Refusal, attempt: number, now: number): number | undefined {
  const growing = 1000 * 2 ** (attempt - 1);
  if (!(outcome instanceof Response)) return growing;
  const { status, headers } = outcome;
  const asked = askedPause(headers, now);
  if (status === 429) return asked ?? unnamedLimit;
  // GitHub's limits have this status too.
  if (status === 403) return asked ?? (/\brate limit/i.test(message) ? unnamedLimit : undefined);
  return status >= 500 && status !== 501 ? (asked ?? growing) : undefined;
}

/** How long an answer asks to wait: until a time or for seconds (RFC 9110), or until a limit that is used up is new. */
function askedPause(headers: Headers, now: number): number | undefined {
  const after = headers.get("retry-after");
  if (after !== null) {
    const until = /^\d+$/.test(after) ? now + Number(after) * 1000 : Date.parse(after);
    if (!Number.isNaN(until)) return Math.max(0, until - now);
  }
  for (const name of ["x-ratelimit", "ratelimit"])
    if (headers.get(`${name}-remaining`) === "0") {
      const reset = Number(headers.get(`${name}-reset`));
      // The platforms' clocks tell whole seconds.
      if (reset > 0) return Math.max(0, reset * 1000 - now) + 1000;
    }
  return undefined;
}
