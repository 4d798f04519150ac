import { execFile, spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { State } from "../../lab/state.ts";
import { isAlive, type ProcessId } from "../../workspace/processes.ts";

// Not from lab/paths.ts: that fixes the lab's folder, which a test may yet have to set.
const cli = join(import.meta.dirname, "../../lab/cli.ts");

/** What a command of the lab said. */
export interface Said {
  code: number;
  stdout: string;
  stderr: string;
}

/** A lab of a test's own, with its own folder, so that the test may kill it. */
export class OwnLab {
  readonly folder = mkdtempSync(join(tmpdir(), "own-lab-"));
  readonly env: NodeJS.ProcessEnv = { ...process.env, LAB_STATE: this.folder };

  /** Runs `npm run lab -- <command>` on it. */
  run(command: "up" | "up --node" | "down" | "status"): Promise<Said> {
    return new Promise((done) => {
      execFile(process.execPath, [cli, ...command.split(" ")], { env: this.env }, (error, stdout, stderr) =>
        done({ code: error === null ? 0 : Number(error.code), stdout, stderr }),
      );
    });
  }

  /** Starts a command on it without waiting. */
  spawn(command: "up") {
    return spawn(process.execPath, [cli, command], { env: this.env, stdio: "ignore" });
  }

  /** Its record. */
  state(): State {
    return JSON.parse(readFileSync(join(this.folder, "lab.json"), "utf8"));
  }

  /** All of its processes, by its record. */
  processes(): ProcessId[] {
    const { supervisor, daemons } = this.state();
    return [supervisor, ...daemons];
  }

  /** Ends it and removes its folder. */
  async remove(): Promise<void> {
    await this.run("down");
    rmSync(this.folder, { recursive: true });
  }
}

/** Kills a process the hard way, and returns when it is gone. */
export async function kill9(target: ProcessId): Promise<void> {
  process.kill(target.pid, "SIGKILL");
  await eventually(() => !isAlive(target));
}

/** Waits until a check holds, at most 30 s. */
export async function eventually(check: () => boolean | Promise<boolean>, seconds = 30): Promise<void> {
  const deadline = Date.now() + seconds * 1000;
  while (!(await check())) {
    if (Date.now() > deadline) throw new Error(`not within ${seconds} s: ${check}`);
    await new Promise((done) => setTimeout(done, 50));
  }
}

/** The TCP addresses that a process listens on, as the kernel writes them: hexadecimal address, port. */
export function listeners(pid: number): { address: string; port: number }[] {
  const inodes = new Set<string>();
  for (const descriptor of readdirSync(`/proc/${pid}/fd`)) {
    try {
      const inode = /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${descriptor}`))?.[1];
      if (inode) inodes.add(inode);
    } catch {
      // Closed meanwhile.
    }
  }
  const lines = ["tcp", "tcp6"].flatMap((table) =>
    readFileSync(`/proc/net/${table}`, "utf8").trim().split("\n").slice(1),
  );
  const sockets = lines.map((line) => line.trim().split(/\s+/));
  return sockets.flatMap(([, local = "", , state, , , , , , inode = ""]) => {
    const [address = "", port = ""] = local.split(":");
    return state === "0A" && inodes.has(inode) ? [{ address, port: Number.parseInt(port, 16) }] : [];
  });
}

/** Whether something accepts connections at a loopback port. */
export function isOpen(port: number): Promise<boolean> {
  return new Promise((done) => {
    const socket = connect(port, "127.0.0.1");
    socket.on("connect", () => {
      socket.destroy();
      done(true);
    });
    socket.on("error", () => done(false));
  });
}
