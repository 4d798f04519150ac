import assert from "node:assert/strict";
import { CallError } from "../harness.ts";

/** The failure of a call that left its resource in the state. */
export async function failure(
  call: Promise<unknown>,
): Promise<{ message: string; reasons: string[]; seconds: number }> {
  const start = Date.now();
  try {
    await call;
  } catch (error) {
    if (!(error instanceof CallError) || !error.init) throw error;
    return { message: error.message, reasons: error.init.reasons, seconds: (Date.now() - start) / 1000 };
  }
  assert.fail("it was to fail");
}
