import type { Server } from "node:net";

/** Lets a server listen on a free port of 127.0.0.1, and returns the port. */
export function listen(server: Server): Promise<number> {
  return new Promise((done, failed) => {
    server.once("error", failed);
    server.listen(0, "127.0.0.1", () => done((server.address() as { port: number }).port));
  });
}
