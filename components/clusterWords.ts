/** What a failed call says, on one line: the API server's own word, or what is behind a failed connection. */
export function inWords(error: unknown): string {
  const { body, cause, message } = error as { body?: unknown; cause?: { message?: string }; message?: string };
  const said = wordOf(body) ?? cause?.message ?? message ?? String(error);
  return said.split("\n")[0] ?? "";
}

/** The message of the Status that an API server refuses with. */
function wordOf(body: unknown): string | undefined {
  try {
    return (JSON.parse(String(body)) as { message?: string } | null)?.message;
  } catch {
    return undefined;
  }
}
