import assert from "node:assert/strict";
import { mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, test } from "node:test";
import grpc from "@grpc/grpc-js";
import analyzerService from "@pulumi/pulumi/proto/analyzer_grpc_pb.js";
import analyzer from "@pulumi/pulumi/proto/analyzer_pb.js";
import language from "@pulumi/pulumi/proto/language_pb.js";
import empty from "google-protobuf/google/protobuf/empty_pb.js";
import struct from "google-protobuf/google/protobuf/struct_pb.js";
import { repository } from "../../lab/paths.ts";
import { until } from "../../lab/until.ts";
import { call } from "./harness.ts";
import { hosts, runHost } from "./nodejsHost.ts";

/** Policy packs of Node.js: the language host runs them for the engine, which talks to them through it. */

/** Says where and with what it runs, and objects to every resource. */
const pack = `import { PolicyPack } from "@pulumi/policy";
const names: string[] = ["ORGANIZATION", "PROJECT", "STACK", "DRY_RUN"].map((name) => "PULUMI_NODEJS_" + name);
const { argv, env } = process;
const told = [...names, "PULUMI_CONFIG", "FROM_THE_ENGINE"].map((name) => env[name]);
console.error(JSON.stringify([process.pid, process.cwd(), argv.slice(2), told]));
new PolicyPack("contract", {
  policies: [{
    name: "never", description: "Nothing is right.", enforcementLevel: "mandatory",
    validateResource: ({ name, props, getConfig }, report) => {
      console.log("to the engine");
      report(name + JSON.stringify([props, getConfig()]));
    },
  }],
});`;

