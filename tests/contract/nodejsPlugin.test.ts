import assert from "node:assert/strict";
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, test } from "node:test";
import type grpc from "@grpc/grpc-js";
import language from "@pulumi/pulumi/proto/language_pb.js";
import struct from "google-protobuf/google/protobuf/struct_pb.js";
import { repository } from "../../lab/paths.ts";
import { until } from "../../lab/until.ts";
import { hosts, runHost } from "./nodejsHost.ts";

/** Plugins that are packages of Node.js: the language host runs them for the engine. */

for (const [which, path] of hosts) {
  describe(`Plugins of the Node.js language host, ${which}`, () => {
    const host = runHost(path);
    let folder: string;

    beforeEach(() => {
      folder = mkdtempSync(join(tmpdir(), "nodejs-plugin-"));
      symlinkSync(join(repository, "node_modules"), join(folder, "node_modules"));
      writeFileSync(join(folder, "package.json"), JSON.stringify({ name: "plugin", type: "module", main: "main.js" }));
    });
    afterEach(() => rmSync(folder, { recursive: true }));

    function start(program: string) {
      writeFileSync(join(folder, "main.js"), program);
      const request = new language.RunPluginRequest()
        .setPwd(tmpdir())
        .setKind("resource")
        .setArgsList(["127.0.0.1:1"])
        .setEnvList([`PATH=${process.env.PATH}`, "FROM_THE_ENGINE=a=b"])
        .setInfo(
          new language.ProgramInfo()
            .setRootDirectory(folder)
            .setProgramDirectory(folder)
            .setEntryPoint(".")
            .setOptions(struct.Struct.fromJavaScript({})),
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
      return { stream, said, ended };
    }

    test("it gets its arguments, its environment and the engine's folder, and what it says is passed on", async () => {
      const { said, ended } = start(`
        const { argv, env, cwd } = process;
        console.log(JSON.stringify([argv.slice(2), env.FROM_THE_ENGINE, cwd()]));
        console.error("to the engine's log");`);
      assert.equal(await ended, undefined);
      assert.deepEqual(JSON.parse(said.stdout), [["127.0.0.1:1"], "a=b", tmpdir()]);
      assert.equal(said.stderr, "to the engine's log\n");
    });

    test("another exit code is an error that names it", async () => {
      const { ended } = start("process.exit(3);");
      assert.match(String((await ended)?.details), /exited with non-zero exit code: 3/);
    });

    test("it is ended when the engine hangs up", async () => {
      const { stream, said } = start("console.log(process.pid); setInterval(() => undefined, 1000);");
      await until("the pid", 20, AbortSignal.timeout(20_000), async () => said.stdout.includes("\n"));
      const pid = Number(said.stdout);
      assert.ok(alive(pid));
      stream.cancel();
      await until("its end", 20, AbortSignal.timeout(20_000), async () => !alive(pid));
    });

    test("without the SDK it is told to install it", async () => {
      rmSync(join(folder, "node_modules"));
      const { ended } = start("");
      assert.match(String((await ended)?.details), /install|npm ci/);
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
