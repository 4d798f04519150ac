import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { promisify } from "node:util";
import fc from "fast-check";
import { type Posted, placeOf, postComments } from "../../../review/comment/post.ts";
import { startPlatform } from "./fakePlatform.ts";
import { bot, environment, folderOf, type Kind, kinds, markLine, quickClock, standing, token } from "./job.ts";

/** Two runs at once on one request: in the end one comment a stack, of the newer run. */

const tokens = { older: `${token}1`, newer: `${token}2` } as const;
type Who = keyof typeof tokens;
const whose = (given: string): Who => (given === tokens.older ? "older" : "newer");
const isList = (name: string) => /^GET .*(comments|notes)$/.test(name);

for (const kind of kinds)
  test(`${kind}: two processes that find no comment both, and write at once`, async (t) => {
    const { platform, address } = await startPlatform(t, kind);
    const folder = folderOf(t);
    for (const given of Object.values(tokens)) platform.accounts.set(given, bot);
    // Neither list is answered before both are asked for.
    let lists = 0;
    let both = () => {};
    const listed = new Promise<void>((done) => {
      both = done;
    });
    platform.gate = ({ method, path }) => {
      if (!isList(`${method} ${path}`) || ++lists > 2) return;
      if (lists === 2) setImmediate(both);
      return listed;
    };
    const run = promisify(execFile);
    const said = await Promise.all(
      ([50, 51] as const).map((number) => {
        const given = number === 50 ? tokens.older : tokens.newer;
        const env = { PATH: process.env.PATH, ...environment(kind, address, folder, { run: number, token: given }) };
        const comments = ["prod", "dev"].map((stack) => ({ stack, markdown: `${stack} of run ${number}` }));
        return run(process.execPath, [join(import.meta.dirname, "postOnce.ts"), JSON.stringify(comments)], { env });
      }),
    );
    assert.deepEqual(standing(platform), [
      `${bot.login}: ${markLine("prod", 51)}\nprod of run 51`,
      `${bot.login}: ${markLine("dev", 51)}\ndev of run 51`,
    ]);
    for (const { stdout, stderr } of said) {
      assert.match(stdout, /^(prod, dev: comment (created|edited|left to a newer run)\n|prod: .*\ndev: .*\n)$/);
      assert.doesNotMatch(stdout + stderr, new RegExp(token));
    }
  });

/** What two runs are given, and in which order their requests are carried out. */
interface Course {
  /** Comments that earlier runs left. */
  earlier: number;
  /** Whose turn it is, while both wait. */
  turns: boolean[];
  /** Whether the older run's commit is no longer the newest. */
  isBehind: boolean;
  /** Before which request somebody deletes the oldest comment. */
  deletion?: number;
}

const course: fc.Arbitrary<Course> = fc.record({
  earlier: fc.integer({ min: 0, max: 3 }),
  turns: fc.array(fc.boolean(), { minLength: 12, maxLength: 40 }),
  isBehind: fc.boolean(),
});

type Requests = readonly { who: Who; name: string }[];
const isWrite = (name: string) => /^(POST .*s|PATCH .*|PUT .*)$/.test(name);

/** Lets two runs go on a request at a time, in the order of a course; gives the comments that are left. */
async function inTurns(kind: Kind, { earlier, turns, isBehind, deletion }: Course) {
  const ends: (() => void)[] = [];
  const t = { after: (end: () => void) => ends.push(end) } as unknown as TestContext;
  const { platform, address } = await startPlatform(t, kind);
  const folder = folderOf(t);
  for (const given of Object.values(tokens)) platform.accounts.set(given, bot);
  for (let run = 1; run <= earlier; run++) platform.add(bot, `${markLine("prod", run)}\nrun ${run}`);
  platform.head = "newest";
  const requests: { who: Who; name: string }[] = [];
  const waiting = new Map<Who, () => void>();
  const going = new Set<Who>(["older", "newer"]);
  const next = () => {
    if (waiting.size < going.size) return;
    const [first, second] = waiting.keys();
    const who = (turns[requests.length % turns.length] ? second : undefined) ?? first;
    if (who === undefined) return;
    if (requests.length === deletion) platform.comments = platform.comments.slice(1);
    const go = waiting.get(who);
    waiting.delete(who);
    go?.();
  };
  platform.gate = ({ method, path }, given) =>
    new Promise((done) => {
      waiting.set(whose(given), () => {
        requests.push({ who: whose(given), name: `${method} ${path}` });
        done();
      });
      next();
    });
  const post = async (who: Who): Promise<Posted[]> => {
    const head = who === "older" && isBehind ? "before" : "newest";
    const env = environment(kind, address, folder, { run: who === "older" ? 50 : 51, head, token: tokens[who] });
    try {
      return await postComments(placeOf(env), "vllm", [{ stack: "prod", markdown: who }], { clock: quickClock() });
    } finally {
      going.delete(who);
      next();
    }
  };
  try {
    const results = await Promise.all([post("older"), post("newer")]);
    for (const [{ outcome = "" } = {}] of results) assert.match(outcome, /^(created|edited|newer)$/);
    return { left: standing(platform), requests };
  } finally {
    for (const end of ends) end();
  }
}

/** Whether the older run wrote over the newer's: between two looks of its own, and after the newer's last. */
function wroteLate(requests: Requests): boolean {
  const last = (who: Who, is: (name: string) => boolean, before = requests.length) =>
    requests.slice(0, before).findLastIndex((one) => one.who === who && is(one.name));
  const write = last("older", (name) => /^(PATCH|PUT)/.test(name));
  return write > last("newer", isList) && last("older", isList, write) < last("newer", isWrite);
}

const texts = {
  older: `${bot.login}: ${markLine("prod", 50)}\nolder`,
  newer: `${bot.login}: ${markLine("prod", 51)}\nnewer`,
};

for (const kind of kinds) {
  test(`${kind}: whatever the order of two runs, one comment is left, of the newer but for one moment`, async () => {
    await fc.assert(
      fc.asyncProperty(course, async (given) => {
        const { left, requests } = await inTurns(kind, given);
        const text = !given.isBehind && wroteLate(requests) ? texts.older : texts.newer;
        assert.deepEqual(left, [text], JSON.stringify(requests));
      }),
      { numRuns: 50 },
    );
  });

  test(`${kind}: the same while somebody deletes the comment: none is left twice, nor missing where one was to be written`, async () => {
    await fc.assert(
      fc.asyncProperty(course, fc.integer({ min: 0, max: 16 }), async (given, deletion) => {
        const { left, requests } = await inTurns(kind, { ...given, deletion });
        const isBeforeAll = deletion <= requests.findIndex(({ name }) => isWrite(name));
        assert.ok(left.length === 1 || (left.length === 0 && !isBeforeAll), JSON.stringify([left, requests]));
        for (const one of left) assert.ok(one === texts.newer || (!given.isBehind && one === texts.older), one);
      }),
      { numRuns: 50 },
    );
  });
}
