import { type ChildProcess, type ChildProcessByStdio, spawn } from "node:child_process";
import type { Readable } from "node:stream";
import type grpc from "@grpc/grpc-js";
import language from "@pulumi/pulumi/proto/language_pb.js";
import plugin from "@pulumi/pulumi/proto/plugin_pb.js";
import empty from "google-protobuf/google/protobuf/empty_pb.js";
import { PluginError, toServiceError } from "../plugin/errors.ts";
import { unary } from "../plugin/service.ts";
import { directDependencies, requiredPlugins } from "./packages.ts";
import { PackProxy } from "./packProxy.ts";
import { alreadyReported, type PluginStart, packStart, pluginStart, programStart } from "./program.ts";

/** How long a cancelled program may take before it is killed. */
const graceMilliseconds = 5000;

/** The language host: says which plugins a program needs, and runs it, and plugins that are written in this language. */
export class NodeHost {
  #engine: string | undefined;
  readonly #programs = new Set<ChildProcess>();
  readonly #plugins = new Set<ChildProcess>();

  constructor(engineAddress: string | undefined) {
    this.#engine = engineAddress;
  }

  /** Ends every program that is running; plugins go on, as what a program has begun may need them. */
  cancel(): void {
    for (const program of this.#programs) end(program);
  }

  /** Ends everything that is running. */
  close(): void {
    for (const child of [...this.#programs, ...this.#plugins]) end(child);
  }

  /** The gRPC methods. What is missing here is answered as not implemented. */
  service(): grpc.UntypedServiceImplementation {
    return {
      handshake: unary(async (request: language.LanguageHandshakeRequest) => {
        this.#engine = request.getEngineAddress() || this.#engine;
        return new language.LanguageHandshakeResponse();
      }),
      getPluginInfo: unary(async () => new plugin.PluginInfo().setVersion("0.0.0+lab")),
      getRequiredPackages: unary(async (request: language.GetRequiredPackagesRequest) =>
        new language.GetRequiredPackagesResponse().setPackagesList(
          requiredPlugins(request.getInfo()?.getProgramDirectory() ?? ".").map(({ name, version, server }) =>
            new plugin.PackageDependency().setName(name).setKind("resource").setVersion(version).setServer(server),
          ),
        ),
      ),
      run: this.#run,
      runPlugin: this.#runPlugin,
      installDependencies: (call: grpc.ServerWritableStream<unknown, language.InstallDependenciesResponse>) => {
        const note = "The lab's Node.js host installs nothing: run npm ci.\n";
        call.write(new language.InstallDependenciesResponse().setStdout(Buffer.from(note)));
        call.end();
      },
      runtimeOptionsPrompts: unary(async () => new language.RuntimeOptionsResponse()),
      template: unary(async () => new language.TemplateResponse()),
      about: unary(async () => {
        const about = new language.AboutResponse().setExecutable(process.execPath).setVersion(process.version);
        about.getMetadataMap().set("host", "stand-in of the lab");
        return about;
      }),
      getProgramDependencies: unary(async (request: language.GetProgramDependenciesRequest) =>
        new language.GetProgramDependenciesResponse().setDependenciesList(
          directDependencies(request.getInfo()?.getProgramDirectory() ?? ".").map(({ name, version }) =>
            new language.DependencyInfo().setName(name).setVersion(version),
          ),
        ),
      ),
      cancel: unary(async () => {
        this.cancel();
        return new empty.Empty();
      }),
    };
  }

  #run: grpc.handleUnaryCall<language.RunRequest, language.RunResponse> = (call, done) => {
    const answer = (error: string, bail = false) =>
      done(null, new language.RunResponse().setError(error).setBail(bail));
    let child: ChildProcess;
    try {
      const { args, env } = programStart(call.request, this.#engine);
      // The program's output goes to this plugin's, which the engine shows.
      child = spawn(process.execPath, args, {
        env: { ...process.env, ...env },
        stdio: ["ignore", "inherit", "inherit"],
      });
    } catch (error) {
      return answer(error instanceof Error ? error.message : String(error));
    }
    this.#programs.add(child);
    call.once("cancelled", () => child.kill("SIGINT"));
    child.once("error", (error) => {
      this.#programs.delete(child);
      answer(`Node.js could not be started: ${error.message}`);
    });
    child.once("exit", (code, signal) => {
      this.#programs.delete(child);
      if (code === 0) answer("");
      else if (code === alreadyReported) answer("", true);
      else answer(signal ? `Program was ended by ${signal}` : `Program exited with non-zero exit code: ${code}`);
    });
  };

  #runPlugin = (call: PluginCall) => {
    const say = (text: string | Buffer) => call.write(new language.RunPluginResponse().setStdout(Buffer.from(text)));
    if (call.request.getKind() === "analyzer") void this.#runPack(call, say);
    else this.#startPlugin(call, pluginStart, say);
  };

  /** A policy pack starts once the engine has said of which stack it is; until then, and between them, the proxy is. */
  async #runPack(call: PluginCall, say: (text: string | Buffer) => void): Promise<void> {
    const proxy = new PackProxy();
    call.once("cancelled", () => proxy.close("the engine hung up"));
    say(`${await proxy.listen()}\n`);
    const stack = await proxy.stack;
    if (call.cancelled) return;
    const hear = (data: Buffer) => say(proxy.hear(data));
    this.#startPlugin(
      call,
      (request) => packStart(request, stack),
      hear,
      (reason) => proxy.close(reason),
    );
  }

  #startPlugin(
    call: PluginCall,
    startOf: (request: language.RunPluginRequest) => PluginStart,
    hear: (data: Buffer) => void,
    ended: (reason: string) => void = () => undefined,
  ): void {
    let isOver = false;
    const fail = (text: string) => {
      if (isOver) return;
      isOver = true;
      ended(text);
      call.emit("error", toServiceError(new PluginError(text)));
    };
    let child: ChildProcessByStdio<null, Readable, Readable>;
    try {
      const { args, env, cwd } = startOf(call.request);
      child = spawn(process.execPath, args, { cwd, env, stdio: ["ignore", "pipe", "pipe"] });
    } catch (error) {
      fail(error instanceof Error ? error.message : String(error));
      return;
    }
    this.#plugins.add(child);
    // The engine is done with a plugin when it hangs up.
    call.once("cancelled", () => child.kill("SIGTERM"));
    child.stdout.on("data", (data: Buffer) => {
      try {
        hear(data);
      } catch (error) {
        child.kill("SIGTERM");
        fail((error as Error).message);
      }
    });
    child.stderr.on("data", (data: Buffer) => call.write(new language.RunPluginResponse().setStderr(data)));
    child.once("error", (error) => {
      this.#plugins.delete(child);
      fail(`Node.js could not be started: ${error.message}`);
    });
    child.once("close", (code) => {
      this.#plugins.delete(child);
      if (code !== 0) {
        fail(`Program exited with non-zero exit code: ${code}`);
        return;
      }
      ended("it ended");
      call.end();
    });
  }
}

type PluginCall = grpc.ServerWritableStream<language.RunPluginRequest, language.RunPluginResponse>;

/** Asks first, then kills. */
function end(child: ChildProcess): void {
  child.kill("SIGINT");
  setTimeout(() => child.kill("SIGKILL"), graceMilliseconds).unref();
}
