import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { readPrefix, tlsOnly, trustServiceAccount } from "../../components/iam.ts";
import { merge } from "../../config/layers/merge.ts";
import type { Tree } from "../../config/tree.ts";
import { up } from "../../lab/lab.ts";
import { Project } from "../../lab/project.ts";
import { publish } from "../../lab/publish.ts";
import { writeTinyModel } from "../../lab/tinyModel.ts";
import { Account } from "./account.ts";
import { Cluster } from "./cluster.ts";
import { isJudgedAsRendered } from "./judged.ts";
import { errors } from "./process.ts";
import { isAsRendered } from "./registered.ts";
import { changed, quick, succeeded, unique } from "./support.ts";

/** What differs between the stacks. */
export interface Expectations {
  stack: "dev" | "test" | "staging" | "prod";
  /** Pods once the model is served. */
  replicas: number;
  /** Whether an HPA owns the count. */
  scaled: boolean;
  /** Whether a destroy keeps the bucket. */
  keeps: boolean;
  /** A setting that changes the count, the count it gives, and what changes. */
  recount: { settings: Tree; replicas: number; changes: string };
  /** A change that no node has room for. */
  impossible: Tree;
}

const workload = ["deployment", "service", "poddisruptionbudget", "horizontalpodautoscaler"];
/** One stack's life on the real engine, from an empty account to its destruction. */
export function lifecycle(expected: Expectations): void {
  const { stack } = expected;
  const namespace = `e2e-${stack}-${unique}`;
  const revision = (name: string): Tree => ({ "vllm:models": { chat: { revision: name } } });
  const base: Tree = { ...quick, "vllm:namespace": { name: namespace } };

  test(`stack ${stack}`, async (t) => {
    const lab = await up();
    const cluster = new Cluster(lab);
    const account = new Account(lab);
    const project = await Project.stage(lab, `e2e-${stack}-${unique}`);
    const pulumi = (...args: string[]) => project.pulumi([...args, "--stack", stack]);
    const configure = (...settings: Tree[]) => project.stack(stack, merge(base, ...settings));
    const outputs = () => project.outputs(stack);
    const clusterArn = `arn:aws:eks:eu-west-1:123456789012:cluster/${stack}`;
    let bucket = "";

    if (stack !== "dev") await cluster.createNamespace(namespace);

    await t.test("up from an empty account is green and has no server", async () => {
      await configure();
      succeeded(await pulumi("up", "--yes"));
      const { modelBucket, endpoint, models, notes } = await outputs();
      bucket = String(modelBucket);
      assert.equal(endpoint, undefined);
      assert.deepEqual(Object.keys((models as Tree).chat as Tree).sort(), ["replicas", "servedModelName"]);
      assert.match(String(notes), new RegExp(`aws s3 cp --recursive ./chat s3://${bucket}/models/chat/v1/`));
      assert.deepEqual(await cluster.names(namespace, [...workload, "serviceaccount"]), ["serviceaccount/chat"]);
      assert.deepEqual(await account.guards(bucket), {
        versioning: "Enabled",
        encryption: "AES256",
        publicAccess: {
          BlockPublicAcls: true,
          BlockPublicPolicy: true,
          IgnorePublicAcls: true,
          RestrictPublicBuckets: true,
        },
        ownership: ["BucketOwnerEnforced"],
        policy: tlsOnly(`arn:aws:s3:::${bucket}`),
      });
      const [identity, ...others] = await account.identities(stack, namespace);
      assert.deepEqual(others, []);
      assert.equal(identity?.serviceAccount, "chat");
      assert.deepEqual(identity?.trust, trustServiceAccount(clusterArn, namespace, "chat"));
      assert.deepEqual(identity?.policies, [readPrefix(`arn:aws:s3:::${bucket}`, "models/chat/")]);
    });

    await t.test("a published revision is served", async () => {
      const folder = join(project.folder, "model");
      mkdirSync(folder);
      await writeTinyModel(folder);
      for (const name of ["v1", "v2"]) await publish(lab, folder, { bucket, model: "chat", revision: name });
      await configure(revision("v1"));
      succeeded(await pulumi("up", "--yes"));
      assert.equal((await cluster.readyPods(namespace)).length, expected.replicas);
      assert.equal((await outputs()).endpoint, `http://chat.${namespace}.svc/v1`);
      const objects = ["deployment.apps/chat", "poddisruptionbudget.policy/chat", "service/chat"];
      const scaler = expected.scaled ? ["horizontalpodautoscaler.autoscaling/chat"] : [];
      assert.deepEqual(await cluster.names(namespace, workload), [...objects, ...scaler].sort());
    });

    await t.test("its render is what the engine has registered", () => isAsRendered(project, stack));
    await t.test("the rules say of its state what they say of its render", () => isJudgedAsRendered(project, stack));

    const unchanged = async () => {
      for (const operation of [["preview"], ["refresh", "--yes"], ["up", "--yes"]]) {
        const finished = await pulumi(...operation);
        succeeded(finished);
        assert.deepEqual(changed(finished), [], operation[0]);
      }
    };
    await t.test("preview, refresh and up see no change", unchanged);

    await t.test("the exported state holds no key in plain text", async () => {
      const key = String((await outputs()).apiKey);
      assert.equal(key.length, 48);
      const { stdout } = await pulumi("stack", "export");
      assert.ok(stdout.includes('"vllm:index:InferencePlatform"'));
      for (const secret of [key, Buffer.from(key).toString("base64"), Buffer.from(key).toString("hex")])
        assert.ok(!stdout.includes(secret), "the key stands in the state");
    });

    await t.test("a new revision changes the Deployment alone", async () => {
      await configure(revision("v2"));
      const finished = await pulumi("up", "--yes");
      succeeded(finished);
      assert.deepEqual(changed(finished), ["update vllm-chat-main-deployment"]);
    });

    await t.test(`a new count changes the ${expected.recount.changes} alone`, async () => {
      await configure(revision("v2"), expected.recount.settings);
      const finished = await pulumi("up", "--yes");
      succeeded(finished);
      assert.deepEqual(changed(finished), [`update vllm-chat-main-${expected.recount.changes}`]);
      const count = async () => (await cluster.readyPods(namespace)).length;
      await cluster.eventually(count, expected.recount.replicas);
    });

    await t.test(
      "a change that cannot roll out fails in its time and says why; the next good one goes through",
      async () => {
        await configure(revision("v2"), expected.recount.settings, expected.impossible);
        const begin = performance.now();
        const failed = await pulumi("up", "--yes");
        const seconds = (performance.now() - begin) / 1000;
        const { progressDeadlineSeconds: deadline } = (await cluster.get(namespace, "deployment", "chat")).spec;
        assert.notEqual(failed.code, 0);
        const [one, other] = errors(failed).sort();
        assert.match(
          one ?? "",
          new RegExp(`^model chat: its rollout is stuck: no further pod became ready in ${deadline} s`),
        );
        assert.match(one ?? "", /no node takes it: 0\/\d+ nodes are available/);
        assert.equal(other, "the rollout of model chat is not complete");
        assert.ok(seconds < deadline + 60, `${seconds} s, and the deadline is ${deadline} s`);
        await configure(revision("v2"), expected.recount.settings);
        succeeded(await pulumi("up", "--yes"));
        const count = async () => (await cluster.readyPods(namespace)).length;
        await cluster.eventually(count, expected.recount.replicas);
        await unchanged();
      },
    );

    const gone = async () => {
      assert.deepEqual(await cluster.names(namespace, [...workload, "serviceaccount", "secret"]), []);
      assert.deepEqual(await account.identities(stack, namespace), []);
    };
    if (expected.keeps) {
      await t.test("destroy refuses and deletes nothing", async () => {
        const before = await pulumi("stack", "export");
        const refused = await pulumi("destroy", "--yes");
        assert.notEqual(refused.code, 0);
        assert.match(refused.output, /protect/);
        const urns = (text: string) => JSON.parse(text).deployment.resources.map((one: Tree) => one.urn);
        assert.deepEqual(urns((await pulumi("stack", "export")).stdout), urns(before.stdout));
        assert.equal((await cluster.readyPods(namespace)).length, expected.recount.replicas);
      });
      await t.test("destroy without what is protected keeps bucket, guards and models", async () => {
        const guards = await account.guards(bucket);
        succeeded(await pulumi("destroy", "--yes", "--exclude-protected"));
        await gone();
        assert.deepEqual(await account.guards(bucket), guards);
        assert.ok((await account.objects(bucket)).includes("models/chat/v2/config.json"));
      });
      await t.test("the next up serves from the same bucket", async () => {
        succeeded(await pulumi("up", "--yes"));
        assert.equal((await outputs()).modelBucket, bucket);
        assert.equal((await cluster.readyPods(namespace)).length, expected.recount.replicas);
        succeeded(await pulumi("destroy", "--yes", "--exclude-protected"));
      });
    } else {
      await t.test("destroy leaves nothing", async () => {
        succeeded(await pulumi("destroy", "--yes"));
        if (stack !== "dev") await gone();
        assert.ok(!(await account.buckets()).includes(bucket));
        assert.deepEqual(JSON.parse((await pulumi("stack", "export")).stdout).deployment.resources ?? [], []);
      });
    }
  });
}
