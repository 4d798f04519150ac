import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import fc from "fast-check";
import { parse, stringify } from "yaml";
import { changesOfSample, digestsOf, shipped } from "../../cli/import/sample.ts";
import { at, drop, isTree, put, type Tree } from "../../config/tree.ts";
import { repository } from "../../lab/paths.ts";

/** Which projects are still the sample: those where nobody has set more than where they run, or hidden a secret. */

const names = readdirSync(repository)
  .filter((name) => /^Pulumi\..*yaml$/.test(name))
  .sort();
const texts = new Map(names.map((name) => [name, readFileSync(join(repository, name), "utf8")]));
const stacks = names.filter((name) => name !== "Pulumi.yaml");
const changesWith = (name: string, text: string) => changesOfSample(new Map([...texts, [name, text]]));
const treeOf = (name: string): Tree => parse(texts.get(name) ?? "");

test("the files that are shipped are the sample; where one is changed, cli/import/sample.ts takes what this says", () => {
  assert.equal(names.length, 5);
  const found = Object.fromEntries(names.map((name) => [name, digestsOf(texts, name)]));
  assert.deepEqual(found, shipped);
  assert.deepEqual(changesOfSample(texts), []);
});

/** Where settings stand in a file. */
const groupOf = (name: string): string[] => (name === "Pulumi.yaml" ? ["config", "vllm:base", "value"] : ["config"]);
const keyOf = (name: string, setting: string) => (name === "Pulumi.yaml" ? setting : `vllm:${setting}`);

const text = fc.stringMatching(/^[a-z][a-z0-9-]{0,12}$/);
const cipher = fc.stringMatching(/^v1:[A-Za-z0-9+/]{12}$/).map((secure) => ({ secure }));
const cluster = fc.oneof(
  fc.record({ eks: text }),
  fc.record({ kubeconfig: text, context: text, eks: text }),
  fc.record({ eks: text, ipFamily: fc.constantFrom("ipv4", "ipv6") }),
  fc.record({ kubeconfig: cipher, context: text }),
  fc.constant(undefined),
);

/** A file with everything changed that does not count. */
const harmless = (name: string): fc.Arbitrary<string> =>
  fc
    .record({
      cluster,
      region: text,
      salt: fc.option(text, { nil: undefined }),
      secrets: fc.subarray<[string[], unknown]>([
        [["apiKey", "value"], { secure: "v1:a" }],
        [["engine", "secretEnv"], { TOKEN: { secure: "v1:b" } }],
        [["models", "chat", "engine", "secretEnv", "X"], { secure: "v1:c" }],
        [
          ["image", "pullSecrets"],
          ["a", { secure: "v1:d" }],
        ],
      ]),
      quoted: fc.boolean(),
      reversed: fc.boolean(),
      comments: fc.boolean(),
      windows: fc.boolean(),
    })
    .map(({ cluster, region, salt, secrets, quoted, reversed, comments, windows }) => {
      const tree = treeOf(name);
      const group = groupOf(name);
      if (cluster) put(tree, [...group, keyOf(name, "cluster")], cluster);
      else drop(tree, [...group, keyOf(name, "cluster")]);
      put(tree, ["config", "aws:region"], name === "Pulumi.yaml" ? { value: region } : region);
      const ofStack = name !== "Pulumi.yaml";
      if (salt && ofStack)
        Object.assign(tree, { encryptionsalt: salt, secretsprovider: "passphrase", encryptedkey: salt });
      if (ofStack)
        for (const [[top = "", ...path], secret] of secrets) put(tree, [...group, `vllm:${top}`, ...path], secret);
      const made = stringify(reversed ? turned(tree) : tree, quoted ? { defaultStringType: "QUOTE_SINGLE" } : {});
      const lines = made
        .split("\n")
        .flatMap((line) => (comments ? ["# Ours.", line ? `${line} # here` : line] : [line]));
      return lines.join(windows ? "\r\n" : "\n");
    });

const turned = (value: unknown): unknown =>
  isTree(value)
    ? Object.fromEntries(
        Object.entries(value)
          .reverse()
          .map(([key, inner]) => [key, turned(inner)]),
      )
    : value;

