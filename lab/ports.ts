import { createServer } from "node:net";
import { listen } from "./listen.ts";

/** As many TCP ports of 127.0.0.1 that nothing listens on, all different. Another process may still take one: retry then. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer());
  const ports = await Promise.all(servers.map(listen));
  await Promise.all(servers.map((server) => new Promise((done) => server.close(done))));
  return ports;
}
