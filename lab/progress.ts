const out = process.stderr;

/** Seconds as `m:ss`. */
export function clock(seconds: number): string {
  return `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, "0")}`;
}

/**
 * Runs one step and says what it does, how long it has run and about how long it takes: on a terminal one line that is
 * rewritten every second, elsewhere a line every 30 s. Ends with the time it took.
 */
export async function step<T>(what: string, about: string, work: () => Promise<T>): Promise<T> {
  const begin = performance.now();
  const elapsed = () => (performance.now() - begin) / 1000;
  const rewrite = out.isTTY === true;
  const line = () => `${what} … ${clock(elapsed())}, about ${about}`;
  const show = () => out.write(rewrite ? `\r\x1b[2K${line()}` : `${line()}\n`);
  const timer = setInterval(show, rewrite ? 1000 : 30_000);
  show();
  const end = (how: string) => {
    clearInterval(timer);
    out.write(`${rewrite ? "\r\x1b[2K" : ""}${what} … ${how} ${clock(elapsed())}\n`);
  };
  try {
    const result = await work();
    end("done in");
    return result;
  } catch (error) {
    end("stopped after");
    throw error;
  }
}
