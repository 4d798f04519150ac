import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { report } from "../lab/errors.ts";

const usage = `usage: npm run bench -- preview | against COMMIT [PAIRS] | review [ROUNDS] | serve [ROUNDS] [--file FILE] [--anew]
  preview  the preview beside a flat program of the same resources, with 1, 10 and 50 models
  against  the preview beside that of an earlier commit, in turn; 15 pairs where none are given
  review   what a review adds to the preview, and all four stacks beside one after the other; 9 rounds where none are given
  serve    requests lost while pods come and go, beside the pods of other charts, on a lab of its own with real nodes
           (needs root); carries on where FILE ends (.lab/serve.jsonl) until 100,000 requests and 50 rollouts,
           scale-downs and drains are measured, or ROUNDS rounds of each chart; --anew forgets what FILE has`;

const count = /^[1-9]\d*$/;

/** Runs what is asked for; false: it is not understood. The modules are loaded last: the lab's know its folder by then. */
async function main(): Promise<boolean> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { file: { type: "string" }, anew: { type: "boolean", default: false } },
  });
  const [name, first, second = "15", ...more] = positionals;
  if (more.length > 0) return false;
  if (name === "preview") await (await import("./preview.ts")).preview();
  else if (name === "against" && first && count.test(second))
    await (await import("./against.ts")).against(first, Number(second));
  else if (name === "review" && (first === undefined || count.test(first)))
    await (await import("./review.ts")).review(Number(first ?? 9));
  else if (name === "serve" && (first === undefined || count.test(first))) {
    const folder = resolve(process.env.LAB_STATE ?? join(import.meta.dirname, "../.lab"));
    process.env.LAB_STATE = join(folder, "bench");
    const file = resolve(values.file ?? join(folder, "serve.jsonl"));
    const { serve } = await import("./serve/serve.ts");
    await serve({ file, anew: values.anew, ...(first ? { each: Number(first) } : {}) });
  } else return false;
  return true;
}

try {
  if (!(await main())) {
    console.error(usage);
    process.exitCode = 2;
  }
} catch (error) {
  if ((error as NodeJS.ErrnoException).code?.startsWith("ERR_PARSE_ARGS")) {
    console.error(usage);
    process.exitCode = 2;
  } else process.exitCode = report(error);
}
