import { existsSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe } from "node:test";
import { up } from "../../../lab/lab.ts";
import { repository } from "../../../lab/paths.ts";
import { ProviderUnderTest } from "../harness.ts";
import { TestCluster } from "./cluster.ts";
import { FakeEngine } from "./engine.ts";
import { Resource } from "./resource.ts";

/** What every test of the contract works with. */
export interface Contract {
  isStandIn: boolean;
  plugin: ProviderUnderTest;
  engine: FakeEngine;
  cluster: TestCluster;
  /** A plugin of its own, for tests that configure it otherwise, give it another environment or end it. */
  another(configuration?: { [key: string]: string }, environment?: NodeJS.ProcessEnv): Promise<ProviderUnderTest>;
  resource(type: string, name: string, plugin?: ProviderUnderTest): Resource;
}

/** Runs the same tests on the stand-in and, where `LAB_PLUGINS` names a folder with it, on the real plugin. */
export function contract(part: string, tests: (it: () => Contract) => void): void {
  for (const { name, path } of pluginsUnderTest()) {
    describe(`${part}: ${name}`, { concurrency: true }, () => {
      let shared: Contract;
      const others: ProviderUnderTest[] = [];
      before(async () => {
        const { kubeconfig } = await up();
        const cluster = new TestCluster(kubeconfig);
        const engine = await FakeEngine.start();
        const another: Contract["another"] = async (configuration = { kubeconfig, context: "lab" }, environment) => {
          // Without a home, so that no kubeconfig of the user's is ever found.
          const env = { ...process.env, HOME: "/nonexistent", KUBECONFIG: "", ...environment };
          const plugin = await ProviderUnderTest.start(path, { args: [engine.address], env });
          others.push(plugin);
          await plugin.configure(configuration, "kubernetes");
          return plugin;
        };
        const plugin = await another();
        const resource = (type: string, name: string, by = plugin) => new Resource(by, type, name);
        shared = { isStandIn: name === "stand-in", plugin, engine, cluster, another, resource };
      });
      after(async () => {
        await shared?.cluster.cleanUp();
        await Promise.all(others.map((plugin) => plugin.stop()));
        shared?.engine.stop();
      });
      tests(() => shared);
    });
  }
}

function pluginsUnderTest(): { name: string; path: string }[] {
  const plugins = [{ name: "stand-in", path: join(repository, "lab/standins/kubernetes/main.ts") }];
  const real = join(process.env.LAB_PLUGINS ?? "", "pulumi-resource-kubernetes");
  if (process.env.LAB_PLUGINS && existsSync(real)) plugins.push({ name: "real plugin", path: real });
  return plugins;
}
