import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { repository } from "../../lab/paths.ts";
import { isSecret, isUnknown, type Properties, plain, unknown } from "../../lab/standins/plugin/values.ts";
import { ProviderUnderTest, realPlugin, urnOf } from "./harness.ts";

const real = realPlugin("pulumi-resource-random");
const plugins: [string, string][] = [["stand-in", join(repository, "lab/standins/random/main.ts")]];
if (real) plugins.push(["real plugin", real]);

for (const [which, path] of plugins) {
  describe(`random, ${which}`, () => {
    let provider: ProviderUnderTest;
    before(async () => {
      provider = await ProviderUnderTest.start(path);
      await provider.configure();
    });
    after(() => provider.stop());

    const password = urnOf("random:index/randomPassword:RandomPassword", "key");
    const asked: Properties = { length: 32, special: false, keepers: { rotation: "1" } };

    test("says its version, that of the SDK", async () => {
      assert.match(await provider.version(), /^4\.21\.2(\+|$)/);
    });

    test("check keeps the inputs as they are", async () => {
      assert.deepEqual(await provider.check(password, asked), { inputs: asked, failures: [] });
    });

    test("check refuses a password without a length", async () => {
      const { failures } = await provider.check(password, { special: false });
      assert.equal(failures.length, 1);
      assert.match(failures[0]?.reason ?? "", /Missing required property 'length'/);
    });

    test("check refuses more required characters than the length allows", async () => {
      const { failures } = await provider.check(password, { length: 3, minLower: 5 });
      assert.equal(failures.length, 1);
    });

    test("check passes an unknown length", async () => {
      assert.deepEqual((await provider.check(password, { length: unknown })).failures, []);
    });

    test("a preview shows the inputs and their defaults, not a value", async () => {
      const { id, outputs } = await provider.create(password, asked, { preview: true });
      assert.equal(id, "");
      assert.ok(isUnknown(outputs.result));
      assert.deepEqual([outputs.length, outputs.special, outputs.upper, outputs.minLower], [32, false, true, 0]);
      assert.deepEqual(outputs.keepers, { rotation: "1" });
    });

    test("a password is secret from its birth, as asked for, and another every time", async () => {
      const made = await Promise.all(Array.from({ length: 5 }, () => provider.create(password, asked)));
      const results = made.map(({ id, outputs }) => {
        assert.equal(id, "none");
        assert.ok(isSecret(outputs.result));
        const result = String(plain(outputs.result ?? ""));
        assert.match(result, /^[A-Za-z0-9]{32}$/);
        const clear = JSON.stringify({ ...outputs, result: "" });
        assert.ok(!clear.includes(result), "the value stands nowhere else");
        return result;
      });
      assert.equal(new Set(results).size, 5);
    });

    test("a password has the least of each kind of character, and of the given special ones", async () => {
      const rules = { length: 12, minUpper: 3, minNumeric: 3, minSpecial: 3, minLower: 3, overrideSpecial: "-_" };
      const { outputs } = await provider.create(password, rules);
      const result = String(plain(outputs.result ?? ""));
      for (const kind of [/[A-Z]/g, /[a-z]/g, /[0-9]/g, /[-_]/g]) assert.equal(result.match(kind)?.length, 3, result);
    });

    test("no change is no difference, and neither is a default that is written out", async () => {
      const { id, outputs } = await provider.create(password, asked);
      const old = { inputs: asked, outputs };
      for (const news of [asked, { ...asked, upper: true, minLower: 0 }]) {
        const diff = await provider.diff(password, id, old, news);
        assert.equal(diff.changes, "none");
        assert.deepEqual(diff.replaces, []);
      }
    });

    test("every change of an input replaces, a keeper's above all", async () => {
      const { id, outputs } = await provider.create(password, asked);
      const old = { inputs: asked, outputs };
      const changes: [string, Properties][] = [
        ["length", { ...asked, length: 20 }],
        ["upper", { ...asked, upper: false }],
        ["keepers", { ...asked, keepers: { rotation: "2" } }],
        ["keepers", { ...asked, keepers: { rotation: unknown } }],
        ["keepers", { length: 32, special: false }],
      ];
      for (const [property, news] of changes) {
        const diff = await provider.diff(password, id, old, news);
        assert.deepEqual([diff.changes, diff.replaces], ["some", [property]]);
        assert.equal(diff.deleteBeforeReplace, false);
      }
    });

    test("an ignored change is none", async () => {
      const { id, outputs } = await provider.create(password, asked);
      const news = { ...asked, keepers: { rotation: "2" } };
      const diff = await provider.diff(password, id, { inputs: asked, outputs }, news, ["keepers"]);
      assert.equal(diff.changes, "none");
    });

    test("a refresh gives back the state, a delete is done", async () => {
      const { id, outputs } = await provider.create(password, asked);
      const read = await provider.read(password, id, outputs, asked);
      assert.deepEqual(read.inputs, asked);
      assert.equal(plain(read.outputs.result ?? ""), plain(outputs.result ?? ""));
      await provider.delete(password, id, outputs, asked);
    });

    test("an id is the same bytes in four forms, with the prefix before them", async () => {
      const urn = urnOf("random:index/randomId:RandomId", "x");
      const { id, outputs } = await provider.create(urn, { byteLength: 4, prefix: "a-" });
      const bytes = Buffer.from(id, "base64url");
      assert.equal(bytes.length, 4);
      assert.equal(outputs.hex, `a-${bytes.toString("hex")}`);
      assert.equal(outputs.b64Std, `a-${bytes.toString("base64")}`);
      assert.equal(outputs.b64Url, `a-${id}`);
      assert.equal(outputs.dec, `a-${bytes.readUInt32BE(0)}`);
    });

    test("bytes are secret in both forms", async () => {
      const urn = urnOf("random:index/randomBytes:RandomBytes", "x");
      const { outputs } = await provider.create(urn, { length: 6 });
      assert.ok(isSecret(outputs.hex) && isSecret(outputs.base64));
      const bytes = Buffer.from(String(plain(outputs.hex ?? "")), "hex");
      assert.equal(bytes.length, 6);
      assert.equal(plain(outputs.base64 ?? ""), bytes.toString("base64"));
    });

    test("a string is not secret, and is its own id", async () => {
      const urn = urnOf("random:index/randomString:RandomString", "x");
      const { id, outputs } = await provider.create(urn, { length: 8, special: false });
      assert.match(String(outputs.result), /^[A-Za-z0-9]{8}$/);
      assert.equal(id, outputs.result);
    });
  });
}
