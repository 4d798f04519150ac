import { relative } from "node:path";
import { report } from "./errors.ts";
import { down, type Status, status, up, type Wanted } from "./lab.ts";

const usage = `usage: npm run lab -- up [--node] | down | status
  up      starts the lab: a Kubernetes control plane with simulated GPU nodes, and an AWS account, all on this machine;
          with --node two nodes that run their pods too, which needs root
  down    ends it and removes its data
  status  says what runs; exit code 0 when it is up, 3 when it is not`;

process.exitCode = await main(process.argv.slice(2).join(" ")).catch(report);

async function main(command: string): Promise<number> {
  if (command === "up") return showUp({});
  if (command === "up --node") return showUp({ nodes: true });
  if (command === "down") {
    console.log((await down()) ? "the lab is down" : "there was no lab");
    return 0;
  }
  if (command === "status") return show(await status());
  console.error(usage);
  return 2;
}

async function showUp(wanted: Wanted): Promise<number> {
  const lab = await up(wanted);
  console.log(`the lab is up
  cluster  ${lab.apiServer}
  kubectl  ${relative(process.cwd(), lab.kubectl.join(" "))} get nodes
  AWS      ${lab.awsEndpoint}`);
  return 0;
}

function show({ phase, parts, reason }: Status): number {
  console.log(`the lab is ${phase}${reason ? `: ${reason}` : ""}`);
  for (const { name, pid, address, memory } of parts) {
    const size = memory === 0 ? "" : `${Math.round(memory / 1e6)} MB`;
    console.log(`  ${name.padEnd(24)}${String(pid).padStart(8)}${size.padStart(10)}  ${address}`.trimEnd());
  }
  return phase === "up" ? 0 : 3;
}
