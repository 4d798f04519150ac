import { createHash } from "node:crypto";
import { connect, createServer, type Server } from "node:net";

/** A lock that its holder keeps until `release`, or until it dies. */
export interface Lock {
  release(): Promise<void>;
}

/**
 * Takes the lock of that name, for the processes of this machine, or says which pid holds it. It is an abstract Unix
 * socket: the kernel gives it to one process only and takes it back when that process ends, so no stale lock exists.
 */
export async function tryLock(name: string): Promise<Lock | { heldBy: number }> {
  const address = `\0pulumi-vllm-lab-${createHash("sha256").update(name).digest("hex").slice(0, 32)}`;
  for (;;) {
    const server = await bind(address);
    if (server) return { release: () => new Promise((done) => server.close(() => done())) };
    const heldBy = await holder(address);
    if (heldBy !== undefined) return { heldBy };
  }
}

/** Takes the lock of that name, waiting for as long as another process holds it. `onWait` is told once by whom. */
export async function lock(name: string, signal: AbortSignal, onWait: (pid: number) => void): Promise<Lock> {
  for (let told = false; ; ) {
    signal.throwIfAborted();
    const result = await tryLock(name);
    if ("release" in result) return result;
    if (!told) onWait(result.heldBy);
    told = true;
    await new Promise((done) => setTimeout(done, 200));
  }
}

function bind(address: string): Promise<Server | undefined> {
  return new Promise((done, failed) => {
    const server = createServer((socket) => socket.on("error", () => {}).end(String(process.pid)));
    server.once("error", (error: NodeJS.ErrnoException) =>
      error.code === "EADDRINUSE" ? done(undefined) : failed(error),
    );
    server.listen(address, () => {
      server.unref();
      done(server);
    });
  });
}

/** The pid that the holder of a lock answers with; undefined if it has just let go. */
function holder(address: string): Promise<number | undefined> {
  return new Promise((done) => {
    let answer = "";
    connect(address)
      .on("data", (data) => {
        answer += data;
      })
      .on("error", () => done(undefined))
      .on("close", () => done(answer === "" ? undefined : Number(answer)));
  });
}