for (const [which, path] of hosts) {
  describe(`Policy packs of the Node.js language host, ${which}`, () => {
    const host = runHost(path);
    const { engine } = host;
    const analyzers: InstanceType<typeof analyzerService.AnalyzerClient>[] = [];
    let folder: string;

    beforeEach(() => {
      folder = realpathSync(mkdtempSync(join(tmpdir(), "nodejs-pack-")));
      symlinkSync(join(repository, "node_modules"), join(folder, "node_modules"));
      const manifest = { name: "contract", version: "1.2.3", type: "module", main: "main.mjs" };
      writeFileSync(join(folder, "package.json"), JSON.stringify(manifest));
      writeFileSync(join(folder, "PulumiPolicy.yaml"), "runtime: nodejs\n");
      writeFileSync(join(folder, "main.mjs"), 'import "./pack.ts";\n');
    });
    afterEach(() => {
      for (const one of analyzers.splice(0)) one.close();
      rmSync(folder, { recursive: true });
    });

    /** Starts the pack as the engine does: the first line that the stream has is where it is reached. */
    async function start(program = pack) {
      writeFileSync(join(folder, "pack.ts"), program);
      const request = new language.RunPluginRequest()
        .setPwd(tmpdir())
        .setKind("analyzer")
        .setArgsList([engine.address])
        .setEnvList([`PATH=${process.env.PATH}`, "FROM_THE_ENGINE=a=b"])
        .setInfo(
          new language.ProgramInfo()
            .setRootDirectory(folder)
            .setProgramDirectory(folder)
            .setEntryPoint(".")
            .setOptions(struct.Struct.fromJavaScript({ typescript: false })),
        );
      const stream = host.client.runPlugin(request);
      const said = { stdout: "", stderr: "" };
      const ended = new Promise<grpc.ServiceError | undefined>((resolve) => {
        stream.on("data", (part: language.RunPluginResponse) => {
          said.stdout += Buffer.from(part.getStdout_asU8());
          said.stderr += Buffer.from(part.getStderr_asU8());
        });
        stream.once("error", resolve);
        stream.once("end", () => resolve(undefined));
      });
      await until("the port", 20, AbortSignal.timeout(60_000), async () => /^\d+\n/.test(said.stdout));
      const address = `127.0.0.1:${Number.parseInt(said.stdout, 10)}`;
      const reached = new analyzerService.AnalyzerClient(address, grpc.credentials.createInsecure());
      analyzers.push(reached);
      await call(reached, reached.handshake, new analyzer.AnalyzerHandshakeRequest().setEngineAddress(engine.address));
      return { stream, said, ended, reached };
    }

    const stack = () => {
      const request = new analyzer.AnalyzerStackConfigureRequest()
        .setOrganization("acme")
        .setProject("contract")
        .setStack("dev")
        .setDryRun(true);
      request.getConfigMap().set("vllm:model", "chat");
      return request;
    };
    const info = (reached: InstanceType<typeof analyzerService.AnalyzerClient>) =>
      call(reached, reached.getAnalyzerInfo, new empty.Empty());

    test("it runs in its own folder, with its place last, and is told of its stack", async () => {
      const { said, reached, stream, ended } = await start();
      await call(reached, reached.configureStack, stack());
      const { name, version, policiesList } = (await info(reached)).toObject();
      assert.deepEqual([name, version, policiesList.map((one) => one.name)], ["contract", "1.2.3", ["never"]]);
      const [, cwd, args, told] = JSON.parse(said.stderr);
      // The SDK takes the engine's address off before it runs the pack.
      assert.deepEqual([cwd, args], [folder, []]);
      assert.deepEqual(told, ["acme", "contract", "dev", "true", '{"vllm:model":"chat"}', "a=b"]);
      stream.cancel();
      await ended;
    });

    test("what the engine asks reaches it, and its answer the engine", async () => {
      const { said, reached, stream, ended } = await start();
      await call(reached, reached.configureStack, stack());
      const configured = new analyzer.ConfigureAnalyzerRequest();
      const config = new analyzer.PolicyConfig()
        .setEnforcementlevel(analyzer.EnforcementLevel.ADVISORY)
        .setProperties(struct.Struct.fromJavaScript({ a: 1 }));
      configured.getPolicyconfigMap().set("never", config);
      await call(reached, reached.configure, configured);
      const request = new analyzer.AnalyzeRequest()
        .setUrn("urn:pulumi:dev::contract::a:b:C::one")
        .setType("a:b:C")
        .setName("one")
        .setProperties(struct.Struct.fromJavaScript({ size: 2 }))
        .setOptions(new analyzer.AnalyzerResourceOptions());
      const { diagnosticsList } = (await call(reached, reached.analyze, request)).toObject();
      assert.deepEqual(
        diagnosticsList.map(({ policyname, message, enforcementlevel }) => [policyname, message, enforcementlevel]),
        [["never", 'Nothing is right.\none[{"size":2},{"a":1}]', analyzer.EnforcementLevel.ADVISORY]],
      );
      await until("its output", 20, AbortSignal.timeout(20_000), async () => said.stdout.includes("to the engine"));
      assert.match(said.stdout, /^\d+\nto the engine\n$/, "its own port is the host's alone");
      stream.cancel();
      await ended;
    });

    test("without a stack, as for a publish, it is told of none", async () => {
      const { said, reached, stream, ended } = await start();
      assert.equal((await info(reached)).getName(), "contract");
      assert.deepEqual(JSON.parse(said.stderr)[3], [null, null, null, null, null, "a=b"]);
      stream.cancel();
      await ended;
    });

    for (const [how, program] of [
      ["fails", "process.exit(3);"],
      ["says something else before its port", `console.log("hello"); setInterval(() => undefined, 1000);`],
    ] as const)
      test(`one that ${how} ends the run and what waits for it`, async () => {
        const { reached, ended } = await start(program);
        await assert.rejects(info(reached));
        assert.match(
          String((await ended)?.details),
          /exited with non-zero exit code: 3|could not read policy pack port/,
        );
      });

    test("it is ended when the engine hangs up", async () => {
      const { stream, said, reached } = await start();
      await info(reached);
      const [pid] = JSON.parse(said.stderr);
      assert.ok(alive(pid));
      stream.cancel();
      await until("its end", 20, AbortSignal.timeout(20_000), async () => !alive(pid));
    });

    test("without the SDK it is told to install it", async () => {
      rmSync(join(folder, "node_modules"));
      writeFileSync(join(folder, "pack.ts"), "");
      const request = new language.RunPluginRequest().setKind("analyzer").setArgsList([engine.address]);
      request.setInfo(
        new language.ProgramInfo().setProgramDirectory(folder).setRootDirectory(folder).setEntryPoint("."),
      );
      const stream = host.client.runPlugin(request);
      const error = await new Promise<grpc.ServiceError>((failed) => {
        stream.once("error", failed);
        stream.on("data", (part: language.RunPluginResponse) => {
          const port = Number.parseInt(Buffer.from(part.getStdout_asU8()).toString(), 10);
          const reached = new analyzerService.AnalyzerClient(`127.0.0.1:${port}`, grpc.credentials.createInsecure());
          analyzers.push(reached);
          info(reached).catch(() => undefined);
        });
      });
      assert.match(error.details, /install|npm ci/);
    });
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
