import { connect, createServer, type Socket } from "node:net";

/** Passes every connection to `host` and a free port there on to a port of 127.0.0.1, and returns that free port. */
export function relay(host: string, port: number): Promise<number> {
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    const onward = connect({ host: "127.0.0.1", port, allowHalfOpen: true });
    join(socket, onward);
    join(onward, socket);
  });
  return new Promise((done, failed) => {
    server.once("error", failed);
    server.listen(0, host, () => done((server.address() as { port: number }).port));
  });
}

function join(from: Socket, to: Socket): void {
  from.pipe(to);
  from.on("error", () => to.destroy());
  from.on("close", () => to.destroySoon());
}
