import assert from "node:assert/strict";
import { test } from "node:test";
import { sections } from "../../cli/explain/sections.ts";
import * as explain from "../../cli/explain.ts";
import { textOf, told } from "./explanation.ts";
import { said } from "./inProcess.ts";
import { projectOf } from "./run.ts";

/** `npm run explain`: what one looks for when a pod is not ready, a section at a time. */

const names = Object.keys(sections);
const project = projectOf({
  "Pulumi.yaml": "name: x\nruntime: nodejs\n",
  "Pulumi.s.yaml": `config:
  aws:region: eu-west-1
  vllm:cluster: {eks: lab}
  vllm:namespace: {name: team}
  vllm:modelStore: {bucket: our-models}
  vllm:scheduling:
    nodeSelector: {pool: a}
    tolerations:
      - {key: spot, operator: Equal, value: "yes", effect: NoExecute, tolerationSeconds: 300}
      - {operator: Exists}
    priorityClassName: high
  vllm:models:
    chat:
      revision: v1
      servedModelName: acme/chat
      gpu: {product: H100, count: 8, labels: nvidia, spare: 16}
      replicas: 2
      image: {pullSecrets: [ours]}
      resources: {shm: 20Gi}
      startup: {seconds: 3601}
      engine:
        env: {PRICE: "1$2", LINES: "a\\nb", LICENSE: {secure: v1:of-the-license}}
        secretEnv: {A_TOKEN: {secure: v1:of-the-token}}
    code: {gpu: {count: 0}, delivery: {kind: copy, image: "mirror.example.com/aws-cli:2.37.4"}}
`,
});
const only = (...args: string[]) => said(explain, "--project", project, "--stack", "s", ...args);

test("what there will be and where: of a served model all, of one without a revision what there is without a server", async () => {
  const { output } = await only("--only", "objects");
  assert.equal(
    output,
    `Stack s, eu-west-1

Objects of the stack
  in namespace team: Secret vllm-api-key-<hash>
  in Pulumi's state: RandomPassword vllm-api-key
  no server, because no revision: code

Model chat, served as acme/chat

Objects
  in namespace team: Deployment, Service, PodDisruptionBudget and ServiceAccount chat,
                     ConfigMap vllm-chat-main-middleware-<hash>, Secret vllm-chat-main-environment-<hash>
  in AWS: Role vllm-chat-access-role-<hash>, RolePolicy vllm-chat-access-policy-<hash>, PodIdentityAssociation
  Service URL  http://chat.team.svc/v1 (chat.team.svc, port 80 to 8000 of a pod)

Model code, served as code: no server
  It has no revision. What follows is what there will be once vllm:models.code.revision is set.

Objects
  in namespace team: ServiceAccount code
  in AWS: Role vllm-code-access-role-<hash>, RolePolicy vllm-code-access-policy-<hash>, PodIdentityAssociation
  with a revision: Deployment, Service and PodDisruptionBudget code, ConfigMap vllm-code-main-middleware-<hash>
  Service URL  http://code.team.svc/v1 (code.team.svc, port 80 to 8000 of a pod), once it has a revision`,
  );
  const { models } = await told(project, "s");
  assert.deepEqual(
    Object.entries(models).map(([name, { served, objects }]) => [
      name,
      served,
      objects.filter(({ awaitsRevision }) => awaitsRevision).length,
    ]),
    [
      ["chat", true, 0],
      ["code", false, 4],
    ],
  );
});

test("why a pod is Pending: labels that result from the GPU, tolerations, and what it asks for", async () => {
  const { output } = await only("--only", "nodes", "--model", "chat");
  assert.match(
    output,
    /\n\nNodes\n {2}labels {10}nvidia\.com\/gpu\.product=NVIDIA-H100-80GB-HBM3, pool=a\n {2}tolerates {7}nvidia\.com\/gpu:NoSchedule, spot=yes:NoExecute for 300 s \(5 min\), any\n {2}priority class {2}high\n {2}vllm asks for {3}cpu \d+, memory \d+Gi, nvidia\.com\/gpu 8; killed above memory \d+Gi$/,
  );
});

