import assert from "node:assert/strict";
import { test } from "node:test";
import { bot, type Kind, kinds, markLine, other, requestOn, standing } from "./job.ts";

/** One comment a stack: what is written, and what is left as it is. */

/** What is asked of a platform, less what differs between them. */
const writes = (asked: readonly string[]) => asked.filter((one) => !/^GET |graphql$/.test(one));
const notes: Record<Kind, string> = {
  GitHub: "/repos/o/r/issues/7/comments",
  GitLab: "/projects/12/merge_requests/7/notes",
};
const edits: Record<Kind, string> = {
  GitHub: "PATCH /repos/o/r/issues/comments",
  GitLab: "PUT /projects/12/merge_requests/7/notes",
};
const removals: Record<Kind, string> = {
  GitHub: "DELETE /repos/o/r/issues/comments",
  GitLab: "DELETE /projects/12/merge_requests/7/notes",
};
const reads: Record<Kind, string[]> = {
  GitHub: ["GET /repos/o/r/pulls/7", "GET /repos/o/r/issues/7/comments"],
  GitLab: ["GET /projects/12/merge_requests/7", "GET /projects/12/merge_requests/7/notes"],
};
const account: Record<Kind, string> = { GitHub: "POST /graphql", GitLab: "GET /user" };

for (const kind of kinds) {
  test(`${kind}: a stack without a comment gets one, the next run edits it, the same again writes nothing`, async (t) => {
    const { platform, post, said } = await requestOn(t, kind);
    assert.deepEqual(await post([{ stack: "prod", markdown: "one" }]), [{ stack: "prod", outcome: "created" }]);
    assert.deepEqual(standing(platform), [`${bot.login}: ${markLine("prod")}\none`]);
    assert.deepEqual(platform.asked, [account[kind], ...reads[kind], `POST ${notes[kind]}`, ...reads[kind]]);

    const [{ id = 0 } = {}] = platform.comments;
    platform.asked = [];
    const second = await post([{ stack: "prod", markdown: "two" }], { run: 51 });
    assert.deepEqual(second, [{ stack: "prod", outcome: "edited" }]);
    assert.deepEqual(standing(platform), [`${bot.login}: ${markLine("prod", 51)}\ntwo`]);
    assert.deepEqual(writes(platform.asked), [`${edits[kind]}/${id}`]);

    platform.asked = [];
    const third = await post([{ stack: "prod", markdown: "two\r\n" }], { run: 52 });
    assert.deepEqual(third, [{ stack: "prod", outcome: "unchanged" }]);
    assert.deepEqual(platform.asked, [account[kind], ...reads[kind]]);
    assert.deepEqual(said, []);
  });

  test(`${kind}: among 250 comments its own is found on the third page, and edited in place`, async (t) => {
    const { platform, post } = await requestOn(t, kind);
    for (let at = 0; at < 249; at++) platform.add(other, `remark ${at}`);
    const own = platform.add(bot, `${markLine("prod", 3)}\nold`);
    const before = standing(platform).slice(0, 249);
    platform.asked = [];
    assert.deepEqual(await post([{ stack: "prod", markdown: "new" }]), [{ stack: "prod", outcome: "edited" }]);
    assert.deepEqual(standing(platform), [...before, `${bot.login}: ${markLine("prod")}\nnew`]);
    const [head = "", list = ""] = reads[kind];
    const pages = [list, list, list];
    assert.deepEqual(platform.asked, [account[kind], head, ...pages, `${edits[kind]}/${own.id}`, head, ...pages]);
  });

  test(`${kind}: of earlier duplicates on any page the oldest stays, with this run's text; nobody else's goes`, async (t) => {
    const { platform, post } = await requestOn(t, kind);
    const own = [1, 2, 3].map((run) => {
      const comment = platform.add(bot, `${markLine("prod", run)}\nrun ${run}`);
      for (let at = 0; at < 70; at++) platform.add(other, `remark ${run} ${at}`);
      return comment;
    });
    const others = [
      platform.add(other, `${markLine("prod", 99)}\nforged`),
      platform.add(bot, `${markLine("prod", 99, "website")}\nanother project's`),
      platform.add(bot, `${markLine("prod-eu", 99)}\nanother stack's`),
      platform.add(bot, `> ${markLine("prod", 99)}\nquoted`),
      platform.add(bot, `see\n${markLine("prod", 99)}\nbelow the first line`),
      platform.add(bot, `${markLine("prod", 99)} and more\nno mark`),
      platform.add({ id: 6, login: "github-actions" }, `${markLine("prod", 99)}\nof a person with nearly that name`),
    ].map(({ id, body }) => ({ id, body }));
    assert.deepEqual(await post([{ stack: "prod", markdown: "new" }]), [{ stack: "prod", outcome: "edited" }]);
    const [first, ...gone] = own.map(({ id }) => id);
    assert.deepEqual(writes(platform.asked), [
      `${edits[kind]}/${first}`,
      ...gone.map((id) => `${removals[kind]}/${id}`),
    ]);
    const left = platform.comments.filter(({ body }) => !body.startsWith("remark"));
    assert.deepEqual(
      left.map(({ id, body }) => ({ id, body })),
      [{ id: first, body: `${markLine("prod")}\nnew` }, ...others],
    );
    assert.equal(platform.comments.length, 210 + left.length);
  });

  test(`${kind}: each stack has its own, and one that says nothing new gets none`, async (t) => {
    const { platform, post } = await requestOn(t, kind);
    platform.add(bot, `${markLine("dev", 1)}\nscales to 3`);
    const outcomes = await post([
      { stack: "prod", markdown: "grows" },
      { stack: "dev", markdown: "no change any more", isNew: false },
      { stack: "test", markdown: "no change", isNew: false },
    ]);
    assert.deepEqual(outcomes, [
      { stack: "prod", outcome: "created" },
      { stack: "dev", outcome: "edited" },
      { stack: "test", outcome: "absent" },
    ]);
    assert.deepEqual(standing(platform), [
      `${bot.login}: ${markLine("dev")}\nno change any more`,
      `${bot.login}: ${markLine("prod")}\ngrows`,
    ]);
  });

  test(`${kind}: the comment of a stack that is gone says so, once; a run of one stack leaves it`, async (t) => {
    const { platform, post } = await requestOn(t, kind);
    platform.add(bot, `${markLine("old", 1)}\nscales to 3`);
    platform.add(bot, `${markLine("old", 1, "website")}\nanother project's`);
    const gone = (stack: string) => `Stack ${stack} is gone.`;
    const comments = [{ stack: "prod", markdown: "grows" }];
    assert.deepEqual(await post(comments), [{ stack: "prod", outcome: "created" }]);
    assert.equal(platform.comments[0]?.body, `${markLine("old", 1)}\nscales to 3`);
    assert.deepEqual(await post(comments, { run: 51 }, { gone }), [
      { stack: "prod", outcome: "unchanged" },
      { stack: "old", outcome: "edited" },
    ]);
    assert.deepEqual(await post(comments, { run: 52 }, { gone }), [{ stack: "prod", outcome: "unchanged" }]);
    assert.deepEqual(standing(platform), [
      `${bot.login}: ${markLine("old", 51)}\nStack old is gone.`,
      `${bot.login}: ${markLine("old", 1, "website")}\nanother project's`,
      `${bot.login}: ${markLine("prod")}\ngrows`,
    ]);
  });

  test(`${kind}: what a newer run wrote stays, be it of the same commit or of one that was pushed since`, async (t) => {
    const { platform, post } = await requestOn(t, kind);
    platform.add(bot, `${markLine("prod", 60)}\nnewer`);
    const newer = [{ stack: "prod", outcome: "newer" }];
    assert.deepEqual(await post([{ stack: "prod", markdown: "mine" }], { run: 59, attempt: 4 }), newer);
    assert.deepEqual(await post([{ stack: "prod", markdown: "mine" }], { run: 60, attempt: 1 }), [
      { stack: "prod", outcome: "edited" },
    ]);
    assert.deepEqual(standing(platform), [`${bot.login}: ${markLine("prod", 60)}\nmine`]);
    platform.head = "head1";
    platform.asked = [];
    assert.deepEqual(await post([{ stack: "prod", markdown: "late" }], { run: 61 }), newer);
    assert.deepEqual(await post([{ stack: "dev", markdown: "late" }], { run: 61 }), [
      { stack: "dev", outcome: "newer" },
    ]);
    assert.deepEqual(writes(platform.asked), []);
  });

  test(`${kind}: an older run takes away what a newer one has already in the oldest, and copies nothing`, async (t) => {
    const { platform, post } = await requestOn(t, kind);
    const comments = [{ stack: "prod", markdown: "mine" }];
    const newer = [{ stack: "prod", outcome: "newer" }];
    const first = platform.add(bot, `${markLine("prod", 50)}\nolder`);
    const second = platform.add(bot, `${markLine("prod", 60)}\nnewer`);
    platform.add(bot, `${markLine("prod", 55)}\nbetween`);
    assert.deepEqual(await post(comments), newer);
    assert.equal(platform.comments.length, 3);
    first.body = second.body;
    assert.deepEqual(await post(comments), newer);
    assert.deepEqual(standing(platform), [`${bot.login}: ${markLine("prod", 60)}\nnewer`]);
    assert.deepEqual(platform.comments[0]?.id, first.id);
  });

  test(`${kind}: one that is deleted while it is edited is written anew`, async (t) => {
    const { platform, post } = await requestOn(t, kind);
    platform.add(bot, `${markLine("prod", 1)}\nold`);
    platform.gate = ({ method }) => {
      if (method !== "PATCH" && method !== "PUT") return;
      platform.comments = [];
      platform.gate = () => {};
    };
    assert.deepEqual(await post([{ stack: "prod", markdown: "new" }]), [{ stack: "prod", outcome: "created" }]);
    assert.deepEqual(standing(platform), [`${bot.login}: ${markLine("prod")}\nnew`]);
    assert.deepEqual(writes(platform.asked).length, 2);
  });

  test(`${kind}: duplicates that are gone before they are deleted are none`, async (t) => {
    const { platform, post } = await requestOn(t, kind);
    for (let at = 0; at < 10; at++) platform.add(bot, `${markLine("prod", 50)}\nnew`);
    platform.gate = ({ method, path }) => {
      if (method !== "DELETE") return;
      platform.comments = platform.comments.filter(({ id }) => !path.endsWith(String(id)));
    };
    assert.deepEqual(await post([{ stack: "prod", markdown: "new" }]), [{ stack: "prod", outcome: "unchanged" }]);
    assert.deepEqual(standing(platform), [`${bot.login}: ${markLine("prod")}\nnew`]);
  });

  test(`${kind}: a text that the platform changes is written once a run`, async (t) => {
    const { platform, post } = await requestOn(t, kind);
    platform.settle = (body) => body.replaceAll("\u200b", "");
    const comments = [{ stack: "prod", markdown: "a\u200bb" }];
    assert.deepEqual(await post(comments), [{ stack: "prod", outcome: "created" }]);
    assert.equal(writes(platform.asked).length, 1);
    platform.asked = [];
    assert.deepEqual(await post(comments, { run: 51 }), [{ stack: "prod", outcome: "edited" }]);
    assert.equal(writes(platform.asked).length, 1);
  });

  test(`${kind}: one that is not listed yet is not written twice`, async (t) => {
    const { platform, post } = await requestOn(t, kind);
    platform.faults = [{ of: new RegExp(`^${reads[kind][1]}$`), status: 200, body: [], times: 2 }];
    assert.deepEqual(await post([{ stack: "prod", markdown: "new" }]), [{ stack: "prod", outcome: "created" }]);
    assert.deepEqual(writes(platform.asked), [`POST ${notes[kind]}`]);
  });

  test(`${kind}: a comment that is too long is refused before anything is sent for it, and nothing is cut`, async (t) => {
    const { platform, post } = await requestOn(t, kind);
    platform.add(bot, `${markLine("long", 1)}\nshort`);
    const limit = kind === "GitHub" ? 65_536 : 1_000_000;
    const room = limit - markLine("fits").length - 1;
    const fits = "ö".repeat(room);
    const posted = await post(
      [
        { stack: "fits", markdown: fits },
        { stack: "long", markdown: `${fits}ö` },
      ],
      {},
      { gone: () => "gone" },
    );
    const message = `the comment has ${limit + 1} characters, and ${kind} takes ${limit}`;
    assert.deepEqual(posted, [
      { stack: "fits", outcome: "created" },
      { stack: "long", outcome: "failed", message },
    ]);
    assert.deepEqual(standing(platform), [
      `${bot.login}: ${markLine("long", 1)}\nshort`,
      `${bot.login}: ${markLine("fits")}\n${fits}`,
    ]);
  });
}

test("GitHub Enterprise Server: the addresses of its API", async (t) => {
  const { platform, post } = await requestOn(t, "GitHub", "/api/v3");
  assert.deepEqual(await post([{ stack: "prod", markdown: "one" }]), [{ stack: "prod", outcome: "created" }]);
  // GraphQL is not below the other one's path there.
  assert.equal(platform.asked[0], "POST /api/graphql");
  assert.equal(platform.asked[1], reads.GitHub[0]);
});
