import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import language from "@pulumi/pulumi/proto/language_pb.js";
import empty from "google-protobuf/google/protobuf/empty_pb.js";
import struct from "google-protobuf/google/protobuf/struct_pb.js";
import { repository } from "../../lab/paths.ts";
import { call } from "./harness.ts";
import { hosts, runHost } from "./nodejsHost.ts";

const manifest = {
  name: "contract",
  type: "module",
  main: "index.ts",
  dependencies: { "@pulumi/pulumi": "*", "@pulumi/aws": "*", "@pulumi/kubernetes": "*", "@pulumi/random": "*" },
};

for (const [which, path] of hosts) {
  describe(`Node.js language host, ${which}`, () => {
    const host = runHost(path);
    const { engine } = host;
    let folder: string;

    beforeEach(() => {
      engine.logs.length = 0;
      engine.outputs = {};
      folder = mkdtempSync(join(tmpdir(), "nodejs-host-"));
      symlinkSync(join(repository, "node_modules"), join(folder, "node_modules"));
      writeFileSync(join(folder, "package.json"), JSON.stringify(manifest));
    });
    afterEach(() => rmSync(folder, { recursive: true }));

    const info = (options: { [key: string]: string | boolean } = { typescript: false }) =>
      new language.ProgramInfo()
        .setRootDirectory(folder)
        .setProgramDirectory(folder)
        .setEntryPoint(".")
        .setOptions(struct.Struct.fromJavaScript(options));

    async function run(program: string, change: (request: language.RunRequest) => unknown = () => undefined) {
      writeFileSync(join(folder, "index.ts"), program);
      const request = new language.RunRequest()
        .setProject("contract")
        .setStack("dev")
        .setOrganization("organization")
        .setPwd(folder)
        .setProgram(".")
        .setParallel(4)
        .setMonitorAddress(engine.address)
        .setInfo(info());
      change(request);
      return (await call(host.client, host.client.run, request)).toObject();
    }

    test("a program gets its configuration, its place and its stack, and gives outputs", async () => {
      const program = `
        import * as pulumi from "@pulumi/pulumi";
        const config: pulumi.Config = new pulumi.Config("vllm");
        export const seen = {
          region: new pulumi.Config("aws").get("region"),
          model: config.get("model"),
          models: config.getObject("models"),
          keys: Object.keys(pulumi.runtime.allConfig()).sort(),
          secret: pulumi.runtime.isConfigSecret("vllm:apiKey"),
          plain: pulumi.runtime.isConfigSecret("vllm:model"),
          project: pulumi.getProject(), stack: pulumi.getStack(), organization: pulumi.getOrganization(),
          root: pulumi.runtime.getRootDirectory?.() ?? "", cwd: process.cwd(),
          preview: pulumi.runtime.isDryRun(), environment: process.env.FROM_THE_ENGINE, node: process.version,
        };`;
      const result = await run(program, (request) => {
        request.getConfigMap().set("aws:region", "eu-west-1");
        request.getConfigMap().set("vllm:model", "chat");
        request.getConfigMap().set("vllm:models", '{"chat":{"replicas":2}}');
        request.getConfigMap().set("vllm:apiKey", "hush");
        request.setConfigsecretkeysList(["vllm:apiKey"]);
      });
      assert.deepEqual([result, engine.logs], [{ error: "", bail: false }, []], host.process.stderr());
      const { root, cwd, ...seen } = engine.outputs.seen as { [key: string]: unknown };
      assert.deepEqual(seen, {
        region: "eu-west-1",
        model: "chat",
        models: { chat: { replicas: 2 } },
        keys: ["aws:region", "vllm:apiKey", "vllm:model", "vllm:models"],
        secret: true,
        plain: false,
        project: "contract",
        stack: "dev",
        organization: "organization",
        preview: false,
        environment: "yes",
        node: process.version,
      });
      assert.equal(cwd, folder);
      assert.ok(root === folder || root === "");
    });

    test("a preview is told so", async () => {
      const program = `import * as pulumi from "@pulumi/pulumi"; export const preview = pulumi.runtime.isDryRun();`;
      await run(program, (request) => request.setDryrun(true));
      assert.deepEqual(engine.outputs, { preview: true });
    });

    test("nodeargs reach Node", async () => {
      const program = `export const args = process.execArgv.filter((one) => one.startsWith("--max"));`;
      await run(program, (request) =>
        request.setInfo(info({ typescript: false, nodeargs: "--max-old-space-size=333 --no-deprecation" })),
      );
      assert.deepEqual(engine.outputs.args, ["--max-old-space-size=333"]);
    });

    test("an error that the program has told is not told again", async () => {
      // Some versions of Node (22.23 and 24.9 are two) take a minute to colour a stack with @pulumi/pulumi in it.
      const result = await run(`
        import * as pulumi from "@pulumi/pulumi";
        const error = new pulumi.RunError("a wrong setting");
        error.stack = undefined;
        throw error;`);
      assert.deepEqual(result, { error: "", bail: true });
      assert.deepEqual(engine.logs, ["error: a wrong setting"]);
    });

    test("a program that cannot be read is told once, with its file", async () => {
      const result = await run(`import "./missing.ts";`);
      assert.deepEqual(result, { error: "", bail: true });
      assert.equal(engine.logs.length, 1);
      assert.match(engine.logs[0] ?? "", /missing\.ts/);
    });

    test("another exit code is an error that names it", async () => {
      const result = await run("process.exit(3);");
      assert.equal(result.bail, false);
      assert.match(result.error, /exited with non-zero exit code: 3/);
    });

    test("what a program prints on stderr goes to the engine by the host's stderr", async () => {
      await run(`console.error("printed by the program");`);
      assert.match(host.process.stderr(), /printed by the program/);
    });

    test("a cancelled program is ended, and the run with it", async () => {
      const program = `import * as pulumi from "@pulumi/pulumi";
        await pulumi.log.info(String(process.pid)); setInterval(() => undefined, 1000); await new Promise(() => undefined);`;
      const running = run(program);
      while (engine.logs.length === 0) await sleep(20);
      const pid = Number(/\d+/.exec(engine.logs[0] ?? "")?.[0]);
      assert.ok(alive(pid));
      await call(host.client, host.client.cancel, new empty.Empty());
      const result = await running;
      assert.notEqual(result.error, "");
      assert.equal(alive(pid), false);
    });

    test("the packages of a program name the plugins it needs, with their versions", async () => {
      const response = await call(
        host.client,
        host.client.getRequiredPackages,
        new language.GetRequiredPackagesRequest().setInfo(info()),
      );
      const packages = response.getPackagesList().map((one) => `${one.getKind()} ${one.getName()} ${one.getVersion()}`);
      assert.deepEqual(packages.sort(), [
        "resource aws v7.48.0",
        "resource kubernetes v4.34.2",
        "resource random v4.21.2",
      ]);
    });

    test("a wrong runtime option is named", async () => {
      const result = await run("", (request) => request.setInfo(info({ typescript: "no" })));
      assert.match(result.error, /typescript option must be a boolean/);
    });

    test("a program without the SDK is told to install it", async () => {
      unlinkSync(join(folder, "node_modules"));
      mkdirSync(join(folder, "node_modules"));
      assert.match((await run("")).error, /install|npm ci/);
    });

    test("says which Node runs programs", async () => {
      const about = await call(host.client, host.client.about, new language.AboutRequest().setInfo(info()));
      assert.equal(about.getVersion(), process.version);
    });

    if (which === "stand-in") {
      test("installs nothing, and says so", async () => {
        const stream = host.client.installDependencies(new language.InstallDependenciesRequest().setInfo(info()));
        let said = "";
        for await (const part of stream) said += Buffer.from(part.getStdout_asU8());
        assert.match(said, /npm ci/);
      });
    }
  });
}

function alive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