test("why it restarts: probes in seconds, with hours where they are long", async () => {
  const { output } = await only("--only", "probes", "--model", "chat");
  assert.match(
    output,
    /^ {2}startup {4}every 10 s; not ready after 362 failures in a row, 3610 s \(1 h 10 s\): killed, and started again$/m,
  );
  const { models } = await told(project, "s");
  const { probes } = models.chat?.pod.containers[0] ?? {};
  const health = { path: "/health", port: 8000 };
  assert.deepEqual(probes, {
    startup: { ...health, periodSeconds: 10, timeoutSeconds: 5, failureThreshold: 362, seconds: 3610 },
    readiness: { ...health, periodSeconds: 10, timeoutSeconds: 10, failureThreshold: 3, seconds: 20 },
    liveness: { ...health, periodSeconds: 15, timeoutSeconds: 15, failureThreshold: 10, seconds: 135 },
  });
});

test("images, volumes and variables of every container; what a Secret has by its name, on one line each", async () => {
  const { output } = await only("--only", "images", "--only", "volumes", "--only", "environment");
  for (const lines of [
    "Images\n  vllm          vllm/vllm-openai:v0.32.0\n  pull secrets  ours\n",
    "Images\n  copy-model  mirror.example.com/aws-cli:2.37.4, before the engine\n  vllm        vllm/vllm-openai-cpu:v0.32.0\n",
    "Volumes of a pod\n  /dev/shm           in memory, at most 20Gi, counted in the pod's\n",
    "  /middleware        ConfigMap vllm-chat-main-middleware-<hash>, read-only\n  ephemeral-storage  not asked for\n",
    "  /model             on the node's disk, empty at first\n  ephemeral-storage  16Gi asked of the node, for a copy of the model\n",
    "  A_TOKEN                      key A_TOKEN of Secret vllm-chat-main-environment-<hash>\n",
    "  LICENSE                      key LICENSE of Secret vllm-chat-main-environment-<hash>",
    "  PRICE                        1$2\n",
    "  LINES                        a\\u000ab\n",
    "    MODEL_SOURCE  s3://our-models/models/code/<revision>/\n",
  ])
    assert.ok(output.includes(lines), `${lines}\nis not in\n${output}`);
  assert.doesNotMatch(output, /Command|Settings|Probes/);
  const json = await only("--json");
  for (const secret of ["v1:of-the-license", "v1:of-the-token"])
    for (const form of ["utf8", "base64", "hex"] as const)
      for (const text of [output, json.output, await textOf(project)])
        assert.ok(!text.includes(Buffer.from(secret).toString(form).replace(/=+$/, "")), `${secret} as ${form}`);
});

test("a section is what stands in the whole, in its order whatever is asked first; nothing else is there", async () => {
  const whole = await textOf(project);
  for (const name of names) {
    const { code, output } = await only("--only", name);
    assert.equal(code, 0);
    const titles = output
      .split("\n")
      .filter((line) => Object.values(sections).some(({ title }) => line.startsWith(title)));
    const own = sections[name as keyof typeof sections].title;
    assert.ok(
      titles.length > 0 && titles.every((title) => title === own || title === `${own} of the stack`),
      `${name}: ${titles}`,
    );
    for (const part of output.split("\n\n").filter((text) => text.startsWith(own) && !text.endsWith("\n  none")))
      assert.ok(whole.includes(part), part);
  }
  const both = await only("--only", "advisories", "--only", "gpus");
  assert.match(both.output, /^Stack s, eu-west-1\n\nGPUs of the stack\n/);
  assert.match(both.output, /\n\nvLLM 0\.32\.0, of chat, code: 0 known holes$/);
  const [one, other] = [await only("--only", "fit", "--only", "nodes"), await only("--only", "nodes", "--only", "fit")];
  assert.equal(one.output, other.output);
  assert.ok(one.output.indexOf("\nNodes\n") < one.output.indexOf("\nFit\n"));
});

test("a section with nothing in it says so", async () => {
  assert.equal((await only("--only", "unchecked")).output, "Stack s, eu-west-1\n\nNot checked\n  none");
  assert.doesNotMatch(await textOf(project), /Not checked/);
});

test("a wrong section: those that there are, and the one that was meant; usage names all of them", async () => {
  const all = [...names, "advisories"].join(", ");
  const misspelt = await only("--only", "enviroment");
  assert.equal(misspelt.code, 2);
  assert.ok(
    misspelt.output.startsWith(
      `there is no section 'enviroment'; did you mean 'environment'? There are ${all}\nusage: npm run explain`,
    ),
    misspelt.output,
  );
  assert.ok((await only("--only", "xyzzyx")).output.startsWith(`there is no section 'xyzzyx'; there are ${all}\n`));
  const { output } = await said(explain, "--help");
  for (const name of [...names, "advisories"]) assert.match(output, new RegExp(`^ {4}${name} +\\w`, "m"));
  const json = await only("--only", "fit", "--json");
  assert.equal(json.code, 2);
  assert.equal(
    JSON.parse(json.output).problems[0].message,
    "--only and --json: the JSON has all sections; take from it what you need",
  );
});

