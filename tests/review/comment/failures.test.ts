import assert from "node:assert/strict";
import { createServer } from "node:http";
import { type TestContext, test } from "node:test";
import { inspect } from "node:util";
import { listen } from "../../../lab/listen.ts";
import { placeOf, postComments, postedText } from "../../../review/comment/post.ts";
import type { Fault } from "./fakePlatform.ts";
import {
  bot,
  both,
  environment,
  type Job,
  type Kind,
  kinds,
  markLine,
  other,
  outcomesOf,
  quickClock,
  requestOn,
  standing,
  token,
} from "./job.ts";

/** Platforms that fail, limit and forbid: one comment a stack in the end, or one clear message. */

const request: Record<Kind, string> = { GitHub: "pull request 7 of o/r", GitLab: "merge request 7" };
const isWrite = (one: string) => !/^GET |graphql$/.test(one);

/** Posts both comments on a platform with faults; nothing that it says has the token in it. */
async function posted(t: TestContext, kind: Kind, faults: Fault[], job: Job = {}, comments = both) {
  const all = await requestOn(t, kind);
  all.platform.faults = faults;
  const results = await all.post(comments, job);
  assert.doesNotMatch(inspect([results, all.said], { depth: 9 }) + postedText(results), new RegExp(token));
  return { ...all, results };
}
for (const kind of kinds) {
  const name = kind === "GitHub" ? "GITHUB_TOKEN" : "GITLAB_TOKEN";
  const unwritten = `${kind} did not take the comment on ${request[kind]}`;

  for (const [what, of] of [
    ["its account", kind === "GitHub" ? /graphql$/ : /GET \/user$/],
    ["the newest commit", /GET .*(pulls|merge_requests)\/7$/],
    ["the list", /GET .*(comments|notes)$/],
  ] as const)
    for (const status of [500, 502, 503, 504])
      test(`${kind}: ${status} for ${what}, then fine: one comment a stack`, async (t) => {
        const { platform, clock, results } = await posted(t, kind, [{ of, status, body: "<html>", times: 2 }]);
        assert.deepEqual(outcomesOf(results), ["prod created", "dev created"]);
        assert.equal(platform.comments.length, 2);
        assert.deepEqual(clock.waits, [1000, 2000]);
      });

  for (const isCarriedOut of [false, true])
    test(`${kind}: 502 for a new comment that was ${isCarriedOut ? "" : "not "}written: it is looked for, not sent again`, async (t) => {
      const { platform, results } = await posted(t, kind, [
        { of: /^POST .*(comments|notes)$/, status: 502, isCarriedOut },
      ]);
      assert.deepEqual(outcomesOf(results), ["prod created", "dev created"]);
      assert.equal(platform.comments.length, 2);
      assert.equal(platform.asked.filter(isWrite).length, isCarriedOut ? 2 : 3);
    });

  test(`${kind}: answers that are cut off are no answers: lists are asked for again, a new comment is looked for`, async (t) => {
    const { platform, post, clock } = await requestOn(t, kind);
    for (let at = 0; at < 120; at++) platform.add(other, `remark ${at}`);
    platform.add(bot, `${markLine("prod", 1)}\nold`);
    platform.faults = [
      { of: /^GET .*(comments|notes)$/, status: 0, isCut: true, times: 2 },
      { of: /^POST .*(comments|notes)$/, status: 0, isCut: true },
    ];
    assert.deepEqual(outcomesOf(await post(both)), ["prod edited", "dev created"]);
    assert.equal(platform.comments.length, 122);
    assert.equal(platform.asked.filter((one) => /^POST .*(comments|notes)$/.test(one)).length, 1);
    assert.deepEqual(clock.waits, [1000, 2000]);
  });

  test(`${kind}: 502 for an edit and a removal that were carried out: as if nothing had been`, async (t) => {
    const { platform, post } = await requestOn(t, kind);
    platform.add(bot, `${markLine("prod", 1)}\nold`);
    platform.add(bot, `${markLine("prod", 2)}\nold`);
    platform.faults = [{ of: /^(PATCH|PUT|DELETE)/, status: 502, isCarriedOut: true, times: 2 }];
    assert.deepEqual(outcomesOf(await post(both.slice(0, 1))), ["prod edited"]);
    assert.deepEqual(standing(platform), [`${bot.login}: ${markLine("prod")}\ngrows`]);
  });

  test(`${kind}: 502 for ever: five tries, one message for all stacks`, async (t) => {
    const { platform, results, clock } = await posted(t, kind, [
      { of: /GET .*(comments|notes)$/, status: 502, times: 99 },
    ]);
    assert.equal(platform.asked.filter((one) => /^GET .*(comments|notes)$/.test(one)).length, 5);
    assert.deepEqual(clock.waits, [1000, 2000, 4000, 8000]);
    assert.equal(
      postedText(results),
      `prod, dev: no comment: ${unwritten} (502: Bad Gateway, 5 times): run the job again once it answers`,
    );
  });

  test(`${kind}: a new comment that is never taken: one message, and none is left`, async (t) => {
    const { platform, results } = await posted(t, kind, [{ of: /^POST .*(comments|notes)$/, status: 502, times: 99 }]);
    const message = `${unwritten} (502: Bad Gateway): run the job again once it answers`;
    assert.equal(postedText(results), `prod, dev: no comment: ${message}`);
    assert.deepEqual(platform.comments, []);
  });

  test(`${kind}: 429 for each kind of write: it waits as long as asked, and says so`, async (t) => {
    const { platform, post, clock, said } = await requestOn(t, kind);
    platform.add(bot, `${markLine("prod", 1)}\nold`);
    platform.add(bot, `${markLine("prod", 2)}\nold`);
    const headers = { "retry-after": "7" };
    platform.faults = [/^POST .*s$/, /^(PATCH|PUT)/, /^DELETE/].map((of) => ({ of, status: 429, headers, body: {} }));
    assert.deepEqual(outcomesOf(await post(both)), ["prod edited", "dev created"]);
    assert.deepEqual(clock.waits, [7000, 7000, 7000]);
    assert.deepEqual(said, Array(3).fill(`${kind} asks to wait 7 s …`));
    assert.equal(platform.comments.length, 2);
  });

  test(`${kind}: a date, an unnamed time, and a limit that is used up until a time`, async (t) => {
    const { platform, post, clock } = await requestOn(t, kind);
    const second = Math.ceil(clock.now() / 1000);
    const limit = kind === "GitHub" ? "x-ratelimit" : "ratelimit";
    const of = /GET .*(comments|notes)$/;
    platform.faults = [
      { of, status: 503, headers: { "retry-after": new Date(clock.now() + 9000).toUTCString() } },
      { of, status: 429 },
      { of, status: 429, headers: { [`${limit}-remaining`]: "0", [`${limit}-reset`]: String(second + 100) } },
    ];
    assert.deepEqual(outcomesOf(await post(both)), ["prod created", "dev created"]);
    // A second more than until the reset, whose time is told in whole ones.
    assert.deepEqual(clock.waits, [9000, 60_000, 100_000 - 69_000 + 1000]);
  });

  test(`${kind}: a wait that is too long is not begun`, async (t) => {
    const headers = { "retry-after": "3600" };
    const { clock, results } = await posted(t, kind, [
      { of: /GET/, status: 429, headers, body: { message: "too much" } },
    ]);
    assert.deepEqual(clock.waits, []);
    const message = `${unwritten} (429: too much; it asks to wait 3600 s, which is too long): run the job again later`;
    assert.equal(postedText(results), `prod, dev: no comment: ${message}`);
  });

  const refusals: [what: string, status: number, message: string, next: string][] = [
    ["a wrong token", 401, "Bad credentials", `${name} is wrong`],
    ["a token without rights", 403, "Resource not accessible", "the token has no right to it: "],
    ["a locked conversation", 403, "Unable to create comment because issue is locked.", "its conversation is locked: "],
    ["an archived repository", 403, "Repository was archived so is read-only.", "its repository is archived, "],
    ["no such request", 404, "Not Found", "there is no such request, or the token may not see it"],
    ["a request without comments", 410, "Gone", "it takes no comments any more"],
  ];
  for (const [what, status, message, next] of refusals)
    test(`${kind}: ${what}: one message that says what to do, nothing tried twice`, async (t) => {
      const { platform, results, clock } = await posted(t, kind, [
        { of: /^POST .*(comments|notes)$/, status, body: { message } },
      ]);
      const text = postedText(results);
      assert.ok(text.startsWith(`prod, dev: no comment: ${unwritten} (${status}: ${message}): ${next}`), text);
      assert.deepEqual(outcomesOf(results), ["prod failed", "dev failed"]);
      assert.deepEqual(clock.waits, []);
      assert.equal(platform.asked.filter(isWrite).length, 1);
    });

  test(`${kind}: what one comment says is refused: the others are written`, async (t) => {
    const status = kind === "GitHub" ? 422 : 400;
    const { platform, results } = await posted(t, kind, [
      { of: /^POST .*(comments|notes)$/, status, body: { message: "no", errors: [{ field: "body" }] } },
    ]);
    assert.deepEqual(results, [
      {
        ...{ stack: "prod", outcome: "failed" },
        message: `${unwritten} (${status}: no: [{"field":"body"}]): see what it says`,
      },
      { stack: "dev", outcome: "created" },
    ]);
    assert.deepEqual(standing(platform), [`${bot.login}: ${markLine("dev")}\nshrinks`]);
  });

  test(`${kind}: a comment that is changed back each time it is written: it is left after five times, and told`, async (t) => {
    const { platform, post, clock } = await requestOn(t, kind);
    const own = platform.add(bot, "");
    platform.gate = ({ method }) => {
      if (method === "GET") own.body = `${markLine("prod", 1)}\nold`;
    };
    const message = `${unwritten} (409: its comments change as fast as they are written): see what it says`;
    assert.equal(postedText(await post(both.slice(0, 1))), `prod: no comment: ${message}`);
    assert.equal(platform.asked.filter(isWrite).length, 5);
    assert.deepEqual(clock.waits, [1000, 2000, 4000]);
  });

  test(`${kind}: a token that nobody knows`, async (t) => {
    const { results } = await posted(t, kind, [], { token: "glpat-nobodys" });
    const said = kind === "GitHub" ? "Bad credentials" : "401 Unauthorized";
    assert.ok(postedText(results).startsWith(`prod, dev: no comment: ${unwritten} (401: ${said}): ${name} is wrong`));
  });

  test(`${kind}: an answer with the token and with lines of its own is told on one line without it`, async (t) => {
    const message = `no ${token}\n::error::\u202eno`;
    const { results } = await posted(t, kind, [{ of: /^POST .*(comments|notes)$/, status: 400, body: { message } }]);
    const [{ message: told = "" } = {}] = results.filter((one) => "message" in one);
    assert.ok(told.includes("(400: no [token]\\u000a::error::\\u202eno): "), told);
  });

  test(`${kind}: a page of something else at its address`, async (t) => {
    const { results } = await posted(t, kind, [{ of: /./, status: 200, body: "<html>sign in</html>", times: 99 }]);
    assert.match(
      postedText(results),
      /\(200: the answer is no JSON: something else answers at the address of the API\)/,
    );
  });

  test(`${kind}: nobody at its address`, async (t) => {
    const { folder } = await requestOn(t, kind);
    const closed = createServer();
    const port = await listen(closed);
    closed.close();
    const address = `http://127.0.0.1:${port}${kind === "GitHub" ? "" : "/api/v4"}`;
    const place = placeOf(environment(kind, address, folder));
    const results = await postComments(place, "vllm", both, { clock: quickClock() });
    const message = `${unwritten} (no answer: connect ECONNREFUSED 127.0.0.1:${port}, 5 times): run the job again once it answers`;
    assert.equal(postedText(results), `prod, dev: no comment: ${message}`);
  });
}

test("GitHub: a limit that has status 403 is waited for, by its words or its headers", async (t) => {
  const { platform, post, clock } = await requestOn(t, "GitHub");
  const of = /^POST .*comments$/;
  const message = "You have exceeded a secondary rate limit. Please wait a few minutes before you try again.";
  platform.faults = [
    { of, status: 403, body: { message } },
    { of, status: 403, body: { message }, headers: { "retry-after": "30" } },
  ];
  assert.deepEqual(outcomesOf(await post(both)), ["prod created", "dev created"]);
  assert.deepEqual(clock.waits, [60_000, 30_000]);
});