test("whatever cluster, region, comments, order, quotes, salt and secrets are, it is still the sample", () => {
  const all = fc.tuple(...names.map((name) => fc.option(harmless(name), { nil: texts.get(name) as string })));
  fc.assert(
    fc.property(all, fc.subarray(stacks), (made, gone) => {
      const project = new Map(names.map((name, index) => [name, made[index] ?? ""]));
      for (const name of gone) project.delete(name);
      assert.deepEqual(changesOfSample(project), []);
    }),
    { numRuns: 100 },
  );
  // A stack of one's own that says nothing else.
  const mine = "encryptionsalt: v1:x\nconfig:\n  vllm:cluster:\n    eks: mine\n  aws:region: us-east-1\n";
  assert.deepEqual(changesWith("Pulumi.mine.yaml", mine), []);
});

/** The paths of all settings of a file but those that do not count. */
const leaves = (tree: unknown, path: string[] = []): string[][] =>
  isTree(tree) && Object.keys(tree).length > 0
    ? Object.entries(tree).flatMap(([key, inner]) => leaves(inner, [...path, key]))
    : [path];
const settings = names.flatMap((name) =>
  leaves(at(treeOf(name), groupOf(name)))
    .filter(([top = ""]) => !/^(vllm:)?cluster$|^aws:/.test(top))
    .map((path) => ({ name, path })),
);

test("any other setting that is changed, taken out or added, and it is not", () => {
  assert.ok(settings.length > 30, `${settings.length}`);
  const other = fc.oneof(fc.integer({ min: -5, max: 100_000 }), text, fc.boolean(), fc.constant(null), fc.constant({}));
  const change = fc.record({
    setting: fc.constantFrom(...settings),
    what: fc.constantFrom("changed", "removed", "added"),
    value: other,
    key: text.filter((key) => key !== "cluster"),
  });
  const seen = new Set<string>();
  fc.assert(
    fc.property(change, ({ setting: { name, path }, what, value, key }) => {
      const tree = treeOf(name);
      const whole = [...groupOf(name), ...path];
      const place = what === "added" ? [...whole.slice(0, -1), path.length > 1 ? key : keyOf(name, key)] : whole;
      const before = at(tree, place);
      fc.pre(what !== "changed" || String(before) !== String(value));
      fc.pre(what !== "added" || before === undefined);
      if (what === "removed") drop(tree, place);
      else put(tree, place, value);
      const [found = "", ...more] = changesWith(name, stringify(tree));
      assert.deepEqual(more, []);
      // A key that nothing reads makes the file one that is somebody's.
      assert.ok(found === name || found.endsWith(` (${name})`), found);
      seen.add(`${what} ${name}`);
    }),
    { numRuns: 400, seed: 16 },
  );
  assert.equal(seen.size, 15);
});

test("what is told of a change is its key and its file", () => {
  const changed = (name: string, from: string, to: string) =>
    changesWith(name, (texts.get(name) ?? "").replace(from, to));
  assert.deepEqual(changed("Pulumi.yaml", "product: L4", "product: L40S"), ["vllm:base.gpu (Pulumi.yaml)"]);
  assert.deepEqual(changed("Pulumi.staging.yaml", "replicas: 2", "replicas: 3"), [
    "vllm:replicas (Pulumi.staging.yaml)",
  ]);
  assert.deepEqual(changed("Pulumi.dev.yaml", "config:", "drain: {}\nconfig:"), ["Pulumi.dev.yaml"]);
  assert.deepEqual(changed("Pulumi.dev.yaml", "config:", "config: ["), ["Pulumi.dev.yaml"]);
  assert.deepEqual(changed("Pulumi.prod.yaml", "vllm:gpu", "vlm:gpu"), ["Pulumi.prod.yaml"]);
  assert.deepEqual(changesWith("Pulumi.mine.yaml", "config:\n  vllm:replicas: 1\n"), [
    "vllm:replicas (Pulumi.mine.yaml)",
  ]);
  const beside = changed("Pulumi.yaml", "vllm:base:\n    value:", "vllm:base:\n    values:");
  assert.deepEqual(beside, ["Pulumi.yaml"]);
  // A secret in plain text is a setting like others.
  const plain = (texts.get("Pulumi.test.yaml") ?? "").concat("  vllm:apiKey:\n    value: sk-0123456789abcdef\n");
  assert.deepEqual(changesWith("Pulumi.test.yaml", plain), ["vllm:apiKey (Pulumi.test.yaml)"]);
});