test("--set-only: what somebody wrote, as text and as JSON, and no default or computed one", async () => {
  const { output } = await only("--only", "settings", "--set-only", "--model", "code");
  const rows = output.split("\n").filter((line) => line.includes("  Pulumi."));
  assert.deepEqual(
    rows.map((line) => line.trim().split(/ {2,}/)),
    [
      ["cluster.eks", "lab", "Pulumi.s.yaml"],
      ["modelStore.bucket", "our-models", "Pulumi.s.yaml"],
      ["namespace.name", "team", "Pulumi.s.yaml"],
      ["delivery.image", "mirror.example.com/aws-cli:2.37.4", "Pulumi.s.yaml, of the model"],
      ["delivery.kind", "copy", "Pulumi.s.yaml, of the model"],
      ["gpu.count", "0", "Pulumi.s.yaml, of the model"],
      ["scheduling.nodeSelector.pool", "a", "Pulumi.s.yaml"],
      ["scheduling.priorityClassName", "high", "Pulumi.s.yaml"],
      [
        "scheduling.tolerations",
        '[{"key":"spot","operator":"Equal","value":"yes","effect":"NoExecute","tolerationSeconds":300},{"operator":"Exists"}]',
        "Pulumi.s.yaml",
      ],
    ],
  );
  assert.doesNotMatch(output, /computed|defaults/);
  const { settings, models } = await told(project, "s", "--set-only");
  const layers = [settings, ...Object.values(models).map((model) => model.settings)].flatMap((all) =>
    Object.values(all).map(({ layer }) => layer),
  );
  assert.ok(layers.length > 20 && layers.every((layer) => /^stack(\.models)?$/.test(layer)), layers.join());
  const { models: all } = await told(project, "s");
  assert.deepEqual({ ...models.chat, settings: {} }, { ...all.chat, settings: {} });
});

test("several models stay readable: what one has as another before it is told once, and named", async () => {
  const models =
    "a: {revision: v1}, b: {revision: v2}, c: {revision: v1, gpu: {product: T4}, drain: {seconds: 90}}, d: {gpu: {product: T4}}";
  const alike = projectOf({
    "Pulumi.yaml": "name: x\nruntime: nodejs\n",
    "Pulumi.s.yaml": `config:\n  aws:region: eu-west-1\n  vllm:cluster: {eks: lab}\n  vllm:gpu: {product: L4}\n  vllm:models: {${models}}\n`,
  });
  const [before = "", ...each] = (await textOf(alike)).trimEnd().split(/\n\n(?=Model )/);
  const [a = "", b = "", c = "", d = ""] = each;
  assert.equal(each.length, 4);
  assert.ok(before.split("\n").length < 35, before);
  assert.ok(a.split("\n").length < 95 && b.split("\n").length < 35, `${a}\n${b}`);
  const titles = (text: string) =>
    text
      .split("\n\n")
      .slice(1)
      .map((part) => part.split("\n")[0]);
  const named = [...names].filter((name) => name !== "unchecked");
  assert.deepEqual(
    titles(a),
    named.map((name) => sections[name as keyof typeof sections].title),
  );
  assert.doesNotMatch(a, /same as model/);
  const again = "nodes, probes, times, rollout, gpus, cost, fit, memory, images, environment";
  assert.ok(b.startsWith(`Model b, served as b\n  same as model a: ${again}\n\nObjects\n`), b);
  assert.deepEqual(titles(b), ["Objects", "Volumes of a pod", "Command", "Settings"]);
  assert.match(c, /^Model c, served as c\n {2}same as model a: .*\bimages\b/);
  assert.doesNotMatch(c, /same as model.*\b(nodes|times)\b/);
  // Each is told where it is first.
  assert.match(d, /^Model d, served as d: no server\n {2}It has no revision.*\n {2}same as model c: nodes\b/);
  assert.match(d, /\n {2}same as model a: .*\bimages\b/);
  const alone = await textOf(alike, "--model", "b");
  assert.doesNotMatch(alone, /same as model/);
  for (const name of again.split(", "))
    assert.ok(alone.includes(`\n${sections[name as keyof typeof sections].title}\n`), name);
});
